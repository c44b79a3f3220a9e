"""init --from: make a site of an archive, entirely or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import tomllib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from newsletter.config.loading import FILE_NAME
from newsletter.errors import InputError, NotPermittedError
from newsletter.pipeline.site_archive.manifest import (
    MANIFEST,
    ListedFile,
    Manifest,
    manifest_from_json,
    require_complete,
)
from newsletter.store.migrations import newest_step

LARGEST_MANIFEST = 50_000_000

CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class UnpackedSite:
    """The manifest of the archive, and the database that the site's newsletter.toml names.

    `is_found` says whether that is the unpacked one.
    """

    manifest: Manifest
    database: str
    is_found: bool


def unpack_site(file: Path, folder: Path) -> UnpackedSite:
    """Unpack the archive into `folder`, which must be new or empty, and compare every hash.

    Files get permissions for their owner only. Raises NotPermittedError for a folder with files,
    InputError for a file that is no such archive, is damaged or hostile, or comes from a newer
    version. Then nothing is left behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotPermittedError(
            "this folder is not empty, and nothing is overwritten",
            file=str(folder),
            fix="name a new folder",
        )
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _read_manifest(archive)
            names = [entry.filename for entry in archive.infolist()]
            require_complete(manifest, names, packed=file.stat().st_size)
            return _unpack(archive, manifest, folder)
    except InputError as error:
        problem = error.problem
        raise InputError(
            f"the archive cannot be used: {problem.message}", file=str(file), fix=problem.fix
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"it is not a readable ZIP archive: {error}", file=str(file), fix="copy it again"
        ) from error
    except OSError as error:
        where = str(error.filename or file)
        raise InputError(f"it cannot be read or written: {error.strerror}", file=where) from error


def _read_manifest(archive: zipfile.ZipFile) -> Manifest:
    for entry in archive.infolist():
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or entry.is_dir():
            raise InputError(f"{entry.filename[:100]!r} is not a file, but a link or a folder")
        if entry.flag_bits & 1:
            raise InputError(f"{entry.filename[:100]!r} is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"{entry.filename[:100]!r} is packed in an unknown way")
    if MANIFEST not in archive.namelist():
        raise InputError(f"it has no {MANIFEST}")
    with archive.open(MANIFEST) as file:
        content = file.read(LARGEST_MANIFEST + 1)
    if len(content) > LARGEST_MANIFEST:
        raise InputError(f"its {MANIFEST} is too large")
    return manifest_from_json(content, newest_schema=newest_step())


def _unpack(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> UnpackedSite:
    above = folder.absolute().parent
    above.mkdir(parents=True, exist_ok=True)
    needed = sum(file.octets for file in manifest.files.values())
    if needed > shutil.disk_usage(above).free:
        raise InputError(f"it needs {needed / 1e9:,.1f} GB, more than the disk has free")
    with tempfile.TemporaryDirectory(dir=above, prefix=".import-") as name:
        made = Path(name) / "site"
        made.mkdir()
        for entry, place in manifest.places.items():
            _write(archive, entry, manifest.files[entry], made / place)
        for place in manifest.folders:
            (made / place).mkdir(parents=True, exist_ok=True)
        found = _database_of(made, manifest)
        folder.mkdir(exist_ok=True)
        for path in made.iterdir():
            path.rename(folder / path.name)
    return found


def _write(archive: zipfile.ZipFile, name: str, listed: ListedFile, path: Path) -> None:
    """Write one file, never more than is listed, and compare its hash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, octets = hashlib.sha256(), 0
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as target, archive.open(name) as source:
        while octets <= listed.octets and (chunk := source.read(CHUNK)):
            digest.update(chunk)
            octets += len(chunk)
            target.write(chunk)
    if octets != listed.octets or digest.hexdigest() != listed.sha256:
        raise InputError(
            f"{name!r} differs from what its {MANIFEST} says",
            fix="copy the archive again, or export the site again",
        )


def _database_of(folder: Path, manifest: Manifest) -> UnpackedSite:
    """Which database newsletter.toml names; raises InputError for one that is not TOML."""
    try:
        settings = tomllib.loads((folder / FILE_NAME).read_text("utf-8"))
        named = str(settings.get("site", {}).get("database", f"sqlite:///{manifest.database}"))
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"it has no readable {FILE_NAME}") from error
    is_found = named == f"sqlite:///{manifest.database}"
    return UnpackedSite(manifest=manifest, database=named, is_found=is_found)
