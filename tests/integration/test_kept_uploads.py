"""Uploaded pictures are served, forgotten, and taken along; a command and the API set them too."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.cli.main import main
from newsletter.pipeline import upload_picture
from newsletter.pipeline.approve import approve
from newsletter.pipeline.forget_pictures import KEPT, forget_pictures
from newsletter.pipeline.site_archive.pack import pack_site
from newsletter.pipeline.site_archive.unpack import unpack_site
from newsletter.site.site import Site, open_site
from newsletter.store.api_tokens import make_api_token
from newsletter.web.app import make_app
from newsletter.web.editor.forms import item_id
from tests.factories.drawn import drawn, pixel
from tests.factories.editors import add_editor
from tests.factories.picture_site import (
    drafted_site,
    first,
    give,
    issue_of,
    kept,
    size_of,
)
from tests.factories.web_requests import NOW
from tests.servers.web import serving, web_client


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a drafted issue."""
    with drafted_site(tmp_path / "site") as site:
        yield site


def test_a_kept_picture_is_served_for_ever_and_nothing_else_is(site: Site) -> None:
    """Its note, other names and the folder are not."""
    give(site, drawn())
    image = first(site).image
    assert image is not None
    name = site.hosted_pictures.name_at(image.url)
    with serving(make_app(site, clock=lambda: NOW)) as base, web_client(base_url=base) as client:
        answer = client.get(f"/pictures/kept/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" in answer.headers["cache-control"]
        assert "sandbox" in answer.headers["content-security-policy"]
        for other in (
            "uploads",
            f"uploads/{name}.json",
            f"{name}.json",
            "0" * 40 + ".jpg",
            "..%2fx",
        ):
            assert client.get(f"/pictures/kept/{other}").status_code == 404


def test_a_link_preview_shows_an_uploaded_picture(site: Site) -> None:
    """This server makes it of what it keeps: it need not ask itself over the network."""
    give(site, drawn())
    image = first(site).image
    assert image is not None
    with serving(make_app(site, clock=lambda: NOW)) as base, web_client(base_url=base) as client:
        answer = client.get(site.picture_addresses.of_preview(image.url))
    assert answer.status_code == 200
    assert size_of(answer.content) == (1200, 630)


def names(site: Site) -> set[str]:
    """The pictures that the site keeps."""
    return {path.name for path in (site.folder / "pictures").iterdir() if path.is_file()}


def test_what_nothing_shows_is_forgotten_after_a_while(site: Site) -> None:
    """What is shown stays with its original, what an editor may still bring back too; others go."""
    hosted = site.hosted_pictures
    hosted.keep("https://press.example.org/1.png", "image/png", b"\x89PNG")
    feeds = names(site)
    orphan = upload_picture.keep_upload(site, drawn("PNG", size=(90, 90)), alt="", now=NOW).image
    give(site, drawn("JPEG", size=(1600, 900)))
    give(site, drawn("PNG", size=(300, 300)))
    before = names(site)
    assert forget_pictures(site, now=NOW + KEPT) == 0
    later = NOW + KEPT + timedelta(days=1)
    assert forget_pictures(site, now=later) == 1
    assert before - names(site) == {hosted.name_at(orphan.url)}
    assert forget_pictures(site, now=later) == 0

    approve(site, "weekly", 1, now=NOW)
    with site.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE issues SET state = 'sent'")
    assert forget_pictures(site, now=later + KEPT + timedelta(days=1)) == 2
    image = first(site).image
    assert image is not None
    assert names(site) == feeds | {hosted.name_at(image.url)}


def test_a_site_that_moves_takes_its_pictures_along(site: Site, tmp_path: Path) -> None:
    """They can be cropped there."""
    give(site, drawn("PNG"))
    pack_site(site, tmp_path / "site.zip", now=NOW)
    unpack_site(tmp_path / "site.zip", tmp_path / "moved")
    moved = open_site(tmp_path / "moved", os.environ, even_if_moved=True)
    try:
        assert names(moved) == names(site)
        image = first(moved).image
        assert image is not None
        assert moved.uploaded_pictures.note_at(image.url) is not None
    finally:
        moved.database.close()


def test_a_command_sets_a_picture_from_a_file(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the part that is shown; what is wrong is named, and the desk can undo it."""
    before = first(site)
    file = tmp_path / "bridge.png"
    file.write_bytes(drawn("PNG"))

    def run(*arguments: str) -> int:
        line = ["newsletter", "-C", str(site.folder), "picture", "weekly", *arguments]
        monkeypatch.setattr("sys.argv", [*line, "--now", NOW.isoformat()])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0)

    story = ("--story", before.article.url)
    assert run(str(file), *story, "--alt", "A bridge", "--crop", "square,50,100,0", "--json") == 0
    assert '"width": 200' in capsys.readouterr().out
    image = first(site).image
    assert image is not None
    assert (image.alt, pixel(kept(site, image.url)[1], (9, 9))) == ("A bridge", (0, 0, 255))
    for arguments, words in (
        ((str(tmp_path / "none.png"), *story), "cannot be read"),
        ((str(site.folder / "newsletter.toml"), *story), "use a JPEG, PNG, GIF, WebP or AVIF file"),
        ((str(file), *story, "--crop", "round"), "'round' is not a shape of a picture"),
        ((str(file), "--story", "nothing like it"), "no article of weekly/1"),
    ):
        assert run(*arguments) != 0
        assert words in capsys.readouterr().err
    assert first(site).image == image


def test_a_program_sets_and_crops_a_picture(site: Site) -> None:
    """In base64; without a picture the one that is there is cropped anew."""
    key = key_of(site)
    headers = {"authorization": f"Bearer {key}"}
    path = "/api/v1/newsletters/weekly/issues/1/pictures"
    given = {"version": issue_of(site).version, "item": item_id(first(site).article)}
    with serving(make_app(site, clock=lambda: NOW)) as base, web_client(base_url=base) as client:

        def post(**fields: object) -> int:
            return client.post(path, json={**given, **fields}, headers=headers).status_code

        assert post(shape="square") == 422
        picture = b64encode(drawn("PNG")).decode()
        assert post(picture=picture, alt="A bridge") == 200
        whole = first(site).image
        assert whole is not None
        assert (whole.width, whole.height, whole.alt) == (600, 400, "A bridge")
        assert post(shape="square", across=0) == 200
        cut = first(site).image
        assert cut is not None
        assert (cut.width, cut.height, cut.alt) == (400, 400, "A bridge")
        assert post(picture="not base64!") == 422
        assert post(picture=b64encode(b"<svg/>").decode()) == 422
        assert post(size=5) == 422
        assert post(item="nothing", picture=picture) == 404
    assert first(site).image == cut


def key_of(site: Site) -> str:
    """The API key of an editor."""
    editor = add_editor(site)
    with site.database.transaction() as connection:
        return make_api_token(connection, editor, name="test", now=NOW)
