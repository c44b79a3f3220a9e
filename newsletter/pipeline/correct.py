"""correct: write, show, approve and discard corrections of stories in a sent issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from newsletter.errors import ConfigurationError, InputError, NotPermittedError, Problem
from newsletter.issues.correction import Correction, with_same_words
from newsletter.issues.issue import Issue, State
from newsletter.issues.named_story import named_story, shown_stories
from newsletter.pipeline.reader_copy import ReaderCopy
from newsletter.rendering.edition import Edition
from newsletter.rendering.safe_text import one_line, web_link
from newsletter.site.correction_mail import render_correction
from newsletter.site.messages import specimen_addressee
from newsletter.site.recipients import still_subscribed
from newsletter.site.site import Site
from newsletter.store import corrections as correction_store
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.audit import record
from newsletter.store.correction_letters import CorrectionProgress, count_readers, progress_of

LONGEST_TEXT = 2_000
LONGEST_LINK = 2_000
"""Characters."""

NOT_BEGUN = CorrectionProgress(is_whole=False, queued=0, accepted=0, waiting=0, unknown=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionRequest:
    """What an editor wants to correct.

    `story` is a story's key, its address or a part of its headline. With a `text` those who got
    the story are written to; `new_url` takes the place of its link; one of them may be "".
    """

    story: str
    text: str = ""
    new_url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownCorrection:
    """A correction as its editors see it.

    `mail` is what is sent, with specimen links; `readers` is how many it goes to if it is approved
    now (0 once it is), and `progress` how far its letters are.
    """

    correction: Correction
    mail: ReaderCopy
    readers: int
    progress: CorrectionProgress = NOT_BEGUN


def sent_issue(site: Site, slug: str, number: int | None) -> Issue:
    """The issue to correct; for None the newsletter's last one that was sent.

    Raises NotPermittedError for an issue that was not sent.
    """
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        if number is None:
            sent = [one for one in issue_store.all_issues(connection, slug) if _is_sent(one)]
            number = sent[-1].number if sent else None
        return _sent(issue_store.find_issue(connection, slug, number))


def read_request(
    issue: Issue, request: CorrectionRequest, *, editor: str, now: datetime
) -> Correction:
    """The correction that is asked for, which is not kept. Raises as `write_correction` does."""
    story = named_story(issue, shown_stories(issue), request.story)
    written = Correction(
        id=0,
        newsletter=issue.newsletter,
        number=issue.number,
        story=story.key,
        headline=one_line(story.title),
        url=web_link(story.url),
        text=_plain(request.text),
        new_url=_link(request.new_url),
        written_at=now,
        written_by=editor,
    )
    _check(written)
    return written


def write_correction(
    site: Site, issue: Issue, request: CorrectionRequest, *, editor: str, now: datetime
) -> Correction:
    """Keep a correction until a publisher approves it; nothing is public or sent before.

    It takes the place of one of the same story that is not approved. One that says the same as an
    earlier one is that earlier one, so that nobody is told twice. Raises InputError for a text or
    a link that cannot be used, UnknownNameError for a story that is not in the issue,
    NotPermittedError for an issue that was not sent.
    """
    written = read_request(issue, request, editor=editor, now=now)
    mail = render_correction(site, issue, written)
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, issue.newsletter, now)
        _sent(issue_store.find_issue(connection, issue.newsletter, issue.number))
        known = with_same_words(
            correction_store.corrections_of(connection, issue),
            story=written.story,
            text=written.text,
            new_url=written.new_url,
        )
        if known is not None:
            return known
        number = correction_store.add_correction(connection, issue, written, mail)
        return correction_store.find_correction(connection, issue, number)


def approve_correction(
    site: Site, issue: Issue, number: int, *, editor: str, now: datetime
) -> Correction:
    """Make the correction public, and let its letters go out; again changes nothing.

    Raises UnknownNameError if it is not there any more, NotPermittedError while the issue is being
    sent or the site may not send, ConfigurationError without a relay.
    """
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, issue.newsletter, now)
        correction = correction_store.find_correction(connection, issue, number)
        if correction.is_approved:
            return correction
        _sent(issue_store.find_issue(connection, issue.newsletter, issue.number))
        if correction.goes_out:
            _require_sending(site, connection)
        correction_store.approve_correction(connection, correction, by=editor, now=now)
        detail = f"{issue.name}, correction {number}: {correction.headline}"
        record(connection, who=editor, what="correct", detail=detail, now=now)
        return correction_store.find_correction(connection, issue, number)


def discard_correction(
    site: Site, issue: Issue, number: int, *, editor: str, now: datetime
) -> None:
    """Delete a correction that is not approved. Raises UnknownNameError, NotPermittedError."""
    with site.database.transaction() as connection:
        correction = correction_store.find_correction(connection, issue, number)
        if not correction_store.discard_correction(connection, correction):
            raise NotPermittedError(
                f"correction {number} is public already", fix="write another one instead"
            )
        detail = f"{issue.name}, correction {number}: {correction.headline}"
        record(connection, who=editor, what="discard correction", detail=detail, now=now)


def shown_corrections(
    site: Site, issue: Issue, *, now: datetime, only: int | None = None
) -> Sequence[ShownCorrection]:
    """The issue's corrections, oldest first, or the `only` one with that id."""
    audience = partial(still_subscribed, site, issue.newsletter)
    with site.database.transaction(read_only=True) as connection:
        found = (
            correction_store.corrections_of(connection, issue)
            if only is None
            else [correction_store.find_correction(connection, issue, only)]
        )
        issue_id = issue_store.issue_id(connection, issue)
        mails = correction_store.mails_of(connection, [one.id for one in found])
        progress = progress_of(connection, issue_id)
        return [
            ShownCorrection(
                correction=one,
                mail=_copy(site, mails[one.id]),
                readers=count_readers(connection, issue_id, one.story, audience, now)
                if one.goes_out and not one.is_approved
                else 0,
                progress=progress[one.id],
            )
            for one in found
        ]


def rehearse_correction(
    site: Site, issue: Issue, request: CorrectionRequest, *, editor: str, now: datetime
) -> ShownCorrection:
    """What `write_correction` would keep; changes nothing, and raises as that does."""
    correction = read_request(issue, request, editor=editor, now=now)
    readers = 0
    if correction.goes_out:
        audience = partial(still_subscribed, site, issue.newsletter)
        with site.database.transaction(read_only=True) as connection:
            number = issue_store.issue_id(connection, issue)
            readers = count_readers(connection, number, correction.story, audience, now)
    mail = _copy(site, render_correction(site, issue, correction))
    return ShownCorrection(correction=correction, mail=mail, readers=readers)


def _copy(site: Site, mail: Edition) -> ReaderCopy:
    return ReaderCopy(edition=mail, to=specimen_addressee(site, address="", name=""))


def _is_sent(issue: Issue) -> bool:
    return issue.state is State.SENT


def _sent(issue: Issue) -> Issue:
    if not _is_sent(issue):
        fixes = {
            State.SENDING: "wait until it is sent, or stop it",
            State.STOPPED: "close it first",
        }
        raise NotPermittedError(
            f"{issue.name} is {issue.state}: only a sent issue can be corrected",
            fix=fixes.get(issue.state, "edit the issue itself"),
        )
    return issue


def _check(written: Correction) -> None:
    """Raise InputError if there is nothing to correct."""
    if not written.text and not written.new_url:
        raise InputError(
            "the correction says nothing", field="text", fix="write what was wrong, or a new link"
        )
    if written.new_url and not written.url:
        raise InputError("this story has no link in the issue", field="link", fix="leave it out")


def _plain(text: str) -> str:
    """The text with its lines. Raises InputError for a longer one than a short mail has."""
    lines = [one_line(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    plain = "\n".join(lines).strip()
    if len(plain) > LONGEST_TEXT:
        raise InputError(
            f"the correction has {len(plain):,} characters, more than {LONGEST_TEXT:,}",
            field="text",
            fix="shorten it, or write about it in the next issue",
        )
    return plain


def _link(url: str) -> str:
    """The new link; raises InputError for one that is not of the web."""
    link = web_link(url)
    if url.strip() and (not link or len(link) > LONGEST_LINK):
        raise InputError(
            f"{url.strip()[:80]!r} is not a valid link", field="link", fix="begin it with https://"
        )
    return link


def _require_sending(site: Site, connection: sa.Connection) -> None:
    """Raise if letters cannot leave this site."""
    if not site.settings.relays:
        raise ConfigurationError(
            [Problem(message="no relay to send through", field="relays", fix="add [[relays]]")]
        )
    if not newsletter_store.is_armed(connection):
        raise NotPermittedError(
            "this database was restored from a backup and may not send",
            fix="make sure that nothing was sent meanwhile, then run `newsletter arm`",
        )
