"""What makes a piece of evidence: the address of a web page is kept as typed, and nothing else is taken for one."""

import pytest

from charter.assessment import evidence_kinds
from charter.errors import Refusal


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("  http://example.org  ", "http://example.org"),
        ("www.example.co.uk/policy", "https://www.example.co.uk/policy"),
        ("HTTPS://Example.org/A", "HTTPS://Example.org/A"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("https://caffè.example.org/", "https://caffè.example.org/"),
        ("https://example.org/50%25", "https://example.org/50%25"),
    ],
)
def test_the_address_of_a_web_page_is_kept_as_typed(typed: str, kept: str) -> None:
    assert evidence_kinds.web_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "policy",
        "https://",
        "https://localhost/",
        "https://example",
        "ftp://example.org/",
        "javascript:alert(1)",
        "JavaScript:alert(1)//a.org",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://exa mple.org/",
        "https://a.org/a b",
        "https://example.org@evil.org/",
        "https://user:word@example.org/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://a..org/",
        "https://example.org:port/",
        "https://a.org/<script>",
        "//example.org",
        "https://example.org/\u202eflow",
        "https://example.org/a\nb",
        "https://a.org\\@b.org",
        "http:example.org",
        "https://example.org/" + "a" * 2_000,
        "mailto:olive@example.org",
        "https://10.0.0.1./",
    ],
)
def test_what_is_not_the_address_of_a_web_page_is_refused(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        evidence_kinds.web_address(typed)
    assert refused.value.field == "url"
