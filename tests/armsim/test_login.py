"""Login as real clients do it: metadata, discovery, the token endpoint, and which tokens ARM takes."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from azure.identity import ClientSecretCredential

from local.armsim import Simulator
from local.armsim.errors import ArmError
from local.armsim.server import serve
from local.armsim.tokens import Tokens
from local.clock import WallClock
from tests.armsim.arm import Arm

CLIENT = "11111111-2222-3333-4444-555555555555"
GOOD = {
    "grant_type": "client_credentials",
    "client_id": CLIENT,
    "client_secret": "anything",
    "scope": "https://management.core.windows.net//.default",
}


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def stranger(arm: Arm) -> httpx.AsyncClient:
    """A client without a token."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=arm.sim.app), base_url="https://arm.test")


async def ask_for_token(arm: Arm, version: str = "/v2.0", tenant: str = "", **sent: str | None) -> httpx.Response:
    form = {name: value for name, value in {**GOOD, **sent}.items() if value is not None}
    async with stranger(arm) as http:
        return await http.post(f"/{tenant or arm.sim.tenant_id}/oauth2{version}/token", data=form)


@pytest.mark.parametrize(("version", "kind"), [("2015-01-01", dict), ("2019-05-01", list), ("2022-09-01", dict)])
async def test_metadata_leads_every_address_back_here(arm: Arm, version: str, kind: type) -> None:
    async with stranger(arm) as http:
        found: Any = (await http.get("/metadata/endpoints", params={"api-version": version})).json()
    assert isinstance(found, kind)
    cloud: Any = found[0] if isinstance(found, list) else found
    assert cloud["authentication"]["loginEndpoint"] == "https://arm.test"
    addresses = [one for name, one in cloud.items() if isinstance(one, str) and name != "name"]
    assert addresses
    assert all(one.startswith("https://arm.test") for one in addresses)
    assert ("suffixes" in cloud) == (version != "2015-01-01")


async def test_the_alias_document_leads_to_images_of_the_marketplace(arm: Arm) -> None:
    async with stranger(arm) as http:
        metadata = (await http.get("/metadata/endpoints?api-version=2022-09-01")).json()
        aliases = (await http.get(metadata["vmImageAliasDoc"])).json()["outputs"]["aliases"]["value"]
    assert aliases["Linux"]["Ubuntu2204"]["sku"] == "22_04-lts-gen2"
    assert aliases["Windows"]["Win2022Datacenter"]["publisher"] == "MicrosoftWindowsServer"


@pytest.mark.parametrize("tenant", ["{own}", "common", "organizations"])
async def test_discovery_leads_to_the_token_endpoint_and_its_keys(arm: Arm, tenant: str) -> None:
    tenant = tenant.format(own=arm.sim.tenant_id)
    async with stranger(arm) as http:
        instance = (await http.get("/common/discovery/instance?api-version=1.1")).json()
        assert instance["tenant_discovery_endpoint"].startswith("https://arm.test/")
        found = (await http.get(f"/{tenant}/v2.0/.well-known/openid-configuration")).json()
        old = (await http.get(f"/{tenant}/.well-known/openid-configuration")).json()
        assert (await http.get(found["jwks_uri"])).json() == {"keys": []}
    assert found["token_endpoint"] == f"https://arm.test/{tenant}/oauth2/v2.0/token"
    assert old["token_endpoint"] == f"https://arm.test/{tenant}/oauth2/token"
    assert tenant in found["issuer"] or "{tenantid}" in found["issuer"]


async def test_a_client_with_a_secret_gets_a_token_that_arm_takes(arm: Arm) -> None:
    for version, more in (("/v2.0", {}), ("", {"resource": "https://management.azure.com/", "scope": None})):
        answer = await ask_for_token(arm, version, **more)  # type: ignore[arg-type]
        token = answer.json()["access_token"]
        assert (claims(token)["tid"], claims(token)["appid"]) == (arm.sim.tenant_id, CLIENT)
        assert int(answer.json()["expires_in"]) == 3599
        listed = await arm.send("GET", "/subscriptions", version="2022-12-01", Authorization=f"Bearer {token}")
        assert listed.status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "error", "number"),
    [
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"client_id": "me"}, 400, "unauthorized_client", 700016),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"scope": "https://management.azure.com"}, 400, "invalid_scope", 1002012),
        ({"tenant": CLIENT}, 400, "invalid_request", 90002),
    ],
)
async def test_a_request_for_a_token_is_refused_in_entras_words(
    arm: Arm, sent: dict[str, str | None], status: int, error: str, number: int
) -> None:
    answer = await ask_for_token(arm, **sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [number])
    assert f"AADSTS{number}" in answer.json()["error_description"]


async def test_a_secret_is_named_nowhere(arm: Arm) -> None:
    answer = await ask_for_token(arm, client_secret="Hush-42", scope="Hush")
    assert "Hush-42" not in answer.text
    assert "Hush-42" not in json.dumps([str(one) for one in arm.sim.requests])


def refusal(tokens: Tokens, token: str, base_url: str = "") -> str:
    with pytest.raises(ArmError) as caught:
        tokens.check(f"Bearer {token}", base_url)
    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
    return caught.value.code


def test_a_token_of_another_tenant_key_or_audience_is_refused() -> None:
    own = Tokens("tenant", "me")
    assert refusal(own, Tokens("other", "me", key=own.key).issue()[0]) == "InvalidAuthenticationTokenTenant"
    assert refusal(own, Tokens("tenant", "me").issue()[0]) == "InvalidAuthenticationToken"
    assert refusal(own, own.issue("https://vault.azure.net")[0]) == "InvalidAuthenticationTokenAudience"
    head, body, sign = own.issue()[0].split(".")
    for broken in ("", "a", "a.b", "a.b.c", f"{head}.{body}.", f"{head}..{sign}", f"{head}.W10.{sign}"):
        assert refusal(own, broken) in ("InvalidAuthenticationToken", "AuthenticationFailedInvalidHeader")


def test_every_spelling_of_arms_audience_is_taken_and_the_address_itself() -> None:
    own = Tokens("tenant", "me")
    for audience in ("https://management.azure.com/", "https://management.core.windows.net//", "https://localhost:1"):
        own.check(f"Bearer {own.issue(audience)[0]}", "https://localhost:1")


def test_a_token_outlives_its_issuer_where_the_key_does() -> None:
    first = Tokens("tenant", "me")
    Tokens("tenant", "me", key=first.key).check(f"Bearer {first.issue()[0]}")


def test_tokens_live_by_the_simulators_clock_unless_a_test_owns_it() -> None:
    class Tomorrow(WallClock):
        def now(self) -> Any:
            return super().now().replace(year=2090)

    token = Tokens("tenant", "me", key=b"k").issue(lifetime=60)[0]
    assert refusal(Tokens("tenant", "me", key=b"k", clock=Tomorrow()), token) == "ExpiredAuthenticationToken"
    assert Tokens("tenant", "me", key=b"k", clock=Tomorrow()).issue(lifetime=60)[1] > 3_700_000_000


async def test_azure_identity_gets_a_token_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    sim = Simulator(instant=True)
    async with serve(sim) as ends:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ends.ca_file)
        credential = ClientSecretCredential(
            ends.tenant_id, CLIENT, "secret", authority=ends.arm_endpoint, disable_instance_discovery=True
        )
        token = await asyncio.to_thread(credential.get_token, "https://management.azure.com/.default")
    sim.tokens.check(f"Bearer {token.token}")
