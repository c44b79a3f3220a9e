"""Pages whose pictures come from our site, compared with the mail they show."""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

from newsletter.site.picture_addresses import PATH


def with_publishers_addresses(html: str, base: str = "") -> str:
    """The HTML in which each picture is named where its publisher has it."""
    return re.sub(
        rf'"{base}{PATH}/([^"]*)"',
        lambda match: f'"{escape(parse_qs(urlsplit(unescape(match[1])).query)["of"][0])}"',
        html,
    )
