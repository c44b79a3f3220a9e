"""What an archive of a site lists of itself, and whether it may be unpacked. Pure.

An archive is a ZIP file. `manifest.json` lists every other file with its size and SHA-256:
`database.db` is the database (SQLite, whatever the site uses), and `site/…` the files of the site's
folder by their paths.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from newsletter.errors import InputError

FORMAT, VERSION = "newsletter-site", 1

MANIFEST, DATABASE, FOLDER = "manifest.json", "database.db", "site/"

MOST_FILES = 100_000
LARGEST_FILE = 2**63 - 1
"""In octets, as file systems count them."""

LONGEST_NAME = 1000
"""In octets."""

ALWAYS_ALLOWED = 100_000_000
LARGEST_RATIO = 200
"""An archive may unpack to so many octets, or to so many times its own size: a database shrinks to
a fifth or a tenth, and a bomb to a thousandth.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedFile:
    """The size and the SHA-256 of a file, in hexadecimal."""

    octets: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedTable:
    """A table of the database: how many rows, and a hash that does not depend on their order."""

    table: str
    rows: int
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The manifest. `schema` is the database's last migration, `database` its path in the folder.

    `folders` are the paths of folders without files, which sources may be.
    """

    made_at: str
    made_by: str
    schema: str
    database: str
    files: Mapping[str, ListedFile]
    folders: Sequence[str]
    tables: Sequence[ListedTable]

    @property
    def places(self) -> dict[str, str]:
        """The path in the site's folder of each file of the archive."""
        return {
            name: self.database if name == DATABASE else name.removeprefix(FOLDER)
            for name in self.files
        }

    def to_json(self) -> str:
        """The manifest as it is stored."""
        document = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps(document, indent=1, sort_keys=True) + "\n"


def manifest_from_json(content: bytes, *, newest_schema: str) -> Manifest:
    """The manifest that `to_json` wrote.

    Raises InputError for anything else, and for one of a newer version of the program.
    """
    try:
        document: Any = json.loads(content)
        if document["format"] != FORMAT:
            raise InputError("it is not an archive of a site")
        newer = document["version"] > VERSION or str(document["schema"]) > newest_schema
        if newer:
            raise InputError(
                f"the archive was written by a newer version, {str(document['made_by'])[:40]}",
                fix="install that version of newsletter, or a later one",
            )
        return Manifest(
            made_at=str(document["made_at"]),
            made_by=str(document["made_by"]),
            schema=str(document["schema"]),
            database=str(document["database"]),
            files={str(name): _listed_file(file) for name, file in document["files"].items()},
            folders=tuple(map(str, document["folders"])),
            tables=tuple(ListedTable(**table) for table in document["tables"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"its {MANIFEST} cannot be read", fix="export the site again") from error


def _listed_file(data: Any) -> ListedFile:
    octets = data["octets"]
    if type(octets) is not int or not 0 <= octets <= LARGEST_FILE:
        raise ValueError("a size is a whole number of octets")
    return ListedFile(octets=octets, sha256=str(data["sha256"]))


def require_complete(manifest: Manifest, names: Sequence[str], *, packed: int) -> None:
    """Raise InputError unless the files `names` of an archive of `packed` octets may be unpacked.

    Every name is a plain path below the folder, none is there twice, all are listed, and none of
    the listed ones is missing.
    """
    count = len(names) + len(manifest.folders)
    if count > MOST_FILES:
        raise InputError(f"it has {count} files, more than {MOST_FILES}")
    for name in (*names, FOLDER + manifest.database, *manifest.folders):
        if not is_plain(name):
            raise InputError(f"{_shown(name)} is not a path below the site's folder")
    _require_distinct(
        [*names, FOLDER + manifest.database, *(FOLDER + name for name in manifest.folders)]
    )
    there, listed = set(names) - {MANIFEST}, set(manifest.files)
    for message, wrong in (
        ("is not listed in", there - listed),
        ("is missing, but in", listed - there),
    ):
        if wrong:
            raise InputError(f"{_shown(min(wrong))} {message} its {MANIFEST}")
    if DATABASE not in there:
        raise InputError("it has no database")
    for name in there - {DATABASE}:
        if not name.startswith(FOLDER):
            raise InputError(f"{_shown(name)} is not a file of a site")
    total = sum(file.octets for file in manifest.files.values())
    if total > max(ALWAYS_ALLOWED, LARGEST_RATIO * packed):
        raise InputError(
            f"it would unpack to {total / 1e9:,.1f} GB, {total // max(1, packed):,} times its size"
        )


def is_plain(name: str) -> bool:
    """Whether the name is that of a file below a folder, written in the only way there is."""
    path = PurePosixPath(name)
    return (
        name == str(path)
        and not path.is_absolute()
        and ".." not in path.parts
        and name != "."
        and "\\" not in name
        and not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)
        and len(name.encode()) <= LONGEST_NAME
    )


def _require_distinct(names: Iterable[str]) -> None:
    """Raise InputError for a name that is there twice, and for a file that others take for a folder."""
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"{_shown(name)} is in it twice")
        seen.add(name)
        folders |= {str(parent) for parent in PurePosixPath(name).parents}
    if both := seen & folders:
        raise InputError(f"{_shown(min(both))} is both a file and a folder")


def _shown(name: str) -> str:
    return repr(name if len(name) <= 100 else f"{name[:100]}…")
