"""The one place where what ARM and the network answer becomes our errors.

Transient: 408, 429, 5xx, a lost connection, a conflict with a write under way, a precondition that failed.
Access denied (401, 403) is transient too, because a new role takes minutes to arrive. All else is terminal.
"""

import base64
import html
import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

from domain.errors import AccessDeniedError, RolloutError, SourceBusyError, TerminalError, TransientError

_BUSY = "too many requests on source"
"""Azure captures one image version at a time from one source (Compute Gallery's troubleshooting page)."""

_PASSING = {
    "anotheroperationinprogress",
    "conflictingconcurrentwritenotallowed",
    "etagmismatch",
    "operationpreempted",
    "preconditionfailed",
    "referencedresourcenotprovisioned",
    "resourcegroupbeingdeleted",
    "retryableerror",
}
"""Codes of refusals that pass, in lower case; they come with 409, or as a detail of 400."""

_CONCURRENT = re.compile(
    r"concurrent request|another operation|in progress|being (updated|deleted|created)|marked for deletion"
    r"|deprovisioning",
    re.I,
)
_ESCAPED_IN_JSON = ("[<>&]", "[<>&']", "[<>&'+`\x7f]")
"""Signs that encoders write by number although JSON lets them stand: Go's, Newtonsoft's, System.Text.Json's."""

_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|.)")
"""One escape in JSON; all are matched in turn, so that a backslash that is itself escaped begins no other."""

_ACTION = re.compile(r"perform action '([^']+)'")
_TRY_AGAIN = re.compile(r"try again after '?(\d+)'? seconds", re.I)
_DENIED_FOR_GOOD = re.compile(r"^RequestDisallowedBy|DisabledSubscription", re.I)
"""403 that no role helps against: Azure Policy, a region that Azure does not sell, a subscription that is off."""

_REMEDIES = (
    (
        "not unique within the subscription",
        "Choose another gallery name in the profile: one in this subscription has it.",
    ),
    ("quota|CountLimitReached", "Ask for more quota in this region, or choose another size or region."),
    (
        "AllocationFailed|OverconstrainedAllocation",
        "Azure has no room for this size there: choose another size, zone or region.",
    ),
    ("SkuNotAvailable", "This size is not offered there: choose another size or region in the profile."),
    ("GalleryImageNotFound", "Add the scale set's region to version.targetRegions, or wait until it is copied there."),
    (
        "replication jobs failed",
        "Start the rollout again: the same version is put once more, which retries the regions.",
    ),
    (
        "hypervisor generation|different OS type|OS state",
        "Name another image definition: this one is for other images.",
    ),
    ("^RequestDisallowedBy", "A policy forbids it: change the profile to comply, or ask for an exemption."),
    ("ScopeLocked", "Remove the lock that the message names, or let its owner make the change."),
    ("MissingSubscriptionRegistration|NotRegistered", "Register in the subscription what the message names."),
    ("SubscriptionNotFound", "Check the subscription id, and that the app's identity has a role in it."),
    ("ResourceGroupNotFound", "Create the resource group, or set createResourceGroups to true in the profile."),
    ("DnsRecordInUse", "Choose another scaleSet.network.dnsLabel in the profile: somebody has this one."),
    ("^InvalidParameter", "Correct the profile's field that the message names."),
)
"""By what code and message hold, the first that fits: Azure gives one code to many different refusals."""

_START_AGAIN = "Then start the rollout again (rollout start): it continues from what exists."

_PASSES = "It may pass by itself: wait, then start the rollout again (rollout start). It continues from what exists."


def remedy_for(code: str, message: str) -> str:
    """What to do about an error of ARM."""
    text = f"{code} {message}"
    fitting = (remedy for pattern, remedy in _REMEDIES if re.search(pattern, text, re.I))
    remedy = next(fitting, "Mend what the message names, in Azure or in the profile.")
    return f"{remedy} {_START_AGAIN}"


def from_answer(
    status: int,
    body: Any,
    *,
    resource: str,
    method: str,
    correlation_id: str = "",
    retry_after: float | None = None,
    secrets: Sequence[str] = (),
) -> RolloutError:
    """Our error for an HTTP answer that is none we can use.

    body: the parsed JSON, or None where it was none (gateways answer HTML). secrets: values struck out of the text.
    """
    if status < 300:
        return unreadable(status, resource=resource)
    code, message = code_and_message(body)
    code = struck(code or f"Http{status}", secrets)
    message = struck(message or f"Azure Resource Manager answered {status} without an error it explains.", secrets)
    told: dict[str, Any] = {"resource": resource, "correlation_id": correlation_id}
    if status in (401, 403) and not _DENIED_FOR_GOOD.search(code):
        action = _ACTION.search(message)
        missing = action[1] if action else _action_of(method, resource)
        return AccessDeniedError(
            code,
            message,
            remedy=f"Give the app's identity a role with {missing} on this resource; new roles take some minutes.",
            retry_after=retry_after,
            facts={"action": missing},
            **told,
        )
    if hint := _TRY_AGAIN.search(message):
        retry_after = retry_after or float(hint[1])
    if _BUSY in message.lower():
        return SourceBusyError(code, message, remedy=_PASSES, retry_after=retry_after, **told)
    if is_transient(status, all_codes(body), message):
        return TransientError(
            code,
            message,
            remedy=_PASSES,
            retry_after=retry_after,
            **told,
        )
    return TerminalError(code, message, remedy=remedy_for(code, message), **told)


def is_transient(status: int, codes: Sequence[str], message: str) -> bool:
    """Whether the same request may succeed later."""
    if status in (408, 412, 429) or status >= 500:
        return True
    if status in (400, 409) and any(code.lower() in _PASSING for code in codes):
        return True
    return status == 409 and bool(_CONCURRENT.search(message))


def unreadable(status: int, *, resource: str) -> TransientError:
    """A success that holds no resource: a proxy's page, or an answer that was cut off."""
    return TransientError(
        "UnreadableAnswer",
        f"Azure Resource Manager answered {status} with something that cannot be read as what was asked for.",
        resource=resource,
        remedy="Check ARM_ENDPOINT and any proxy on the way, then start the rollout again.",
    )


def foreign_address(*, resource: str) -> TerminalError:
    """An operation or a next page elsewhere: no token is sent there."""
    return TerminalError(
        "ForeignOperationUrl",
        "Azure named an operation or a page outside the ARM endpoint; no token is sent there.",
        resource=resource,
        remedy="Check ARM_ENDPOINT.",
    )


def connection_lost(reason: str, *, resource: str) -> TransientError:
    """The request may or may not have arrived: look again."""
    return TransientError(
        "ConnectionLost",
        f"The connection to Azure Resource Manager was lost ({reason}).",
        resource=resource,
        remedy="Check that the app reaches the ARM endpoint, then start the rollout again.",
    )


def code_and_message(body: Any) -> tuple[str, str]:
    """The code of ARM's error envelope, and its message with that of its first detail."""
    error = _envelope(body)
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    details = error.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        inner_code, inner_message = code_and_message(details[0])
        if inner_message and inner_message not in message:
            message = f"{message} {inner_code}: {inner_message}".strip()
    inner = _nested(message)
    return (inner[0] or code, inner[1] or message) if inner else (code, message)


def all_codes(body: Any) -> list[str]:
    """Every code in the envelope, the outermost first."""
    error = _envelope(body)
    details = error.get("details")
    inner = [code for detail in details for code in all_codes(detail)] if isinstance(details, list) else []
    return [str(error.get("code") or ""), *inner]


def _envelope(body: Any) -> dict[str, Any]:
    error = body.get("error", body) if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _nested(message: str) -> tuple[str, str] | None:
    """Deployments put the inner error into the message, as JSON text."""
    if not message.startswith("{"):
        return None
    try:
        return code_and_message(json.loads(message))
    except ValueError:
        return None


def struck(text: str, secrets: Sequence[str]) -> str:
    """`text` without any of the secrets, in the spellings that are likely where a request is echoed."""
    for secret in filter(None, secrets):
        for spelt in sorted(_spellings(secret), key=len, reverse=True):
            text = text.replace(spelt, "***")
    return text


def _spellings(secret: str) -> set[str]:
    """A secret as it is, in JSON, in JSON that is a text in JSON, in an address, in markup, in base64 and in hex."""
    in_json = _in_json(secret)
    twice = {again for text in in_json for again in _in_json(text)}
    return {secret, *in_json, *twice, *_in_addresses(secret), *_in_markup(secret), *_in_bytes(secret)}


def _in_json(text: str) -> set[str]:
    """With what is not ASCII kept or escaped, more signs escaped by number (.NET, Go), hex digits in either case, and
    slashes with a backslash or without."""
    plain = {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    plain |= {one.replace('\\"', "\\u0022") for one in plain}
    lower = plain | {re.sub(signs, _by_code, one) for one in plain for signs in _ESCAPED_IN_JSON}
    either = lower | {_ESCAPE.sub(_upper_hex, one) for one in lower}
    return either | {one.replace("/", "\\/") for one in either}


def _by_code(sign: re.Match[str]) -> str:
    return f"\\u{ord(sign[0]):04x}"


def _upper_hex(escape: re.Match[str]) -> str:
    return "\\u" + escape[1].upper() if escape[1] else escape[0]


def _in_addresses(secret: str) -> set[str]:
    """With and without slashes kept, blanks as plus signs, and hex digits in either case (.NET's are lower)."""
    upper = {quote(secret, safe=safe, errors="replace") for safe in ("", "/")} | {quote_plus(secret, errors="replace")}
    return upper | {re.sub("%..", lambda found: found[0].lower(), text) for text in upper}


def _in_markup(secret: str) -> set[str]:
    """Entities by name and by number, of what must be escaped, of all that is not ASCII, and of all but letters and
    digits."""
    named = {html.escape(secret, quote=quotes) for quotes in (True, False)}
    named |= {text.replace("&#x27;", "&#39;") for text in named}
    plain = {text.encode("ascii", "xmlcharrefreplace").decode() for text in named}
    by_number = {
        re.sub(signs, partial(_numbered, form), secret)
        for signs in ("[&<>\"']", "[^A-Za-z0-9]")
        for form in ("&#{};", "&#x{:x};", "&#x{:X};")
    }
    return named | plain | by_number


def _numbered(form: str, sign: re.Match[str]) -> str:
    return form.format(ord(sign[0]))


def _in_bytes(secret: str) -> set[str]:
    """In base64 and hex; Windows takes two bytes for a character before it encodes."""
    found = set()
    for form in ("utf-8", "utf-16-le"):
        held = secret.encode(form, "surrogatepass")
        for encoded in (base64.b64encode(held).decode(), base64.urlsafe_b64encode(held).decode()):
            found |= {encoded, encoded.rstrip("=")}
        found |= {held.hex(), held.hex().upper()}
    return found


def _action_of(method: str, resource: str) -> str:
    types = re.sub(r"^.*/providers/", "", resource).split("/")
    verb = "read" if method == "GET" else "write"
    if "/providers/" not in resource:
        return f"Microsoft.Resources/subscriptions/resourceGroups/{verb}"
    return "/".join([types[0], *types[1::2], verb])
