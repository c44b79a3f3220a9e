"""The notes and blocks that stand around the articles of an issue, as templates see them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from newsletter.issues.blocks import LABELS, Block, BlockKind, Place, PopularList, Ranking
from newsletter.issues.issue import Issue
from newsletter.issues.markdown import escaped, list_as_markdown
from newsletter.issues.note_parts import note_parts
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.notes import MAX_NOTE, Note, make_note
from newsletter.rendering.pictures import LEAD_WIDTH, sized_picture
from newsletter.rendering.safe_text import one_line, web_link
from newsletter.rendering.translation import Translator

ANSWER = "Answer by mail"
"""The default link text of a question to readers."""
AS_RANKED = "As ranked by %(site)s"
OPENED_LAST = "The links that were opened most in our last issue"
OPENED_MOST = "The links that were opened most in our last %(count)s issues"
"""What a list of popular stories rests on."""

WIDTHS = {BlockKind.SPONSOR: LEAD_WIDTH - 32}
"""CSS pixels for the picture of a block that stands in a box of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """A block beside the articles as templates see it; `label` names it.

    `kind` is a value of BlockKind; `date` is the day it is about, written out, `minutes` how long a
    recording takes, or 0. `title`, `date` and `url` may be "". The `url` of a question without a link is the address for replies.
    """

    kind: str
    label: str
    title: str
    date: str
    minutes: int
    url: str
    link_text: str
    body: Note | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """The notes and blocks that editors put around the articles of one issue."""

    intro: tuple[Note | Aside, ...]
    closing: tuple[Note | Aside, ...]
    after_lead: tuple[Aside, ...]
    at_end: tuple[Aside, ...]


def surround(issue: Issue, masthead: Masthead, translate: Translator) -> Surroundings:
    """The notes of the issue, and the blocks that run on its local date.

    `translate` gives the label of a block that has none of its own.
    """
    words, day = issue.words, masthead.local_day(issue.goes_out)
    running = [block for block in issue.blocks if block.runs_on(day)]
    placed = {
        place: tuple(
            _aside(block, issue.subject, masthead, translate)
            for block in running
            if block.place is place
        )
        for place in Place
    }

    def note(source: str) -> tuple[Note | Aside, ...]:
        return tuple(
            Note(source=part)
            if isinstance(part, str)
            else _aside(part, issue.subject, masthead, translate)
            for part in note_parts(source[:MAX_NOTE])
        )

    return Surroundings(
        intro=note(words.intro),
        closing=note(words.closing),
        after_lead=placed[Place.AFTER_LEAD],
        at_end=placed[Place.END],
    )


def _aside(block: Block, subject: str, masthead: Masthead, translate: Translator) -> Aside:
    url, link_text = web_link(block.url), one_line(block.link_text)
    if block.kind is BlockKind.QUESTION and not url and masthead.reply_address:
        answer = f"Re: {one_line(subject)}"
        url = f"mailto:{masthead.reply_address}?subject={quote(answer)}"
        link_text = link_text or translate(ANSWER)
    return Aside(
        kind=block.kind,
        label=one_line(block.label) or translate(LABELS[block.kind]),
        title=one_line(block.title),
        date=masthead.written_date(block.on) if block.on else "",
        minutes=block.minutes,
        url=url,
        link_text=link_text,
        body=make_note(
            block.text or (_list_text(block.made, translate) if block.made else ""),
            sized_picture(block.picture, WIDTHS.get(block.kind, LEAD_WIDTH)),
        ),
    )


def _list_text(made: PopularList, translate: Translator) -> str:
    """The rows of the list, and what it rests on."""
    if made.ranking is Ranking.SITE:
        rests_on = translate(AS_RANKED, site=made.site)
    elif made.issues == 1:
        rests_on = translate(OPENED_LAST)
    else:
        rests_on = translate(OPENED_MOST, count=made.issues)
    return f"{list_as_markdown(made)}\n\n{escaped(rests_on)}"
