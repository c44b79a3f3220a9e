"""The pictures that editors upload: kept among the hosted ones, each with a note of what it was cut from.

The note is a file in `pictures/uploads/`. It lets an editor cut a picture anew from its original, and it
tells which pictures are uploads: only these are forgotten once nothing shows them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from newsletter.issues.crop import WHOLE, Crop, Shape
from newsletter.site.hosted_pictures import HostedPictures

FOLDER = "uploads"


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureNote:
    """What a kept picture was cut from: the name of its original, the original's size, and which part."""

    original: str
    width: int
    height: int
    crop: Crop = WHOLE


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadedPictures:
    """The notes of uploaded pictures. Any process may use the folder."""

    hosted: HostedPictures

    @property
    def _folder(self) -> Path:
        return self.hosted.folder / FOLDER

    def note(self, name: str, note: PictureNote, now: datetime) -> None:
        """Keep the note of the kept picture of this name. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=self._folder, delete=False, encoding="ascii") as file:
            path = Path(file.name)
            try:
                json.dump(asdict(note), file)
            except OSError:
                path.unlink()
                raise
        path.replace(self._path(name))
        self.touch(name, now)

    def note_at(self, url: str) -> PictureNote | None:
        """The note of the picture that is served at this address; None for a picture without one."""
        name = self.hosted.name_at(url)
        return self._read(name) if name else None

    def older_than(self, moment: datetime) -> list[str]:
        """The names of the pictures whose notes were last written or touched before this moment."""
        return sorted(name for name, at in self._notes() if at < moment.timestamp())

    def originals(self) -> dict[str, str]:
        """The name of each uploaded picture with that of its original."""
        notes = {name: self._read(name) for name, _at in self._notes()}
        return {name: note.original for name, note in notes.items() if note}

    def touch(self, name: str, now: datetime) -> None:
        """Note that the picture is shown somewhere."""
        with suppress(OSError):
            os.utime(self._path(name), (now.timestamp(), now.timestamp()))

    def forget(self, name: str) -> None:
        """Remove the picture, then its note: a picture without its note would never be forgotten."""
        (self.hosted.folder / name).unlink(missing_ok=True)
        self._path(name).unlink(missing_ok=True)

    def _notes(self) -> Iterator[tuple[str, float]]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                name = entry.name.removesuffix(".json")
                if name != entry.name:
                    with suppress(FileNotFoundError):  # another process forgets it too
                        yield name, entry.stat().st_mtime

    def _read(self, name: str) -> PictureNote | None:
        try:
            document = json.loads(self._path(name).read_bytes())
            crop = document["crop"]
            return PictureNote(
                original=str(document["original"]),
                width=int(document["width"]),
                height=int(document["height"]),
                crop=Crop(**{**crop, "shape": Shape(crop["shape"])}),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
