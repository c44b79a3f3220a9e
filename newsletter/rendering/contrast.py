"""Contrast of two colours (WCAG 2.2), and how mail clients invert colours in dark mode. Pure."""

from __future__ import annotations

Colour = tuple[float, float, float]
"""Red, green and blue in sRGB, each 0 to 1."""

ENOUGH = 4.5
ENOUGH_FOR_LARGE = 3.0
"""Minimum contrast (WCAG 2.2, 1.4.3): for text, and for text of 24 px, or of 18.66 px if bold."""


def from_hex(code: str) -> Colour:
    """`#1b2126` as a colour."""
    red, green, blue = (int(code[index : index + 2], 16) / 255 for index in (1, 3, 5))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio, from 1 (identical) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def invert_as_gmail(colour: Colour) -> Colour:
    """Invert the CIELAB lightness and keep the hue.

    Android's WebView, and Gmail in it, darkens a page in this way if it has no dark mode.
    """
    lightness, a, b = _to_lab(colour)
    return _from_lab((100 - lightness, a, b))


def invert_as_outlook(colour: Colour) -> Colour:
    """Like invert_as_gmail, but scaled to the lightness above #333333, as Outlook does it."""
    lightness, a, b = _to_lab(colour)
    floor = _to_lab(from_hex("#333333"))[0]
    return _from_lab(((100 - lightness) * (100 - floor) / 100 + floor, a, b))


def contrast_in_gmail(one: Colour, other: Colour) -> float:
    """The contrast that Gmail's inversion leaves, which is known exactly."""
    return contrast(invert_as_gmail(one), invert_as_gmail(other))


def contrast_inverted(one: Colour, other: Colour) -> float:
    """The lowest contrast that any of the inversions leaves; Outlook's is an estimate."""
    outlook = contrast(invert_as_outlook(one), invert_as_outlook(other))
    return min(contrast_in_gmail(one, other), outlook)


def _linear(colour: Colour) -> Colour:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# CIE 1976 L*a*b*, white point D65.
_WHITE = (0.95047, 1.0, 1.08883)
_EDGE = 6 / 29


def _to_lab(colour: Colour) -> Colour:
    red, green, blue = _linear(colour)
    x = 0.4124564 * red + 0.3575761 * green + 0.1804375 * blue
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = 0.0193339 * red + 0.1191920 * green + 0.9503041 * blue
    fx, fy, fz = (
        ratio ** (1 / 3) if ratio > _EDGE**3 else ratio / (3 * _EDGE**2) + 4 / 29
        for ratio in (x / _WHITE[0], y / _WHITE[1], z / _WHITE[2])
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _from_lab(lab: Colour) -> Colour:
    lightness, a, b = lab
    fy = (lightness + 16) / 116
    x, y, z = (
        white * (f**3 if f > _EDGE else 3 * _EDGE**2 * (f - 4 / 29))
        for white, f in zip(_WHITE, (fy + a / 500, fy, fy - b / 200), strict=True)
    )
    red, green, blue = (
        min(1.0, max(0.0, 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055))
        for part in (
            3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
            -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
            0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
        )
    )
    return red, green, blue
