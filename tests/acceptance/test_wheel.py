"""What is installed from a wheel works without the checkout: the wheel carries the templates."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from newsletter import __version__

COMMAND = "from newsletter.cli.main import main; main()"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what `make dist` builds."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "dist.py"), "--out", str(out)],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=240,
    )
    return out


@pytest.fixture
def wheel(release: Path) -> Path:
    """The built wheel."""
    [built] = release.glob("newsletter_press-*.whl")
    return built


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


def test_an_installed_wheel_checks_a_site(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment `init` and `preview`'s templates come from the wheel."""
    home = tmp_path / "env"
    venv.create(home, with_pip=False)
    inside = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
         "--disable-pip-version-check", "--target", str(inside / "site-packages"), str(wheel)],
        check=True,
        timeout=240,
    )  # fmt: skip
    # The dependencies are those of this environment; a .pth in it (our checkout) is not read.
    (inside / "site-packages" / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    program = (
        "import newsletter; from newsletter.rendering.check_theme import check_theme; "
        "from newsletter.rendering.theme import open_theme; "
        "problems = check_theme(open_theme(None)); print(newsletter.__file__, problems)"
    )
    ran = subprocess.run(
        [home / "bin" / "python", "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == f"{inside / 'site-packages' / 'newsletter' / '__init__.py'} []"
    made = subprocess.run(
        [home / "bin" / "python", "-c", COMMAND, "init", "site"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "site" / "newsletter.toml").is_file()
