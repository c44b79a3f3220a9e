"""approve --at: another time to send at, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsletter.cli.invocation import Invocation
from newsletter.cli.main import cli
from newsletter.errors import InputError, NotPermittedError
from newsletter.issues.issue import State
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import begin
from newsletter.store.audit import entries
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.site import make_site, publish


@pytest.fixture
def invocation(tmp_path: Path) -> Invocation:
    """A call of the command line on Thursday at 10:00, an issue for Monday drafted."""
    site = make_site(tmp_path, now=THURSDAY)
    publish(tmp_path, *(THURSDAY - HOUR * ago for ago in (1, 2, 3)))
    gather(site, "weekly", now=THURSDAY)
    draft(site, "weekly", now=THURSDAY)
    return Invocation(folder=tmp_path)


def approve(invocation: Invocation, *arguments: str) -> Any:
    """The JSON document of `newsletter approve weekly …` on Thursday."""
    done = CliRunner().invoke(
        cli,
        ["-C", str(invocation.folder), "approve", "weekly", "--json",
         "--now", THURSDAY.isoformat(), *arguments],
        obj=invocation, standalone_mode=False, catch_exceptions=False,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_approved_for_another_time(invocation: Invocation) -> None:
    """The answer says when it goes out; without --at that is when it is due."""
    approved = approve(invocation, "--at", "2026-03-06T09:30")
    assert approved["state"] == State.APPROVED
    assert approved["send_at"] == "2026-03-06T09:30:00+00:00"


def test_without_a_time_it_goes_out_when_it_is_due(invocation: Invocation) -> None:
    """Nothing is chosen."""
    assert approve(invocation)["send_at"] is None


def test_an_approved_issue_only_gets_the_other_time(invocation: Invocation) -> None:
    """Its bytes stay; the same again is once; the record says who."""
    approve(invocation)
    for _again in range(2):
        assert approve(invocation, "--at", "9:30")["send_at"] == "2026-03-06T09:30:00+00:00"
    with invocation.site.database.transaction(read_only=True) as connection:
        told = [entry for entry in entries(connection, limit=9) if entry.what == "schedule"]
    assert [(entry.who, entry.detail) for entry in told] == [
        ("operator", "weekly/1 for 2026-03-06T09:30+00:00")
    ]


@pytest.mark.parametrize(
    ("at", "fix"),
    [
        ("soon", "07:00"),
        ("2026-03-05T09:00", "later time"),
        ("2026-03-16T07:00", "before 2026-03-16T07:00"),
    ],
)
def test_a_wrong_time_approves_nothing(invocation: Invocation, at: str, fix: str) -> None:
    """No time, a past one, the next issue's: each is said with its fix."""
    with pytest.raises(InputError) as raised:
        approve(invocation, "--at", at)
    assert fix in str(raised.value)
    assert approve(invocation)["send_at"] is None


def test_when_its_send_has_begun_there_is_no_time_to_choose(invocation: Invocation) -> None:
    """And the error does not say to approve it."""
    approve(invocation)
    begin(invocation.site, "weekly", 1, now=MONDAY)
    with pytest.raises(NotPermittedError, match="sending, not approved"):
        approve(invocation, "--at", "2026-03-06T09:30")
