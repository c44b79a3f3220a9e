"""Turns MJML into the HTML of a mail: MRML lays it out, premailer inlines the theme's CSS."""

from __future__ import annotations

import logging
import quopri
import re
from threading import Lock

from newsletter.errors import RenderingError
from newsletter.rendering.markup import deepest_nesting, find_imbalance, find_suspect
from newsletter.rendering.shorter_html import shorter_html

MAX_NESTING = 200
"""Levels of tags. MRML overflows its stack, and the process dies, near 9,000."""

# premailer and the CSS parser under it keep module-wide state.
_premailer_lock = Lock()


class MarkupError(RenderingError):
    """The MJML cannot be laid out; `line` counts in the rendered MJML, from 1 (0: unknown)."""

    code = "rendering-markup"

    def __init__(self, message: str, *, line: int = 0, text: str = "") -> None:
        where = f" (line {line} of the rendered MJML: {text})" if line else ""
        super().__init__(message + where, fix="close every tag, and escape what articles say")
        self.line = line


def make_html(mjml: str, css: str) -> str:
    """Return the finished document. `css` is the theme's, for style attributes.

    Raises MarkupError, or RenderingError for CSS that would make premailer access the network.
    """
    if "@import" in css.lower():
        raise RenderingError(
            "@import in the theme's CSS would be fetched while rendering",
            file="style.css.j2",
            fix="copy the rules into style.css.j2",
        )
    return shorter_html(_inline_css(_lay_out(mjml), css), css)


def encoded_size(html: str) -> int:
    """Octets of the HTML in quoted-printable, which is the size at which Gmail clips."""
    return len(quopri.encodestring(html.encode()))


def _lay_out(mjml: str) -> str:
    from mjml import mjml2html  # slow to load: only when something is rendered

    imbalance = find_imbalance(mjml)
    if imbalance:
        raise _markup_error(mjml, imbalance.message, imbalance.line)
    if deepest_nesting(mjml) > MAX_NESTING:
        raise MarkupError(f"tags are nested more than {MAX_NESTING} deep")
    try:
        # No default fonts, as they would add a link to Google's, which premailer fetches.
        html = mjml2html(_escape_non_ascii(mjml), fonts={}, disable_comments=True)
    except ValueError as error:
        suspect = find_suspect(mjml)
        reason = f"{suspect.message} (MJML: {error})" if suspect else f"MJML: {error}"
        raise _markup_error(mjml, reason, suspect.line if suspect else 0) from error
    # premailer drops a doctype in lower case. Conditional comments start on new lines, so that
    # findings and differences have useful line numbers; line breaks between blocks do not show.
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    html = html.replace(_PREVIEW, _PREVIEW.replace("color:#ffffff;", ""), 1)
    html = _MAIN.sub(r'<div role="main">\1</div>\2', html, count=1)
    return html.replace("<!--[if mso | IE]>", "\n<!--[if mso | IE]>")


# SpamAssassin penalises white text on white, and display:none is enough to hide the preheader.
_PREVIEW = "display:none;font-size:1px;color:#ffffff;"
# The archive shows the issue as a page, which needs a main landmark around the article.
_MAIN = re.compile(r'(<div [^>]*role="article".*</div>)(\s*</body>)', re.DOTALL)


def _markup_error(mjml: str, message: str, line: int) -> MarkupError:
    text = mjml.splitlines()[line - 1].strip()[:120] if line else ""
    return MarkupError(message, line=line, text=text)


_STYLE = re.compile(r"(<(mj-style|style)\b.*?</\2>)", re.DOTALL)
_NOT_PLAIN_ASCII = re.compile(r"[^\n\x20-\x5b\x5d-\x7e]")


def _escape_non_ascii(mjml: str) -> str:
    """Replace everything but plain ASCII by character references, except in style sheets.

    MRML writes attributes as Rust literals: a joiner in an emoji's alt text would come out as
    `\\u{200d}`, and backslashes would be doubled. lxml turns the references back into characters.
    """
    parts = _STYLE.split(mjml)
    for index in range(0, len(parts), 3):
        parts[index] = _NOT_PLAIN_ASCII.sub(lambda match: f"&#{ord(match[0])};", parts[index])
    return "".join(part for index, part in enumerate(parts) if index % 3 != 2)


_IGNORED_BY_PREMAILER = ' data-premailer="ignore"'


def _inline_css(html: str, css: str) -> str:
    """Inline the theme's CSS into style attributes; the document's <style> blocks are unchanged."""
    from newsletter.rendering.inliner import Inliner

    with _premailer_lock:
        inlined: str = Inliner(
            html.replace("<style", "<style" + _IGNORED_BY_PREMAILER),
            css_text=css,
            allow_network=False,
            cache_css_parsing=False,  # its key could collide with a hostile style attribute
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
    # premailer leaves the attribute on blocks for some media, and in conditional comments.
    return inlined.replace(_IGNORED_BY_PREMAILER, "")
