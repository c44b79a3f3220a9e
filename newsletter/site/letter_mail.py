"""The mail of a dated letter: rendered when it is written, and made for each reader as an issue is."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from markupsafe import Markup

from newsletter.delivery.message import CompiledEdition, compile_edition
from newsletter.rendering.edition import Edition
from newsletter.rendering.notes import Note
from newsletter.rendering.plain_text import Footnotes
from newsletter.site.frozen_mail import render_frozen_mail
from newsletter.site.messages import headers_named
from newsletter.site.site import Site
from newsletter.store.dated_letters import letter_name
from subscribers.subscriber import MailFormat

_STYLES = {
    "p": "margin:0 0 16px;",
    "ul": "margin:0 0 16px;padding:0 24px;",
    "ol": "margin:0 0 16px;padding:0 24px;",
    "li": "margin:0 0 6px;",
    "blockquote": "margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #dfe3e1;",
    "pre": "margin:0 0 16px;white-space:pre-wrap;overflow-wrap:anywhere;",
    "hr": "margin:0 0 16px;border:0;border-top:1px solid #dfe3e1;",
    "table": "margin:0 0 16px;border-collapse:collapse;",
    "td": "padding:4px 12px 4px 0;text-align:start;",
    "th": "padding:4px 12px 4px 0;text-align:start;",
}
_LINK = re.compile(r"<a (?=[^>]*href=)")
_TAG = re.compile(rf"<({'|'.join(_STYLES)})(?=[ />])")
_SUBHEAD = re.compile(r'<p class="subhead"')


def render_letter(
    site: Site, slug: str, *, subject: str, text: str, nonce: str | None = None
) -> Edition:
    """The letter as an edition: what is shown when it is written is what is sent."""
    note, footnotes = Note(source=text), Footnotes()
    plain = note.text(footnotes)
    words = {
        "title": site.newsletter(slug).title,
        "body": styled(note.html),
        "plain": plain,
        "footnotes": footnotes.take(),
    }
    return render_frozen_mail(
        site, "dated_letter", words, subject=subject, nonce=nonce or secrets.token_hex(8)
    )


def is_as_rendered_now(site: Site, slug: str, mail: Edition, *, text: str) -> bool:
    """Whether the letter would look the same if it were written today: name, address, language."""
    now = render_letter(site, slug, subject=mail.subject, text=text, nonce=mail.nonce)
    return (now.html, now.text) == (mail.html, mail.text)


def compile_letter(
    site: Site, slug: str, letter_id: int, mail: Edition, date: datetime, *, form: MailFormat = MailFormat.HTML,
    mark: str = "",
) -> CompiledEdition:  # fmt: skip
    """The letter, ready to be made for each reader."""
    headers = headers_named(site, slug, letter_name(slug, letter_id), date, mark=mark)
    return compile_edition(mail, headers, form=form)


def styled(html: str) -> Markup:
    """The note with its styles in line, as mail clients need them."""
    html = _SUBHEAD.sub('<p style="margin:0 0 16px;font-weight:600;"', html)
    html = _TAG.sub(lambda tag: f'<{tag[1]} style="{_STYLES[tag[1]]}"', html)
    html = html.replace(f'style="{_STYLES["p"]}" style="', 'style="')
    return Markup(_LINK.sub('<a class="ink" style="color:#1b2126;" ', html))  # noqa: S704 - sanitised by Note.html
