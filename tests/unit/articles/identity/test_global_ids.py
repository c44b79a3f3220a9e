"""Which ids identify an entry in the feeds of all sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.identity.entries import Sighting, id_key, same_across_sources
from newsletter.articles.identity.global_ids import global_id

MOMENT = datetime(2026, 3, 7, 9, 30, tzinfo=UTC)
UUID = "urn:uuid:5a0e3f52-6f2b-4c1d-9b57-0f3b2a7c1e44"
TAG = "tag:blogger.com,1999:blog-42.post-1729"
PAGE = "https://news.example/2026/03/bridge"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (UUID, "uuid 5a0e3f52-6f2b-4c1d-9b57-0f3b2a7c1e44"),
        (" URN:UUID:5A0E3F52-6F2B-4C1D-9B57-0F3B2A7C1E44", "uuid 5a0e3f52-6f2b-4c1d-9b57-0f3b2a7c1e44"),
        ("5a0e3f52-6f2b-4c1d-9b57-0f3b2a7c1e44", "uuid 5a0e3f52-6f2b-4c1d-9b57-0f3b2a7c1e44"),
        (TAG, f"tag {TAG}"),
        (PAGE, "page news.example/2026/03/bridge"),
        ("http://www.news.example/?p=12", "page news.example?p=12"),
        ("https://news.example/", ""),
        ("http://localhost/?p=12", ""),
        ("http://127.0.0.1:8080/?p=12", ""),
        ("http://site.local/?p=12", ""),
        ("urn:uuid:00000000-0000-0000-0000-000000000000", ""),
        ("1729", ""),
        ("b1", ""),
        ("tag:example.org", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_an_id_is_global_or_not(text: str, key: str) -> None:
    """UUIDs, tags and public addresses are; numbers, front pages and copies at home are not."""
    assert global_id(text) == key


def shown(identity: str, **changes: object) -> Sighting:
    """An entry with that id and nothing else that identifies it."""
    entry = Sighting(
        id=id_key(identity),
        url="https://one.example/bridge",
        title="Council opens the new bridge",
        published=MOMENT,
        dated=True,
        global_id=global_id(identity),
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("identity", "changes", "same"),
    [
        (UUID, {"title": "Ribbon cut"}, True),
        (UUID, {"title": "Ribbon cut", "published": MOMENT + timedelta(hours=3)}, True),
        (UUID, {"title": "Ribbon cut", "dated": False}, True),
        (UUID, {"title": "Ribbon cut", "published": MOMENT + timedelta(days=40)}, False),
        (UUID, {"published": MOMENT + timedelta(days=40)}, True),
        (TAG, {"title": "Ribbon cut"}, True),
        (PAGE, {"title": "Council opens new bridge", "published": MOMENT + timedelta(days=2)}, True),
        (PAGE, {"title": "Ribbon cut"}, True),
        (PAGE, {"title": "Ribbon cut", "published": MOMENT + timedelta(hours=3)}, False),
        (PAGE, {"title": "Ribbon cut", "dated": False}, False),
    ],
)  # fmt: skip
def test_one_id_at_two_sources(identity: str, changes: dict[str, object], same: bool) -> None:
    """A UUID or tag needs no support; an address may be shared by entries, so it needs some."""
    one, other = shown(identity), shown(identity, url="https://two.example/x", **changes)
    assert same_across_sources(one, other) is same
    assert same_across_sources(other, one) is same


def test_other_texts_contradict_a_uuid() -> None:
    """Feeds that were written after one template have its ids, but their own titles and texts."""
    one = shown(UUID, opening="The council has opened the bridge over the Carrow after two years.")
    other = shown(UUID, title="Gulls return", opening="Thousands of gulls nest in the old quarry.")
    assert not same_across_sources(one, other)


@given(st.text(max_size=80))
def test_any_text_may_stand_where_an_id_is_expected(text: str) -> None:
    """What is no global id is none; a global id has one key however often it is read."""
    assert global_id(text) == global_id(text.strip())
