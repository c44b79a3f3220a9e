"""Decodes bytes to text, even if the stated encoding is wrong."""

from __future__ import annotations

import codecs
import re
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
# Text labelled Latin-1, ASCII or GB 2312 is decoded as the superset of it (WHATWG Encoding
# Standard 4.2).
_LARGER = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_SEVEN_BITS = ("iso2022", "hz")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The text, the encoding it was decoded with, and the encoding it claimed ("" for none)."""

    text: str
    used: str
    claimed: str

    @property
    def as_claimed(self) -> bool:
        """Whether the claim was true, or there was none."""
        claim = _codec(self.claimed)
        return not self.claimed or self.used in (claim, _LARGER.get(claim)) or self.text.isascii()


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Decode `body` by its byte order mark, else as UTF-8 if it is valid, else as it claims.

    Bytes that are valid UTF-8 are decoded as UTF-8, whatever the HTTP charset, the XML declaration
    or the HTML meta element claim. If no claim is right, the text is decoded as Windows-1252.
    """
    header = _CHARSET.search(content_type)
    inside = _XML.search(body[:1000]) or _META.search(body[:4096])
    claims = [header[1] if header else "", inside[1].decode("ascii", "replace") if inside else ""]
    claimed = next((claim for claim in claims if claim), "")
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            text = body.decode(encoding, "replace").lstrip("\ufeff")
            return Decoded(text=text, used=encoding, claimed=encoding)
    codecs_claimed = [_codec(claim) for claim in claims if _codec(claim)]
    stateful = [name for name in codecs_claimed if name.startswith(_SEVEN_BITS)]
    for name in (*stateful, "utf-8", *(_LARGER.get(name, name) for name in codecs_claimed)):
        try:
            return Decoded(text=body.decode(name), used=name, claimed=claimed)
        except UnicodeDecodeError:
            continue
    return Decoded(text=body.decode("cp1252", "replace"), used="cp1252", claimed=claimed)


def _codec(name: str) -> str:
    """Python's name for a text encoding; "" for none, and for UTF-7, which hides markup."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    is_text = getattr(info, "_is_text_encoding", True)
    return (
        info.name if is_text and info.name not in ("utf-7", "undefined", "idna", "punycode") else ""
    )
