"""The same moment and the same sources give the same bytes."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, CommandLine

FILES = ("index.html", "lint.json", "message.eml", "text.txt")


def preview(command: CommandLine, name: str) -> dict[str, bytes]:
    """Draft and preview; the files that were written."""
    out = command.folder / name
    command.done("draft", "weekly", now=NOW)
    command.done("preview", "weekly", "--out", str(out), "--as", "guard0@example.net")
    return read(out)


def read(folder: Path) -> dict[str, bytes]:
    """Every file of a preview by its name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_drafting_twice_gives_the_same_preview(new_site: SiteMaker) -> None:
    """Two drafts and previews at one moment differ in no byte, and write the contract's files."""
    command = new_site("gathered")
    first, second = preview(command, "first"), preview(command, "second")
    assert tuple(first) == FILES
    assert first == second


def test_two_sites_with_one_secret_agree(new_site: SiteMaker) -> None:
    """A site that gathered for itself renders the same bytes as another with its secret."""
    previews = []
    for _ in range(2):
        command = new_site("new")
        command.done("gather", now=NOW)
        previews.append(preview(command, "out"))
    assert previews[0] == previews[1]
