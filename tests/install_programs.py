"""Installs what some tests run (a browser, SpamAssassin, a C compiler), where apt may be used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping

HEADLESS = "chromium-headless-shell"
"""The same browser without its own windows, which costs the tests a good part less."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = {
    HEADLESS: (HEADLESS,),
    "chromium": NAMES,
    "spamassassin": ("spamassassin",),
    "build-essential": ("cc",),
}
"""Debian's packages, with the commands that any of them may bring."""
FOR_FAULTS = {
    "default-jre-headless": ("java",),
    "dovecot-imapd": ("dovecot",),
    "nginx-light": ("nginx",),
    "opendkim": ("opendkim",),
    "postfix": ("postfix",),
    "rspamd": ("rspamd",),
}
"""What the fault tests run besides; named on the command line by `--faults`."""
APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300")
TIMEOUT_SECONDS = 900


def find_chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return _find(NAMES)


def find_headless() -> str | None:
    """The path of one without windows, or of any other Chromium, or None."""
    return _find((HEADLESS, *NAMES))


def missing(packages: Mapping[str, tuple[str, ...]] = PACKAGES) -> list[str]:
    """The packages that are not there."""
    return [package for package, names in packages.items() if _find(names) is None]


def install(packages: list[str]) -> None:
    """Install Debian's packages; raises OSError or SubprocessError when that fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "--no-install-recommends", *packages)):
        subprocess.run([*APT, *arguments], check=True, env=environment, timeout=TIMEOUT_SECONDS)


def main() -> None:
    """Make sure the tools are there, or say loudly which tests will not run."""
    packages = {**PACKAGES, **FOR_FAULTS} if "--faults" in sys.argv else PACKAGES
    if not missing(packages):
        return
    reason = "apt needs root"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install(missing(packages))
        except (OSError, subprocess.SubprocessError) as error:
            reason = str(error)
    for package in missing(packages):
        print(
            f"\n*** No {package} on this machine ({reason}): its tests will be SKIPPED. ***"
            f"\n*** Install the package `{package}` to run them. ***\n",
            file=sys.stderr,
        )


def _find(names: Iterable[str]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


if __name__ == "__main__":
    main()
