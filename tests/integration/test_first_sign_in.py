"""The first editor of a new site, and a sign-in link through a real mail server."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsletter.pipeline.sign_in import first_link, mail_sign_in_link
from newsletter.site.site import Site
from newsletter.store.users import all_users
from tests.acceptance.site import CommandLine
from tests.factories.delivery import content, parsed
from tests.factories.editors import ADDRESS, NOW, PASSWORD, add_editor, open_office
from tests.factories.site import make_site
from tests.servers.ports import await_port
from tests.servers.smtp import Catcher, smtp_server
from tests.servers.web import web_client


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site in which nobody has ever signed in."""
    return make_site(tmp_path, now=NOW)


def test_the_first_link_makes_the_first_publisher_once(site: Site) -> None:
    """On a site without users the link asks who comes, and makes them a publisher."""
    link = first_link(site, now=NOW)
    assert link is not None
    with open_office(site) as office:
        assert "first editor" in office.client.get(link).text
        wrong = office.client.post(link, data={"address": "nobody"})
        assert wrong.status_code == 422
        answer = office.client.post(link, data={"address": ADDRESS, "name": "Ed"})
        assert answer.status_code == 303
        assert ADDRESS in office.client.get("/account").text
        assert office.another_browser().get(link).status_code == 404
    with site.database.transaction(read_only=True) as connection:
        assert [user.role for user in all_users(connection)] == ["publisher"]


def test_the_first_publisher_may_choose_a_password(site: Site) -> None:
    """One that is too short is refused and leaves the link; a good one signs in afterwards."""
    link = str(first_link(site, now=NOW))
    with open_office(site) as office:
        person = {"address": ADDRESS, "name": "Ed"}
        refused = office.client.post(link, data={**person, "password": "short"})
        assert refused.status_code == 422
        assert "A password has" in refused.text
        assert office.client.post(link, data={**person, "password": PASSWORD}).status_code == 303
        again = office.another_browser().post(
            "/sign-in", data={"address": ADDRESS, "password": PASSWORD, "way": "password"}
        )
        assert again.status_code == 303


def test_an_unused_first_link_is_void_once_somebody_is_there(site: Site) -> None:
    """Of two links printed by two starts only one makes a user; a start while one is valid prints none."""
    links = [first_link(site, now=NOW), first_link(site, now=NOW + timedelta(minutes=61))]
    assert first_link(site, now=NOW + timedelta(minutes=90)) is None
    with open_office(site) as office:
        office.now = NOW + timedelta(minutes=62)
        assert office.client.get(str(links[0])).status_code == 404  # its hour is over
        assert office.client.post(str(links[1]), data={"address": ADDRESS}).status_code == 303
        late = office.another_browser().post(str(links[0]), data={"address": "eve@example.org"})
        assert late.status_code == 404


def test_a_site_with_users_signs_in_its_publisher_and_then_says_nothing(site: Site) -> None:
    """The link is for the publisher there is; after the first sign-in there is none any more."""
    add_editor(site)
    link = first_link(site, now=NOW)
    with open_office(site) as office:
        assert ADDRESS in office.client.get(str(link)).text
        office.client.post(str(link))
    assert first_link(site, now=NOW) is None


async def test_the_link_goes_through_the_sites_relay(tmp_path: Path) -> None:
    """A real mail server gets a plain and an HTML part that both hold the link."""
    async with smtp_server(Catcher()) as catcher:
        site = make_site(tmp_path, now=NOW, port=catcher.port)
        link = "https://news.example.org/sign-in/link/abc?next=/desk"
        # A thread, as the web application has it: the sender runs a loop of its own.
        await asyncio.to_thread(
            mail_sign_in_link, site, address=ADDRESS, name="<Ed>", link=link, now=NOW
        )
        await catcher.has_caught(1)
    message = parsed(catcher.caught[0].content)
    assert catcher.caught[0].recipient == ADDRESS
    assert message["Subject"] == "Your sign-in link for The Weekly"
    assert link in content(message, "plain")
    assert link in content(message, "html")
    assert "<Ed>" not in content(message, "html")


@contextmanager
def served(command: CommandLine) -> Iterator[subprocess.Popen[str]]:
    """A running `newsletter serve` on a free port."""
    process = subprocess.Popen(
        command.line("serve", "--port", "0", "--no-schedule"),
        stderr=subprocess.PIPE,
        text=True,
        env=command.full_environment,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_serve_prints_the_link_and_it_works(site: Site) -> None:
    """`serve` on a new site says how to get in, with the port it really has."""
    with served(CommandLine(folder=site.folder, environment={})) as process:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/sign-in/link/\S+", process.stderr.readline())
        assert found is not None
        await_port(urlsplit(found[0]).port or 0, "serve")
        with web_client() as client:
            answer = client.post(found[0], data={"address": ADDRESS})
            assert answer.status_code == 303
            assert client.get(str(answer.url.join("/account"))).status_code == 200
