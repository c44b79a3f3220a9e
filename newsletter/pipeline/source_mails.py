"""source_mails: keep the mail that comes to a source; editors decide over what nobody has confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from newsletter.config.configuration_file import change_configuration
from newsletter.config.settings import SourceSettings
from newsletter.config.source_changing import with_sender_confirmed
from newsletter.errors import InputError, ParsingError
from newsletter.issues.source_mail import HeldMail, held_reason
from newsletter.sandbox import HANDED_IN, Limits
from newsletter.site.mail_sources import mail_sources_at
from newsletter.site.site import Site
from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from newsletter.store.audit import record
from newsletter.store.source_mails import (
    count_held,
    drop,
    find_held,
    held_mails,
    keep_mail,
    release,
    release_alike,
)
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.inbound.classify import Inbound
from subscribers.inbound.context import Action, Done
from subscribers.inbound.mail_log import LoggedMail
from subscribers.inbound.reading import UnreadableError, parse_message, text_of

OF_STRANGERS = AttemptLimit(most=50, per=timedelta(days=1))
"""Limit of mails to one source that wait for an editor."""

OF_CONFIRMED = AttemptLimit(most=200, per=timedelta(days=1))
"""Limit of mails to one source that are read: each may cause pages to be fetched."""

TOO_MANY = "no more mail is kept for this source today"
SHOWN = 4_000
"""Characters of a waiting mail that an editor sees."""
MOST_LINKS = 30
"""Links of a waiting mail that an editor sees beside its text, such as that which confirms a subscription."""
LIMITS = Limits(seconds=5, memory=400_000_000, output=100_000)


class MailDecision(StrEnum):
    """What an editor decides over a mail that waits."""

    CONFIRM = "confirm"  # its sender: read this mail, and those that follow
    TAKE = "take"  # read this mail only
    DROP = "drop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What came of a decision: the mail, and how many mails are read now."""

    mail: HeldMail
    decision: MailDecision
    released: int
    diff: str = ""


def keep_for_sources(
    site: Site, connection: sa.Connection, mail: Inbound, recorded: LoggedMail, now: datetime
) -> Done:
    """Keep the mail for each source at its address. It is never answered."""
    try:
        sender = parse_address(mail.sender)
    except AddressError as error:
        return Done(action=Action.NONE, problem=error.problem.message)
    kept = 0
    for slug, source in mail_sources_at(site.settings, recorded.recipient).items():
        reason = held_reason(
            sender.key,
            source.senders,
            authenticated=recorded.authenticated,
            is_disowned=mail.evidence.disowned,
        )
        name = f"source {slug} {source.location.casefold()} {reason is None}"
        limit = OF_CONFIRMED if reason is None else OF_STRANGERS
        if not count_attempt(connection, site.keyed(name), limit, now):
            continue
        keep_mail(
            connection,
            source=(slug, source.location.casefold()),
            message=recorded.id,
            sender=sender.key,
            subject=mail.headline,
            content=recorded.content or b"",
            held_for=reason,
            now=now,
        )
        kept += 1
    return Done(
        action=Action.SOURCE if kept else Action.NONE,
        address=sender.text,
        problem="" if kept else TOO_MANY,
    )


def list_held(site: Site, newsletter: str | None = None) -> list[HeldMail]:
    """The mails to sources that wait for an editor, the newest first."""
    with site.database.transaction(read_only=True) as connection:
        return held_mails(connection, newsletter)


def count_older(site: Site, newsletter: str | None, listed: Sequence[HeldMail]) -> int:
    """How many mails wait beside those that `list_held` lists."""
    with site.database.transaction(read_only=True) as connection:
        return max(count_held(connection, newsletter) - len(listed), 0)


def text_of_held(site: Site, number: int) -> tuple[HeldMail, str]:
    """A mail that waits, and what it says in plain text, its links with it: to confirm a subscription.

    Raises UnknownNameError.
    """
    with site.database.transaction(read_only=True) as connection:
        mail, content = find_held(connection, number)
    try:
        return mail, HANDED_IN.run(_plain_text, content, limits=LIMITS)
    except ParsingError as error:
        return mail, f"It cannot be read: {error.problem.message}"


def _plain_text(content: bytes) -> str:
    """The beginning of the mail's text, and the links that its text has not; never raises."""
    from newsletter.articles.mailed.mail import links_of  # slow to load, and only workers need it

    try:
        message = parse_message(content)
    except UnreadableError as error:
        return error.problem.message
    words = text_of(message)[:SHOWN].rstrip()
    links = [
        f"{link_text or 'Picture'}: {address}"
        for address, link_text in links_of(message).items()
        if address not in words
    ][:MOST_LINKS]
    return "\n".join([words, "", "Links:", *links] if links else [words])


def decide(
    site: Site,
    number: int,
    decision: MailDecision,
    environment: Mapping[str, str],
    *,
    editor: str,
    now: datetime,
) -> Decided:
    """Carry out an editor's decision over a mail that waits.

    Confirming its sender writes it to newsletter.toml, and reads all mail of the sender that waits
    for nothing else. Raises UnknownNameError, and the errors of writing the file.
    """
    with site.database.transaction(read_only=True) as connection:
        mail, _content = find_held(connection, number)
    if decision is not MailDecision.DROP:
        _source_of(site, mail)
    released = 0
    diff = _confirm(site, mail, environment) if decision is MailDecision.CONFIRM else ""
    with site.database.transaction() as connection:
        find_held(connection, number)  # another editor may have decided meanwhile
        if decision is MailDecision.DROP:
            drop(connection, [number])
        elif decision is MailDecision.CONFIRM:
            released = release_alike(connection, mail)
        else:
            released = release(connection, [number])
        detail = f"{mail.sender} to {mail.address} of {mail.newsletter}"
        what = f"{decision.value} mail of a source"
        record(connection, who=editor, what=what, detail=detail, now=now)
    return Decided(mail=mail, decision=decision, released=released, diff=diff)


def _source_of(site: Site, mail: HeldMail) -> SourceSettings:
    """The source that the mail came to. Raises InputError if it is gone: nothing reads the mail then."""
    source = mail_sources_at(site.settings, mail.address).get(mail.newsletter)
    if source is None:
        raise InputError(
            f"{mail.newsletter} has no source at {mail.address} any more", fix="drop the mail"
        )
    return source


def _confirm(site: Site, mail: HeldMail, environment: Mapping[str, str]) -> str:
    """Add the sender to its source in newsletter.toml; returns what has changed, as a diff."""
    source = _source_of(site, mail)
    if mail.sender in source.senders:
        return ""

    def edit(text: str) -> str:
        return with_sender_confirmed(text, mail.newsletter, source.location, mail.sender)

    done = change_configuration(site.folder, environment, edit)
    site.settings.newsletters[mail.newsletter] = done.settings.newsletters[mail.newsletter]
    return done.diff
