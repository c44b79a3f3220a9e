"""What was left out: grouped, newest first, offered for the section its tags lead to; notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.articles.article import Tag
from newsletter.issues.issue import LeftOut
from newsletter.issues.reasons import LeftOutReason
from newsletter.issues.suggestion import SuggestedState
from newsletter.issues.wording import left_out_text
from newsletter.site.section_tags import fitting_section
from newsletter.store.articles import Glance
from newsletter.web.editor.notices import fetched_query, notice_of
from newsletter.web.editor.shelf import shelf_of
from tests.factories.issues import DUE, make_issue
from tests.unit.issues.test_suggestion import story

SECTIONS = {"Security": frozenset({"security"}), "Rest": frozenset[str]()}


def left_out(number: int, reason: LeftOutReason) -> LeftOut:
    """An entry that was published `number` hours before the issue is due."""
    return LeftOut(
        title=f"Story {number}",
        url=f"https://press.example.org/{number}",
        key=f"key {number}",
        reason=reason,
        published=DUE - timedelta(hours=number),
    )


def test_entries_are_grouped_newest_first_with_their_section() -> None:
    """What is most easily added stands first."""
    entries = [
        left_out(3, LeftOutReason.ALREADY_USED),
        left_out(2, LeftOutReason.NO_ROOM),
        left_out(1, LeftOutReason.NO_ROOM),
    ]
    tag = Tag(slug="security", label="Security!")
    known = {"key 1": Glance(tags=(tag,), picture="https://press.example.org/1.png")}
    (kind, fits), (sent, _used) = shelf_of(entries, known, SECTIONS)
    assert (kind, sent) == ("Didn’t fit", "Already sent")
    assert [entry.out.title for entry in fits] == ["Story 1", "Story 2"]
    assert [entry.fitting for entry in fits] == ["Security", "Rest"]
    assert fits[0].picture.endswith("1.png")
    assert fits[0].tags == ("Security!",)


def test_what_readers_suggested_stands_first_once() -> None:
    """What a source has keeps its reason; what none has says that readers suggested it."""
    entries = [left_out(2, LeftOutReason.NO_ROOM), left_out(1, LeftOutReason.NO_ROOM)]
    known = story(2, key="key 2")
    unread = story(9, key="", title="", state=SuggestedState.UNREADABLE, problem="it is gone")
    (kind, first), (_other, rest) = shelf_of(entries, {}, SECTIONS, [known, unread])
    assert kind == "Suggested by readers"
    assert [(entry.out.title, entry.out.reason) for entry in first] == [
        ("Story 2", LeftOutReason.NO_ROOM),
        ("https://press.example.org/9", LeftOutReason.SUGGESTED),
    ]
    assert [entry.suggested for entry in first] == [known, unread]
    assert left_out_text(first[1].out) == (
        "suggested by readers; its page cannot be read: it is gone"
    )
    assert [entry.out.title for entry in rest] == ["Story 1"]


def test_every_reason_has_a_group() -> None:
    """Nothing that was left out is missing from the shelf."""
    entries = [left_out(number, reason) for number, reason in enumerate(LeftOutReason, start=1)]
    assert sum(len(group) for _kind, group in shelf_of(entries, {}, SECTIONS)) == len(entries)


@pytest.mark.parametrize(
    ("tags", "expected"), [(["security"], "Security"), (["tides"], "Rest"), ([], "Rest")]
)
def test_the_first_section_that_fits(tags: list[str], expected: str) -> None:
    """By its tags, or else the one that takes anything."""
    assert fitting_section(SECTIONS, tags) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"done": "fetched", "sources": "3", "failed": "1", "new": "2"}, "2 of 3 sources were read: 2 new articles."),
        ({"done": "fetched", "sources": "1", "failed": "0", "new": "0"}, "The source was read: no new article."),
        ({"done": "fetched", "sources": "<b>", "failed": "-1", "new": "9" * 40}, "All 0 sources were read: no new article."),
        ({"done": "added", "item": "nothing"}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_notice_says_only_what_it_can_know(query: dict[str, str], expected: str) -> None:
    """Whoever writes the URL can make it name numbers, and nothing else."""
    assert notice_of(query, make_issue()) == expected


def test_the_query_is_what_the_notice_reads() -> None:
    """Both ends agree on the names."""
    assert fetched_query(sources=3, failed=1, new=2) == "done=fetched&sources=3&failed=1&new=2"
