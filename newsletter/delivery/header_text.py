"""Text that strangers wrote, made fit for a header: cleaned, encoded, folded, and checked.

Titles, names and list titles come from feeds, forms and files. Nothing here relies on Python's
own header classes: some releases write a second header line where an encoded-word decodes to
CR LF (CVE-2024-6923).
"""

from __future__ import annotations

import base64
import binascii
import re

from newsletter.errors import InputError

LINE_LENGTH = 76  # RFC 2047 section 2, for lines with encoded-words
LONGEST_LINE = 998  # RFC 5322 section 2.1.1, without CRLF
LONGEST_TEXT = 500  # characters that a cleaned text keeps; beyond, a title is no title
_WORD_ROOM = 75 - len("=?utf-8?q??=")

_SPOILED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029]"  # controls and line separators end a line somewhere
)
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they reorder what stands beside them
_SPACES = re.compile(" {2,}")
_CHARSET = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d+|windows-\d+|cp\d+|koi8-\w|gb[\w-]+|big5[\w-]*|euc-\w+"
    r"|shift_?jis|iso-2022-[\w-]+",
    re.IGNORECASE,
)
"""Charsets that mail is written in; Python knows codecs (unicode_escape, idna) that are none."""
_WORD = r"=\?([^?\s]+)\?([bBqQ])\?([^?\s]*)\?="
_ENCODED_WORD = re.compile(rf"{_WORD}(?:\s+(?={_WORD}))?")  # white space between two is not text

_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_Q_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""What Q leaves as it is inside a phrase (RFC 2047 section 5, rule 3), so also anywhere else."""

_FIELD = re.compile(r"[A-Za-z-]+: [!-~][ -~]*(?:\r\n [!-~][ -~]*)*\Z")
_UTF8 = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
_UTF8_FIELD = re.compile(rf"[A-Za-z-]+: \S{_UTF8}*(?:\r\n \S{_UTF8}*)*\Z")


def clean(text: str) -> str:
    """The text on one line: encoded-words read, controls and direction overrides gone.

    Runs of spaces become one, lone surrogates U+FFFD; at most 500 characters are kept.
    """
    if text.isascii() and text.isprintable() and len(text) <= LONGEST_TEXT and "=?" not in text:
        return _SPACES.sub(" ", text.strip())
    text = _ENCODED_WORD.sub(_read_word, text[: 4 * LONGEST_TEXT])
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _DIRECTION.sub("", _SPOILED.sub(" ", text))
    return _SPACES.sub(" ", text).strip()[:LONGEST_TEXT].rstrip()


def unstructured(text: str, *, column: int) -> str:
    """A cleaned text as the value of Subject and its like, folded; `column` is where it starts."""
    if _PLAIN.match(text) and "=?" not in text:
        folded = _fold(text.split(" "), column)
        if folded is not None:
            return folded
    return "\r\n ".join(_encoded_words(text, column))


def phrase(text: str, *, column: int) -> str:
    """A cleaned text as a display name (RFC 5322 section 3.2.5), folded; "" stays ""."""
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
    """`Name <address>` or the bare address, folded before the address where the line is full.

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

    This is the last look at the bytes: only printable characters, a line end only where a fold
    follows it, no line over 998 octets. Beyond ASCII only what RFC 6532 lets into an address.
    """
    line = f"{name}: {value}"
    sound = (_FIELD if line.isascii() else _UTF8_FIELD).match(line)
    wire = line.encode()
    is_long = len(wire) > LONGEST_LINE and max(map(len, wire.split(b"\r\n"))) > LONGEST_LINE
    if not sound or "  " in line or is_long:
        raise InputError(f"this cannot stand in a header: {line[:200]!r}", field=name)
    return wire + b"\r\n"


def relaxed(line: bytes) -> bytes:
    """A line made by `header_field`, in DKIM's relaxed form (RFC 6376 section 3.4.2)."""
    name, _, value = line.partition(b": ")
    return name.lower() + b":" + value[:-2].replace(b"\r\n ", b" ") + b"\r\n"


def _read_word(match: re.Match[str]) -> str:
    """What an encoded-word says, or the word itself when it cannot be read."""
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
    """The words with folds between them, or None when one of them is longer than a line."""
    lines = []
    line, room = words[0], LINE_LENGTH - column
    for word in words[1:]:
        if len(line) + 1 + len(word) <= room:
            line = f"{line} {word}"
            continue
        if len(line) > room:
            return None
        lines.append(line)
        line, room = word, LINE_LENGTH - 1
    return "\r\n ".join([*lines, line]) if len(line) <= room else None


def _encoded_words(text: str, column: int) -> list[str]:
    """The text as UTF-8 encoded-words of at most 75 characters, in Q or B, whichever is shorter."""
    octets = text.encode()
    q_length = sum(1 if octet in _Q_LITERAL or octet == 0x20 else 3 for octet in octets)
    in_q = q_length <= len(octets) * 4 / 3
    label, encode = ("q", _q) if in_q else ("b", _b)
    words = []
    word, room = "", min(_WORD_ROOM, LINE_LENGTH - column - len("=?utf-8?q??="))
    for character in text:
        if word and len(encode(word + character)) > room:
            words.append(word)
            word, room = "", _WORD_ROOM
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
