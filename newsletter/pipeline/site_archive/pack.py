"""export: write the whole site into one archive, also while it is in use."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from newsletter import __version__
from newsletter.errors import InputError, NotPermittedError
from newsletter.pipeline.migrate_database import recover_journals
from newsletter.pipeline.site_archive.manifest import (
    DATABASE,
    FOLDER,
    MANIFEST,
    ListedFile,
    ListedTable,
    Manifest,
    is_plain,
)
from newsletter.site.site import Site
from newsletter.store.backup import back_up
from newsletter.store.database import Database, create_private, open_database
from newsletter.store.migrations import newest_step, upgrade
from newsletter.store.newsletters import set_armed
from newsletter.store.transfer import copy_all, totals_of

CHUNK = 1 << 20

SQLITE_HEADER = b"SQLite format 3\x00"

USUAL_DATABASE = "newsletter.db"
"""Where the database of a site comes that had it on a server, or outside its folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackedSite:
    """What the archive has, and what of the site's folder or settings it has not."""

    manifest: Manifest
    left_out: tuple[str, ...]


def pack_site(site: Site, file: Path, *, now: datetime) -> PackedSite:
    """Write the site's database, disarmed, and its folder into the new ZIP file `file`.

    Left out are hidden files, other databases, earlier archives, links, and keys outside the folder. Raises
    NotPermittedError if the file exists, InputError if something cannot be read or written.
    """
    if file.exists():
        raise NotPermittedError(
            "this file already exists and is not overwritten",
            file=str(file),
            fix="choose a new file name",
        )
    recover_journals(site, now)
    create_private(file)
    try:
        with TemporaryDirectory(dir=file.absolute().parent, prefix=".export-") as name:
            database = Path(name).resolve() / DATABASE
            tables = _copy_database(site, database)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                return _pack(site, archive, database, tables, own=file.resolve(), now=now)
    except BaseException as error:
        file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            where = str(error.filename or file)
            raise InputError(f"it cannot be written: {error.strerror}", file=where) from error
        raise


def _copy_database(site: Site, path: Path) -> list[ListedTable]:
    """Copy the database to a SQLite file, which may not send until it is armed."""
    if site.database.is_sqlite:
        back_up(site.database, path)
    copy = open_database(f"sqlite:///{path}", Path())
    try:
        if not site.database.is_sqlite:
            _copy_from_server(site.database, copy)
        with copy.transaction(read_only=True) as connection:
            return [
                ListedTable(table=one.table, rows=one.rows, hash=one.hash)
                for one in totals_of(connection)
            ]
    finally:
        copy.close()


def _copy_from_server(source: Database, copy: Database) -> None:
    upgrade(copy)
    with source.transaction(read_only=True) as reading, copy.transaction() as writing:
        copy_all(reading, writing)
        set_armed(writing, False)


def _pack(
    site: Site,
    archive: zipfile.ZipFile,
    database: Path,
    tables: list[ListedTable],
    *,
    own: Path,
    now: datetime,
) -> PackedSite:
    kept, left_out = _files_of(site, own)
    files = {DATABASE: _add(archive, DATABASE, database)}
    for relative in kept:
        files[FOLDER + relative] = _add(archive, FOLDER + relative, site.folder / relative)
    manifest = Manifest(
        made_at=now.isoformat(),
        made_by=__version__,
        schema=newest_step(),
        database=_place_of_database(site),
        files=files,
        folders=_empty_folders(site.folder),
        tables=tables,
    )
    archive.writestr(_entry(MANIFEST), manifest.to_json())
    return PackedSite(manifest=manifest, left_out=(*left_out, *_keys_outside(site)))


def _files_of(site: Site, own: Path) -> tuple[list[str], list[str]]:
    """The paths of the folder's files that are packed, and of those that are left out."""
    kept: list[str] = []
    left_out: list[str] = []
    for path in sorted(_walk(site.folder)):
        relative = path.relative_to(site.folder).as_posix()
        if path.resolve() == own or _is_database(path) or _is_archive(path):
            continue
        is_kept = stat.S_ISREG(path.lstat().st_mode) and is_plain(relative)
        (kept if is_kept else left_out).append(relative.encode(errors="replace").decode())
    return kept, left_out


def _walk(folder: Path) -> Iterator[Path]:
    """Every file that is not hidden, nor in a hidden folder; links are not followed."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        yield from (Path(root) / name for name in (*names, *links) if not name.startswith("."))


def _empty_folders(folder: Path) -> list[str]:
    """The paths of the folders that have nothing in them, and are not hidden."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        relative = Path(root).relative_to(folder).as_posix()
        if not folders and not names and is_plain(relative):
            found.append(relative)
    return sorted(found)


def _is_database(path: Path) -> bool:
    """Whether it is a SQLite file or one of those beside it: the site's own is packed as a copy."""
    name = path.name
    for ending in ("-wal", "-shm", "-journal"):
        if name.endswith(ending) and path.with_name(name.removesuffix(ending)).exists():
            return True
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEADER)) == SQLITE_HEADER


def _is_archive(path: Path) -> bool:
    """Whether it is an archive of a site, written before: each would hold all earlier ones."""
    if path.suffix != ".zip" or path.is_symlink() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {MANIFEST, DATABASE} <= set(archive.namelist())


def _place_of_database(site: Site) -> str:
    place = site.database.engine.url.database
    if site.database.is_sqlite and place:
        path = Path(place).resolve()
        if path.is_relative_to(site.folder.resolve()):
            return path.relative_to(site.folder.resolve()).as_posix()
    return USUAL_DATABASE


def _keys_outside(site: Site) -> list[str]:
    """The keys and certificates that the settings name outside the folder."""
    settings = site.settings
    named = [key.key_file for key in settings.dkim.keys.values()] if settings.dkim else []
    named += [relay.ca_file for relay in settings.relays if relay.ca_file]
    folder = site.folder.resolve()
    return [name for name in named if not (site.folder / name).resolve().is_relative_to(folder)]


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> ListedFile:
    """Add the file, and say what was added: a file may grow while it is read."""
    digest, octets = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(_entry(name), "w", force_zip64=True) as target:
        for chunk in _chunks(source):
            digest.update(chunk)
            octets += len(chunk)
            target.write(chunk)
    return ListedFile(octets=octets, sha256=digest.hexdigest())


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry that only its owner can read when a usual program unpacks it."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    return entry
