"""MJML to the HTML of a mail: MRML lays it out, premailer puts the theme's CSS on the elements."""

from __future__ import annotations

import logging
import quopri
import re
from threading import Lock

from newsletter.errors import RenderingError
from newsletter.rendering.markup import deepest_nesting, find_imbalance, find_suspect

MAX_NESTING = 200
"""MRML overflows its stack, and the process dies, near 9,000."""

# premailer and the CSS parser under it keep module-wide state.
_one_at_a_time = Lock()


class MarkupError(RenderingError):
    """The MJML cannot be laid out; `line` counts in the rendered MJML, from 1 (0: unknown)."""

    code = "rendering-markup"

    def __init__(self, message: str, *, line: int = 0, text: str = "") -> None:
        where = f" (line {line} of the rendered MJML: {text})" if line else ""
        super().__init__(message + where, fix="close every tag, and escape what articles say")
        self.line = line


def make_html(mjml: str, css: str) -> str:
    """The finished document. `css` is the theme's, for style attributes.

    Raises MarkupError, or RenderingError for CSS that would make premailer ask the network.
    """
    if "@import" in css.lower():
        raise RenderingError(
            "@import in the theme's CSS would be fetched while rendering",
            file="style.css.j2",
            fix="copy the rules into style.css.j2",
        )
    return _put_css_on_elements(_lay_out(mjml), css)


def encoded_size(html: str) -> int:
    """Octets of the HTML as it travels, in quoted-printable: what Gmail clips by."""
    return len(quopri.encodestring(html.encode()))


def _lay_out(mjml: str) -> str:
    from mjml import mjml2html  # rendering libraries load when something is rendered

    imbalance = find_imbalance(mjml)
    if imbalance:
        raise _markup_error(mjml, imbalance.message, imbalance.line)
    if deepest_nesting(mjml) > MAX_NESTING:
        raise MarkupError(f"tags are nested more than {MAX_NESTING} deep")
    try:
        # No default fonts: they would add a link to Google's, which premailer fetches.
        html = mjml2html(_spell_out(mjml), fonts={}, disable_comments=True)
    except ValueError as error:
        suspect = find_suspect(mjml)
        reason = f"{suspect.message} (MJML: {error})" if suspect else f"MJML: {error}"
        raise _markup_error(mjml, reason, suspect.line if suspect else 0) from error
    # premailer drops a doctype in lower case. A conditional comment opens a new line, so that
    # findings and differences have lines to speak of; between blocks the break is not seen.
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    html = html.replace(_PREVIEW, _PREVIEW.replace("color:#ffffff;", ""), 1)
    html = _MAIN.sub(r'<div role="main">\1</div>\2', html, count=1)
    return html.replace("<!--[if mso | IE]>", "\n<!--[if mso | IE]>")


# White on white is what SpamAssassin looks for; display:none hides the preheader well enough.
_PREVIEW = "display:none;font-size:1px;color:#ffffff;"
# On the web the issue is a page, and a page has one main landmark; the article stays inside.
_MAIN = re.compile(r'(<div [^>]*role="article".*</div>)(\s*</body>)', re.DOTALL)


def _markup_error(mjml: str, message: str, line: int) -> MarkupError:
    text = mjml.splitlines()[line - 1].strip()[:120] if line else ""
    return MarkupError(message, line=line, text=text)


_STYLE = re.compile(r"(<(mj-style|style)\b.*?</\2>)", re.DOTALL)
_NOT_PLAIN = re.compile(r"[^\n\x20-\x5b\x5d-\x7e]")


def _spell_out(mjml: str) -> str:
    """Everything but plain ASCII as character references, style sheets apart.

    MRML writes attributes as a Rust literal: a joiner in an emoji's alt text would come out as
    `\\u{200d}`, a backslash doubled. lxml reads the references back as the characters.
    """
    parts = _STYLE.split(mjml)
    for place in range(0, len(parts), 3):
        parts[place] = _NOT_PLAIN.sub(lambda sign: f"&#{ord(sign[0])};", parts[place])
    return "".join(part for place, part in enumerate(parts) if place % 3 != 2)


_LEAVE_ALONE = ' data-premailer="ignore"'


def _put_css_on_elements(html: str, css: str) -> str:
    """Theme CSS into style attributes; the document's own <style> blocks stay as they are."""
    from newsletter.rendering.inliner import Inliner

    with _one_at_a_time:
        inlined: str = Inliner(
            html.replace("<style", "<style" + _LEAVE_ALONE),
            css_text=css,
            allow_network=False,
            cache_css_parsing=False,  # a hostile style attribute can collide with its key
            disable_validation=True,
            disable_leftover_css=True,
            disable_link_rewrites=True,
            # Classic Outlook sizes images by the attribute, in pixels.
            disable_basic_attributes=["width", "height"],
            keep_style_tags=True,
            strip_important=False,
            align_floating_images=False,
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    # It forgets its mark on blocks for some media, and in conditional comments.
    return inlined.replace(_LEAVE_ALONE, "")
