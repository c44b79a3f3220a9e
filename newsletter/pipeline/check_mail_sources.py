"""Checks the addresses at which newsletters of others arrive."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.config.settings import NewsletterSettings, Settings
from newsletter.errors import Problem
from newsletter.site.lists import list_address_of


def in_mail_sources(
    slug: str, newsletter: NewsletterSettings, settings: Settings, file: str
) -> Iterator[Problem]:
    """What is wrong with the addresses of the newsletter's sources."""
    for number, source in enumerate(newsletter.sources):
        field = f"newsletters.{slug}.sources[{number}].mail"
        if source.mail and settings.inbound is None:
            yield Problem(
                message="no mail can arrive for this source: the site takes none",
                file=file,
                field=field,
                fix='add [inbound] with domain = "news.example.org" and a way for mail to come in',
            )
        elif source.mail and list_address_of(settings, source.mail) is not None:
            yield Problem(
                message=f"{source.mail} is an address of one of the lists, for its readers",
                file=file,
                field=field,
                fix="use an address of its own, such as in+weekly@ and the domain",
            )
