"""The name of a site in a headline, and labels such as "Breaking:" before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from newsletter.articles.identity.lexicon import folded

_SEPARATOR = re.compile(r"\s+[|»·•–—―-]\s+|\s*[|｜_]\s*|(?<=[\u3040-\u9fff])\s*[-–—－]\s*(?=\S)")
_LABEL = re.compile(
    r"\A\s*(?:\[[^\]]{1,24}\]|【[^】]{1,12}】|\([^)]{1,12}\)"
    r"|(?:breaking(?: news)?|just in|update[ds]?(?: \d+)?|exclusive|watch|video|live|analysis|opinion|report"
    r"|reports|developing|photos?|listen|explainer|eilmeldung|eil|exklusiv|liveticker|video"
    r"|dernière minute|en direct|direct|vidéo|exclusif|última hora|urgente|exclusiva|en vivo|vídeo"
    r"|ultima ora|ultim'ora|esclusiva|ao vivo|exclusivo|net binnen|pilne|z ostatniej chwili"
    r"|срочно|видео|son dakika|عاجل|快讯|突发|独家|速報|独自|속보|단독)\s*[:：|–—.-]+|\+{2,}[^+]{1,24}\+{2,})\s*",
    re.IGNORECASE,
)
_PUBLISHER = re.compile(
    r"\b(?:news|times|post|herald|journal|press|magazine|gazette|tribune|chronicle|guardian|mail"
    r"|reuters|ap|afp|dpa|bbc|cnn|blog|online|daily|weekly|today|tv|radio|zeitung|tagblatt"
    r"|nachrichten|spiegel|zeit|bild|le monde|figaro|libération|diario|periódico|noticias|país|mundo"
    r"|giornale|repubblica|corriere|ansa|jornal|folha|globo|nieuws|gazeta|haber|газета|новости|тасс"
    r"|\w+\.(?:com|org|net|de|fr|es|it|co\.uk|example))\b"
    r"|新闻|新华|日报|晚报|时报|网\Z|新聞|通信|ニュース|뉴스|신문|일보",
    re.IGNORECASE,
)


def without_label(title: str) -> str:
    """The headline without "Breaking:", "[Video]" and the like before it."""
    while (shorter := _LABEL.sub("", title, count=1)) != title and shorter:
        title = shorter
    return title


def without_site(title: str, names: Sequence[str]) -> str:
    """The headline without its site's name at either end; `names` are the names of the source."""
    known = [name for name in map(_squeezed, names) if name]
    pieces = _pieces(without_label(title))
    while len(pieces) > 1 and _is_site(pieces[-1][1], known):
        pieces.pop()
    while len(pieces) > 1 and _is_site(pieces[0][1], known):
        pieces.pop(0)
    text = "".join(separator + piece for separator, piece in pieces)
    head, colon, rest = text.partition(": ")
    return rest if colon and rest and _squeezed(head) in known else text.strip(" |–—-")


def tail_of(title: str) -> tuple[str, str]:
    """The headline, and what a dash or bar separates from its end; "" where none does."""
    pieces = _pieces(without_label(title))
    if len(pieces) < 2:
        return title, ""
    *front, (_separator, tail) = pieces
    return "".join(separator + piece for separator, piece in front), tail


def _pieces(title: str) -> list[tuple[str, str]]:
    """The parts of a headline, each with the separator before it."""
    pieces, start, separator = [], 0, ""
    for match in _SEPARATOR.finditer(title):
        if match.start() > start:
            pieces.append((separator, title[start : match.start()]))
            separator = match[0]
            start = match.end()
    pieces.append((separator, title[start:]))
    return pieces


def _is_site(piece: str, known: Sequence[str]) -> bool:
    squeezed = _squeezed(piece)
    if not squeezed:
        return True
    if any(squeezed == name or (len(squeezed) > 2 and squeezed in name) for name in known):
        return True
    short = len(piece.split()) <= 4 and len(piece) <= 40 and not any(map(str.isdigit, piece))
    return short and _PUBLISHER.search(piece) is not None and not piece[:1].islower()


@lru_cache(maxsize=1_000)
def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", folded(text))
