"""Installs what some tests run (a browser, SpamAssassin, a C compiler), where apt may be used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = {"chromium": NAMES, "spamassassin": ("spamassassin",), "build-essential": ("cc",)}
"""Debian's packages, with the commands that any of them may bring."""
APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300")
TIMEOUT_SECONDS = 900


def find_chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return _find("chromium")


def missing() -> list[str]:
    """The packages that are not there."""
    return [package for package in PACKAGES if _find(package) is None]


def install(packages: list[str]) -> None:
    """Install Debian's packages; raises OSError or SubprocessError when that fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "--no-install-recommends", *packages)):
        subprocess.run([*APT, *arguments], check=True, env=environment, timeout=TIMEOUT_SECONDS)


def main() -> None:
    """Make sure the tools are there, or say loudly which tests will not run."""
    if not missing():
        return
    reason = "apt needs root"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install(missing())
        except (OSError, subprocess.SubprocessError) as error:
            reason = str(error)
    for package in missing():
        print(
            f"\n*** No {package} on this machine ({reason}): its tests will be SKIPPED. ***"
            f"\n*** Install the package `{package}` to run them. ***\n",
            file=sys.stderr,
        )


def _find(package: str) -> str | None:
    return next((path for name in PACKAGES[package] if (path := shutil.which(name))), None)


if __name__ == "__main__":
    main()
