"""The mail that waits for a newsletter's sources to be read; a site without such sources asks nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter.config.settings import SourceSettings

if TYPE_CHECKING:
    from newsletter.articles.mailed.reading import ArrivedMail


def sources_with_mail(
    connection: sa.Connection, newsletter: str, sources: Sequence[SourceSettings], now: datetime
) -> frozenset[str]:
    """The locations of the sources at which mail is to be read now."""
    by_mail = [source for source in sources if source.kind == "mail"]
    if not by_mail:
        return frozenset()
    from newsletter.store.source_mails import addresses_with_mail

    waiting = addresses_with_mail(connection, newsletter, now)
    return frozenset(one.location for one in by_mail if one.location.casefold() in waiting)


def mail_of(
    connection: sa.Connection, newsletter: str, sources: Sequence[SourceSettings]
) -> Mapping[str, Sequence[ArrivedMail]]:
    """The mails that wait for these sources, by location."""
    by_mail = {one.location: one.location.casefold() for one in sources if one.kind == "mail"}
    if not by_mail:
        return {}
    from newsletter.store.source_mails import waiting_mails

    found = waiting_mails(connection, newsletter, by_mail.values())
    return {location: found[address] for location, address in by_mail.items()}


def note_mail_read(
    connection: sa.Connection, given: Sequence[ArrivedMail], done: Collection[int]
) -> None:
    """Note which of the mails that a source was given are done with."""
    if given:
        from newsletter.store.source_mails import note_reading

        note_reading(connection, [mail.id for mail in given], done)
