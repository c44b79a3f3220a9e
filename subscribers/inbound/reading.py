"""Reads untrusted messages defensively: malformed input does not raise, and all work is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from typing import TYPE_CHECKING, cast

from subscribers.errors import SubscribersError

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_PARTS = 200
MAX_DEPTH = 30
MAX_FIELDS = 1_000
MAX_HEADER = 5_000
"""Characters of one header that are read."""

MAX_TEXT = 200_000
"""Characters of one part that are read."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NO_SEMICOLON = re.compile(
    rb"(?im)^(content-type:[ \t]*[\w.+-]+/[\w.+-]+)[ \t]*\n?[ \t]+(?=(?:boundary|charset|format|name|report-type)=)"
)
"""Some programs forget it between the type and its parameters."""

_EMPTY_LINES = re.compile(rb"\n{4,}")
"""Each empty line of a delivery status begins a part; two say as much as a million."""

_QUOTES = "//blockquote | //*[contains(@class, 'gmail_quote')] | //script | //style | //head"
_BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol", "pre"}


class UnreadableError(SubscribersError, ValueError):
    """Python's parser cannot read it as a message; it belongs in the quarantine."""

    code = "unreadable"


def parse_message(raw: bytes) -> Message:
    """Parse a message with CRLF, LF or CR line ends; raises UnreadableError."""
    return _parsed(raw, header_only=False)


def parse_header(raw: bytes) -> Message:
    """The same, but only the header is read; everything after it is one text."""
    return _parsed(raw, header_only=True)


def _parsed(raw: bytes, *, header_only: bool) -> Message:
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if lines.startswith(b"From "):  # an mbox separator
        lines = lines.partition(b"\n")[2]
    lines = _EMPTY_LINES.sub(b"\n\n\n", lines)
    try:
        # compat32: the newer policies parse headers at once, and raise on broken ones.
        parser = BytesParser(policy=compat32)
        message = parser.parsebytes(_NO_SEMICOLON.sub(rb"\1; ", lines), headersonly=header_only)
        for _ in parts(message):
            pass
    except MemoryError:
        raise
    except Exception as error:  # the parser raises many types of error on malformed mail
        raise UnreadableError(f"cannot be read as mail: {type(error).__name__}") from error
    if not message.keys():
        raise UnreadableError("cannot be read as mail: it has no header")
    return message


def parts(message: Message, *, into_attached: bool = False) -> Iterator[Message]:
    """Yield the message's leaf parts in order, at most MAX_PARTS parts being visited.

    Attached messages are entered only with `into_attached`: a bounce that somebody forwards as
    an attachment is their letter, not a bounce.
    """
    stack = [(message, 0)]
    visited = 0
    while stack and visited < MAX_PARTS:
        part, depth = stack.pop()
        visited += 1
        enclosed = part.get_content_maintype() == "message"
        inner = children(part) if into_attached or not enclosed else []
        if inner and depth < MAX_DEPTH:
            stack.extend((child, depth + 1) for child in reversed(inner))
        else:
            yield part


def children(part: Message) -> list[Message]:
    """The parts of a multipart, the message in a message/rfc822, the blocks of a delivery status."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return []
    return [child for child in payload[:MAX_PARTS] if isinstance(child, Message)]


def header(message: Message, name: str) -> str:
    """The first header of that name, decoded, on one line; "" if there is none."""
    return next(iter(headers(message, name)), "")


def headers(message: Message, name: str) -> list[str]:
    """All headers of that name, decoded, each on one line."""
    return [_decoded(value) for field, value in fields(message) if field == name.casefold()]


def fields(message: Message) -> list[tuple[str, str]]:
    """All header fields, names casefolded, values not decoded; raw octets are read as UTF-8."""
    # Not items(), which replaces octets that are not ASCII by question marks.
    return [
        (
            name.casefold(),
            str(value)[:MAX_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        )
        for name, value in list(message.raw_items())[:MAX_FIELDS]
    ]


def addresses(message: Message, name: str) -> list[str]:
    """The bare addresses in all headers of that name."""
    values = [value for field, value in fields(message) if field == name.casefold()]
    try:
        return [address for _, address in getaddresses(values[:MAX_PARTS]) if "@" in address]
    except RecursionError:  # thousands of nested comments
        return []


def text_of(message: Message) -> str:
    """The text that a person wrote: the first plain part, or else the HTML without its quotes."""
    fallback = ""
    for part in parts(message):
        if part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain" and (text := part_text(part)).strip():
            return text
        if kind == "text/html" and not fallback:
            fallback = _plain(part_text(part))
        elif kind.startswith("multipart/") and not fallback:  # its boundary is missing or damaged
            fallback = part_text(part)
    return fallback


def part_text(part: Message) -> str:
    """The text of one part; tolerates wrong transfer encodings and charsets."""
    if part.is_multipart():
        return "\n".join(_flat(child) for child in children(part))[:MAX_TEXT]
    try:
        content = part.get_payload(decode=True)
    except Exception:  # a malformed transfer encoding: use the raw text
        content = None
    if not isinstance(content, bytes):
        return str(part.get_payload())[:MAX_TEXT]
    content = content[: MAX_TEXT * 4]
    try:
        charset = str(part.get_content_charset("utf-8"))
    except Exception:  # RFC 2231 numbers of thousands of digits, invalid charset names
        charset = "utf-8"
    for guess in (charset, "utf-8"):
        try:
            text = content.decode(guess)
            break
        except (LookupError, UnicodeError, ValueError):
            continue
    else:
        text = content.decode("latin-1")
    return _UNPRINTABLE.sub("", text)[:MAX_TEXT]


def _flat(message: Message) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in fields(message))
    payload = message.get_payload()
    return f"{head}\n\n{payload if isinstance(payload, str) else ''}"


def _decoded(value: str) -> str:
    try:
        chunks = [
            chunk if isinstance(chunk, str) else chunk.decode(charset or "ascii", "replace")
            for chunk, charset in decode_header(value)
        ]
    except Exception:  # an unknown charset or malformed base64: use the raw value
        chunks = [value]
    return " ".join(_UNPRINTABLE.sub(" ", "".join(chunks)).split())


def _plain(markup: str) -> str:
    # Imported here because lxml loads slowly and only mail without a plain part needs it.
    from lxml import html as lxml_html
    from lxml.etree import LxmlError

    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=False)
    try:
        tree = cast("HtmlElement", lxml_html.document_fromstring(markup.encode(), parser=parser))
    except (LxmlError, ValueError, AssertionError):
        return ""
    for quoted in cast("list[HtmlElement]", tree.xpath(_QUOTES)):
        quoted.drop_tree()
    for element in tree.iter():
        if element.tag in _BREAKS:
            element.tail = "\n" + (element.tail or "")
            if element.tag != "br":
                element.text = "\n" + (element.text or "")
    return "\n".join(line.strip() for line in str(tree.text_content()).splitlines())
