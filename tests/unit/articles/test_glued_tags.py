"""Runs of tags without separators are cut where labels meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.glued_tags import MAX_RUN, split_glued
from newsletter.articles.tags import Vocabulary, make_vocabulary
from tests.effort import at_most

NOTHING_KNOWN = make_vocabulary([], {})
BODY = "The claims of Mandiant and of McAfee were read at the Good Gear Guide."


@pytest.mark.parametrize(
    ("run", "labels"),
    [
        (
            "intrusionsecuritydata breachMandiantgovernment",
            ("intrusion", "security", "data breach", "Mandiant", "government"),
        ),
        ("SecurityData BreachMandiant", ("Security", "Data Breach", "Mandiant")),
        ("McAfeeprivacy", ("McAfee", "privacy")),
        ("Good Gear Guidetablets", ("Good Gear Guide", "tablets")),
        ("machine learning", ("machine learning",)),
        ("security intrusion government", ("security", "intrusion", "government")),
        ("quantum widgets", ("quantum widgets",)),
        ("PayPal", ("PayPal",)),
        ("newsroom", ("newsroom",)),
        ("FerriesBridges", ("Ferries", "Bridges")),
        ("ПолитикаНаука", ("Политика", "Наука")),
        ("", ()),
    ],
)
def test_what_is_known_or_capital_is_cut(run: str, labels: tuple[str, ...]) -> None:
    """Topics, the article's names and capitals say where a label ends; a space does not."""
    assert split_glued(run, vocabulary=NOTHING_KNOWN, body=BODY) == (labels, ())


@pytest.mark.parametrize(
    ("run", "vocabulary", "labels"),
    [
        ("hackpolicy", make_vocabulary([], {"hack": "security"}), ("hack", "policy")),
        ("数据泄露隐私", make_vocabulary(["数据泄露", "隐私"], {}), ("数据泄露", "隐私")),
        ("data breachprivacy", make_vocabulary(["data-breach"], {}), ("data breach", "privacy")),
        ("Harbour lifeprivacy", make_vocabulary(["harbour life"], {}), ("Harbour life", "privacy")),
    ],
)
def test_the_sites_own_tags_are_known(
    run: str, vocabulary: Vocabulary, labels: tuple[str, ...]
) -> None:
    """Labels, slugs and aliases of the site cut a run in any script."""
    assert split_glued(run, vocabulary=vocabulary, body="") == (labels, ())


@pytest.mark.parametrize(
    ("run", "labels", "unclear"),
    [
        (
            "intrusionsecurityfoobarbaz",
            ("intrusion", "security", "foobarbaz"),
            ("foobarbaz",),
        ),
        (
            "zzyvaphlonquorwibblefrotz",
            ("zzyvaphlonquorwibblefrotz",),
            ("zzyvaphlonquorwibblefrotz",),
        ),
    ],
)
def test_what_cannot_be_cut_is_kept_and_reported(
    run: str, labels: tuple[str, ...], unclear: tuple[str, ...]
) -> None:
    """An unknown rest is one label, and named as perhaps more than one."""
    assert split_glued(run, vocabulary=NOTHING_KNOWN, body="") == (labels, unclear)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_letter_is_lost(run: str, body: str) -> None:
    """Whatever the run, its labels hold its letters in their order, and remainders are labels."""
    labels, unclear = split_glued(run, vocabulary=NOTHING_KNOWN, body=body)
    assert "".join("".join(labels).split()) == "".join(run.split())
    assert set(unclear) <= set(labels)


def test_a_run_as_long_as_allowed_is_cut_in_time() -> None:
    """The longest run takes seconds at most, a longer one is left whole."""
    with at_most(500):
        split_glued("abcdefghi" * (MAX_RUN // 9), vocabulary=NOTHING_KNOWN, body=BODY)
    long = "x" * (MAX_RUN + 1)
    assert split_glued(long, vocabulary=NOTHING_KNOWN, body="") == ((long,), (long,))


@pytest.mark.parametrize(
    ("run", "labels"),
    [
        ("Appleiphones", ("Apple", "iphones")),
        ("GadgetsiPhoneTV", ("Gadgets", "iPhone", "TV")),
        ("televisionTVdrama", ("television", "TV", "drama")),
        ("exoplanetsimmunotherapy", ("exoplanets", "immunotherapy")),
        ("South Koreabroadband", ("South Korea", "broadband")),
        ("USB-Cbatteries", ("USB-C", "batteries")),
    ],
)
def test_rare_words_places_and_names_with_capitals_inside(
    run: str, labels: tuple[str, ...]
) -> None:
    """They are known without the article: from long lists of words, and of countries and cities."""
    assert split_glued(run, vocabulary=NOTHING_KNOWN, body="")[0] == labels


def test_two_ways_to_cut_that_are_as_likely_are_reported() -> None:
    """Nothing says where the first of them ends, so an editor is asked."""
    _labels, unclear = split_glued("driverspeed", vocabulary=NOTHING_KNOWN, body="")
    assert unclear
