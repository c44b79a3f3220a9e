"""The themes look as they did when somebody last looked at them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.browser.golden import FOLDER, SHOTS, name_of, shoot
from tests.browsers import Chromium

pytestmark = pytest.mark.browser

MEAN, BLOCK, ROWS = 2.0, 20.0, 3
"""Of 255: how far a picture may differ on the whole, and any 16 x 16 block of it; rows in height."""


def difference(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """Mean, and that of the worst block, over the height both have."""
    box = (0, 0, one.width, min(one.height, other.height))
    gap = ImageChops.difference(one.crop(box), other.crop(box)).convert("L")
    blocks = gap.resize((gap.width // 16, gap.height // 16), Image.Resampling.BOX)
    return ImageStat.Stat(gap).mean[0], blocks.getextrema()[1]  # type: ignore[return-value]


@pytest.mark.parametrize(("theme", "mode", "width"), SHOTS)
def test_theme_looks_the_same(
    theme: str, mode: str, width: int, full_chromium: Chromium, tmp_path: Path
) -> None:
    """Within a tolerance, the picture is the one kept; `python -m tests.browser.golden` renews it."""
    seen = full_chromium.run(lambda browser: shoot(browser, theme, mode, width))
    seen.save(tmp_path / "seen.png")
    with Image.open(FOLDER / name_of(theme, mode, width)) as kept:
        golden = kept.convert("RGB")
    assert seen.width == golden.width
    assert abs(seen.height - golden.height) <= ROWS, tmp_path
    mean, block = difference(seen, golden)
    print(f"{theme} {mode} {width}: mean {mean:.2f}, worst block {block:.0f}")
    assert mean <= MEAN, tmp_path
    assert block <= BLOCK, tmp_path


def test_tolerance_sees_a_change() -> None:
    """A block that lost its ground, a heading that went away: each is beyond the tolerance."""
    with Image.open(FOLDER / name_of("standard", "light", 600)) as kept:
        golden = kept.convert("RGB")
    changed = golden.copy()
    changed.paste((255, 255, 255), (0, 0, 150, 40))
    assert difference(changed, golden)[1] > BLOCK or difference(changed, golden)[0] > MEAN
    shifted = ImageChops.offset(golden, 0, 6)
    assert difference(shifted, golden)[0] > MEAN
