"""add_mail_source: write an address at which newsletters of others arrive into newsletter.toml."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.config.configuration_file import ConfigurationChange
from newsletter.config.source_editing import NewSource
from newsletter.errors import InputError
from newsletter.pipeline.add_source import SourceRequest
from newsletter.site.lists import list_address_of
from newsletter.site.site import Site
from newsletter.site.source_list import add_to_list
from subscribers.addresses import parse_address
from subscribers.lists import former_names


def is_mail_address(text: str) -> bool:
    """Whether what is to be added is meant as a mail address."""
    return "@" in text and "/" not in text


def add_mail_source(
    site: Site, request: SourceRequest, environment: Mapping[str, str]
) -> tuple[NewSource, ConfigurationChange]:
    """Add the address as a source of the newsletter.

    Raises AddressError, InputError for an address of a list, for one that the newsletter has
    already and where no mail can arrive, and the errors of writing newsletter.toml.
    """
    address = parse_address(request.url).text
    if site.settings.inbound is None:
        raise InputError(
            "no mail can arrive: this site takes none", fix="ask who runs the site to let mail in"
        )
    with site.database.transaction(read_only=True) as connection:
        former = former_names(connection)
    if list_address_of(site.settings, address, former) is not None:
        raise InputError(
            f"{address} is an address of one of the lists, for its readers",
            field="url",
            fix="use an address of its own, such as in+weekly@ and the domain",
        )
    source = NewSource(address=address, name=request.name, tags=request.tags, by_mail=True)
    listed = add_to_list(site, request.newsletter, [source], environment, dry_run=request.dry_run)
    if not listed.added:
        raise InputError(f"{request.newsletter} has this source already: {address}", field="url")
    return source, listed.change
