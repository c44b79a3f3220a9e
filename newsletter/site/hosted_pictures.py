"""The pictures of issues that the site keeps and serves itself: `pictures/` in its folder.

A picture at its publisher's may vanish or change, and its server sees who opens the mail. A kept one
stays as it was when the issue was approved.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from newsletter.site.picture_addresses import PATH

HOSTED_PATH = f"{PATH}/kept"
FOLDER = "pictures"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}
"""The media types that every mail program shows, by the ending of the file."""

_NAME = re.compile(r"[0-9a-f]{40}\.(?:jpg|png|gif)")


@dataclass(frozen=True, kw_only=True, slots=True)
class HostedPictures:
    """The kept pictures; `url` is the site's address. Any process may use the folder.

    Their names are made by `keyed`, the site's digest: from that of a picture's address alone, a stranger
    could ask whether an issue that nobody has seen yet, or that is not public, shows the picture.
    """

    folder: Path
    url: str
    keyed: Callable[[str], str]

    def address_of(self, name: str) -> str:
        """Where the kept picture of this name is served."""
        return f"{self.url}{HOSTED_PATH}/{name}"

    def name_at(self, url: str) -> str:
        """The name of the kept picture that is served at this address; "" for any other address."""
        name = url.removeprefix(f"{self.url}{HOSTED_PATH}/")
        return name if _NAME.fullmatch(name) else ""

    def address(self, picture_url: str) -> str:
        """Where the picture is served by this site; its own address if it is not kept."""
        name = self._name_of(picture_url)
        return self.address_of(name) if name else picture_url

    def has(self, picture_url: str) -> bool:
        """Whether the picture is kept, or is one of this site's already."""
        return picture_url.startswith(f"{self.url}/") or bool(self._name_of(picture_url))

    def keep(self, picture_url: str, media_type: str, body: bytes) -> None:
        """Keep the picture, which is of one of TYPES. Raises OSError."""
        self._write(f"{self._digest(picture_url)}.{_ending(media_type)}", body)

    def put(self, media_type: str, body: bytes) -> str:
        """Keep a picture that is at no other address; returns its name. Raises OSError."""
        digest = self.keyed(f"upload {hashlib.sha256(body).hexdigest()}")[:40]
        name = f"{digest}.{_ending(media_type)}"
        self._write(name, body)
        return name

    def _write(self, name: str, body: bytes) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with NamedTemporaryFile(dir=self.folder, delete=False) as file:
            path = Path(file.name)
            try:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())  # the mails that name it go out soon
            except OSError:
                path.unlink()
                raise
        path.replace(self.folder / name)

    def read(self, name: str) -> tuple[str, bytes] | None:
        """The media type and the octets of the kept picture of this name; None if there is none."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return TYPES[name.rpartition(".")[2]], (self.folder / name).read_bytes()
        except OSError:
            return None

    def _name_of(self, picture_url: str) -> str:
        digest = self._digest(picture_url)
        names = (f"{digest}.{ending}" for ending in TYPES)
        return next((name for name in names if (self.folder / name).is_file()), "")

    def _digest(self, picture_url: str) -> str:
        return self.keyed(f"picture {picture_url.encode('utf-8', 'replace').decode()}")[:40]


def _ending(media_type: str) -> str:
    return next(ending for ending, known in TYPES.items() if known == media_type)
