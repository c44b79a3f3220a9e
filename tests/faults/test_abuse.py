"""Forgers, floods, scanners and robots: nothing changes, nobody is mailed twice, nothing breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.abuse import (
    flood,
    follow_every_link,
    membership,
    play_absences,
    play_forgeries,
    play_robots,
)
from tests.factories.mail import PostOffice, post_office, send_issue
from tests.faults.rounds import IS_LONG

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
FORGERIES = 1_000 if IS_LONG else 20
"""Of each kind."""

SIGN_UPS, VICTIMS = (10_000, 100) if IS_LONG else (80, 5)
LINK_READERS = 1_000 if IS_LONG else 5
EXCHANGES = 1_000 if IS_LONG else 40
MESSAGES = 10_000 if IS_LONG else 60
LINES = st.binary(max_size=300).map(lambda octets: octets.replace(b"\n", b""))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def test_forged_mail_changes_no_membership(office: PostOffice) -> None:
    """Joins, leaves, tags, confirms, bounces: no membership changes."""
    before = membership(office)
    play_forgeries(office, FORGERIES)
    assert membership(office) == before


def test_a_flood_of_sign_ups_asks_each_victim_three_times_ever(office: PostOffice) -> None:
    """One question to each; the next days bring a second and a third, and then no more."""
    for day in range(4):
        before = len(office.letters)
        flood(office, requests=SIGN_UPS // 4, victims=VICTIMS)
        of_today = Counter(letter.recipient for letter in office.letters[before:])
        assert set(of_today.values()) == ({1} if day < 3 else set())
        office.now += timedelta(hours=25)
    asked = Counter(letter.recipient for letter in office.letters)
    assert len(asked) == VICTIMS
    assert set(asked.values()) == {3}


def test_scanners_change_nothing(tmp_path: Path) -> None:
    """GET and HEAD on every link of every reader's copy."""
    readers = tuple(f"reader{number}@example.org" for number in range(LINK_READERS))
    with post_office(tmp_path, readers=readers) as office:
        copies = send_issue(office, MONDAY)
        before = membership(office)
        assert follow_every_link(office, copies) >= 2 * LINK_READERS
        assert membership(office) == before


def test_robots_start_no_loop(office: PostOffice) -> None:
    """However often five kinds of robot answer our answers, one letter an hour comes of it."""
    assert play_robots(office, EXCHANGES) <= 2


def test_absences_confirm_nothing(office: PostOffice) -> None:
    """Vacation replies of seven kinds to the question: no yes, and no further letter."""
    assert play_absences(office, EXCHANGES // 7 + 1) == 0
    assert office.status("new@example.org") == "pending"


@settings(
    max_examples=MESSAGES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    lines=st.lists(LINES, max_size=20),
    subject=LINES,
    body=st.binary(max_size=2_000),
    to=st.sampled_from(
        ["weekly", "weekly-request", "weekly-owner", "weekly-bounces+1-1-0", "weekly-confirm+x"]
    ),
)
def test_messages_of_any_octets(
    office: PostOffice, lines: list[bytes], subject: bytes, body: bytes, to: str
) -> None:
    """Without a valid token nothing changes, and nothing is lost."""
    head = b"\n".join([b"From: reader0@example.org", b"Subject: " + subject, *lines])
    got = office.take(head + b"\n\n" + body, to, envelope="evil@example.net", send=False)
    assert got.id
    assert office.status() == "active"
