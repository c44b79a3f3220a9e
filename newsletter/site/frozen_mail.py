"""Mails beside the issues that are rendered once, frozen, and made for each reader as an issue is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.rendering.edition import Edition, Slot, mail_edition
from newsletter.rendering.slots import sentinel
from newsletter.site.letters import letter_templates
from newsletter.site.site import Site


def render_frozen_mail(
    site: Site,
    template: str,
    words: Mapping[str, Any],
    *,
    subject: str,
    nonce: str,
    item_keys: tuple[str, ...] = (),
) -> Edition:
    """The mail as an edition, from the .html.j2 and .txt.j2 files of that name.

    They see `words`, the subject, the reader's links, and the site's addresses.
    """
    settings = site.settings.site
    shared = {
        "subject": subject,
        "links": {
            "unsubscribe": sentinel(Slot.UNSUBSCRIBE, nonce),
            "preferences": sentinel(Slot.PREFERENCES, nonce),
        },
        "postal_address": settings.postal_address,
        "url": settings.url,
    }
    templates = letter_templates(site, settings.language)
    values = {**shared, **words}
    return mail_edition(
        nonce=nonce,
        subject=subject,
        html=templates.get_template(f"{template}.html.j2").render(values),
        text=templates.get_template(f"{template}.txt.j2").render(values),
        language=settings.language,
        items=item_keys,
    )
