"""The files of an export: in a folder, in a ZIP archive, or one file. Nothing is unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Protocol, TypeVar

from newsletter.errors import InputError

MAX_FILES = 20_000
MAX_FILE = 200_000_000
"""The most bytes of one file, unpacked: an export in JSON is a single one."""
MAX_TOTAL = 1_000_000_000
"""The most bytes that are unpacked in all: a small archive can unpack to a very large one."""


Entry = TypeVar("Entry")


class Bundle(Protocol):
    """The files of an export, by their names, which are relative paths with "/"."""

    @property
    def names(self) -> Sequence[str]:
        """The names in order."""

    def read(self, name: str) -> bytes:
        """The content of a file. Raises InputError if it cannot be read or is too large."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderBundle:
    """The files below a folder, or one file."""

    paths: Mapping[str, Path]

    @property
    def names(self) -> Sequence[str]:
        """The names in order."""
        return sorted(self.paths)

    def read(self, name: str) -> bytes:
        """The content of a file."""
        path = self.paths[name]
        try:
            with path.open("rb") as file:
                return _bounded(file.read(MAX_FILE + 1), name)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error


class ZipBundle:
    """The files in a ZIP archive, which is read in memory within limits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unpacked = 0
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise InputError(f"{path} is not a readable ZIP archive: {error}") from error
        files = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        _require_few(len(files), path)
        self._entries = _from_top(
            {entry.filename: entry for entry in files if _is_wanted(entry.filename)}
        )

    @property
    def names(self) -> Sequence[str]:
        """The names in order."""
        return sorted(self._entries)

    def read(self, name: str) -> bytes:
        """The content of a file; its size is counted, because the archive's own word may be wrong."""
        try:
            with self._zip.open(self._entries[name]) as file:
                content = _bounded(file.read(MAX_FILE + 1), name)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
            raise InputError(f"{name} in {self._path} is damaged: {error}") from error
        except (RuntimeError, NotImplementedError) as error:
            raise InputError(
                f"{name} in {self._path} is encrypted or packed in an unknown way",
                fix="unpack it and import the folder",
            ) from error
        self._unpacked += len(content)
        if self._unpacked > MAX_TOTAL:
            raise InputError(f"{self._path} unpacks to more than {MAX_TOTAL // 10**6} MB")
        return content


def open_bundle(path: Path) -> Bundle:
    """Open an export. Raises InputError if there is none."""
    if path.is_dir():
        paths = {found.relative_to(path).as_posix(): found for found in path.rglob("*")}
        files = {name: found for name, found in paths.items() if found.is_file()}
        _require_few(len(files), path)
        wanted = {name: files[name] for name in files if _is_wanted(name)}
        _require_inside(path, wanted)
        return FolderBundle(paths=_from_top(wanted))
    if not path.is_file():
        raise InputError(f"there is no file or folder {path}")
    if zipfile.is_zipfile(path):
        return ZipBundle(path)
    beside = path.parent / "posts"
    paths = {f"posts/{found.name}": found for found in beside.glob("*.html")}
    _require_inside(path.parent, paths)
    # Substack's table of posts, unpacked: its posts are in the folder beside it.
    return FolderBundle(paths={path.name: path, **(paths if path.name == "posts.csv" else {})})


def _require_inside(folder: Path, files: Mapping[str, Path]) -> None:
    """Raise InputError for a link out of the folder: what it names would stand in the archive."""
    root = folder.resolve()
    for name, file in files.items():
        if not file.resolve().is_relative_to(root):
            raise InputError(
                f"{name} in {folder} is a link that leads out of the folder",
                fix="remove it, or put the file itself there",
            )


def _from_top(files: Mapping[str, Entry]) -> dict[str, Entry]:
    """The files by their names below the folders that all of them are in.

    A folder and an archive of it have the same names, by which posts are known again.
    """
    levels = zip(*(name.split("/")[:-1] for name in files), strict=False)
    shared = takewhile(lambda folders: len(set(folders)) == 1, levels)
    skipped = sum(len(folders[0]) + 1 for folders in shared)
    return {name[skipped:]: file for name, file in files.items()}


def _is_wanted(name: str) -> bool:
    """Whether it is not one of the hidden files that systems leave in folders and archives."""
    return not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _require_few(count: int, path: Path) -> None:
    if count > MAX_FILES:
        raise InputError(f"{path} has {count} files, more than {MAX_FILES}")


def _bounded(content: bytes, name: str) -> bytes:
    if len(content) > MAX_FILE:
        raise InputError(f"{name} is larger than {MAX_FILE // 10**6} MB")
    return content
