"""What forgers, floods, scanners and robots do to a site, as long as it takes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.config.proxies import trusted_proxies
from newsletter.web.app import make_app
from newsletter.web.forwarded import Forwarded
from subscribers import tables
from tests.demo.catcher import CaughtMail
from tests.factories.hostile import absences, forged_mails, robots
from tests.factories.mail import READER, PostOffice
from tests.servers.web import serving, web_client

_LINK = re.compile(r"https://news\.example\.org(/[^\s<>\"']*)")


def membership(office: PostOffice) -> list[tuple[Any, ...]]:
    """Who is mailed, with which wishes: everything that an issue's audience depends on."""
    people, subscriptions = tables.subscribers, tables.subscriptions
    with office.site.database.transaction(read_only=True) as connection:
        rows = connection.execute(
            sa.select(people.c.address, people.c.follows, people.c.paused_until, people.c.frequency)
            .join(subscriptions, subscriptions.c.subscriber_id == people.c.id)
            .where(subscriptions.c.status == "active")
            .order_by(people.c.id)
        ).all()
    return [tuple(row) for row in rows]


def play_forgeries(office: PostOffice, count: int) -> None:
    """So many of each kind."""
    for to, envelope, content in forged_mails(count):
        office.take(content, to, envelope=envelope, send=False)


def flood(office: PostOffice, *, requests: int, victims: int) -> list[str]:
    """Sign victims up by robots that wait as people do, from as many networks as there are requests; who was written to."""
    app = Forwarded(make_app(office.site, clock=lambda: office.now), trusted_proxies({}))
    with serving(app) as base, web_client(base_url=base) as client:
        waiting = []
        for number in range(requests):
            network = f"{10 + number // 65536}.{number // 256 % 256}.{number % 256}.7"
            asked = {"email": f"victim{number % victims}@example.com"}
            origin = {"X-Forwarded-For": network}
            forged = {**asked, "stamp": "forged"}
            guard = client.post("/join/weekly", json=forged, headers=origin).json()["error"]
            waiting.append(({**asked, "stamp": guard["stamp"]}, origin))
        office.now += timedelta(milliseconds=guard["wait_ms"])
        for asked, origin in waiting:
            answer = client.post("/join/weekly", json=asked, headers=origin)
            assert answer.status_code == 202
        assert office.catcher.wait_for(victims, seconds=60)
        office.settle()
    return [letter.recipient for letter in office.letters]


def follow_every_link(office: PostOffice, copies: list[CaughtMail]) -> int:
    """GET and HEAD, as link scanners do; how many links."""
    paths: set[str] = set()
    for copy in copies:
        texts = (str(copy.message["List-Unsubscribe"]), copy.part("plain"), copy.part("html"))
        paths.update(path for text in texts for path in _LINK.findall(text))
    app = make_app(office.site, clock=lambda: office.now)
    with serving(app) as base, web_client(base_url=base) as client:
        for path in paths:
            assert client.get(path).status_code < 500
            assert client.head(path).status_code < 500
    return len(paths)


def play_absences(office: PostOffice, exchanges: int) -> int:
    """Autoresponders answer the question whether to join; how many letters that brought."""
    office.mail("weekly-join", sender="new@example.org")
    box = str(office.last().message["Reply-To"]).partition("@")[0]
    before = len(office.letters)
    for number in range(exchanges):
        for envelope, content in absences(number):
            office.take(
                content.replace(READER.encode(), b"new@example.org"), box, envelope=envelope
            )
    return len(office.letters) - before


def play_robots(office: PostOffice, exchanges: int) -> int:
    """Robots answer each letter of ours, again and again; how many letters we wrote."""
    office.mail("weekly-help")
    for number in range(exchanges):
        for to, envelope, content in robots(office.last().content, number):
            office.take(content, to, envelope=envelope)
    return len(office.letters)
