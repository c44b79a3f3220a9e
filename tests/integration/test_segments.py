"""Segments, by hand and through a real send: who gets an issue, and who sees which section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.errors import NotPermittedError
from newsletter.pipeline.approve import approve, hold
from newsletter.pipeline.check import check
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import begin, send
from newsletter.store.issues import find_issue
from newsletter.store.token_hash import hash_of
from newsletter.web.app import make_app
from subscribers.people import find
from subscribers.private_feeds import make_feed, new_feed_token
from subscribers.tables import subscribers
from tests.acceptance.site import CommandLine
from tests.factories.mail import PostOffice, post_office
from tests.factories.site import READERS, publish
from tests.servers.web import serving

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
SATURDAY = MONDAY - timedelta(days=2)
GOLD = "plan = 'gold'"
SECTIONS = """
[[newsletters.weekly.sections]]
title = "Members"
tags = ["members"]
only = "plan = 'gold'"
[[newsletters.weekly.sections]]
title = "For Hobart"
tags = ["hobart"]
only = "town = 'Hobart'"
[[newsletters.weekly.sections]]
title = "News"
"""
PLANS = {
    READERS[0]: {"plan": "gold"},
    READERS[1]: {"plan": "gold", "town": "Hobart"},
    READERS[2]: {"town": "Hobart"},
}
"""The attributes of three of the four readers."""


def office_at(folder: Path, database: str, **settings: Any) -> Iterator[PostOffice]:
    """A site whose readers have attributes and whose issue is drafted."""
    with post_office(folder, database=database, min_items=1, **settings) as office:
        set_attributes(office, PLANS)
        for number, tag in enumerate(("members", "hobart", "news", "news")):
            publish(folder, SATURDAY - timedelta(hours=number), story=f"{tag}{number}")
            for path in (folder / "articles").glob(f"{tag}{number}-*.md"):
                path.write_text(path.read_text().replace("tags: [news]", f"tags: [{tag}]"))
        gather(office.site, "weekly", now=SATURDAY)
        draft(office.site, "weekly", now=SATURDAY)
        yield office


def set_attributes(office: PostOffice, attributes: dict[str, dict[str, str]]) -> None:
    """Give readers these attributes."""
    with office.site.database.transaction() as connection:
        for address, values in attributes.items():
            connection.execute(
                sa.update(subscribers)
                .where(subscribers.c.address == address)
                .values(attributes=values)
            )


@pytest.fixture
def gold(tmp_path: Path, database_url: str) -> Iterator[PostOffice]:
    """A newsletter for a segment."""
    yield from office_at(tmp_path, database_url, keys=f'segment = "{GOLD}"')


@pytest.fixture
def parts(tmp_path: Path, database_url: str) -> Iterator[PostOffice]:
    """A newsletter with sections for some readers only."""
    yield from office_at(tmp_path, database_url, tables=SECTIONS)


def send_out(office: PostOffice) -> dict[str, str]:
    """Send the approved issue; the text of each reader's copy."""
    send(office.site, "weekly", 1, clock=lambda: MONDAY)
    return {mail.recipient: mail.part("plain") for mail in office.letters}


def test_a_segment_is_counted_before_and_gets_the_issue(gold: PostOffice) -> None:
    """show, preview, status and the dry run say whom it goes to, and nobody else gets it."""
    command = CommandLine(folder=gold.site.folder, environment={})
    selection = command("show", "weekly", "--json").document["selection"]
    assert (selection["segment"], selection["readers"]) == (GOLD, 2)
    assert f"Goes to 2 readers in 1 edition, those with {GOLD}" in command("show", "weekly").out
    assert f"those with {GOLD}" in command("status", "weekly").out
    out = gold.site.folder / "preview"
    previewed = command("preview", "weekly", "--out", str(out), "--json").document
    assert previewed["selection"] == selection
    dry = command("send", "weekly", "--dry-run", "--json").document
    assert (dry["audience"], dry["segment"]) == (2, GOLD)
    approve(gold.site, "weekly", 1, now=SATURDAY)
    assert set(send_out(gold)) == set(READERS[:2])


def test_what_was_approved_selects_whatever_the_configuration_says_later(gold: PostOffice) -> None:
    """The segment is frozen; taken back and approved again, the issue has the new one."""
    approve(gold.site, "weekly", 1, now=SATURDAY)
    path = gold.site.folder / "newsletter.toml"
    path.write_text(path.read_text().replace(GOLD, "town = 'Hobart'"))
    gold.reopen()
    assert set(send_out(gold)) == set(READERS[:2])


def test_a_new_approval_freezes_the_new_segment(gold: PostOffice) -> None:
    """Until then the issue is as it was configured at its first approval."""
    approve(gold.site, "weekly", 1, now=SATURDAY)
    path = gold.site.folder / "newsletter.toml"
    path.write_text(path.read_text().replace(GOLD, "town = 'Hobart'"))
    gold.reopen()
    hold(gold.site, "weekly", 1)
    approve(gold.site, "weekly", 1, now=SATURDAY)
    with gold.site.database.transaction(read_only=True) as connection:
        assert find_issue(connection, "weekly", 1).selection.segment == "town = 'Hobart'"
    assert set(send_out(gold)) == set(READERS[1:3])


def test_who_drops_out_of_the_segment_gets_nothing_more(gold: PostOffice) -> None:
    """Each claim asks the audience again, the segment included."""
    approve(gold.site, "weekly", 1, now=SATURDAY)
    site = gold.site
    send_begun(gold)
    set_attributes(gold, {READERS[0]: {"plan": "none"}})
    outcome = send(site, "weekly", 1, clock=lambda: MONDAY)
    assert [mail.recipient for mail in gold.letters] == [READERS[1]]
    assert (outcome.audience, outcome.counts["suppressed"]) == (2, 1)
    assert outcome.issue.state == "sent"


def send_begun(office: PostOffice) -> None:
    """Plan the deliveries, as a send that was interrupted at once."""
    from newsletter.pipeline import send as sending
    from newsletter.pipeline.deliver import ledger_of

    issue = begin(office.site, "weekly", 1, now=MONDAY)
    sending._plan(office.site, issue, ledger_of(office.site, issue), MONDAY)


def test_within_counts_from_the_approval(tmp_path: Path) -> None:
    """A send that takes days loses nobody on the way."""
    for office in office_at(
        tmp_path, "sqlite:///newsletter.db", keys='segment = "joined within 7 days"'
    ):
        approve(office.site, "weekly", 1, now=SATURDAY)
        assert set(send_out(office)) == set(READERS)


def test_sections_are_for_those_who_match(parts: PostOffice) -> None:
    """One edition for each distinct set of items; all of it is said before."""
    command = CommandLine(folder=parts.site.folder, environment={})
    selection = command("show", "weekly", "--json").document["selection"]
    assert (selection["readers"], selection["editions"]) == (4, 4)
    assert [rule["title"] for rule in selection["sections"]] == ["Members", "For Hobart"]
    assert "Only for plan = 'gold': Members" in command("show", "weekly").out
    approve(parts.site, "weekly", 1, now=SATURDAY)
    got = send_out(parts)
    seen = {address: set(re.findall("(members|hobart)\\d of", got[address])) for address in READERS}
    assert seen == {
        READERS[0]: {"members"},
        READERS[1]: {"members", "hobart"},
        READERS[2]: {"hobart"},
        READERS[3]: set(),
    }
    assert all("news2 of" in text for text in got.values())


def test_who_came_to_match_after_the_approval_gets_what_fits(tmp_path: Path) -> None:
    """No edition is rendered after the approval: never a section that is not for the reader."""
    only = SECTIONS.partition('[[newsletters.weekly.sections]]\ntitle = "For Hobart"')[0]
    tables = only + '[[newsletters.weekly.sections]]\ntitle = "News"\n'
    for office in office_at(tmp_path, "sqlite:///newsletter.db", tables=tables):
        set_attributes(office, {reader: {} for reader in READERS[:3]})
        approve(office.site, "weekly", 1, now=SATURDAY)
        set_attributes(office, {READERS[0]: {"plan": "gold"}})
        got = send_out(office)
        assert [reader for reader in READERS if "members0 of" in got[reader]] == [READERS[0]]


def test_a_reader_for_whom_there_is_no_section_gets_nothing(tmp_path: Path) -> None:
    """An empty mail would look like an error; it is counted and said."""
    for office in office_at(tmp_path, "sqlite:///newsletter.db"):
        path = tmp_path / "newsletter.toml"
        rest = 'title = "The rest"'
        path.write_text(path.read_text().replace(rest, f'{rest}\nonly = "{GOLD}"'))
        office.reopen()
        command = CommandLine(folder=office.site.folder, environment={})
        assert (
            "No section for 2 of those selected, who get nothing" in command("show", "weekly").out
        )
        assert command("send", "weekly", "--dry-run", "--json").document["audience"] == 2
        answer = command("preview", "weekly", "--out", str(tmp_path / "x"), "--as", READERS[3])
        assert (answer.code, "no section" in answer.err) == (2, True)
        approve(office.site, "weekly", 1, now=SATURDAY)
        assert set(send_out(office)) == set(READERS[:2])


def test_the_archive_shows_what_is_for_everybody(parts: PostOffice) -> None:
    """Neither its pages nor its feeds have a section that is for some readers only."""
    approve(parts.site, "weekly", 1, now=SATURDAY)
    send_out(parts)
    with serving(make_app(parts.site, clock=lambda: MONDAY)) as url:
        for path in ("", "/1", "/feed.rss", "/feed.json"):
            page = httpx2.get(f"{url}/archive/weekly{path}").raise_for_status().text
            assert "news2 of" in page or path == ""
            assert not re.search("(members|hobart)\\d of", page), path


def test_an_issue_for_a_segment_is_not_in_the_archive(gold: PostOffice) -> None:
    """It is not for everybody; a reader's own link to it works."""
    approve(gold.site, "weekly", 1, now=SATURDAY)
    (text, *_rest) = send_out(gold).values()
    own = re.search(r"https://news\.example\.org(/archive/weekly/1/\w+)", text)
    assert own is not None
    with serving(make_app(gold.site, clock=lambda: MONDAY)) as url:
        assert "members0" not in httpx2.get(f"{url}/archive/weekly").text
        assert httpx2.get(f"{url}/archive/weekly/1").status_code == 404
        assert "members0" in httpx2.get(url + own[1]).raise_for_status().text


@pytest.mark.parametrize(
    ("segment", "message", "fix"),
    [
        ("plan = 'gold", "at character 8", "close the quotation"),
        ("plann = gold", "at character 1: there is no attribute 'plann'", "did you mean 'plan'?"),
        ("list:weakly", "there is no list 'weakly'", "did you mean 'weekly'?"),
        ("had:weakly/1", "there is no newsletter 'weakly'", "did you mean 'weekly'?"),
        ("not tag:memberss", "at character 5: there is no tag 'memberss'", "did you mean"),
        ("plan = platinum", "nobody on the list 'weekly' is in the segment", "--segment"),
    ],
)
def test_check_names_what_is_wrong_with_a_segment(
    tmp_path: Path, segment: str, message: str, fix: str
) -> None:
    """With its place in the text, before anything is sent."""
    for office in office_at(tmp_path, "sqlite:///newsletter.db", tables=SECTIONS):
        path = office.site.folder / "newsletter.toml"
        path.write_text(path.read_text().replace('owner = "', f'segment = "{segment}"\nowner = "'))
        problems = [
            problem
            for problem in check(tmp_path, {}, now=SATURDAY)
            if (problem.field or "").endswith(".segment")
        ]
        assert message in problems[0].message
        assert fix in (problems[0].fix or "")


def test_the_number_of_editions_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that readers need count, not those that conditions could make."""
    for office in office_at(tmp_path, "sqlite:///newsletter.db", tables=SECTIONS):
        monkeypatch.setattr("newsletter.pipeline.approve.MOST_EDITIONS", 3)
        with pytest.raises(NotPermittedError, match="would need 4 editions, but can have 3"):
            approve(office.site, "weekly", 1, now=SATURDAY)
        set_attributes(office, {READERS[1]: {"plan": "gold"}, READERS[2]: {}})
        approve(office.site, "weekly", 1, now=SATURDAY)


def test_the_number_of_conditions_is_bounded(tmp_path: Path) -> None:
    """The database checks each for every reader."""
    tables = "".join(
        f'[[newsletters.weekly.sections]]\ntitle = "{number}"\nonly = "a = {number}"\n'
        for number in range(31)
    )
    for _office in office_at(tmp_path, "sqlite:///newsletter.db"):
        path = tmp_path / "newsletter.toml"
        path.write_text(path.read_text() + tables)
        (problem,) = check(tmp_path, {}, now=SATURDAY)
        assert "31 different conditions" in problem.message
        assert "at most 30" in (problem.fix or "")


def feed_titles(office: PostOffice, address: str) -> list[str]:
    """The stories in the reader's private feed."""
    token = new_feed_token()
    with office.site.database.transaction() as connection:
        reader = find(connection, address).id
        assert make_feed(connection, reader, "weekly", hash_of(token), MONDAY)
    with serving(make_app(office.site, clock=lambda: MONDAY)) as base:
        items = httpx2.get(f"{base}/feed/{token}.json").json()["items"]
    return sorted(str(item["url"]).rpartition("/")[2][:4] for item in items)


def test_a_private_feed_has_only_the_sections_that_its_reader_sees(parts: PostOffice) -> None:
    """As the reader's own mail has; an editor's change of attributes counts at once."""
    approve(parts.site, "weekly", 1, now=SATURDAY)
    send_out(parts)
    assert feed_titles(parts, READERS[0]) == ["memb", "news", "news"]
    assert feed_titles(parts, READERS[1]) == ["hoba", "memb", "news", "news"]
    assert feed_titles(parts, READERS[3]) == ["news", "news"]


def test_a_private_feed_has_no_issue_for_others(gold: PostOffice) -> None:
    """An issue for a segment is in the feeds of its readers alone."""
    approve(gold.site, "weekly", 1, now=SATURDAY)
    send_out(gold)
    assert len(feed_titles(gold, READERS[0])) == 4
    assert feed_titles(gold, READERS[3]) == []
