"""letters: write, show, take back and delete the dated letters of a newsletter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.delivery.receipt import Receipt
from newsletter.errors import InputError, NotPermittedError
from newsletter.issues.dated_letter import (
    FIRST_DAY,
    LAST_DAY,
    MOST_LETTERS,
    LetterState,
    comes_every_week,
)
from newsletter.pipeline.reader_copy import SAMPLE_READER, ReaderCopy
from newsletter.pipeline.send_test import MARK, require_allowed, send_specimen
from newsletter.rendering.edition import Edition
from newsletter.rendering.notes import MAX_NOTE
from newsletter.rendering.safe_text import one_line, printable
from newsletter.site.letter_mail import compile_letter, is_as_rendered_now, render_letter
from newsletter.site.messages import specimen_addressee
from newsletter.site.site import Site
from newsletter.store import dated_letters as letter_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.audit import record
from newsletter.store.dated_letters import DatedLetter, LetterVersion, ReaderCounts
from newsletter.store.letter_ledger import add_counts

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
"""Characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterWords:
    """What an editor writes; `text` is Markdown, `days` is after the reader's confirmation."""

    days: int
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLetter:
    """A letter as its editors see it; `mail` is what is sent, with specimen links.

    `is_current` is false if the newsletter's name, address or language changed since it was written.
    `versions` are all, the newest first, for a letter that is asked for alone.
    """

    letter: DatedLetter
    mail: ReaderCopy
    counts: ReaderCounts
    is_current: bool
    versions: Sequence[LetterVersion] = ()


def shown_letters(site: Site, slug: str) -> list[ShownLetter]:
    """The newsletter's letters, in the order of their days. Raises UnknownNameError."""
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        return _shown(site, connection, letter_store.letters_of(connection, slug))


def shown_letter(site: Site, slug: str, number: int) -> ShownLetter:
    """One letter with its versions. Raises UnknownNameError."""
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        letter = letter_store.find_letter(connection, slug, number)
        (shown,) = _shown(site, connection, [letter])
        return replace(shown, versions=letter_store.versions_of(connection, number))


def comes_weekly(site: Site, slug: str, now: datetime) -> bool:
    """Whether issues are due in every coming week, so that letters are hardly ever sent."""
    newsletter = site.newsletter(slug)
    zone = site.settings.site.zone
    return not newsletter.paused and comes_every_week(
        newsletter.schedule, zone, now, newsletter.holidays
    )


def rehearse_letter(site: Site, slug: str, words: LetterWords) -> ReaderCopy:
    """The mail that `write_letter` would keep; changes nothing, and raises as that does."""
    checked = _checked(words)
    return _copy(site, render_letter(site, slug, subject=checked.subject, text=checked.text))


def write_letter(
    site: Site,
    slug: str,
    words: LetterWords,
    *,
    number: int | None = None,
    editor: str,
    now: datetime,
) -> ShownLetter:
    """Keep a letter, which goes out by itself from now on, or new words of the one with that id.

    The same words as before change nothing, and neither does a new letter that says what one says. Raises InputError for words that cannot be used,
    UnknownNameError for a letter that is not there, NotPermittedError for a third one.
    """
    words = _checked(words)
    mail = render_letter(site, slug, subject=words.subject, text=words.text)
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        number = number or _with_words(connection, slug, words)
        if number is None:
            number = _add(connection, slug, words, now)
        else:
            before = letter_store.find_letter(connection, slug, number)
            if _is_same(site, connection, before, words):
                return _one(site, connection, slug, number)
            if before.version.days != words.days:
                letter_store.set_days(connection, number, words.days, now)
                letter_store.plan_again(connection, number, _first_confirmed(now))
        version = LetterVersion(
            id=0,
            days=words.days,
            subject=words.subject,
            text=words.text,
            written_at=now,
            written_by=editor,
        )
        letter_store.add_version(connection, number, version, mail)
        detail = f"{letter_store.letter_name(slug, number)}, day {words.days}: {words.subject}"
        record(connection, who=editor, what="write letter", detail=detail, now=now)
        return _one(site, connection, slug, number)


def take_back(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> ShownLetter:
    """Undo the last change: the words before it are sent again, as a version of their own.

    Raises NotPermittedError for a letter that was never changed, UnknownNameError.
    """
    with site.database.transaction(read_only=True) as connection:
        letter_store.find_letter(connection, slug, number)
        versions = letter_store.versions_of(connection, number)
    last, *earlier = map(_words_of, versions)
    words = next((words for words in earlier if words != last), None)
    if words is None:
        raise NotPermittedError("this letter was never changed", fix="edit it, or delete it")
    return write_letter(site, slug, words, number=number, editor=editor, now=now)


def delete_letter(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> None:
    """Send the letter to nobody any more. Raises UnknownNameError."""
    site.newsletter(slug)
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        letter = letter_store.find_letter(connection, slug, number)
        ended = letter_store.delete_letter(connection, number, now)
        changes = {LetterState.WAITING: -ended, LetterState.WITHDRAWN: ended}
        add_counts(connection, number, changes)
        detail = f"{letter.name}: {letter.version.subject}"
        record(connection, who=editor, what="delete letter", detail=detail, now=now)


def send_test_letter(
    site: Site, slug: str, number: int, *, to: str, now: datetime, own: str = ""
) -> Receipt:
    """Send the letter, marked in its subject, to one address that the site allows tests to.

    `own` is the address of the editor who asks, and always allowed. Raises NotPermittedError for
    any other address, RelayUnavailableError when no relay accepts it.
    """
    allowed = (*site.settings.site.allow_test, *filter(None, [own]))
    require_allowed(site.newsletter(slug), allowed, to)
    with site.database.transaction(read_only=True) as connection:
        letter = letter_store.find_letter(connection, slug, number)
        mail = letter_store.mail_of(connection, letter.version.id)
    compiled = compile_letter(site, slug, number, mail, now, mark=MARK)
    return send_specimen(site, slug, compiled, to=to, now=now)


def _first_confirmed(now: datetime) -> datetime:
    """Whoever confirmed earlier is past every day that a letter may have."""
    return now - timedelta(days=LAST_DAY + 2)


def _add(connection: sa.Connection, slug: str, words: LetterWords, now: datetime) -> int:
    if len(letter_store.letters_of(connection, slug)) >= MOST_LETTERS:
        raise NotPermittedError(
            f"{slug} has {MOST_LETTERS} letters already", fix="change or delete one of them"
        )
    number = letter_store.add_letter(connection, slug, words.days, now)
    letter_store.plan_again(connection, number, _first_confirmed(now))
    return number


def _with_words(connection: sa.Connection, slug: str, words: LetterWords) -> int | None:
    """The letter that says the same already: a form or a command may be sent twice."""
    letters = letter_store.letters_of(connection, slug)
    return next((one.id for one in letters if _words_of(one.version) == words), None)


def _is_same(
    site: Site, connection: sa.Connection, before: DatedLetter, words: LetterWords
) -> bool:
    """Whether writing these words would change neither the letter nor its mail."""
    if _words_of(before.version) != words:
        return False
    mail = letter_store.mail_of(connection, before.version.id)
    return is_as_rendered_now(site, before.newsletter, mail, text=words.text)


def _words_of(version: LetterVersion) -> LetterWords:
    return LetterWords(days=version.days, subject=version.subject, text=version.text)


def _one(site: Site, connection: sa.Connection, slug: str, number: int) -> ShownLetter:
    (shown,) = _shown(site, connection, [letter_store.find_letter(connection, slug, number)])
    return shown


def _shown(
    site: Site, connection: sa.Connection, letters: Sequence[DatedLetter]
) -> list[ShownLetter]:
    counts = letter_store.counts_of(connection, [letter.id for letter in letters])
    shown = []
    for letter in letters:
        mail = letter_store.mail_of(connection, letter.version.id)
        is_current = is_as_rendered_now(site, letter.newsletter, mail, text=letter.version.text)
        shown.append(
            ShownLetter(
                letter=letter,
                mail=_copy(site, mail),
                counts=counts[letter.id],
                is_current=is_current,
            )
        )
    return shown


def _copy(site: Site, mail: Edition) -> ReaderCopy:
    return ReaderCopy(edition=mail, to=specimen_addressee(site, address=SAMPLE_READER, name=""))


def _checked(words: LetterWords) -> LetterWords:
    """The words as they are kept. Raises InputError."""
    subject = one_line(words.subject).strip()
    text = printable(words.text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not FIRST_DAY <= words.days <= LAST_DAY:
        raise InputError(
            f"a letter cannot be due {words.days} days after the confirmation",
            field="days",
            fix=f"choose {FIRST_DAY} to {LAST_DAY} days",
        )
    if not subject:
        raise InputError("the letter has no subject", field="subject", fix="write one")
    if len(subject) > LONGEST_SUBJECT:
        raise InputError(
            f"the subject has {len(subject):,} characters, more than {LONGEST_SUBJECT:,}",
            field="subject",
            fix="shorten it",
        )
    if not text:
        raise InputError("the letter says nothing", field="text", fix="write what it says")
    if len(text) > min(LONGEST_TEXT, MAX_NOTE):
        raise InputError(
            f"the letter has {len(text):,} characters, more than {LONGEST_TEXT:,}",
            field="text",
            fix="shorten it",
        )
    return LetterWords(days=words.days, subject=subject, text=text)
