"""What past issues carried is known, whatever source tells it."""

from __future__ import annotations

from datetime import date, timedelta

from newsletter.articles.article import Article
from newsletter.issues.issue import Item
from newsletter.issues.memory import Carried, already_carried, follow_ups
from newsletter.issues.reasons import Inclusion, InclusionReason
from newsletter.issues.wording import inclusion_text
from tests.factories.articles import PUBLISHED, an_article

TEXT = "Snow up to two metres deep has cut off eleven villages in the north of Carland."


def told(title: str, text: str = TEXT, *, source: str = "Alpha", days: int = 0) -> Article:
    """An article of a source, so many days after the first."""
    return an_article(
        title, url=f"https://{source.lower()}.example/{title[:4]}", source=source, summary=text,
        body_html="", body_text=text, published=PUBLISHED + timedelta(days=days),
    )  # fmt: skip


def carried(article: Article, number: int = 12, *sources: int) -> Carried:
    """What an issue carried."""
    return Carried(
        article=article, newsletter="weekly", number=number, day=date(2026, 5, 4),
        sources=frozenset(sources or (1,)),
    )  # fmt: skip


def item(article: Article) -> Item:
    """An item of the coming issue."""
    reason = Inclusion(kind=InclusionReason.IN_WINDOW)
    return Item(article=article, section="This week", position=0, reason=reason)


OLD = told("Heavy snow cuts off villages in the north of Carland")
AGAIN = told("Villages in the north of Carland cut off by snow", source="Beta", days=5)
STEP = told(
    "Carland villages free again after heavy snow",
    "The villages in the north of Carland that snow had cut off can be reached again.",
    source="Beta", days=7,
)  # fmt: skip


def test_another_source_s_version_is_known() -> None:
    """The same story is found under whatever key the other source gave it."""
    found = already_carried(
        [AGAIN, STEP], {AGAIN.key: frozenset({2}), STEP.key: frozenset({2})}, [carried(OLD)]
    )
    assert [(key, past.issue) for key, past in found.items()] == [
        (AGAIN.key, "weekly/12 (2026-05-04)")
    ]


def test_a_source_tells_its_own_stories_apart() -> None:
    """What it puts out as two entries is two stories, in whatever weeks."""
    assert not already_carried([AGAIN], {AGAIN.key: frozenset({1})}, [carried(OLD)])


def test_a_story_that_goes_on_names_the_newest_it_follows() -> None:
    """The item is marked with the last issue that told of it, and says so in its reason."""
    older = carried(told("Carland villages prepare for heavy snow in the north", days=-9), 11)
    (marked,) = follow_ups([item(STEP)], [carried(OLD), older])
    assert marked.follows is not None
    assert (marked.follows.number, marked.follows.title) == (12, OLD.title)
    assert inclusion_text(marked).endswith(f"inside the window; follows No. 12: {OLD.title}")


def test_what_has_no_past_stays_as_it_is() -> None:
    """Nothing to follow, nothing to mark."""
    stranger = item(told("Ferries on strike on the Tarn", "No ferry sails on the Tarn on Monday."))
    assert follow_ups([stranger], [carried(OLD)]) == (stranger,)
    assert follow_ups([], [carried(OLD)]) == ()
