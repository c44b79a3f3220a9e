"""Operations that find people: pages, segments, suppressions, lists and growth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from benchmarks.plans.fill import LIST
from benchmarks.plans.scene import Scene
from newsletter.issues.issue import State
from newsletter.issues.selection import SectionRule, Selection
from newsletter.pipeline.find_people import PeopleFilter, find_people, look_up_people
from newsletter.pipeline.growth import growth_days
from newsletter.pipeline.lists import all_lists
from newsletter.site.recipients import recipients_of
from newsletter.store.ledger import SqlLedger
from subscribers import suppression_list
from subscribers.audience import count_groups
from subscribers.growth import fold_growth
from subscribers.subscriber import Status

PAGE = 100
RARE = "plan = 'gold' and tag:security"


def page_through(scene: Scene) -> None:
    """Pages in the middle of the list, by status, by tag, and of everybody."""
    middle = scene.size.readers // 2
    for wanted in (
        PeopleFilter(list_slug=LIST),
        PeopleFilter(),
        PeopleFilter(list_slug=LIST, status=Status.ACTIVE),
        PeopleFilter(list_slug=LIST, status=Status.BOUNCED),
        PeopleFilter(list_slug=LIST, status=Status.UNSUBSCRIBED),
    ):
        find_people(scene.site, wanted, after=middle, limit=PAGE, now=scene.now)


def find_rare(scene: Scene) -> None:
    """A page of people of whom there are hardly any: the rest of the list is read for it."""
    for wanted in (
        PeopleFilter(list_slug=LIST, segment=RARE),
        PeopleFilter(tag="rare"),
        PeopleFilter(list_slug=LIST, had=scene.issue.name),
    ):
        find_people(scene.site, wanted, limit=PAGE, now=scene.now)
    rare = PeopleFilter(list_slug=LIST, tag="rare")
    look_up_people(scene.site, rare, "", limit=PAGE, now=scene.now)


def look_up(scene: Scene) -> None:
    """What an editor's list of people shows: by words, the newest, and by status."""
    middle = scene.size.readers // 2
    for wanted, words in (
        (PeopleFilter(list_slug=LIST), scene.address_of(middle)),
        (PeopleFilter(), "reader1"),
        (PeopleFilter(list_slug=LIST, status=Status.ACTIVE), "reader nobody"),
        (PeopleFilter(list_slug=LIST), "reader firm17.example.net"),
        (PeopleFilter(list_slug=LIST), ""),
        (PeopleFilter(list_slug=LIST, status=Status.BOUNCED), ""),
    ):
        look_up_people(scene.site, wanted, words, before=middle, limit=PAGE, now=scene.now)


def explain(scene: Scene) -> None:
    """Why an address is not mailed, and a page of the suppression list."""
    with scene.site.database.transaction(read_only=True) as connection:
        suppression_list.explain(connection, scene.address_of(7), scene.now)
        suppression_list.suppressions_page(connection, after=3, limit=PAGE)


def search_suppressions(scene: Scene) -> None:
    """A part of an address, anywhere in it."""
    with scene.site.database.transaction(read_only=True) as connection:
        suppression_list.suppressions_page(connection, search="nobody has this", limit=PAGE)


def count_lists(scene: Scene) -> None:
    """Lists with their people, and the growth of a year, from kept counts."""
    all_lists(scene.site)
    growth_days(scene.site, list_slug=LIST, days=timedelta(days=365), now=scene.now)
    with scene.site.database.transaction() as connection:
        fold_growth(connection, scene.now)


def claim_in_segment(scene: Scene) -> None:
    """A claim asks the audience again, with a segment and a section's condition."""
    selection = Selection(
        segment=f"not ({RARE}) or had:{scene.issue.number} or list:monthly",
        rules=(SectionRule(title="Security", only="tag:security and joined within 30 days"),),
    )
    issue = replace(scene.issue, state=State.SENDING, selection=selection)
    ledger = SqlLedger(scene.site.database, scene.number, recipients_of(scene.site, issue))
    with ledger.on_duty():
        ids = [claim.subscriber_id for claim in ledger.claim(200, scene.now).claims]
        ledger.release(ids)


def count_segment(scene: Scene) -> None:
    """How many readers get which edition, as `show` and the desk say before a send."""
    selection = Selection(
        segment="tag:security or not plan = 'gold'",
        rules=(SectionRule(title="Security", only="frequency:weekly"),),
    )
    issue = replace(scene.issue, state=State.SENDING, selection=selection)
    with scene.site.database.transaction(read_only=True) as connection:
        count_groups(connection, recipients_of(scene.site, issue)(scene.now))
