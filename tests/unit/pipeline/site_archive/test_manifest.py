"""What may be unpacked: plain, distinct, listed paths of a bearable size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import InputError
from newsletter.pipeline.site_archive.manifest import (
    ALWAYS_ALLOWED,
    DATABASE,
    MANIFEST,
    MOST_FILES,
    ListedFile,
    ListedTable,
    Manifest,
    is_plain,
    manifest_from_json,
    require_complete,
)

USUAL = [MANIFEST, DATABASE, "site/newsletter.toml", "site/articles/a b/é.md"]


def manifest(
    names: Sequence[str] = USUAL, *, octets: int = 10, database: str = "newsletter.db"
) -> Manifest:
    """A manifest that lists these names, each of that size."""
    return Manifest(
        made_at="2026-03-04T09:30:00+00:00",
        made_by="1.0.0",
        schema="0030",
        database=database,
        files={
            name: ListedFile(octets=octets, sha256="0" * 64) for name in names if name != MANIFEST
        },
        folders=("pages/empty",),
        tables=(ListedTable(table="users", rows=3, hash="1" * 64),),
    )


def test_a_manifest_is_read_as_it_was_written() -> None:
    """Every field of it."""
    written = manifest()
    assert manifest_from_json(written.to_json().encode(), newest_schema="0030") == written


@pytest.mark.parametrize("change", [{"version": 2}, {"schema": "0031"}])
def test_an_archive_of_a_newer_version_is_refused_with_that_version(change: dict[str, Any]) -> None:
    """A program cannot know what a later one has changed."""
    document = {**json.loads(manifest().to_json()), **change, "made_by": "9.0.0"}
    with pytest.raises(InputError, match=r"newer version, 9\.0\.0"):
        manifest_from_json(json.dumps(document).encode(), newest_schema="0030")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"{}", b'{"format": "newsletter-site"}', b"\xff", b"[" * 100_000,
     b'{"format": "another"}'],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    """With the same error for each."""
    with pytest.raises(InputError):
        manifest_from_json(content, newest_schema="0030")


@pytest.mark.parametrize("octets", [-1, 1.5, True, "9", None, 2**63, 10**400])
def test_a_size_is_a_whole_number(octets: object) -> None:
    """Anything else would pass the limits."""
    document = json.loads(manifest().to_json())
    document["files"][DATABASE]["octets"] = octets
    with pytest.raises(InputError):
        manifest_from_json(json.dumps(document).encode(), newest_schema="0030")


def test_the_usual_archive_may_be_unpacked() -> None:
    """Spaces and letters of all scripts are plain."""
    require_complete(manifest(), USUAL, packed=1000)


@pytest.mark.parametrize(
    "name",
    ["site/../evil", "../evil", "/etc/passwd", "site//a", "site/./a", "site/a/", "site\\..\\a", "",
     ".", "site/a\x00b", "site/a\nb", "site/\ud800", "site/" + "a" * 2000],
)  # fmt: skip
def test_a_path_out_of_the_folder_is_refused(name: str) -> None:
    """In whatever way it is written, as a file or as the database's place."""
    assert not is_plain(name)
    with pytest.raises(InputError, match="not a path below"):
        require_complete(manifest([*USUAL, name]), [*USUAL, name], packed=1000)
    with pytest.raises(InputError, match="not a path below"):
        require_complete(manifest(database=f"../{name}"), USUAL, packed=1000)
    with pytest.raises(InputError, match="not a path below"):
        require_complete(replace(manifest(), folders=(name,)), USUAL, packed=1000)


@given(st.text())
def test_a_plain_path_stays_below(name: str) -> None:
    """No text that is taken for a path leads out of a folder."""
    if is_plain(name):
        assert not name.startswith("/")
        assert ".." not in name.split("/")
        assert "" not in name.split("/")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([*USUAL, "site/newsletter.toml"], "twice"),
        ([*USUAL, "site/newsletter.db"], "twice"),
        ([*USUAL, "site/newsletter.toml/a"], "both a file and a folder"),
        ([*USUAL, "elsewhere/a"], "not a file of a site"),
        ([name for name in USUAL if name != DATABASE], "no database"),
        ([*USUAL, *(f"site/{n}" for n in range(MOST_FILES))], "more than"),
    ],
)
def test_names_that_cannot_be_a_site_are_refused(names: list[str], reason: str) -> None:
    """Each with its reason."""
    with pytest.raises(InputError, match=reason):
        require_complete(manifest(names), names, packed=10**9)


def test_what_is_listed_and_what_is_there_must_agree() -> None:
    """Else a file could come along that nothing vouches for."""
    with pytest.raises(InputError, match="is not listed"):
        require_complete(manifest(), [*USUAL, "site/more"], packed=1000)
    with pytest.raises(InputError, match="is missing"):
        require_complete(manifest(), USUAL[:-1], packed=1000)


def test_a_bomb_is_refused_by_its_own_word() -> None:
    """A thousand times its size; a small archive may have all that a small site has."""
    require_complete(manifest(octets=ALWAYS_ALLOWED // 3), USUAL, packed=1000)
    with pytest.raises(InputError, match="unpack to 3"):
        require_complete(manifest(octets=10**9), USUAL, packed=10**6)
    require_complete(manifest(octets=10**9), USUAL, packed=10**8)
