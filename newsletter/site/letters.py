"""Letters: one short mail to one person, from a template of templates/mail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.delivery.letter import InlinePicture, Letter, compose_letter
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.send_one import send_one
from newsletter.errors import RelayUnavailableError
from newsletter.rendering.theme import shipped_templates
from newsletter.rendering.translation import Translator, add_translations, translator
from newsletter.site.messages import envelope_sender, signer_of
from newsletter.site.site import Site

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterContent:
    """What a letter says, and to whom.

    `template` names the .txt.j2 and .html.j2 files that are rendered with `words` and `subject`.
    `reply_to` receives the reader's reply instead of the newsletter's sender. `in_reply_to` is the
    Message-ID of the mail that the letter answers, "" if that mail has none, or None if the letter
    answers no mail. `enclosed` is a whole message to attach; `pictures` are shown by the HTML part.
    """

    template: str
    words: Mapping[str, Any]
    subject: str
    to_address: str
    to_name: str = ""
    reply_to: str | None = None
    in_reply_to: str | None = None
    enclosed: bytes | None = None
    pictures: tuple[InlinePicture, ...] = ()
    language: str = "en"


def post_letter(site: Site, slug: str, content: LetterContent, *, now: datetime) -> Receipt:
    """Send the letter immediately, from the sender of the newsletter `slug`.

    Raises RelayUnavailableError when no relay accepts it, InputError as `compose` does.
    """
    message = compose(site, slug, content, now=now)
    receipt = asyncio.run(
        send_one(
            site.settings.relays,
            message,
            envelope_sender=envelope_sender(site, slug),
            recipient=content.to_address,
            now=now,
        )
    )
    if receipt.state is not DeliveryState.ACCEPTED:
        raise RelayUnavailableError(
            f"the relay {receipt.relay} did not accept the letter: {receipt.code} {receipt.text}",
            field="relays",
        )
    return receipt


def compose(site: Site, slug: str, content: LetterContent, *, now: datetime) -> bytes:
    """Compose and sign the letter; raises InputError for an address that a header cannot hold."""
    templates = letter_templates(site, content.language)
    variables = {**content.words, "subject": content.subject}
    letter = Letter(
        sender=site.newsletter(slug).sender,
        to_address=content.to_address,
        to_name=content.to_name,
        subject=content.subject,
        text=templates.get_template(f"{content.template}.txt.j2").render(variables),
        html=templates.get_template(f"{content.template}.html.j2").render(variables),
        date=now.astimezone(site.settings.site.zone),
        reply_to=content.reply_to,
        answers=content.in_reply_to,
        enclosed=content.enclosed,
        pictures=content.pictures,
    )
    return compose_letter(letter, signer_of(site))


def reader_translator(site: Site) -> Translator:
    """The translator to the site's language; the site's own `templates/words` override ours."""
    return _cached_translator(site.settings.site.language, site.folder)


@lru_cache(maxsize=8)
def _cached_translator(language: str, folder: Path) -> Translator:
    return translator(language, [folder / "templates", shipped_templates()])


def letter_templates(site: Site, language: str) -> Environment:
    """The templates of letters in that language; those of the site's own folder come first."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from newsletter.rendering.compiled_templates import COMPILED_TEMPLATES

    templates = Environment(
        loader=FileSystemLoader([site.folder / "templates" / "mail", shipped_templates() / "mail"]),
        bytecode_cache=COMPILED_TEMPLATES,
        autoescape=lambda name: not (name or "").endswith(".txt.j2"),  # noqa: S701 - every other template is escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    add_translations(templates, _cached_translator(language, site.folder), language)
    return templates
