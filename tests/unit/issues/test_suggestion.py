"""Which links may be suggested, how suggestions come together, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsletter.errors import InputError
from newsletter.issues.suggestion import (
    SuggestedState,
    SuggestedStory,
    Suggestion,
    SuggestionWay,
    accepted_link,
    is_below,
    on_shelf,
    site_of,
    state_once_read,
    to_answer,
)

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def suggestion(number: int = 1, **changes: Any) -> Suggestion:
    """A reader's, who wants to be told."""
    values = {
        "way": SuggestionWay.FORM,
        "is_proven": True,
        "name": "",
        "words": "",
        "suggested_at": NOW,
        "subscriber_id": number,
        "wants_answer": True,
    }
    return Suggestion(id=number, **{**values, **changes})


def story(number: int = 1, *said: Suggestion, **changes: Any) -> SuggestedStory:
    """On the shelf."""
    values = {
        "newsletter": "weekly",
        "url": f"https://press.example.org/{number}",
        "key": f"key {number}",
        "title": f"Story {number}",
        "source": "Press",
        "state": SuggestedState.SHELVED,
        "problem": "",
        "first_at": NOW,
    }
    return SuggestedStory(id=number, suggestions=said or (suggestion(),), **{**values, **changes})


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://Press.Example.org:443/a?utm_source=x#top", "https://press.example.org/a"),
        (" http://press.example.org/a b ", "http://press.example.org/a%20b"),
        ("https://user:secret@press.example.org/a", "https://press.example.org/a"),
        ("https://203.0.114.9/a", "https://203.0.114.9/a"),
    ],
)
def test_links_are_kept_in_one_spelling(url: str, link: str) -> None:
    """Without user, usual port and tracking parameters."""
    assert accepted_link(url) == link


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://localhost./",
        "http://printer.local/",
        "http://a.internal/",
        "http://router/",
        "http://192.168.0.1/",
        "ftp://press.example.org/",
        "javascript:alert(1)//https://a.example",
        "file:///etc/passwd",
        "https://press.example.org/" + "a" * 3000,
        "",
    ],
)
def test_what_leads_nowhere_public_is_refused(url: str) -> None:
    """The error names the field and the fix."""
    with pytest.raises(InputError) as refused:
        accepted_link(url)
    assert refused.value.problem.field == "url"
    assert refused.value.problem.fix


def test_two_addresses_of_one_story_are_one_entry_that_most_suggested_first() -> None:
    """What is in the issue, decided or not yet read is not on the shelf."""
    first = story(1, suggestion(1), key="same")
    second = story(2, suggestion(2), suggestion(3), key="same", first_at=NOW - HOUR)
    alone = story(3, suggestion(4))
    hidden = [
        story(4, key="present"),
        story(5, state=SuggestedState.WAITING, key=""),
        story(6, state=SuggestedState.DISMISSED),
    ]
    unreadable = story(7, suggestion(5, is_proven=False), state=SuggestedState.UNREADABLE, key="")
    found = on_shelf([alone, first, second, *hidden, unreadable], {"present"})
    assert [one.id for one in found] == [1, 3, 7]
    assert [(one.readers, one.unproven) for one in found] == [(3, 0), (1, 0), (0, 1)]
    assert found[0].first_at == NOW - HOUR


def test_a_story_of_an_earlier_issue_was_sent_before() -> None:
    """One that an issue takes after it was suggested is on the shelf until that is sent."""
    assert state_once_read(NOW, None) is SuggestedState.SHELVED
    assert state_once_read(NOW, NOW + HOUR) is SuggestedState.SHELVED
    assert state_once_read(NOW, NOW) is SuggestedState.SENT_BEFORE


def test_only_known_proven_readers_are_told_of_what_came_later() -> None:
    """Who asked, is a reader, is proven, and suggested it before the issue went out."""
    told = suggestion(1)
    others = (
        suggestion(2, wants_answer=False),
        suggestion(3, is_proven=False),
        suggestion(4, subscriber_id=None),
        suggestion(5, suggested_at=NOW + 2 * HOUR),
    )
    assert to_answer(story(1, told, *others), NOW + HOUR) == [told]


def test_a_block_covers_the_hosts_below() -> None:
    """And none that only ends alike."""
    assert site_of("https://www.spam.example/x") == "spam.example"
    assert is_below("a.spam.example", "spam.example")
    assert is_below("spam.example", "spam.example")
    assert not is_below("goodspam.example", "spam.example")
