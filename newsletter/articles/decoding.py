"""Bytes of a page or a text file to text, whatever their encoding is said to be."""

from __future__ import annotations

import codecs
import re

_DECLARED = re.compile(rb"<meta\b[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# What pages call Latin-1 or ASCII is Windows-1252 in truth (WHATWG Encoding Standard 4.2).
_WINDOWS = {"ascii", "iso8859-1"}


def decode(body: bytes, content_type: str = "") -> str:
    """The text of `body`: by its byte order mark, its HTTP or HTML charset, UTF-8, Windows-1252."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode(encoding, "replace").lstrip("\ufeff")
    said = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:4096])
    names = [said[1] if said else "", declared[1].decode("ascii", "replace") if declared else ""]
    for name in (*names, "utf-8"):
        try:
            codec = codecs.lookup(name).name
            return body.decode("cp1252" if codec in _WINDOWS else codec)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("cp1252", "replace")
