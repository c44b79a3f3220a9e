"""A release, as somebody installs it: the same bytes from each build, and nothing of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from newsletter import __version__

ROOT = Path(__file__).parents[2]


def build(out: Path, **environment: str) -> dict[str, bytes]:
    """What `make dist` builds."""
    subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "dist.py"), "--out", str(out)],
        check=True,
        env={**os.environ, **environment},
        umask=0o077 if environment else 0o022,
    )
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    """In another time zone, another language, and with another umask."""
    first = build(tmp_path / "first")
    second = build(tmp_path / "second", TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7")
    assert first == second


def test_the_wheel_and_pip_are_all_that_it_takes(tmp_path: Path) -> None:
    """In an empty environment: --version, init, check and the preview of a first issue."""
    build(tmp_path / "dist")
    [wheel] = (tmp_path / "dist").glob("*.whl")
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    subprocess.run(
        [home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)],
        check=True,
        cwd=tmp_path,
    )
    site = tmp_path / "site"

    def newsletter(*words: str) -> str:
        done = subprocess.run(
            [home / "bin" / "newsletter", *words], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert __version__ in newsletter("--version")
    newsletter("init", str(site))
    (tmp_path / "people.csv").write_text("email\nreader@example.org\n", encoding="utf-8")
    newsletter(
        *("-C", str(site), "subscribers", "import", str(tmp_path / "people.csv")),
        *("--list", "weekly"),
    )
    newsletter("-C", str(site), "check")
    newsletter("-C", str(site), "gather")
    newsletter("-C", str(site), "draft", "weekly")
    newsletter("-C", str(site), "preview", "weekly", "--out", str(tmp_path / "shown"))
    assert "<html" in (tmp_path / "shown" / "index.html").read_text(encoding="utf-8")
