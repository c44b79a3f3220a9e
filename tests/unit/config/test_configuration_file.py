"""newsletter.toml is replaced whole or not at all, by one at a time."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from newsletter.config.configuration_file import change_configuration
from newsletter.errors import ConfigurationError, NotPermittedError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration with Windows' line ends and a byte order mark."""
    text = (
        '[site]\nurl = "https://news.example.org"\npostal_address = "1 Example St"\n'
        '[newsletters.weekly]\ntitle = "W"\nfrom = "W <w@news.example.org>"\n'
        'list = "weekly"\nschedule = "0 7 * * mon"\n'
    )
    path = tmp_path / "newsletter.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    return path


def test_form_mode_and_the_link_stay(file: Path, tmp_path: Path) -> None:
    """Byte order mark, line ends and mode are as before; a symbolic link still points to the file."""
    (tmp_path / "site").mkdir()
    link = tmp_path / "site" / "newsletter.toml"
    link.symlink_to(file)
    before = file.read_bytes()
    change = change_configuration(link.parent, {}, lambda text: text + 'tagline = "ä"\n')
    assert file.read_bytes() == before + 'tagline = "ä"\r\n'.encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert change.settings.newsletters["weekly"].tagline == "ä"
    previous = tmp_path / "newsletter.toml.previous"
    assert (previous.read_bytes(), stat.S_IMODE(previous.stat().st_mode)) == (before, 0o640)
    names = ["newsletter.toml", "newsletter.toml.previous", "site"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_dry_run_changes_nothing(file: Path) -> None:
    """It shows the lines that would be added, and no secret."""
    before = file.stat()
    added = (
        '[[newsletters.weekly.sources]]\nfeed = "https://u:hush@a.example/"\n'
        'auth = "u:hush"\nheaders = {X = "hush"}\n'
    )
    change = change_configuration(file.parent, {}, lambda text: text + added, dry_run=True)
    assert file.stat() == before
    assert "hush" in change.after
    assert "hush" not in change.diff
    assert '+feed = "https://…@a.example/"' in change.diff


def test_what_would_not_be_valid_is_not_written(file: Path) -> None:
    """The mistake is told as `check` tells it."""
    before = file.read_bytes()
    for text in ('tagline = "', 'taglin = "T"\n'):
        with pytest.raises(ConfigurationError):
            change_configuration(file.parent, {}, lambda old, text=text: old + text)
    assert file.read_bytes() == before


@pytest.mark.parametrize("fault", ["replace", "chown", "disk"])
def test_a_file_that_cannot_be_replaced_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A read-only file system, a mounted file, an owner that cannot be kept, a full disk."""
    before = file.read_bytes()

    def fails(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    if fault == "chown":
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        monkeypatch.setattr(os, "fchown", fails)
    else:
        name = {"replace": "newsletter.config.configuration_file.Path.replace", "disk": "os.fsync"}
        monkeypatch.setattr(name[fault], fails)
    with pytest.raises(NotPermittedError, match=r"Read-only.*--dry-run"):
        change_configuration(file.parent, {}, lambda text: text + 'tagline = "T"\n')
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_file_marked_read_only_is_not_replaced(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mode without the right to write is obeyed, although the folder could be written."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NotPermittedError, match="Permission denied"):
        change_configuration(file.parent, {}, lambda text: text + 'tagline = "T"\n')


def test_changes_at_the_same_time_are_made_one_after_another(file: Path) -> None:
    """Eight threads add a holiday each; none is lost."""
    first = file.read_text(encoding="utf-8") + "holidays = []\n"
    file.write_text(first, encoding="utf-8")

    def add(day: int) -> None:
        def edit(text: str) -> str:
            return text.replace("holidays = [", f"holidays = [2026-01-0{day}, ")

        change_configuration(file.parent, {}, edit)

    threads = [threading.Thread(target=add, args=(day,)) for day in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    change = change_configuration(file.parent, {}, str, dry_run=True)
    assert len(change.settings.newsletters["weekly"].holidays) == 8
