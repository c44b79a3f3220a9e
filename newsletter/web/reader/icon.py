"""The site's icon: an envelope on a square of the accent colour, as an ICO file. Pure."""

from __future__ import annotations

import struct
import zlib

SIZE = 32
_CLEAR = b"\0\0\0\0"
_RADIUS = 7.0


def make_icon(colour: str) -> bytes:
    """The icon in a colour such as `#0b6455`."""
    accent, ink = bytes.fromhex(colour[1:]) + b"\xff", b"\xff\xff\xff\xff"
    rows = [
        b"".join(_pixel(column, row, accent, ink) for column in range(SIZE)) for row in range(SIZE)
    ]
    image = _png(rows)
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", SIZE, SIZE, 0, 0, 1, 32, len(image), len(header) + 16)
    return header + entry + image


def _pixel(column: int, row: int, accent: bytes, ink: bytes) -> bytes:
    if not _is_inside(column + 0.5, row + 0.5):
        return _CLEAR
    return ink if _is_envelope(column, row) else accent


def _is_inside(x: float, y: float) -> bool:
    """Whether the point is in the square with round corners."""
    dx = max(_RADIUS - x, x - (SIZE - _RADIUS), 0)
    dy = max(_RADIUS - y, y - (SIZE - _RADIUS), 0)
    return dx * dx + dy * dy <= _RADIUS * _RADIUS


def _is_envelope(column: int, row: int) -> bool:
    """Whether the pixel is on the outline of the envelope or on its flap."""
    left, right, top, bottom = 6, 25, 9, 22
    if not (left <= column <= right and top <= row <= bottom):
        return False
    is_edge = column in (left, left + 1, right - 1, right) or row in (
        top,
        top + 1,
        bottom - 1,
        bottom,
    )
    flap = top + 1 + min(column - left, right - column)
    return is_edge or 0 <= row - flap < 2


def _png(rows: list[bytes]) -> bytes:
    """A PNG image of RGBA rows (ISO/IEC 15948)."""
    header = struct.pack(">IIBBBBB", SIZE, len(rows), 8, 6, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", header), (b"IDAT", content), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
