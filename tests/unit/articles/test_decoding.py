"""Bytes become the text they were, whatever is claimed of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.decoding import decode

TEXT = "Café, 10 €"


@pytest.mark.parametrize(
    ("body", "content_type", "text", "as_claimed"),
    [
        (TEXT.encode(), "", TEXT, True),
        (TEXT.encode(), "text/xml; charset=utf-8", TEXT, True),
        (TEXT.encode(), "text/xml; charset=ISO-8859-1", TEXT, False),
        (TEXT.encode("cp1252"), "text/xml; charset=ISO-8859-1", TEXT, True),
        (TEXT.encode("cp1252"), "text/xml; charset=utf-8", TEXT, False),
        (TEXT.encode("cp1252"), "", TEXT, True),
        (TEXT.encode("utf-16"), "text/xml; charset=utf-8", TEXT, True),
        (TEXT.encode("utf-8-sig"), "", TEXT, True),
        ("数据".encode("gbk"), 'text/html; charset="gb2312"', "数据", True),
        ("データ".encode("iso2022_jp"), "text/html; charset=iso-2022-jp", "データ", True),
        (
            b'<meta charset="koi8-r">' + "Мост".encode("koi8-r"),
            "",
            '<meta charset="koi8-r">Мост',
            True,
        ),
        (
            "<?xml version='1.0' encoding='iso-8859-2'?>ł".encode("iso-8859-2"),
            "",
            "<?xml version='1.0' encoding='iso-8859-2'?>ł",
            True,
        ),
        (b"plain", "text/plain; charset=nonsense", "plain", True),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-", True),
        (b"plain", "text/plain; charset=rot13", "plain", True),
    ],
)
def test_text_is_decoded(body: bytes, content_type: str, text: str, as_claimed: bool) -> None:
    """UTF-8 where it is valid, else what is claimed, else Windows-1252; never UTF-7."""
    decoded = decode(body, content_type)
    assert (decoded.text, decoded.as_claimed) == (text, as_claimed)


@given(st.binary(max_size=60), st.text(max_size=10))
def test_any_bytes_can_be_decoded(body: bytes, charset: str) -> None:
    """No bytes and no claim make it fail."""
    decode(body, f"text/plain; charset={charset}")


@given(st.text())
def test_utf8_always_comes_out(text: str) -> None:
    """Text in UTF-8 is itself again, unless it opens with a byte order mark."""
    assert decode(text.encode("utf-8", "replace")).text == text.encode(
        "utf-8", "replace"
    ).decode().removeprefix("\ufeff")
