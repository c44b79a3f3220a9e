"""Pictures that were fetched for our pages, in a folder of bounded size."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from newsletter.articles.picture_fetch import FetchedPicture

MOST_OCTETS = 200_000_000
MOST_FILES = 5_000
FRESH = timedelta(days=7)
"""A publisher may put another picture at the same address."""
_LONGEST_HEAD = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptPicture:
    """A picture as it is served. `tag` is its entity tag, without quotes."""

    media_type: str
    tag: str
    body: bytes
    fetched_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether it need not be fetched again."""
        return now - self.fetched_at < FRESH


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureCache:
    """One file for each picture: a line of JSON, then its octets. Any process may use the folder.

    The file's time is that of its last use.
    """

    folder: Path
    most_octets: int = MOST_OCTETS
    most_files: int = MOST_FILES

    def find(self, url: str, *, now: datetime) -> KeptPicture | None:
        """The picture, if it is kept and whole."""
        try:
            with self._path(url).open("rb") as file:
                head = json.loads(file.readline(_LONGEST_HEAD))
                body = file.read()
            kept = KeptPicture(
                media_type=head["type"],
                tag=head["tag"],
                body=body,
                fetched_at=datetime.fromisoformat(head["at"]),
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        if len(body) != head.get("octets"):
            return None  # the machine stopped while it was written
        self._note_use(url, now)
        return kept

    def keep(self, url: str, picture: FetchedPicture, *, now: datetime) -> KeptPicture:
        """Keep the picture, and remove those that were not used for longest. Raises OSError."""
        kept = as_kept(picture, now)
        head = {
            "type": kept.media_type,
            "tag": kept.tag,
            "at": now.isoformat(),
            "octets": len(kept.body),
        }
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self.folder, delete=False) as file:  # for its owner only
            path = Path(file.name)
            try:
                file.write(json.dumps(head).encode("ascii") + b"\n" + kept.body)
                file.flush()
            except OSError:
                path.unlink()
                raise
        path.replace(self._path(url))
        self._note_use(url, now)
        self._make_room()
        return kept

    def _note_use(self, url: str, now: datetime) -> None:
        with suppress(OSError):  # removed by another process in the meantime
            os.utime(self._path(url), (now.timestamp(), now.timestamp()))

    def _path(self, url: str) -> Path:
        return self.folder / hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()

    def _make_room(self) -> None:
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another thread makes room too
                    found.append((entry, entry.stat()))
        octets, files = sum(about.st_size for _, about in found), len(found)
        for entry, about in sorted(found, key=lambda pair: pair[1].st_mtime):
            if octets <= self.most_octets and files <= self.most_files:
                return
            Path(entry.path).unlink(missing_ok=True)
            octets, files = octets - about.st_size, files - 1


def as_kept(picture: FetchedPicture, now: datetime) -> KeptPicture:
    """The picture as it is served."""
    return KeptPicture(
        media_type=picture.media_type,
        tag=hashlib.sha256(picture.body).hexdigest()[:32],
        body=picture.body,
        fetched_at=now,
    )
