"""Letters that are made for their readers when they are claimed: corrections and dated letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from newsletter.delivery.ledger import Claim
from newsletter.delivery.message import CompiledEdition
from newsletter.site.correction_mail import compile_correction
from newsletter.site.letter_mail import compile_letter
from newsletter.site.messages import addressee, return_path_numbered, signer_of
from newsletter.site.recipients import still_subscribed
from newsletter.site.site import Site
from newsletter.store.addressed_letters import LetterAbout
from newsletter.store.audience import Audience
from newsletter.store.corrections import issue_of, mails_of
from newsletter.store.dated_letters import letter_of, mail_of
from subscribers.subscriber import MailFormat


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mail:
    """A mail, ready for its readers."""

    newsletter: str
    compiled: Callable[[MailFormat], CompiledEdition]
    return_path: Callable[[int], str]


class AddressedLetters:
    """Makes the claimed letters, from mails that are read and encoded once each."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site = site
        self._clock = clock
        self._mails: dict[tuple[int | None, int | None], _Mail] = {}
        self._signer = signer_of(site)

    def audience_of(self, slug: str) -> Audience:
        """The newsletter's readers; a letter to anybody else is not sent."""
        return partial(still_subscribed, self._site, slug)

    def compose(self, about: LetterAbout, claim: Claim) -> bytes:
        """The message for that reader."""
        mail = self._mail(about)
        to = addressee(
            self._site,
            self._site.tokens,
            mail.newsletter,
            subscriber_id=about.subscriber_id,
            address=claim.address,
            name=claim.name,
            links_since=claim.links_since,
        )
        return mail.compiled(claim.form).compose(to, self._signer, self._clock())

    def envelope_sender(self, about: LetterAbout) -> str:
        """The address that this reader's message bounces to."""
        return self._mail(about).return_path(about.subscriber_id)

    def _mail(self, about: LetterAbout) -> _Mail:
        key = (about.correction_id, about.text_id)
        if key not in self._mails:
            if about.correction_id is not None:
                self._mails[key] = self._correction(about.correction_id)
            else:
                self._mails[key] = self._dated(about.text_id or 0)
        return self._mails[key]

    def _correction(self, number: int) -> _Mail:
        with self._site.database.transaction(read_only=True) as connection:
            issue = issue_of(connection, number)
            edition = mails_of(connection, [number])[number]
        date = self._clock()
        return self._ready(
            issue.newsletter,
            issue.number,
            lambda form: compile_correction(self._site, issue, number, edition, date, form=form),
        )

    def _dated(self, text_id: int) -> _Mail:
        with self._site.database.transaction(read_only=True) as connection:
            slug, letter_id = letter_of(connection, text_id)
            edition = mail_of(connection, text_id)
        date = self._clock()
        return self._ready(
            slug,
            0,
            lambda form: compile_letter(self._site, slug, letter_id, edition, date, form=form),
        )

    def _ready(
        self, slug: str, number: int, compiled: Callable[[MailFormat], CompiledEdition]
    ) -> _Mail:
        """The mail, which is encoded once in each form that a reader wants."""
        return _Mail(
            newsletter=slug,
            compiled=cache(compiled),
            return_path=return_path_numbered(self._site, slug, number),
        )
