"""Builds what a release consists of into dist/: `make dist`.

A wheel, a source distribution, an SBOM (CycloneDX) and the licences of what the lock file names, and
SHA256SUMS. The same commit gives the same bytes: times are those of SOURCE_DATE_EPOCH, which is
the commit's unless it is set.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
FALLBACK_EPOCH = "1767225600"
"""2026-01-01, for a tree that is not a checkout."""

_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def main() -> int:
    """Build everything."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder to write to")
    out: Path = parser.parse_args().out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    os.environ.setdefault("SOURCE_DATE_EPOCH", _commit_time())
    _run("hatchling", "build", "--target", "sdist", "--target", "wheel", "--directory", str(out))
    _run(
        *("cyclonedx_py", "requirements", str(LOCK), "--pyproject", str(ROOT / "pyproject.toml")),
        *("--output-reproducible", "--output-format", "JSON"),
        *("--output-file", str(out / "sbom.cdx.json")),
    )
    (out / "LICENCES.txt").write_text("".join(_licences()), encoding="utf-8")
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(out.iterdir())
    ]
    (out / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    print("".join(sums), end="")
    return 0


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=True)  # noqa: S603 - our own words


def _commit_time() -> str:
    git = shutil.which("git")
    if git is None:
        return FALLBACK_EPOCH
    asked = subprocess.run(  # noqa: S603 - our own words
        [git, "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or FALLBACK_EPOCH


def _licences() -> Iterator[str]:
    """One line for each package of the lock file; those for other platforms are not installed."""
    for name, version in sorted(set(_PINNED.findall(LOCK.read_text(encoding="utf-8")))):
        try:
            about = metadata(name)
        except PackageNotFoundError:
            yield f"{name} {version}: not installed here\n"
            continue
        classified = [
            line.rpartition(" :: ")[2]
            for line in about.get_all("Classifier") or []
            if line.startswith("License :: ") and line != "License :: OSI Approved"
        ]
        stated = about.get("License-Expression") or "; ".join(classified) or about.get("License")
        yield f"{name} {version}: {(stated or 'see its documentation').splitlines()[0]}\n"


if __name__ == "__main__":
    sys.exit(main())
