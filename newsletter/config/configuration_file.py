"""Changes newsletter.toml by itself: one change at a time, whole or not at all, checked before."""

from __future__ import annotations

import difflib
import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.config.access import redacted
from newsletter.config.loading import FILE_NAME, read_configuration, settings_of
from newsletter.config.settings import Settings
from newsletter.errors import ConfigurationError, NotPermittedError, Problem

_KEY = re.compile(r"""[\w."'-]+\s*=""")
_KEY_OF_SECRET = re.compile(r"(?i)(?:password|secret|token|auth|headers|key)\w*[\"']?\s*=")

BOM = "\ufeff"
PREVIOUS = f"{FILE_NAME}.previous"
"""The file beside newsletter.toml in which it is kept as it was before the last change."""

_SECRET = re.compile(r"""(\b(?:auth|headers)\s*=\s*)(?:"[^"\n]*"|'[^'\n]*'|\{[^}\n]*\})""")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationChange:
    """The text of newsletter.toml before and after a change, and the settings it means."""

    file: Path
    before: str
    after: str
    settings: Settings

    @property
    def diff(self) -> str:
        """The change as a unified diff, without its secrets and without the lines around it."""
        lines = difflib.unified_diff(
            _without_secrets(self.before).splitlines(),
            _without_secrets(self.after).splitlines(),
            fromfile=FILE_NAME,
            tofile=FILE_NAME,
            lineterm="",
            n=0,
        )
        return "\n".join(lines)


def _without_secrets(text: str) -> str:
    return _SECRET.sub(r'\1"…"', redacted(text))


def without_secrets(diff: str) -> str:
    """The lines of a diff that people may see who may not see secrets; "…" for any other.

    A line that is not a key or a header may belong to a secret of several lines, and a comment may
    be one that was switched off.
    """
    return "\n".join(_shown(line) for line in diff.splitlines())


def _shown(line: str) -> str:
    mark, text = line[:1], line[1:].strip()
    if line.startswith(("---", "+++", "@@")) or not text:
        return line
    key = _KEY.match(text)
    if text.startswith("[") and not _KEY_OF_SECRET.search(text):
        return line
    if key is None or _KEY_OF_SECRET.search(text):
        return f"{mark}{key[0]} …" if key else f"{mark}…"
    return line


def change_configuration(
    folder: Path,
    environment: Mapping[str, str],
    edit: Callable[[str], str],
    *,
    dry_run: bool = False,
) -> ConfigurationChange:
    """Replace newsletter.toml by what `edit` makes of its text, which has line feeds only.

    As it was it is kept beside it. Byte order mark, kind of line ends, mode and owner stay. Raises ConfigurationError if the new
    text is not a valid configuration, NotPermittedError if the file cannot be replaced.
    """
    path = (folder / FILE_NAME).resolve()
    if dry_run:
        return _changed(path, folder, environment, edit)
    with _only_one(path):
        change = _changed(path, folder, environment, edit)
        if change.after != change.before:
            _write(path.with_name(PREVIOUS), change.before, like=path)
            _write(path, change.after, like=path)
    return change


def _changed(
    path: Path, folder: Path, environment: Mapping[str, str], edit: Callable[[str], str]
) -> ConfigurationChange:
    before = read_configuration(path)
    text = before.removeprefix(BOM)
    ends = "\r\n" if "\r\n" in text else "\n"
    edited = edit(text.replace("\r\n", "\n"))
    if ends == "\r\n":
        edited = edited.replace("\n", "\r\n")
    after = (BOM if before.startswith(BOM) else "") + edited
    settings = settings_of(after, folder, environment)
    return ConfigurationChange(file=path, before=before, after=after, settings=settings)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Wait for the lock on the file; a file that was replaced meanwhile is locked anew."""
    while True:
        try:
            locked = path.open("rb")
        except OSError as error:
            raise _unreadable(path, error) from error
        with locked:
            fcntl.flock(locked, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(locked.fileno()), path.stat()):
                yield
                return


def _write(path: Path, text: str, *, like: Path) -> None:
    """Write a new file, durably, with the mode and owner of `like`, and put it in its place."""
    try:
        was = like.stat()
        if not os.access(like, os.W_OK):
            raise PermissionError(13, "Permission denied")
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        new = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(descriptor, was.st_uid, was.st_gid)
                os.fchmod(descriptor, was.st_mode & 0o7777)
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NotPermittedError(
            f"the file cannot be replaced: {error.strerror}",
            file=str(like),
            fix=f"call this as the owner of {path.parent}, where it can be written,"
            " or add the lines that --dry-run shows yourself",
        ) from error


def _unreadable(path: Path, error: OSError) -> ConfigurationError:
    message = f"cannot read the file: {error.strerror}"
    return ConfigurationError([Problem(message=message, file=str(path))])
