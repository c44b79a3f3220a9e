"""The whole site leaves in one archive and comes back the same, on either database."""

from __future__ import annotations

import asyncio
import hashlib
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.errors import InputError, NotPermittedError
from newsletter.pipeline.site_archive.manifest import DATABASE, MANIFEST
from newsletter.pipeline.site_archive.pack import pack_site
from newsletter.pipeline.site_archive.unpack import unpack_site
from newsletter.site.site import Site, open_site
from newsletter.store.newsletters import is_armed
from tests.acceptance.site import CommandLine
from tests.demo.catcher import catching_mail
from tests.factories.runs import MONDAY, THURSDAY, WEEK, run_at, states
from tests.factories.site import make_site, publish

NOW = MONDAY + timedelta(days=1)
Change = Callable[[dict[str, Any], dict[str, bytes]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The site's folder, in which other archives and databases may lie too."""
    made = tmp_path / "site"
    made.mkdir()
    return made


@pytest.fixture
def site(folder: Path, database_url: str) -> Iterator[Site]:
    """A site that has sent an issue, with a template and a key of its own."""
    with catching_mail() as catcher:
        made = make_site(folder, now=THURSDAY, port=catcher.port, database=database_url)
        publish(folder, *[THURSDAY + timedelta(hours=n) for n in range(3)])
        asyncio.run(run_at(made, THURSDAY + timedelta(hours=3)))
        asyncio.run(run_at(made, MONDAY))
        (folder / "templates" / "mail").mkdir(parents=True)
        (folder / "templates" / "mail" / "base.html.j2").write_text("our own", encoding="utf-8")
        (folder / "secret.key").write_bytes(bytes(range(97, 123)) * 2)
        yield made
        made.database.close()


def test_an_archive_comes_back_with_the_same_hashes(site: Site, tmp_path: Path) -> None:
    """Every file and every row; and what was sent once is not sent again."""
    first = pack_site(site, tmp_path / "first.zip", now=NOW).manifest
    unpacked = unpack_site(tmp_path / "first.zip", tmp_path / "again")
    again = open_site(tmp_path / "again", {"NEWSLETTER__SITE__DATABASE": "sqlite:///newsletter.db"})
    second = pack_site(again, tmp_path / "second.zip", now=NOW).manifest
    assert second.tables == first.tables
    assert {n: f for n, f in second.files.items() if n != DATABASE} == {
        n: f for n, f in first.files.items() if n != DATABASE
    }
    assert sum(table.rows for table in first.tables if table.table == "deliveries") == 4
    assert not unpacked.is_found  # the settings still name the database that it had
    with again.database.transaction(read_only=True) as connection:
        assert not is_armed(connection)
    assert [str(state) for state in states(again)] == ["sent"]
    assert (tmp_path / "again" / "templates" / "mail" / "base.html.j2").read_text() == "our own"
    again.database.close()


def test_nobody_else_can_read_the_archive_or_what_comes_of_it(site: Site, tmp_path: Path) -> None:
    """It has keys, passwords and addresses."""
    pack_site(site, tmp_path / "site.zip", now=NOW)
    unpack_site(tmp_path / "site.zip", tmp_path / "again")
    files = [tmp_path / "site.zip", *(tmp_path / "again").rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files if path.is_file()} == {0o600}


def test_what_is_no_part_of_the_site_is_left_out_and_said(
    site: Site, folder: Path, tmp_path: Path
) -> None:
    """Links are named; hidden files, other databases and earlier archives are not packed."""
    (folder / "link").symlink_to("/etc/hostname")
    (folder / "notes\\of\nours.md").write_text("odd", encoding="utf-8")
    (folder / ".hidden").write_text("hidden", encoding="utf-8")
    pack_site(site, folder / "earlier.zip", now=NOW)
    packed = pack_site(site, folder / "now.zip", now=NOW)
    assert set(packed.left_out) == {"link", "notes\\of\nours.md"}
    names = set(packed.manifest.files)
    assert "site/newsletter.toml" in names
    assert not any("hidden" in name or name.endswith((".zip", "newsletter.db")) for name in names)
    (folder / "pages" / "saved").mkdir(parents=True)
    pack_site(site, folder / "third.zip", now=NOW)
    unpack_site(folder / "third.zip", tmp_path / "again")
    assert (tmp_path / "again" / "pages" / "saved").is_dir()  # a source's folder, still empty


def test_nothing_is_overwritten(site: Site, folder: Path, tmp_path: Path) -> None:
    """Neither a file by an archive nor a site by an archive's."""
    file = tmp_path / "site.zip"
    pack_site(site, file, now=NOW)
    with pytest.raises(NotPermittedError, match="exists"):
        pack_site(site, file, now=NOW)
    before = file.read_bytes()
    with pytest.raises(NotPermittedError, match="not empty"):
        unpack_site(file, folder)
    assert file.read_bytes() == before


def test_a_database_in_the_folder_comes_back_to_its_place(folder: Path, tmp_path: Path) -> None:
    """So that the new site works at once."""
    (folder / "data").mkdir()
    site = make_site(folder, now=THURSDAY, database="sqlite:///data/news.db")
    pack_site(site, tmp_path / "site.zip", now=NOW)
    site.database.close()
    assert unpack_site(tmp_path / "site.zip", tmp_path / "again").is_found
    assert (tmp_path / "again" / "data" / "news.db").is_file()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a small site."""
    folder = tmp_path_factory.mktemp("small")
    site = make_site(folder, now=THURSDAY)
    file = tmp_path_factory.mktemp("archive") / "site.zip"
    pack_site(site, file, now=NOW)
    site.database.close()
    return file


def rewritten(packed: Path, file: Path, change: Change) -> Path:
    """The archive with a changed manifest and changed files."""
    with zipfile.ZipFile(packed) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(contents[MANIFEST])
    change(manifest, contents)
    contents[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file


def traverse(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """A file that would come beside the folder."""
    contents["site/../../evil.txt"] = b"evil"
    manifest["files"]["site/../../evil.txt"] = {"octets": 4, "sha256": "0"}


def database_elsewhere(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """The database's place outside the folder."""
    manifest["database"] = "../evil.txt"


def other_content(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """One letter of the settings, changed in transit."""
    name = "site/newsletter.toml"
    contents[name] = contents[name].replace(b"The Weekly", b"The Meekly", 1)


def longer_than_listed(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """A bomb that is listed as ten octets."""
    contents["site/bomb"] = b"\0" * 50_000_000
    manifest["files"]["site/bomb"] = {"octets": 10, "sha256": "0"}


def bomb(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """A terabyte, as it says itself."""
    contents["site/bomb"] = b""
    manifest["files"]["site/bomb"] = {"octets": 10**12, "sha256": "0"}


def newer(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """The next version of the format."""
    manifest["version"] = 2


def unlisted(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """A file that the manifest does not know."""
    contents["site/templates/mail/base.html.j2"] = b"evil"


def without_settings(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """No newsletter.toml."""
    del contents["site/newsletter.toml"], manifest["files"]["site/newsletter.toml"]


def nested_settings(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    """A newsletter.toml of brackets, at which a parser that calls itself ends."""
    content = b"a = " + b"[" * 100_000
    contents["site/newsletter.toml"] = content
    manifest["files"]["site/newsletter.toml"] = {
        "octets": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (nested_settings, "no readable newsletter.toml"),
        (traverse, "not a path below"),
        (database_elsewhere, "not a path below"),
        (other_content, "differs"),
        (longer_than_listed, "differs"),
        (bomb, "would unpack to"),
        (newer, "newer version"),
        (unlisted, "not listed"),
        (without_settings, "newsletter.toml"),
    ],
)
def test_a_hostile_or_damaged_archive_leaves_nothing_behind(
    packed: Path, tmp_path: Path, change: Change, reason: str
) -> None:
    """It is refused with its reason, and no file is written anywhere."""
    file = rewritten(packed, tmp_path / "hostile.zip", change)
    with pytest.raises(InputError, match=reason):
        unpack_site(file, tmp_path / "new" / "site")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path != file]


def test_a_link_and_an_encrypted_file_are_refused(packed: Path, tmp_path: Path) -> None:
    """A link could lead the next file out of the folder."""
    link = zipfile.ZipInfo("site/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = rewritten(packed, tmp_path / "link.zip", lambda _manifest, _contents: None)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(link, "/etc")
    with pytest.raises(InputError, match="a link or a folder"):
        unpack_site(file, tmp_path / "new")
    secret = bytearray(packed.read_bytes())
    place = secret.rindex(b"PK\x01\x02")
    secret[place + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(secret)
    with pytest.raises(InputError, match="encrypted"):
        unpack_site(tmp_path / "secret.zip", tmp_path / "new")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_torn_archive_is_refused(packed: Path, tmp_path: Path, share: float) -> None:
    """A copy that broke off, at whatever place."""
    content = packed.read_bytes()
    (tmp_path / "torn.zip").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError):
        unpack_site(tmp_path / "torn.zip", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_by_command_a_site_leaves_and_comes_back(site: Site, folder: Path, tmp_path: Path) -> None:
    """Export, init, check and status, as a person does it."""
    old = CommandLine(folder=folder, environment={})
    written = old.done("export", str(tmp_path / "site.zip"), "--json", now=NOW).document
    new = CommandLine(
        folder=tmp_path / "new",
        environment={"NEWSLETTER__SITE__DATABASE": "sqlite:///newsletter.db"},
    )
    made = new.done("init", str(tmp_path / "new"), "--from", str(tmp_path / "site.zip"), "--json")
    assert made.document["tables"] == written["tables"]
    status = new.done("status", "--json", now=NOW + WEEK).document
    assert (status["armed"], len(status["issues"])) == (False, 1)
    refused = new("init", str(tmp_path / "new"), "--from", str(tmp_path / "site.zip"))
    assert refused.code == 77
    themed = new(
        "init", str(tmp_path / "t"), "--from", str(tmp_path / "site.zip"), "--theme", "plum"
    )
    assert themed.code == 2
    bad = new("init", str(tmp_path / "other"), "--from", str(folder / "newsletter.toml"))
    assert (bad.code, "not a readable ZIP archive" in bad.err) == (65, True)
