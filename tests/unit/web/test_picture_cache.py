from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from newsletter.articles.picture_fetch import FetchedPicture
from newsletter.web.pictures.cache import FRESH, PictureCache
from tests.factories.desk import NOW

URL = "https://cdn.example.org/{}.png"


def picture(size: int = 100) -> FetchedPicture:
    """A picture of so many octets."""
    return FetchedPicture(media_type="image/png", body=b"p" * size)


def full_disk(**options: Any) -> Any:
    """A temporary file on a disk that is full."""
    file = NamedTemporaryFile(**options)  # noqa: SIM115 - the caller closes it

    def refuse(_content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file.write = refuse  # type: ignore[method-assign] # the system's answer
    return file


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    """With its type and tag, for its owner only, and fresh for a week."""
    cache = PictureCache(folder=tmp_path / "cache" / "pictures")
    assert cache.find(URL.format(1), now=NOW) is None
    kept = cache.keep(URL.format(1), picture(), now=NOW)
    assert cache.find(URL.format(1), now=NOW) == kept
    assert kept.media_type == "image/png"
    assert kept.is_fresh(NOW + FRESH - timedelta(seconds=1))
    assert not kept.is_fresh(NOW + FRESH)
    assert cache.find(URL.format(2), now=NOW) is None
    (file,) = cache.folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("bound", [{"most_octets": 1_500}, {"most_files": 5}])
def test_the_folder_has_a_bound(tmp_path: Path, bound: dict[str, int]) -> None:
    """What was not used for longest goes first."""
    cache = PictureCache(folder=tmp_path, **bound)
    for number in range(20):
        cache.keep(URL.format(number), picture(), now=NOW + timedelta(minutes=number))
        assert cache.find(URL.format(0), now=NOW + timedelta(minutes=number)) is not None
    assert len(list(tmp_path.iterdir())) <= 6
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 1_500
    assert cache.find(URL.format(19), now=NOW) is not None
    assert cache.find(URL.format(5), now=NOW) is None


def test_several_threads_make_room_at_once(tmp_path: Path) -> None:
    """None of them fails because another one was faster."""
    cache = PictureCache(folder=tmp_path, most_files=3)
    with ThreadPoolExecutor(4) as threads:
        kept = threads.map(lambda n: cache.keep(URL.format(n), picture(), now=NOW), range(200))
        assert len(list(kept)) == 200
    cache.keep(URL.format(0), picture(), now=NOW)
    assert len(list(tmp_path.iterdir())) <= 3


def test_a_disk_without_room_keeps_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written whole is removed, and the caller is told."""
    monkeypatch.setattr("newsletter.web.pictures.cache.NamedTemporaryFile", full_disk)
    with pytest.raises(OSError, match="No space"):
        PictureCache(folder=tmp_path).keep(URL.format(1), picture(), now=NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [0, 1, 30, 150, -1])
def test_a_file_that_is_not_whole_is_no_picture(tmp_path: Path, cut: int) -> None:
    """The machine stopped while it was written."""
    cache = PictureCache(folder=tmp_path)
    cache.keep(URL.format(1), picture(), now=NOW)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:cut])
    assert cache.find(URL.format(1), now=NOW) is None


@pytest.mark.parametrize("text", ["[]\n", "null\n", '{"type": 1}\n', "\xff\xfe\n", "{" * 2_000])
def test_a_file_of_somebody_else_is_no_picture(tmp_path: Path, text: str) -> None:
    """Whatever its first line is."""
    cache = PictureCache(folder=tmp_path)
    cache.keep(URL.format(1), picture(), now=NOW)
    (file,) = tmp_path.iterdir()
    file.write_text(text, encoding="latin-1")
    assert cache.find(URL.format(1), now=NOW) is None
