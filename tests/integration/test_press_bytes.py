"""The press as others get it: the same bytes in any process, and out of the built wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]

PRINT_HASH = """
from newsletter.rendering.checking import check_theme
from newsletter.rendering.press import render_edition
from newsletter.rendering.sample import SAMPLE_MASTHEAD, sample_issue, sample_items
from newsletter.rendering.theme import open_theme, shipped_templates
theme = open_theme(None)
assert check_theme(theme) == []
items = sample_items(12)
edition = render_edition(sample_issue(items), items, masthead=SAMPLE_MASTHEAD, theme=theme,
                         nonce="0123456789abcdef", web_url="https://news.example.org/12")
print(shipped_templates(), edition.sha256)
"""


def run(folder: Path, **environment: str) -> tuple[Path, str]:
    """Where the templates were found and the hash of the sample edition, in a fresh Python."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_HASH],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    templates, digest = done.stdout.split()
    return Path(templates), digest


def test_same_bytes_in_every_process() -> None:
    """No order of sets or dictionaries gets into an edition."""
    assert run(ROOT, PYTHONHASHSEED="1") == run(ROOT, PYTHONHASHSEED="2")


def test_wheel_carries_the_templates(tmp_path: Path) -> None:
    """The built wheel, unpacked, prints what the checkout prints, from its own templates."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    templates, digest = run(tmp_path / "site")
    assert templates == tmp_path / "site" / "newsletter" / "templates"
    assert digest == run(ROOT)[1]
