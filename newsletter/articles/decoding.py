"""Decodes bytes to text, even if the stated encoding is wrong."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Text labelled as one of these is decoded as the superset of it (WHATWG Encoding Standard 4.2).
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
_SEVEN_BITS = ("iso2022", "hz")
_UNMARKED = (
    # The first letter of markup or text, as UTF-32 and UTF-16 write it without a byte order mark.
    (re.compile(rb"\A(?:\0\0\0[\t-~])"), "utf-32-be"),
    (re.compile(rb"\A(?:[\t-~]\0\0\0)"), "utf-32-le"),
    (re.compile(rb"\A(?:\0[\t-~]){2}"), "utf-16-be"),
    (re.compile(rb"\A(?:[\t-~]\0){2}"), "utf-16-le"),
    (re.compile(rb"\A\x4c\x6f\xa7\x94"), "cp037"),  # "<?xml" in EBCDIC
)
_BROKEN = "\ufffd"
_CUT_LEADS = frozenset(b"\xc2\xc3\xe2")
"""Bytes that begin most characters of Latin UTF-8; alone, they are characters that were cut off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The text, the encoding it was decoded with, and the encoding it claimed ("" for none).

    `broken` counts the pieces that are not of that encoding.
    """

    text: str
    used: str
    claimed: str
    broken: int = 0

    @property
    def as_claimed(self) -> bool:
        """Whether the claim was true, or there was none."""
        claim = _codec(self.claimed)
        if not self.claimed or self.text.isascii():
            return True
        return self.used in (claim, _LARGER.get(claim))


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Decode `body` by its byte order mark, else as UTF-8 if it is valid, else as it claims.

    Bytes that are valid UTF-8 are decoded as UTF-8, whatever the HTTP charset, the XML declaration
    or the HTML meta element claim. What the document claims comes before what its server claims. In
    text that is UTF-8 but for few bytes, only these bytes are lost. If no claim is right, the text
    is decoded as Windows-1252.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            text = body.decode(encoding, "replace").lstrip("\ufeff")
            return Decoded(text=text, used=encoding, claimed=encoding)
    for pattern, encoding in _UNMARKED:
        if pattern.match(body):
            return Decoded(text=body.decode(encoding, "replace"), used=encoding, claimed="")
    claims = _claims(body, content_type)
    claimed = next(iter(claims), "")
    known = [codec for claim in claims if (codec := _codec(claim))]
    stateful = [name for name in known if name.startswith(_SEVEN_BITS)]
    for name in (*stateful, "utf-8"):
        with suppress(UnicodeDecodeError):
            return Decoded(text=body.decode(name), used=name, claimed=claimed)
    valid, broken = _count_utf8(body)
    if valid >= (1 if "utf-8" in known else 10) * broken:
        text = _nearly_utf8(body)
        return Decoded(text=text, used="utf-8", claimed=claimed, broken=broken)
    for name in known:
        with suppress(UnicodeDecodeError):
            larger = _LARGER.get(name, name)
            return Decoded(text=body.decode(larger), used=larger, claimed=claimed)
    return Decoded(text=body.decode("cp1252", "replace"), used="cp1252", claimed=claimed)


def _claims(body: bytes, content_type: str) -> list[str]:
    """The encodings that the document and its server claim."""
    inside = _XML.search(body[:1000]) or _META.search(body[:4096])
    header = _CHARSET.search(content_type)
    claims = [inside[1].decode("ascii", "replace") if inside else "", header[1] if header else ""]
    return [claim for claim in claims if claim]


def _count_utf8(body: bytes) -> tuple[int, int]:
    """How many characters beyond ASCII are valid in UTF-8, and how many pieces are not."""
    valid = sum(byte >= 0xC0 for byte in body.decode("utf-8", "ignore").encode())
    broken = body.decode("utf-8", "replace").count(_BROKEN)
    return valid, broken


def _nearly_utf8(body: bytes) -> str:
    """The text of UTF-8 with stray bytes, which in Latin text are read as Windows-1252."""
    text = body.decode("utf-8", "replace")
    others = sum(sign >= "\u0250" and sign.isalpha() for sign in text)
    if others * 2 > sum(sign > "\x7f" for sign in text):
        return text

    def stray(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        piece = error.object[error.start : error.end]
        if len(piece) > 1 or piece[0] in _CUT_LEADS:
            return _BROKEN, error.end
        return piece.decode("cp1252", "replace"), error.end

    codecs.register_error("newsletter-stray", stray)
    return body.decode("utf-8", "newsletter-stray")


def _codec(name: str) -> str:
    """Python's name for a text encoding; "" for none, and for UTF-7, which hides markup."""
    try:
        info = codecs.lookup(name.lower().removeprefix("x-").removesuffix("mb4"))
    except (LookupError, ValueError):
        return ""
    is_text = getattr(info, "_is_text_encoding", True)
    return (
        info.name if is_text and info.name not in ("utf-7", "undefined", "idna", "punycode") else ""
    )
