"""Letters: one short mail to one person, from a template of templates/mail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.delivery.letter import InlinePicture, Letter, compose_letter
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.single import send_one
from newsletter.errors import RelayUnavailableError
from newsletter.pipeline.messages import envelope_sender, signer_of
from newsletter.pipeline.site import Site
from newsletter.rendering.theme import shipped_templates
from newsletter.rendering.words import Speaker, let_speak, speaker

if TYPE_CHECKING:
    from jinja2 import Environment


def post_letter(
    site: Site,
    slug: str,
    template: str,
    words: Mapping[str, Any],
    *,
    subject: str,
    to_address: str,
    to_name: str = "",
    pictures: tuple[InlinePicture, ...] = (),
    now: datetime,
) -> Receipt:
    """Send `template` (its .txt.j2 and .html.j2) in the name of the newsletter `slug`, at once.

    Raises RelayUnavailableError when no relay took it.
    """
    message = compose(
        site,
        slug,
        template,
        words,
        subject=subject,
        to_address=to_address,
        to_name=to_name,
        pictures=pictures,
        now=now,
    )
    receipt = asyncio.run(
        send_one(
            site.settings.relays,
            message,
            envelope_sender=envelope_sender(site, slug),
            recipient=to_address,
            now=now,
        )
    )
    if receipt.state is not DeliveryState.ACCEPTED:
        raise RelayUnavailableError(
            f"the relay {receipt.relay} did not take the letter: {receipt.code} {receipt.text}",
            field="relays",
        )
    return receipt


def compose(
    site: Site,
    slug: str,
    template: str,
    words: Mapping[str, Any],
    *,
    subject: str,
    to_address: str,
    to_name: str = "",
    reply_to: str | None = None,
    answers: str | None = None,
    enclosed: bytes | None = None,
    pictures: tuple[InlinePicture, ...] = (),
    language: str = "en",
    now: datetime,
) -> bytes:
    """The letter's bytes, signed; raises InputError when an address cannot stand in a header."""
    templates = _templates(site, language)
    given = {**words, "subject": subject}
    letter = Letter(
        sender=site.newsletter(slug).sender,
        to_address=to_address,
        to_name=to_name,
        subject=subject,
        text=templates.get_template(f"{template}.txt.j2").render(given),
        html=templates.get_template(f"{template}.html.j2").render(given),
        date=now.astimezone(site.settings.site.zone),
        reply_to=reply_to,
        answers=answers,
        enclosed=enclosed,
        pictures=pictures,
    )
    return compose_letter(letter, signer_of(site))


def words_to_readers(site: Site) -> Speaker:
    """Sentences in the site's language; its own `templates/words` overrides ours."""
    return _speaker(site.settings.site.language, site.folder)


@lru_cache(maxsize=8)
def _speaker(language: str, folder: Path) -> Speaker:
    return speaker(language, [folder / "templates", shipped_templates()])


def _templates(site: Site, language: str) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader([site.folder / "templates" / "mail", shipped_templates() / "mail"]),
        autoescape=lambda name: not (name or "").endswith(".txt.j2"),  # noqa: S701 - escapes all others
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    let_speak(templates, _speaker(language, site.folder), language)
    return templates
