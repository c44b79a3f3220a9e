"""Cleans, encodes, folds and checks untrusted text for a message header.

Titles, names and list titles come from feeds, forms and files. Python's own header classes are
not used: some releases write a second header line where an encoded-word decodes to CR LF
(CVE-2024-6923).
"""

from __future__ import annotations

import base64
import binascii
import re

from newsletter.errors import InputError

LINE_LENGTH = 76  # RFC 2047 section 2, for lines with encoded-words
LONGEST_LINE = 998  # RFC 5322 section 2.1.1, without CRLF
LONGEST_TEXT = 500  # characters that a cleaned text keeps
_WORD_LENGTH = 75 - len("=?utf-8?q??=")

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029]"  # control characters and line separators
)
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they reorder the text around them
_SPACES = re.compile(" {2,}")
_CHARSET = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d+|windows-\d+|cp\d+|koi8-\w|gb[\w-]+|big5[\w-]*|euc-\w+"
    r"|shift_?jis|iso-2022-[\w-]+",
    re.IGNORECASE,
)
"""The charsets of mail; Python also has codecs (unicode_escape, idna) that are not charsets."""
_WORD = r"=\?([^?\s]+)\?([bBqQ])\?([^?\s]*)\?="
_ENCODED_WORD = re.compile(rf"{_WORD}(?:\s+(?={_WORD}))?")  # white space between two is dropped

_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_Q_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""Octets that Q leaves unencoded in a phrase (RFC 2047 section 5, rule 3), the strictest place."""

_FIELD = re.compile(r"[A-Za-z-]+: [!-~][ -~]*(?:\r\n [!-~][ -~]*)*\Z")
_UTF8 = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
_UTF8_FIELD = re.compile(rf"[A-Za-z-]+: \S{_UTF8}*(?:\r\n \S{_UTF8}*)*\Z")


def clean(text: str) -> str:
    """The text on one line: encoded-words decoded, controls and direction overrides removed.

    Runs of spaces become one space, lone surrogates U+FFFD; at most 500 characters are kept.
    """
    if text.isascii() and text.isprintable() and len(text) <= LONGEST_TEXT and "=?" not in text:
        return _SPACES.sub(" ", text.strip())
    text = _ENCODED_WORD.sub(_read_word, text[: 4 * LONGEST_TEXT])
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _DIRECTION.sub("", _CONTROLS.sub(" ", text))
    return _SPACES.sub(" ", text).strip()[:LONGEST_TEXT].rstrip()


def unstructured(text: str, *, column: int) -> str:
    """A cleaned text as an unstructured value such as Subject, folded; it starts at `column`."""
    if _PLAIN.match(text) and "=?" not in text:
        folded = _fold(text.split(" "), column)
        if folded is not None:
            return folded
    return "\r\n ".join(_encoded_words(text, column))


def phrase(text: str, *, column: int) -> str:
    """A cleaned text as a display name (RFC 5322 section 3.2.5), folded; "" is returned as ""."""
    if _ATOMS.match(text) and "=?" not in text:
        folded = _fold(text.split(" "), column)
    elif _PLAIN.match(text) and "=?" not in text:
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        folded = _fold(quoted.split(" "), column)
    else:
        folded = None
    if folded is not None or not text:
        return folded or ""
    return "\r\n ".join(_encoded_words(text, column))


def named_address(name: str, address: str, *, column: int) -> str:
    """`Name <address>` or the bare address, folded before the address where a line is too long.

    `name` is cleaned here; `address` must be a wire address.
    """
    shown = phrase(clean(name), column=column)
    if not shown:
        return address
    used = column + len(shown) if "\r\n" not in shown else len(shown.rpartition("\r\n")[2])
    space = " " if used + len(address) + 3 <= LINE_LENGTH else "\r\n "
    return f"{shown}{space}<{address}>"


def header_field(name: str, value: str) -> bytes:
    """The finished header line with its CRLF; raises InputError when it is not exactly one field.

    This is the final check of the bytes: only printable characters, line ends only in folds, no
    line over 998 octets, and non-ASCII characters only as RFC 6532 allows them in an address.
    """
    line = f"{name}: {value}"
    match = (_FIELD if line.isascii() else _UTF8_FIELD).match(line)
    wire = line.encode()
    is_long = len(wire) > LONGEST_LINE and max(map(len, wire.split(b"\r\n"))) > LONGEST_LINE
    if not match or "  " in line or is_long:
        raise InputError(f"this text cannot be used in a header: {line[:200]!r}", field=name)
    return wire + b"\r\n"


def relaxed(line: bytes) -> bytes:
    """A line made by `header_field`, in DKIM's relaxed form (RFC 6376 section 3.4.2)."""
    name, _, value = line.partition(b": ")
    return name.lower() + b":" + value[:-2].replace(b"\r\n ", b" ") + b"\r\n"


def _read_word(match: re.Match[str]) -> str:
    """The text of an encoded-word, or the word itself when it cannot be decoded."""
    charset, encoding, payload = match[1].partition("*")[0], match[2], match[3]
    if not _CHARSET.fullmatch(charset):
        return match[0]
    try:
        if encoding in "bB":
            octets = base64.b64decode(payload + "=" * (-len(payload) % 4))
        else:
            octets = binascii.a2b_qp(payload, header=True)
        return octets.decode(charset)
    except (ValueError, LookupError):
        return match[0]


def _fold(words: list[str], column: int) -> str | None:
    """The words, folded, or None when one of them is longer than a line."""
    lines = []
    line, space_left = words[0], LINE_LENGTH - column
    for word in words[1:]:
        if len(line) + 1 + len(word) <= space_left:
            line = f"{line} {word}"
            continue
        if len(line) > space_left:
            return None
        lines.append(line)
        line, space_left = word, LINE_LENGTH - 1
    return "\r\n ".join([*lines, line]) if len(line) <= space_left else None


def _encoded_words(text: str, column: int) -> list[str]:
    """The text as UTF-8 encoded-words of at most 75 characters, in Q or B, whichever is shorter."""
    octets = text.encode()
    q_length = sum(1 if octet in _Q_LITERAL or octet == 0x20 else 3 for octet in octets)
    in_q = q_length <= len(octets) * 4 / 3
    label, encode = ("q", _q) if in_q else ("b", _b)
    words = []
    word, space_left = "", min(_WORD_LENGTH, LINE_LENGTH - column - len("=?utf-8?q??="))
    for character in text:
        if word and len(encode(word + character)) > space_left:
            words.append(word)
            word, space_left = "", _WORD_LENGTH
        word += character
    if word:
        words.append(word)
    return [f"=?utf-8?{label}?{encode(word)}?=" for word in words]


def _q(text: str) -> str:
    return "".join(
        [
            chr(octet) if octet in _Q_LITERAL else "_" if octet == 0x20 else f"={octet:02X}"
            for octet in text.encode()
        ]
    )


def _b(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
