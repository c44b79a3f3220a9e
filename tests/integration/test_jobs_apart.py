"""Whatever one job of a run meets, the others do theirs: above all, what is due goes out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from newsletter.cli.sending import _report_code
from newsletter.issues.issue import Issue, State
from newsletter.issues.review import Remark
from newsletter.issues.suggestion import SuggestionWay
from newsletter.jobs import due_issue, letters, operator_mail, operators, site_jobs
from newsletter.jobs.due_issue import RunResult
from newsletter.jobs.operators import watched_run
from newsletter.jobs.run import RunReport, run
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.dated_letters import LetterWords, write_letter
from newsletter.pipeline.draft import draft
from newsletter.pipeline.left_over_mail import RETRY_AFTER
from newsletter.result_codes import UNEXPECTED_ERROR
from newsletter.site.site import Site
from newsletter.store.job_outcomes import Ended, last_outcomes
from newsletter.store.people_imports import ImportChoices, add_import
from newsletter.store.review_comments import add_comment
from newsletter.store.suggestions import NewSuggestion, add_suggestion
from subscribers.csv_file import import_subscribers
from subscribers.importing.options import ImportOptions
from subscribers.inbound import mail_log as book
from subscribers.inbound.identity import read_identity
from subscribers.tables import address_changes
from tests.factories.planting import PlantedPanic, calls_below, plant
from tests.factories.runs import DAY, HOUR, MONDAY, THURSDAY, WEEK, states
from tests.factories.site import make_site, publish
from tests.servers.smtp import Catcher, smtp_server

NewSite = Callable[..., Site]

OTHER = """
[newsletters.other]
title = "The Other"
from = "The Other <other@news.example.org>"
list = "other"
schedule = "0 7 * * mon"
approval = "auto"
max_lateness = "9h"
min_items = 2

[[newsletters.other.sources]]
folder = "articles"

{more}
"""
OTHER_READER = "other@example.org"

SCENES = {
    "comments_on": {"approval": "unless-commented"},
    "hold": {"approval": "hold"},
    "skip": {"min_items": 9},
    "remind": {"approval": "remind", "keys": 'editors = ["editor@example.net"]'},
}
"""What makes weekly come to the call, where a plain week does not."""

ONCE_LATE = {"reopen", "draft"}
"""Calls that the week after a late one comes to."""

IN_BETWEEN = {"chosen_time", "newsletter_store.pass_over"}
"""Calls that are made when nothing is due."""

NEVER = {"note_text"}
"""Says only in words what a run came to."""


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest.fixture
def new_site(tmp_path: Path, catcher: Catcher) -> Iterator[NewSite]:
    """Makes a site of two newsletters, weekly and other, on SQLite where no database is named."""
    made: list[Site] = []

    def make(*, more: str = "", **settings: Any) -> Site:
        site = make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            tables=OTHER.format(more=more),
            **settings,
        )
        made.append(site)
        import_subscribers(
            site.database.transaction,
            io.BytesIO(f"email,name,tags\n{OTHER_READER},,\n".encode()),
            ImportOptions(
                list_slug="other",
                source_name="other.csv",
                now=THURSDAY,
            ),
            slug_of=str,
        )
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        return site

    yield make
    for site in made:
        site.database.close()


async def run_at(site: Site, now: Any, work: Any = run) -> RunReport:
    """What everything in the site came to at this moment."""
    report = await asyncio.to_thread(work, site, Supervisor(site.database, lambda: now))
    assert isinstance(report, RunReport)
    return report


def is_weekly(*given: object, **named: object) -> bool:
    """Whether a call is about the first newsletter."""
    return any(
        (value.newsletter if isinstance(value, Issue) else value) == "weekly"
        for value in (*given, *named.values())
    )


def require_other_sent(site: Site, catcher: Catcher, report: RunReport, issues: int = 1) -> None:
    """The other newsletter is sent whole, and the run says that something crashed."""
    assert report.newsletters[1].result is RunResult.SENT, report
    assert states(site, "other") == [State.SENT] * issues
    assert catcher.recipients.count(OTHER_READER) == issues
    assert _report_code(report) == UNEXPECTED_ERROR


@pytest.mark.parametrize(
    "call", sorted(set(calls_below(due_issue, "newsletter.jobs")) - ONCE_LATE - NEVER)
)
async def test_a_newsletter_that_breaks_at_any_call_stops_itself_alone(
    call: str,
    catcher: Catcher,
    new_site: NewSite,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The error is logged with its traceback, and kept; the next newsletter goes out."""
    site = new_site(**SCENES.get(call, {}))
    moment = THURSDAY + 2 * HOUR if call in IN_BETWEEN else MONDAY
    if moment is MONDAY:
        await run_at(site, THURSDAY + 2 * HOUR)
    raised = plant(monkeypatch, due_issue, call, where=is_weekly)
    report = await run_at(site, moment)
    assert raised
    weekly = report.newsletters[0]
    assert weekly.result is RunResult.CRASHED
    assert weekly.problem is raised[0]
    crashed = [run for run in report.others if run.outcome.ended is Ended.CRASHED]
    assert {run.outcome.job for run in crashed} <= {"gathering:weekly"}
    assert caplog.text.count("Traceback") == 1 + len(crashed)
    with site.database.transaction(read_only=True) as connection:
        kept = {one.job: one for one in last_outcomes(connection)}
    assert kept["issue:weekly"].ended is Ended.CRASHED
    assert "nobody foresaw this" in kept["issue:weekly"].error
    assert kept["issue:other"].ended is Ended.DONE
    if moment is MONDAY:
        require_other_sent(site, catcher, report)


@pytest.mark.parametrize("call", sorted(ONCE_LATE))
async def test_so_does_one_that_breaks_in_the_week_after_a_late_one(
    call: str, catcher: Catcher, new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a held issue is taken up again."""
    site = new_site()
    await run_at(site, THURSDAY + 2 * HOUR)
    await run_at(site, MONDAY + 7 * HOUR)
    publish(site.folder, MONDAY + 8 * HOUR, MONDAY + 9 * HOUR)
    raised = plant(monkeypatch, due_issue, call, where=is_weekly)
    report = await run_at(site, MONDAY + WEEK)
    assert raised
    require_other_sent(site, catcher, report, issues=2)


@pytest.mark.parametrize("call", ["read_for_issue", "draft_for", "approve", "send"])
async def test_on_either_database_the_other_newsletter_is_sent(
    call: str,
    catcher: Catcher,
    new_site: NewSite,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In each stage in turn, even when it is a library in Rust that panics."""
    site = new_site(database=database_url)
    await run_at(site, THURSDAY + 2 * HOUR)
    plant(monkeypatch, due_issue, call, error=PlantedPanic, where=is_weekly)
    report = await run_at(site, MONDAY)
    require_other_sent(site, catcher, report)
    monkeypatch.undo()
    healed = await run_at(site, MONDAY + HOUR)
    assert [outcome.result for outcome in healed.newsletters] == [
        RunResult.SENT,
        RunResult.NOTHING_DUE,
    ]


MOVE = {
    "subscriber_id": 1,
    "list_slug": "weekly",
    "address": "elsewhere@example.org",
    "kind": "change",
    "asked_at": THURSDAY - 9 * DAY,
    "confirmed_at": THURSDAY - 8 * DAY,
}
"""A change of address to which the old address did not answer."""


@pytest.mark.parametrize(
    ("module", "call"),
    [
        (module, call)
        for module in (site_jobs, letters)
        for call in calls_below(module, "newsletter.jobs")
    ],
)
async def test_no_other_job_stops_an_issue(
    module: ModuleType,
    call: str,
    catcher: Catcher,
    new_site: NewSite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Letters, mail left lying, each step of retention, webhooks: each fails alone."""
    hook = '[[webhooks]]\nurl = "http://127.0.0.1:9/"\nsecret = "a secret of some length"\nevents = ["sent"]'
    audit = '[audit]\nfile = "audit.jsonl"\nkeep = "400d"'
    site = new_site(
        more=f'[inbound]\ndomain = "news.example.org"\n{hook}\n{audit}', keys="suggestions = true"
    )
    (site.folder / "pictures" / "uploads").mkdir(parents=True)
    await run_at(site, THURSDAY + 2 * HOUR)
    issue = draft(site, "weekly", now=THURSDAY + 2 * HOUR)
    with site.database.transaction() as connection:
        connection.execute(sa.insert(address_changes).values(MOVE))
        remark = Remark(article_key="", about="", name="Ann", text="One word is missing.")
        add_comment(connection, issue, remark, THURSDAY)
        suggested = NewSuggestion(
            newsletter="weekly",
            url=issue.items[0].article.url,
            title="",
            reader="x",
            way=SuggestionWay.FORM,
            is_proven=True,
        )
        add_suggestion(connection, suggested, THURSDAY)
        choices = ImportChoices(list_slug="weekly")
        add_import(
            connection, who="ed@example.org", file_name="people.csv", content=b"email\n",
            choices=choices, now=THURSDAY,
        )  # fmt: skip
    words = LetterWords(days=7, subject="Start here", text="Hello.")
    write_letter(site, "weekly", words, editor="ed@example.org", now=THURSDAY)
    raised = plant(monkeypatch, module, call)
    report = await run_at(site, MONDAY)
    assert raised
    require_other_sent(site, catcher, report)
    assert report.newsletters[0].result is RunResult.SENT
    ends = {one.outcome.job: one.outcome.ended for one in report.others}
    crashed = [job for job, ended in ends.items() if ended is Ended.CRASHED]
    assert crashed == [job for job, ended in ends.items() if ended is not Ended.DONE]
    assert len(crashed) == (2 if call == "gather_due" else 1)  # each newsletter's sources


@pytest.mark.parametrize(
    ("module", "call"),
    [
        (operator_mail, "post_letter"),
        (operator_mail, "operator_alerts.put"),
        (operator_mail, "operator_alerts.forget"),
        (operators, "HttpClient"),
    ],
)
async def test_operators_who_cannot_be_told_stop_nothing(
    module: ModuleType,
    call: str,
    catcher: Catcher,
    new_site: NewSite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither an issue nor the rest of what they are to be told."""
    more = '[operators]\nmail = ["operator@example.net"]\nping_url = "http://127.0.0.1:9/"'
    site = new_site(more=more)
    await run_at(site, THURSDAY + 2 * HOUR)
    plant(monkeypatch, due_issue, "read_for_issue", where=is_weekly)
    raised = plant(monkeypatch, module, call)
    report = await run_at(site, MONDAY, watched_run)
    assert raised
    require_other_sent(site, catcher, report)
    assert ("operator@example.net" in catcher.recipients) is (call == "HttpClient")


async def test_operators_are_written_to_about_what_nobody_foresaw(
    catcher: Catcher, new_site: NewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One letter for each job that crashed, and none while it goes on crashing."""
    site = new_site(more='[operators]\nmail = ["operator@example.net"]')
    await run_at(site, THURSDAY + 2 * HOUR)
    plant(monkeypatch, due_issue, "read_for_issue", where=is_weekly)
    plant(monkeypatch, site_jobs, "fold")
    for _again in range(2):
        await run_at(site, MONDAY, watched_run)
    assert catcher.recipients.count("operator@example.net") == 2


async def test_stray_mail_from_an_address_that_is_none_stops_nothing(
    catcher: Catcher, new_site: NewSite
) -> None:
    """`From: root@localhost` to weekly-request@, written down by a process that died."""
    site = new_site(more='[inbound]\ndomain = "news.example.org"')
    await run_at(site, THURSDAY + 2 * HOUR)
    written = MONDAY - 2 * RETRY_AFTER
    senders = (
        "root@localhost",
        "root",
        "<>",
        "a@b@c",
        "=?utf-8?q?x=0d=0a?= <x@y>",
        "x@[127.0.0.1]",
    )
    with site.database.transaction() as connection:
        for sender in senders:
            content = f"From: {sender}\nSubject: help\nMessage-ID: <{len(sender)}@x>\n\nhelp\n"
            recipient = "weekly-request@news.example.org"
            book.log_mail(
                connection,
                book.arrival(content.encode(), read_identity(content.encode()), recipient, sender),
                written,
            )
    report = await run_at(site, MONDAY)
    assert [outcome.result for outcome in report.newsletters] == [RunResult.SENT] * 2
    assert {one.outcome.ended for one in report.others} == {Ended.DONE}
    with site.database.transaction(read_only=True) as connection:
        assert book.unhandled(connection, MONDAY) == []
