"""Renders the items of an issue as an edition, in HTML and in plain text, with its slots open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup

from newsletter.issues.issue import Issue, Item, LeftOut
from newsletter.issues.reasons import LeftOutReason
from newsletter.rendering.annotations import with_annotations
from newsletter.rendering.asides import surround
from newsletter.rendering.counted_links import Counting
from newsletter.rendering.direction import direction_attribute, isolated
from newsletter.rendering.edition import Edition, Slot, edition_key
from newsletter.rendering.html import MarkupError, encoded_size, make_html
from newsletter.rendering.hyphenation import soft_hyphenator
from newsletter.rendering.layout import Density, densities, lay_out, theme_density
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.plain_text import Footnotes, underline, wrap
from newsletter.rendering.safe_text import one_line, shorten, web_link
from newsletter.rendering.slots import sentinel
from newsletter.rendering.theme import Theme
from newsletter.rendering.views import issue_view
from newsletter.rendering.written_addresses import with_even_addresses

SIZE_BUDGET = 90_000
"""Octets of encoded HTML. Gmail clips a mail near 102,000."""

_PREHEADER = 140
_MANY_EMPTY_LINES = re.compile(r"\n{4,}")
_EVERYTHING = Density(cards=0, lead_summary=600, card_summary=0, row_summary=400, full_text=None)


def render_edition(
    issue: Issue,
    items: Sequence[Item],
    *,
    masthead: Masthead,
    theme: Theme,
    nonce: str,
    web_url: str,
    counting: Counting | None = None,
) -> Edition:
    """Render `items`, in reading order, as one edition of `issue`; deterministic.

    The layout becomes denser until the encoded HTML fits SIZE_BUDGET. An item whose markup MJML
    rejects is left out and named in `left_out`. `counting` replaces links by counted ones. Raises
    RenderingError, with file and line, if no item can be rendered or a template is wrong.
    """
    renderer = _Renderer(
        issue=issue,
        masthead=masthead,
        theme=theme,
        nonce=nonce,
        web_url=web_url,
        counting=counting,
    )
    shown = [item for item in items if not item.hidden]
    printable = shown
    left_out: tuple[LeftOut, ...] = ()
    try:
        html = renderer.html(shown)
    except MarkupError:
        printable, left_out = _separate_refused(renderer, shown)
        if not printable:
            raise
        html = renderer.html(printable)
    counting = counting.beside(html) if counting else None
    notes = Footnotes(counting.address if counting else str)
    as_sent = counting.counted(html) if counting else html
    text = renderer.text(printable, notes, beside=as_sent)
    return Edition(
        key=edition_key(item.article.key for item in shown),
        nonce=nonce,
        subject=one_line(issue.subject),
        preheader=renderer.preheader(printable),
        html=as_sent,
        text=text,
        language=masthead.language,
        item_keys=tuple(item.article.key for item in printable),
        left_out=left_out,
        links=counting.links(html, notes.addresses) if counting else (),
    )


def _separate_refused(
    renderer: _Renderer, items: Sequence[Item]
) -> tuple[list[Item], tuple[LeftOut, ...]]:
    """Render each item alone to find those that MJML rejects."""
    printable: list[Item] = []
    refused: list[LeftOut] = []
    for item in items:
        try:
            renderer.html([item])
        except MarkupError as error:
            refused.append(
                LeftOut(
                    title=item.title,
                    url=item.article.url,
                    reason=LeftOutReason.UNPRINTABLE,
                    detail=error.problem.message,
                )
            )
        else:
            printable.append(item)
    return printable, tuple(refused)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Renderer:
    """Everything but the items that rendering an edition needs."""

    issue: Issue
    masthead: Masthead
    theme: Theme
    nonce: str
    web_url: str
    counting: Counting | None

    def html(self, items: Sequence[Item]) -> str:
        """The HTML at the least dense layout that fits, or at the densest."""
        css = self.theme.render("style.css.j2", {"theme": self.theme.tokens, "start": self._start})
        html = ""
        full = any(item.section in self.masthead.full_sections for item in items)
        sparsest = theme_density(self.theme.tokens.layout)
        for density in densities(sparsest, with_full_text=full):
            mjml = self.theme.render("issue.mjml.j2", self._context(items, density))
            html = make_html(mjml, css)
            if self.masthead.annotated:
                html = with_annotations(html, items)
            if encoded_size(self.as_sent(html)) <= SIZE_BUDGET:
                break
        return html

    def as_sent(self, html: str) -> str:
        """The HTML with counted links where clicks are counted."""
        return self.counting.counted(html) if self.counting else html

    def text(self, items: Sequence[Item], notes: Footnotes, *, beside: str) -> str:
        """The text part `beside` this HTML, its links in `notes`.

        It has no size limit, so summaries are not cut.
        """
        helpers = {"wrap": wrap, "underline": underline, "notes": notes}
        context = self._context(items, _EVERYTHING) | helpers
        text = self.theme.render("issue.txt.j2", context).strip("\n") + "\n"
        text = _MANY_EMPTY_LINES.sub("\n\n\n", text)
        ends = (self.masthead.site_url, web_link(self.web_url))
        return with_even_addresses(beside, text, nonce=self.nonce, addresses=ends)

    def preheader(self, items: Sequence[Item]) -> str:
        """The line that inboxes show after the subject: the issue's own, else the lead's summary."""
        lead = items[0].summary if items else ""
        return shorten(one_line(self.issue.preheader) or one_line(lead), _PREHEADER)

    def _context(self, items: Sequence[Item], density: Density) -> dict[str, Any]:
        stories = issue_view(lay_out(items, density), density, self.masthead)
        translate = self.theme.words(self.masthead.language)
        around = surround(self.issue, self.masthead, translate)
        return {
            "_": translate,
            "dir": partial(direction_attribute, around=self.masthead.direction),
            "isolated": partial(isolated, around=self.masthead.direction),
            "soft": self._soft,
            "newsletter": self.masthead,
            "issue": {
                "number": self.issue.number,
                "date": self.masthead.long_date(self.issue.goes_out),
                "subject": one_line(self.issue.subject),
                "preheader": self.preheader(items),
            },
            "lead": stories.lead,
            "sections": stories.sections,
            "stills": stories.stills,
            "is_compact": density.is_compact,
            "intro": around.intro,
            "closing": around.closing,
            "after_lead": around.after_lead,
            "at_end": around.at_end,
            "links": {
                "unsubscribe": sentinel(Slot.UNSUBSCRIBE, self.nonce),
                "preferences": sentinel(Slot.PREFERENCES, self.nonce),
                "web": web_link(self.web_url),
            },
            "reader": {"name": sentinel(Slot.NAME, self.nonce)},
            "theme": self.theme.tokens,
            "start": self._start,
            "end": "left" if self._start == "right" else "right",
        }

    def _soft(self, text: str, language: str = "") -> Markup:
        """The text, in this language or the newsletter's, with places to break in long words."""
        return soft_hyphenator(language or self.masthead.language)(text)

    @property
    def _start(self) -> str:
        """The side at which lines start."""
        return "right" if self.masthead.direction == "rtl" else "left"
