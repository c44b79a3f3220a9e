"""Web addresses that stand in headers are in ASCII, whatever the configuration writes."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from newsletter.config.table import HeaderAddress

ADDRESS: TypeAdapter[str] = TypeAdapter(HeaderAddress)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://news.example.org/a?b=c#d", "https://news.example.org/a?b=c#d"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example:8443/x", "https://xn--bcher-kva.example:8443/x"),
        ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("https://example.org/über uns?q=ä", "https://example.org/%C3%BCber%20uns?q=%C3%A4"),
        ("https://example.org/100%25/ä", "https://example.org/100%25/%C3%A4"),
    ],
)
def test_host_in_a_labels_and_the_rest_encoded(written: str, read: str) -> None:
    """As RFC 3987 section 3.1 maps an IRI to a URI; what is ASCII stays as it is."""
    assert ADDRESS.validate_python(written) == read


def test_a_host_that_no_name_server_knows_is_refused() -> None:
    """It is named when the configuration is read, not by each message."""
    with pytest.raises(ValidationError, match="not a valid host name"):
        ADDRESS.validate_python("https://☃️-.example/ü")
