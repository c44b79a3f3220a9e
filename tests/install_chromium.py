"""Installs Debian's Chromium for the browser tests, where it is missing and apt may be used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300")
TIMEOUT_SECONDS = 900


def find_chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """Install Debian's package; raises OSError or SubprocessError when that fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "--no-install-recommends", "chromium")):
        subprocess.run([*APT, *arguments], check=True, env=environment, timeout=TIMEOUT_SECONDS)


def main() -> None:
    """Make sure there is a Chromium, or say loudly that the browser tests will not run."""
    if find_chromium():
        return
    reason = "apt needs root"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install()
        except (OSError, subprocess.SubprocessError) as error:
            reason = str(error)
    if not find_chromium():
        print(
            f"\n*** No Chromium on this machine ({reason}): the browser tests will be SKIPPED. ***"
            "\n*** Install the package `chromium` to run them.                              ***\n",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
