"""The letters of corrections: puts them into the outbox in batches, and makes each when it goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from newsletter.delivery.ledger import Claim
from newsletter.delivery.message import CompiledEdition
from newsletter.issues.issue import Issue
from newsletter.site.correction_mail import compile_correction
from newsletter.site.messages import addressee, return_path_of, signer_of
from newsletter.site.recipients import still_subscribed
from newsletter.site.site import Site
from newsletter.store.audience import Audience
from newsletter.store.correction_letters import has_room, open_corrections, queue_batch
from newsletter.store.corrections import issue_of, mails_of
from newsletter.store.outbox_ledger import LetterAbout


def queue_letters(site: Site, now: datetime) -> None:
    """Put letters into the outbox until a batch of them waits, or none is left to write."""
    with site.database.transaction(read_only=True) as connection:
        waiting = open_corrections(connection)
    for number, slug in waiting.items():
        audience = partial(still_subscribed, site, slug)
        while _queue(site, number, audience, now):
            pass


def _queue(site: Site, number: int, audience: Audience, now: datetime) -> bool:
    """Write one batch of the correction's letters, if few wait; whether there may be more."""
    with site.database.transaction() as connection:
        return has_room(connection, now) and queue_batch(connection, number, audience, now)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mail:
    """The mail of a correction, ready for its readers."""

    issue: Issue
    whole: CompiledEdition
    text: CompiledEdition
    return_path: Callable[[int], str]


class CorrectionLetters:
    """Makes the claimed letters of corrections, from mails that are read and encoded once each."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site = site
        self._clock = clock
        self._mails: dict[int, _Mail] = {}
        self._signer = signer_of(site)

    def audience_of(self, slug: str) -> Audience:
        """The newsletter's readers; a letter to anybody else is not sent."""
        return partial(still_subscribed, self._site, slug)

    def compose(self, about: LetterAbout, claim: Claim) -> bytes:
        """The message for that reader."""
        mail = self._mail(about.correction_id)
        to = addressee(
            self._site,
            self._site.tokens,
            mail.issue.newsletter,
            subscriber_id=about.subscriber_id,
            address=claim.address,
            name=claim.name,
            links_since=claim.links_since,
        )
        compiled = mail.text if claim.text_only else mail.whole
        return compiled.compose(to, self._signer, self._clock())

    def envelope_sender(self, about: LetterAbout) -> str:
        """The address that this reader's message bounces to."""
        return self._mail(about.correction_id).return_path(about.subscriber_id)

    def _mail(self, correction_id: int) -> _Mail:
        if correction_id not in self._mails:
            with self._site.database.transaction(read_only=True) as connection:
                issue = issue_of(connection, correction_id)
                edition = mails_of(connection, [correction_id])[correction_id]
            whole, text = (
                compile_correction(
                    self._site, issue, correction_id, edition, self._clock(), text_only=text_only
                )
                for text_only in (False, True)
            )
            self._mails[correction_id] = _Mail(
                issue=issue,
                whole=whole,
                text=text,
                return_path=return_path_of(self._site, issue),
            )
        return self._mails[correction_id]
