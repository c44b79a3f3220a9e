"""The title of a page without the name of its site: "Bridge opens | Example Times"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_SEPARATOR = re.compile(
    r"\s+(?:[|–—\-·•»«›~/]|::|//|\|\|)\s+|\s*[|｜]\s*|(?<=\w):\s+|\s*[—–]{2,}\s*"
)
_ENDING = re.compile(r"\.(?:com|org|net|info|co\.uk|[a-z]{2})\Z")


def title_without_site(title: str, *, sites: Collection[str], heading: str = "") -> str:
    """The title without a part at its end or beginning that is a name of the site.

    `sites` are the names and the host that the page gives its site, `heading` its own headline: if
    the title is the heading and something after a separator, only the heading is the title.
    """
    known = {folded for site in sites if (folded := _folded(site))}
    shorter = _without_parts(title, known)
    if heading and _folded(heading) and len(heading) < len(shorter):
        rest = shorter[len(heading) :]
        if shorter.casefold().startswith(heading.casefold()) and _begins_part(rest):
            return heading
    return shorter


def _without_parts(title: str, known: Collection[str]) -> str:
    while True:
        cuts = list(_SEPARATOR.finditer(title))
        # A name of a site may have a separator itself, so each place of cutting is tried.
        ends = [cut.start() for cut in cuts if _is_site(title[cut.end() :], known)]
        starts = [cut.end() for cut in cuts if _is_site(title[: cut.start()], known)]
        if ends and title[: ends[0]].strip():
            title = title[: ends[0]].strip()
        elif starts and title[starts[-1] :].strip():
            title = title[starts[-1] :].strip()
        else:
            return title


def _is_site(part: str, known: Collection[str]) -> bool:
    return _folded(part.strip("[]() ")) in known


def _begins_part(rest: str) -> bool:
    cut = _SEPARATOR.match(rest)
    return cut is not None and not cut[0].startswith(":")


def _folded(name: str) -> str:
    """The letters of a name: "The Example-Times" and "example times" are equal, example.com is example."""
    text = unicodedata.normalize("NFKC", name).casefold().strip().removeprefix("www.")
    text = _ENDING.sub("", text)
    return re.sub(r"[\W_]+", "", re.sub(r"\A(?:the|der|die|das|le|la|les|el|il)\s+", "", text))
