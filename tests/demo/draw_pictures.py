"""Draws the sample's pictures: flat geometric compositions, 1200 × 675, a few kilobytes each.

Run `python -m tests.demo.draw_pictures` after changing one; the PNG files are committed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 675
OVERSAMPLING = 3
"""Pillow draws hard edges: shapes are drawn this much larger and scaled down smooth."""
COLOURS = 20

NIGHT, SEA, TEAL, MINT = "#16263b", "#1f4e5f", "#2f8f8b", "#bfe3d0"
SAND, CREAM, MUSTARD, CORAL, BRICK = "#f0e0c0", "#fbf5e6", "#e9b44c", "#e4674a", "#9b2f2f"

Point = tuple[float, float]


class Sheet:
    """A drawing surface in units of the final picture's pixels."""

    def __init__(self, background: str) -> None:
        self.image = Image.new("RGB", (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING), background)
        self.pen = ImageDraw.Draw(self.image)

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, r: float = 0
    ) -> None:
        """A rectangle with corners rounded by `r`."""
        corners = [n * OVERSAMPLING for n in (x, y, x + width, y + height)]
        self.pen.rounded_rectangle(corners, r * OVERSAMPLING, fill=colour)

    def disc(self, x: float, y: float, r: float, colour: str) -> None:
        """A filled circle around (x, y)."""
        self.pen.ellipse([n * OVERSAMPLING for n in (x - r, y - r, x + r, y + r)], fill=colour)

    def ring(self, x: float, y: float, r: float, thick: float, colour: str) -> None:
        """A circle's outline around (x, y)."""
        self.arc(x, y, r, thick, colour, 0, 360)

    def arc(
        self, x: float, y: float, r: float, thick: float, colour: str, start: float, end: float
    ) -> None:
        """Part of a circle's outline, in degrees clockwise from three o'clock."""
        box = [n * OVERSAMPLING for n in (x - r, y - r, x + r, y + r)]
        self.pen.arc(box, start, end, fill=colour, width=round(thick * OVERSAMPLING))

    def shape(self, points: list[Point], colour: str) -> None:
        """A filled polygon."""
        self.pen.polygon([(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points], fill=colour)

    def path(self, points: list[Point], thick: float, colour: str) -> None:
        """A line through the points, with rounded joints and ends."""
        scaled = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]
        self.pen.line(scaled, fill=colour, width=round(thick * OVERSAMPLING), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, thick / 2, colour)

    def save(self, path: Path) -> None:
        """Scale down, keep few colours, write a PNG."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def padlock() -> Sheet:
    """A padlock on a two-tone ground."""
    sheet = Sheet(SEA)
    sheet.shape([(0, 675), (1200, 0), (1200, 675)], NIGHT)
    sheet.arc(600, 270, 130, 46, SAND, 180, 360)
    for x in (470, 684):
        sheet.box(x, 268, 46, 90, SAND)
    sheet.box(400, 330, 400, 270, MUSTARD, 34)
    sheet.disc(600, 440, 42, NIGHT)
    sheet.shape([(584, 450), (616, 450), (634, 540), (566, 540)], NIGHT)
    return sheet


def antenna() -> Sheet:
    """A mast that sends waves over hills."""
    sheet = Sheet(MINT)
    for r in (420, 330, 240, 150):
        sheet.arc(600, 250, r, 22, TEAL, 200, 340)
    sheet.shape([(570, 250), (630, 250), (700, 675), (500, 675)], NIGHT)
    sheet.shape([(592, 330), (608, 330), (640, 600), (560, 600)], MINT)
    sheet.disc(600, 240, 44, CORAL)
    sheet.shape(
        [(0, 540), (300, 470), (620, 610), (900, 500), (1200, 580), (1200, 675), (0, 675)], SEA
    )
    return sheet


def keyboard() -> Sheet:
    """Rows of keys, one of them bright."""
    sheet = Sheet(NIGHT)
    for row, shift in enumerate((40, 85, 20, 65)):
        for column in range(10):
            x, y = shift + column * 118 - 40, 70 + row * 140
            bright = (row, column) == (1, 6)
            sheet.box(x, y + 10, 102, 112, "#0d1826", 16)
            sheet.box(x, y, 102, 108, CORAL if bright else SAND, 16)
            sheet.box(x + 12, y + 8, 78, 76, "#ef8068" if bright else CREAM, 12)
    return sheet


def circuit() -> Sheet:
    """A chip and its traces."""
    sheet = Sheet(SEA)
    for step in range(7):
        y = 180 + step * 52
        bend = 90 + abs(step - 3) * 46
        sheet.path([(440, y), (440 - bend, y), (380 - bend, y - 60), (0, y - 60)], 10, MINT)
        sheet.path([(760, y), (760 + bend, y), (820 + bend, y + 60), (1200, y + 60)], 10, MINT)
        sheet.disc(380 - bend, y - 60, 13, MUSTARD)
        sheet.disc(820 + bend, y + 60, 13, MUSTARD)
    sheet.box(420, 140, 360, 400, NIGHT, 26)
    sheet.box(490, 210, 220, 260, TEAL, 18)
    sheet.disc(520, 240, 12, CREAM)
    return sheet


def sunrise() -> Sheet:
    """A sun above rows of solar panels."""
    sheet = Sheet(SAND)
    sheet.disc(820, 300, 200, CORAL)
    sheet.disc(820, 300, 150, MUSTARD)
    sheet.shape([(0, 420), (360, 300), (760, 440), (1200, 350), (1200, 675), (0, 675)], TEAL)
    for row in range(3):
        for column in range(5):
            x, y = 60 + column * 230 - row * 40, 440 + row * 84
            sheet.shape([(x + 40, y), (x + 220, y), (x + 180, y + 64), (x, y + 64)], NIGHT)
            sheet.path([(x + 130, y), (x + 90, y + 64)], 4, MINT)
    return sheet


def cable() -> Sheet:
    """A ship laying a cable on the sea bed."""
    sheet = Sheet(CREAM)
    sheet.disc(180, 130, 66, MUSTARD)
    sheet.box(0, 270, 1200, 405, TEAL)
    sheet.box(0, 400, 1200, 275, SEA)
    sheet.shape(
        [(0, 600), (300, 560), (620, 620), (960, 570), (1200, 610), (1200, 675), (0, 675)], NIGHT
    )
    sheet.shape([(470, 220), (860, 220), (800, 310), (520, 310)], BRICK)
    sheet.box(560, 150, 120, 70, SAND, 8)
    sheet.box(700, 120, 46, 100, CORAL)
    curve = [(480 - t * 4.4, 240 + 330 * math.sin(t / 100 * math.pi / 2)) for t in range(101)]
    sheet.path([*curve, (0, 578)], 12, MUSTARD)
    return sheet


def lens() -> Sheet:
    """A camera's lens, straight on."""
    sheet = Sheet(CORAL)
    sheet.box(190, 150, 820, 430, NIGHT, 48)
    sheet.box(290, 100, 180, 80, NIGHT, 20)
    for r, colour in ((200, SAND), (172, SEA), (128, NIGHT), (84, TEAL)):
        sheet.disc(600, 365, r, colour)
    sheet.disc(560, 325, 26, MINT)
    sheet.disc(900, 230, 28, MUSTARD)
    return sheet


def reader() -> Sheet:
    """An electronic page beside a lamp's light."""
    sheet = Sheet(NIGHT)
    sheet.shape([(300, 0), (700, 0), (1100, 675), (60, 675)], "#24405a")
    sheet.box(400, 70, 400, 540, SAND, 34)
    sheet.box(436, 106, 328, 430, CREAM, 8)
    for line in range(9):
        sheet.box(470, 150 + line * 40, 260 if line % 4 != 3 else 150, 12, SEA, 6)
    sheet.disc(600, 572, 18, CORAL)
    return sheet


def city_map() -> Sheet:
    """A route through a plan of blocks."""
    sheet = Sheet(CREAM)
    for row in range(5):
        for column in range(8):
            colour = MINT if (row * 3 + column) % 5 == 0 else SAND
            sheet.box(20 + column * 150, 15 + row * 135, 126, 110, colour, 8)
    sheet.shape([(0, 430), (1200, 210), (1200, 290), (0, 510)], TEAL)
    sheet.path([(160, 610), (160, 320), (610, 320), (610, 140), (1010, 140)], 20, CORAL)
    sheet.disc(160, 610, 30, NIGHT)
    sheet.shape([(966, 96), (1054, 96), (1010, 190)], BRICK)
    sheet.disc(1010, 84, 52, BRICK)
    sheet.disc(1010, 84, 22, CREAM)
    return sheet


def racks() -> Sheet:
    """Cabinets of servers with their lights."""
    sheet = Sheet(TEAL)
    for cabinet in range(4):
        x = 90 + cabinet * 265
        sheet.box(x, 70, 225, 560, NIGHT, 14)
        for unit in range(9):
            y = 95 + unit * 58
            sheet.box(x + 18, y, 189, 44, SEA, 6)
            lit = (cabinet * 5 + unit * 3) % 7
            sheet.disc(x + 42, y + 22, 8, CORAL if lit == 0 else MINT)
            sheet.disc(x + 68, y + 22, 8, MUSTARD if lit == 3 else MINT)
            sheet.box(x + 110, y + 17, 80, 10, NIGHT, 5)
    return sheet


def speaker() -> Sheet:
    """A loudspeaker on a shelf, mid-sound."""
    sheet = Sheet(MUSTARD)
    sheet.box(0, 560, 1200, 115, BRICK)
    for r in (330, 265):
        sheet.arc(600, 320, r, 18, CORAL, -40, 40)
        sheet.arc(600, 320, r, 18, CORAL, 140, 220)
    sheet.box(420, 70, 360, 490, NIGHT, 40)
    sheet.disc(600, 390, 128, SAND)
    sheet.disc(600, 390, 96, SEA)
    sheet.disc(600, 390, 40, SAND)
    sheet.disc(600, 180, 56, SAND)
    sheet.disc(600, 180, 32, SEA)
    return sheet


def bicycle() -> Sheet:
    """A bicycle with a box in front."""
    sheet = Sheet(MINT)
    sheet.box(0, 590, 1200, 85, SEA)
    for x in (330, 870):
        sheet.ring(x, 440, 150, 20, NIGHT)
        sheet.disc(x, 440, 18, NIGHT)
    frame: list[Point] = [(330, 440), (470, 230), (720, 230), (560, 440), (330, 440)]
    sheet.path(frame, 20, CORAL)
    sheet.path([(560, 440), (450, 195)], 20, CORAL)
    sheet.path([(870, 440), (710, 170), (640, 150)], 20, CORAL)
    sheet.box(395, 170, 110, 28, NIGHT, 14)
    sheet.box(760, 130, 210, 150, MUSTARD, 14)
    sheet.disc(560, 440, 36, NIGHT)
    return sheet


def shelf() -> Sheet:
    """Books in a row, one leaning."""
    sheet = Sheet(SEA)
    sheet.box(0, 560, 1200, 30, SAND)
    spines = [
        (90, 380, TEAL),
        (70, 440, CORAL),
        (110, 340, SAND),
        (60, 420, MUSTARD),
        (95, 460, NIGHT),
    ]
    x = 90.0
    for width, height, colour in spines + spines[1:4]:
        sheet.box(x, 560 - height, width, height, colour, 6)
        sheet.box(x + 12, 560 - height + 50, width - 24, 14, CREAM, 4)
        x += width + 8
    sheet.shape([(x + 20, 560), (x + 100, 560), (x + 260, 190), (x + 184, 158)], BRICK)
    return sheet


def clouds() -> Sheet:
    """Two clouds that pass a parcel."""
    sheet = Sheet("#8cc6c0")
    for x, y, scale, colour in ((360, 300, 1.0, CREAM), (860, 420, 0.85, SAND)):
        for dx, dy, r in ((-130, 40, 84), (-30, -30, 120), (110, 30, 96)):
            sheet.disc(x + dx * scale, y + dy * scale, r * scale, colour)
        sheet.box(x - 200 * scale, y + 40 * scale, 390 * scale, 86 * scale, colour, 42 * scale)
    sheet.path([(430, 200), (560, 110), (720, 120), (830, 250)], 16, NIGHT)
    sheet.shape([(790, 246), (866, 216), (856, 300)], NIGHT)
    sheet.box(590, 60, 100, 84, CORAL, 10)
    sheet.box(634, 60, 12, 84, MUSTARD)
    return sheet


def seedling() -> Sheet:
    """A plant that grows out of a chip."""
    sheet = Sheet(CREAM)
    sheet.disc(600, 300, 260, MINT)
    for pin in range(6):
        sheet.box(400 + pin * 72, 610, 30, 65, MUSTARD)
    sheet.box(360, 480, 480, 140, NIGHT, 20)
    sheet.path([(600, 490), (600, 220)], 20, TEAL)
    for side in (-1, 1):
        leaf = [
            (600 + side * 210 * t, 320 - 150 * t - 90 * math.sin(math.pi * t) * k)
            for k, steps in ((1, range(21)), (-0.35, range(20, -1, -1)))
            for t in (step / 20 for step in steps)
        ]
        sheet.shape(leaf, TEAL if side < 0 else SEA)
    return sheet


def envelope() -> Sheet:
    """A letter with a seal."""
    sheet = Sheet(CORAL)
    sheet.box(240, 140, 720, 430, CREAM, 20)
    sheet.shape([(240, 560), (530, 350), (670, 350), (960, 560)], SAND)
    sheet.path([(250, 155), (600, 410), (950, 155)], 16, SEA)
    sheet.disc(600, 410, 62, BRICK)
    sheet.ring(600, 410, 44, 8, CORAL)
    return sheet


PICTURES: dict[str, Callable[[], Sheet]] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        padlock,
        antenna,
        keyboard,
        circuit,
        sunrise,
        cable,
        lens,
        reader,
        city_map,
        racks,
        speaker,
        bicycle,
        shelf,
        clouds,
        seedling,
        envelope,
    )
}


def main() -> None:
    """Write every picture into the sample."""
    folder = Path(__file__).parent / "sample" / "pictures"
    for name, scene in PICTURES.items():
        scene().save(folder / f"{name}.png")


if __name__ == "__main__":
    main()
