"""The press gives the same bytes in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PRINT_HASH = """
from newsletter.rendering.check_theme import check_theme
from newsletter.rendering.render_edition import render_edition
from newsletter.rendering.sample import SAMPLE_MASTHEAD, sample_issue, sample_items
from newsletter.rendering.theme import open_theme
theme = open_theme(None)
assert check_theme(theme) == []
items = sample_items(12)
edition = render_edition(sample_issue(items), items, masthead=SAMPLE_MASTHEAD, theme=theme,
                         nonce="0123456789abcdef", web_url="https://news.example.org/12")
print(edition.sha256)
"""


def hash_of_sample(seed: str) -> str:
    """The hash of the sample edition, printed by a fresh Python with this hash seed."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_HASH],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_same_bytes_in_every_process() -> None:
    """No order of sets or dictionaries gets into an edition."""
    assert hash_of_sample("1") == hash_of_sample("2")
