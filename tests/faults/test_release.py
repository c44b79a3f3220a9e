"""A release, as somebody installs it: the same bytes from each build, and nothing of the checkout."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from newsletter import __version__
from tests.faults.rounds import IS_LONG

ROOT = Path(__file__).parents[2]


def build(out: Path, *, umask: int = 0o022, **environment: str) -> Path:
    """The folder with what `make dist` builds."""
    subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "dist.py"), "--out", str(out)],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
        umask=umask,
    )
    return out


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release."""
    return build(tmp_path_factory.mktemp("release") / "dist")


@pytest.fixture(scope="module")
def wheel(release: Path) -> Path:
    """Its wheel."""
    [built] = release.glob("newsletter_press-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel and what it requires, and nothing of the checkout.

    pip installs it in `make faults`. In the suite uv does, which takes a tenth of the time.
    """
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=IS_LONG)
    uv = [Path(sys.executable).parent / "uv", "pip", "install", "--python", home / "bin" / "python"]
    pip = [home / "bin" / "pip", "install", "--disable-pip-version-check"]
    subprocess.run([*(pip if IS_LONG else uv), "--quiet", wheel], check=True, cwd=home)
    return home


def test_two_builds_give_the_same_bytes(release: Path, tmp_path: Path) -> None:
    """In another time zone, another language, and with another umask."""
    again = build(tmp_path / "again", umask=0o077, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7")
    first, second = (
        {path.name: path.read_bytes() for path in folder.iterdir()} for folder in (release, again)
    )
    assert first == second


def test_a_release_is_complete(release: Path, wheel: Path) -> None:
    """Wheel, source, SBOM, licences, and the checksum of each; the command is `newsletter`."""
    sums = (release / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    named = {line.split("  ")[1]: line.split("  ")[0] for line in sums}
    source = f"newsletter_press-{__version__}.tar.gz"
    assert set(named) == {"LICENCES.txt", "sbom.cdx.json", source, wheel.name}
    for name, digest in named.items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == digest
    with zipfile.ZipFile(wheel) as content:
        inside = content.namelist()
        [commands] = [name for name in inside if name.endswith("entry_points.txt")]
        assert "newsletter = newsletter.cli.main:main" in content.read(commands).decode()
    assert "newsletter/templates/web/base.html.j2" in inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    parts = json.loads((release / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    assert {part["name"] for part in parts} == set(pinned)
    licences = (release / "LICENCES.txt").read_text(encoding="utf-8").splitlines()
    assert {line.split(" ")[0] for line in licences} == set(pinned)


def test_the_wheel_carries_the_templates(installed: Path, tmp_path: Path) -> None:
    """In a fresh environment the whole theme comes from the wheel, not from the checkout."""
    program = (
        "import newsletter; from newsletter.rendering.check_theme import check_theme; "
        "from newsletter.rendering.theme import open_theme; "
        "problems = check_theme(open_theme(None)); print(newsletter.__file__, problems)"
    )
    ran = subprocess.run(
        [installed / "bin" / "python", "-c", program], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    inside = installed / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    package = inside / "site-packages" / "newsletter" / "__init__.py"
    assert ran.stdout.strip() == f"{package} []"


def test_a_new_site_is_sound(installed: Path, tmp_path: Path) -> None:
    """The installed program says its version, makes a site, and has nothing to object to in it."""

    def newsletter(*words: str) -> str:
        done = subprocess.run(
            [installed / "bin" / "newsletter", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert __version__ in newsletter("--version")
    newsletter("init", "site")
    (tmp_path / "people.csv").write_text("email\nreader@example.org\n", encoding="utf-8")
    newsletter("-C", "site", "subscribers", "import", "people.csv", "--list", "weekly")
    newsletter("-C", "site", "check")


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """An environment with the wheel and what it requires does the main job, for all 200 readers."""
    command, out = str(installed / "bin" / "newsletter"), tmp_path / "out"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.demo", "--headless"),
            *("--command", command, "--out", str(out)),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((out / "mails").glob("*.eml"))) == 200
