"""What is installed from a wheel works without the checkout: the wheel carries the templates."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

COMMAND = "from newsletter.cli.main import main; main()"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "--wheel-dir", str(out), str(ROOT)],
        check=True,
        timeout=240,
    )  # fmt: skip
    [built] = out.glob("newsletter-*.whl")
    return built


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
