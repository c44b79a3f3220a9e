"""The mail of a correction: rendered once, and made for one reader as a message of an issue is."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from newsletter.delivery.message import CompiledEdition, compile_edition
from newsletter.issues.correction import Correction, is_public
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import Edition
from newsletter.rendering.safe_text import one_line
from newsletter.rendering.translation import long_date
from newsletter.site.frozen_mail import render_frozen_mail
from newsletter.site.letters import reader_translator
from newsletter.site.messages import headers_for
from newsletter.site.site import Site
from subscribers.subscriber import MailFormat

SUBJECT = "Correction: %(headline)s"
"""Not the issue's subject with a "Re:", which would let a correction look like an answer."""

CORRECTED_ON = "Corrected on %(day)s:"


def render_correction(site: Site, issue: Issue, correction: Correction) -> Edition:
    """The correction's mail as an edition: what is shown before it is sent is what is sent."""
    masthead, headline = site.masthead(issue.newsletter), one_line(correction.headline)
    item = next(item for item in issue.items if item.article.key == correction.story)
    words = {
        "title": masthead.title,
        "number": issue.number,
        "day": masthead.long_date(issue.goes_out),
        "headline": headline,
        "link": correction.new_url or correction.url,
        "text": correction.text,
        "archive": masthead.issue_url(issue.number) if is_public(issue, item) else "",
    }
    return render_frozen_mail(
        site,
        "correction",
        words,
        subject=reader_translator(site)(SUBJECT, headline=headline),
        nonce=secrets.token_hex(8),
        item_keys=(correction.story,),
    )


def corrected_on(site: Site, moment: datetime) -> str:
    """The words before a note in the archive: when the story was corrected."""
    settings = site.settings.site
    day = long_date(moment.astimezone(settings.zone), settings.language)
    return reader_translator(site)(CORRECTED_ON, day=day)


def compile_correction(
    site: Site,
    issue: Issue,
    number: int,
    mail: Edition,
    date: datetime,
    *,
    form: MailFormat = MailFormat.HTML,
) -> CompiledEdition:
    """The mail of the correction with that id, ready to be made for each reader of the issue.

    Its headers are those of the issue; it answers the reader's own copy, so that mail clients show
    both together.
    """
    headers = replace(
        headers_for(site, issue, date),
        issue_name=f"{issue.name}/correction-{number}",
        answers=issue.name,
    )
    return compile_edition(mail, headers, form=form)
