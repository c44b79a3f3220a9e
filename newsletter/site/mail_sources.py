"""The addresses at which newsletters of others arrive, as sources of our own."""

from __future__ import annotations

from newsletter.config.settings import Settings, SourceSettings


def mail_sources_at(settings: Settings, recipient: str) -> dict[str, SourceSettings]:
    """The source at that address of each newsletter that has one, by newsletter."""
    wanted = recipient.strip().strip("<>").casefold()
    return {
        slug: source
        for slug, newsletter in settings.newsletters.items()
        for source in newsletter.sources
        if source.mail and source.mail.casefold() == wanted
    }


def has_mail_source(settings: Settings, recipient: str) -> bool:
    """Whether a source takes mail to that address."""
    return bool(mail_sources_at(settings, recipient))
