"""To which addresses a token may go: exactly the ARM endpoint's scheme, host and port."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arm.origin import same_origin

ARM = "https://management.azure.com"


@pytest.mark.parametrize(
    "url",
    [
        ARM,
        f"{ARM}/subscriptions/1?x=https://evil.example",
        "https://management.azure.com:443/operations/1",
        "HTTPS://MANAGEMENT.AZURE.COM/operations/1",
        f"{ARM}/resourceGroups/größe",
        f"{ARM}#@evil.example",
        f"{ARM}//evil.example/x",
    ],
)
def test_addresses_of_the_endpoint_are_its_own(url: str) -> None:
    assert same_origin(url, ARM)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/operations/1",
        "//management.azure.com/operations/1",
        "http://management.azure.com/operations/1",
        "ftp://management.azure.com/operations/1",
        "https://management.azure.com:444/operations/1",
        "https://management.azure.com:x/operations/1",
        "https://management.azure.com.evil.example/",
        "https://management.azure.com./",
        "https://evil.example/management.azure.com",
        "https://management.azure.com@evil.example/",
        "https://user@management.azure.com/",
        "https://user:word@management.azure.com/",
        "https://evil.example\\@management.azure.com/",
        "https://management.azure.com\\.evil.example/",
        "https:\\\\management.azure.com/",
        "https://management\t.azure.com/",
        "https://management.azure.com/\r\nHost: evil.example",
        " https://management.azure.com/",
        "https://management。azure.com/",
        "https://[management.azure.com/",
        "https:///operations",
        "javascript:alert(1)",
    ],
)
def test_everything_else_is_foreign(url: str) -> None:
    assert not same_origin(url, ARM)


def test_the_port_of_the_endpoint_counts() -> None:
    assert same_origin("https://localhost:8443/x", "https://localhost:8443")
    assert not same_origin("https://localhost/x", "https://localhost:8443")


@given(st.text(max_size=60))
def test_no_text_behind_a_host_that_is_ours_in_part_makes_another_host_ours(text: str) -> None:
    assert not same_origin(f"https://management.azure.com.evil{text}", ARM) or text.startswith("/")


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    assert same_origin(text, ARM) in (True, False)
