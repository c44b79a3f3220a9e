from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.article import Article, Coverage, Tag
from newsletter.issues.assemble import Assembly, Candidate, History, Section, assemble
from newsletter.issues.issue import Item, Overrides, Window
from newsletter.issues.wording import inclusion_text, left_out_text
from tests.factories.issues import DUE, make_article, make_image

WEEK = timedelta(days=7)
WINDOW = Window(start=DUE - WEEK, end=DUE)
SECURITY = Section(title="Security", tags=frozenset({"security"}), max_items=2)
REST = Section(title="The rest", tags=frozenset(), max_items=3)
FIRST = History(used={}, closed=None, grace=WEEK)


def article(number: int, *slugs: str, **changes: Any) -> Article:
    """Article `number` with these tags."""
    tags = tuple(Tag(slug=slug, label=slug) for slug in slugs)
    return make_article(number, tags=tags, **changes)


def build(
    *articles: Article,
    sections: tuple[Section, ...] = (SECURITY, REST),
    history: History = FIRST,
    previous: tuple[Item, ...] = (),
    first_seen: datetime = DUE,
) -> Assembly:
    """Assemble the articles as one weekly issue."""
    candidates = [Candidate(article=one, first_seen=first_seen) for one in articles]
    return assemble(
        candidates, window=WINDOW, sections=sections, history=history, previous=previous
    )


def titles(assembly: Assembly, section: str) -> list[str]:
    """The last letters of a section's article keys, in order."""
    return [item.article.key[-1] for item in assembly.items if item.section == section]


def reason_of(assembly: Assembly, one: Article) -> str:
    """Why the article was left out."""
    return next(left_out_text(entry) for entry in assembly.left_out if entry.url == one.url)


def test_sections_take_articles_by_tag_newest_first() -> None:
    """A section's tags decide; what none asks for goes to the section without tags."""
    assembly = build(article(1, "space"), article(2, "security"), article(3, "security", "ai"))
    assert titles(assembly, "Security") == ["2", "3"]
    assert titles(assembly, "The rest") == ["1"]


def test_a_full_section_passes_its_overflow_to_the_one_without_tags() -> None:
    """The third security story stands in "what no other section took"."""
    assembly = build(*[article(number, "security") for number in (1, 2, 3)])
    assert titles(assembly, "Security") == ["1", "2"]
    assert titles(assembly, "The rest") == ["3"]


def test_the_order_of_sections_does_not_let_the_rest_go_first() -> None:
    """A section without tags takes last, wherever it stands in the issue."""
    assembly = build(article(1, "security"), article(2, "ai"), sections=(REST, SECURITY))
    assert titles(assembly, "Security") == ["1"]
    assert titles(assembly, "The rest") == ["2"]


def test_every_article_has_a_reason_for_in_or_out() -> None:
    """Outside the window, used before, no room, no section: each is said."""
    early = article(1, "security", published=WINDOW.start - timedelta(seconds=1))
    late = article(2, "security", published=WINDOW.end)
    used = article(3, "security")
    taken = article(4, "security")
    crowded = article(5, "security")
    stray = article(6, "space")
    only = replace(SECURITY, max_items=1)
    history = replace(FIRST, used={used.key: "weekly/7"})
    assembly = build(early, late, used, taken, crowded, stray, sections=(only,), history=history)
    assert [item.article for item in assembly.items] == [taken]
    assert "inside the window" in inclusion_text(assembly.items[0])
    assert "Security by its tags security" in inclusion_text(assembly.items[0])
    assert "before the window" in reason_of(assembly, early)
    assert "waits for the next issue" in reason_of(assembly, late)
    assert reason_of(assembly, used) == "already in weekly/7"
    assert reason_of(assembly, crowded) == "did not fit in Security (1)"
    assert "no section takes its tags (space)" in reason_of(assembly, stray)


def test_a_story_used_under_another_source_is_used() -> None:
    """The keys of all versions count: a second feed cannot bring a story back."""
    retold = article(1, "security", merged_keys=("https://other.example.net/same",))
    history = replace(FIRST, used={"https://other.example.net/same": "weekly/7"})
    assert reason_of(build(retold, history=history), retold) == "already in weekly/7"


def test_what_a_feed_published_late_is_not_lost() -> None:
    """Dated before the window but first seen after the last issue closed: it comes in."""
    overdue = article(1, "security", published=WINDOW.start - timedelta(hours=2))
    closed = WINDOW.start
    history = replace(FIRST, closed=closed)
    assembly = build(overdue, history=history, first_seen=closed + timedelta(hours=1))
    assert "first seen since the last issue" in inclusion_text(assembly.items[0])
    seen_in_time = build(overdue, history=history, first_seen=closed - timedelta(hours=1))
    assert seen_in_time.items == ()


def test_the_lead_is_the_most_covered_with_a_picture() -> None:
    """Coverage before pictures before novelty; the lead stands first whatever its section."""
    newest = article(1, "security")
    pictured = article(2, "ai", image=make_image())
    covered = article(
        3, "ai", also=(Coverage(source="Other", title="t", url="https://o.example.net/t"),)
    )
    assert build(newest, pictured).items[0].article == pictured
    assert build(newest, pictured, covered).items[0].article == covered


def test_a_section_takes_the_most_covered_and_shows_the_newest_first() -> None:
    """An old story of many sources gets room, not the first place in its section."""
    covered = article(
        9, "security", also=(Coverage(source="Other", title="t", url="https://o.example.net/t"),)
    )
    news = [article(number, "security") for number in (1, 2, 3)]
    pinned_lead = replace(build(article(4, "ai")).items[0], pinned=True)
    assembly = build(*news, covered, article(4, "ai"), previous=(pinned_lead,))
    assert titles(assembly, "Security") == ["1", "9"]


def test_an_editors_hand_survives_a_new_draft() -> None:
    """Pins, hidden items and overrides are kept; a hidden item takes no room."""
    first = build(*[article(number, "security") for number in (1, 2, 3)])
    edited = tuple(
        replace(item, hidden=True, overrides=Overrides(title="Mine"))
        if item.article.key.endswith("1")
        else item
        for item in first.items
    )
    again = build(*[article(number, "security") for number in (1, 2, 3)], previous=edited)
    shown = [item.article.key[-1] for item in again.items if not item.hidden]
    assert shown == ["2", "3"]
    hidden = next(item for item in again.items if item.hidden)
    assert hidden.title == "Mine"
    assert again.items[0].article.key.endswith("2"), "a hidden item cannot lead"


def test_a_pinned_item_stays_though_used_or_gone() -> None:
    """A pin overrides the window, earlier issues and a source that forgot the article."""
    one = article(1, "security")
    pinned = replace(build(one).items[0], pinned=True)
    used = replace(FIRST, used={one.key: "weekly/7"})
    assert build(one, history=used, previous=(pinned,)).items[0].pinned
    assert build(previous=(pinned,)).items[0].article == one


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(["security", "ai", "space"])), st.integers(-200, 200)),
        max_size=25,
    )
)
def test_every_candidate_is_either_in_or_out(rows: list[tuple[set[str], int]]) -> None:
    """Nothing vanishes and nothing is doubled, whatever comes."""
    articles = [
        article(number, *sorted(slugs), published=DUE - timedelta(hours=hours))
        for number, (slugs, hours) in enumerate(rows)
    ]
    assembly = build(*articles)
    placed = [item.article.url for item in assembly.items]
    out = [entry.url for entry in assembly.left_out]
    assert sorted(placed + out) == sorted(one.url for one in articles)
    assert [item.position for item in assembly.items] == list(range(len(placed)))
    for section in (SECURITY, REST):
        assert len(titles(assembly, section.title)) <= section.max_items
