"""The body of an edition, encoded once and split where the readers' own values are inserted.

multipart/alternative (RFC 2046 section 5.1.4), text before HTML, or the text alone, quoted-printable. A
reader's body consists of the encoded segments with the reader's values in the gaps between them.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.delivery import quoted_printable
from newsletter.errors import RenderingError
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.slots import split


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A place for a reader's value, which is escaped in HTML."""

    slot: Slot
    in_html: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """Encoded bytes with gaps: each gap is an empty segment, whose indices are in `gaps`.

    `boundary` is "" where there is one part only. The first segment extends to the first gap and is
    the same for all readers.
    """

    boundary: str
    segments: tuple[bytes, ...]
    gaps: tuple[tuple[Gap, tuple[int, ...]], ...]

    def fill(self, values: Mapping[Slot, str]) -> list[bytes]:
        """The segments of one reader's body, to be joined.

        A value takes lines of its own, ended by a soft break; "" takes no line.
        """
        filled = list(self.segments)
        encoded: dict[str, bytes] = {}  # most values are the same in HTML and in text
        for gap, indices in self.gaps:
            value = html.escape(values[gap.slot]) if gap.in_html else values[gap.slot]
            if value not in encoded:
                encoded[value] = quoted_printable.encode_unfinished(value)
            for index in indices:
                filled[index] = encoded[value]
        return filled


def encode_text_body(edition: Edition) -> Body:
    """Encode the text alone; raises RenderingError when a sentinel is broken.

    It ends with one line break: the final dot stands on a line of its own, and DKIM signs no empty
    lines at the end (RFC 6376 section 3.4.3).
    """
    pieces = _encode_part(edition.text.rstrip(" \t\r\n"), edition.nonce, in_html=False)
    if pieces[-1] or len(pieces) == 1:  # a reader's value at the end brings a break of its own
        pieces.append(b"\r\n")
    return _cut("", pieces)


def encode_body(edition: Edition) -> Body:
    """Encode the text and the HTML; raises RenderingError when a sentinel is broken."""
    text = _encode_part(edition.text, edition.nonce, in_html=False)
    page = _encode_part(edition.html, edition.nonce, in_html=True)
    boundary = _boundary([*text, *page])
    return _cut(
        boundary,
        [
            _part_start(boundary, "text/plain"),
            *text,
            b"\r\n" + _part_start(boundary, "text/html"),
            *page,
            f"\r\n--{boundary}--\r\n".encode(),
        ],
    )


def _encode_part(text: str, nonce: str, *, in_html: bool) -> list[bytes | Gap]:
    *parts, last = split(text, nonce)
    pieces: list[bytes | Gap] = []
    for part in [*parts, last]:
        if isinstance(part, Slot):
            pieces.append(Gap(slot=part, in_html=in_html))
        elif nonce in part:
            raise RenderingError("a slot is broken", fix="render the issue again")
        else:
            pieces.append(quoted_printable.encode_unfinished(part))
    if not isinstance(last, Slot):
        pieces[-1] = quoted_printable.encode(last)  # no slot follows it
    return pieces


def _boundary(pieces: Iterable[bytes | Gap]) -> str:
    """A boundary derived from the content, so that the same edition gives the same bytes.

    It cannot occur in a part: quoted-printable never writes "=_" (RFC 2045 section 6.7).
    """
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.slot.encode() if isinstance(piece, Gap) else piece)
        digest.update(b"\0")
    return f"=_{digest.hexdigest()[:32]}"


def _part_start(boundary: str, kind: str) -> bytes:
    return (
        f"--{boundary}\r\n"
        f'Content-Type: {kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
    ).encode()


def _cut(boundary: str, pieces: Iterable[bytes | Gap]) -> Body:
    """Join the pieces between two gaps, and record where the gaps are."""
    segments = [b""]
    positions: dict[Gap, list[int]] = {}
    for piece in pieces:
        if isinstance(piece, Gap):
            positions.setdefault(piece, []).append(len(segments))
            segments += [b"", b""]
        else:
            segments[-1] += piece
    gaps = tuple((gap, tuple(indices)) for gap, indices in positions.items())
    return Body(boundary=boundary, segments=tuple(segments), gaps=gaps)
