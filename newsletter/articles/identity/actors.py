"""Who acts in a headline, and who is only named by it."""

from __future__ import annotations

import re

from newsletter.articles.identity.lexicon import folded
from newsletter.articles.identity.tokens import plain, word_value

_PASSIVE = re.compile(
    r"(?:\b(?:by|par|dal|dalla|door|przez|(?:wurde|wird|worden)\b.*\bvon"
    r"|[^\W\d_]+(?:[aií]d|st|ch|rt|it|ct)[oa]s?\s+(?:por|pel[oa]s?))"
    r"\s+(?:the |la |le |el |den? |het )?|被)(?P<agent>[^\W\d_]+)",
    re.IGNORECASE,
)
_RUSSIAN_PASSIVE = re.compile(
    r"\b[^\W\d_]{3,}(?:[еёа]н|[яаыу]т)[аоы]?\s+[«\"]?(?P<agent>[А-Яа-яЁё]{3,}(?:[оеё]м|[оеё]й|[ая]ми))\b"
)
"""A participle, and who acts in the instrumental case."""
_SOLD = re.compile(
    r"\b(?:(?:(?:sold|goes|go) to|(?:geht|gehen|verkauft) an|vendue?s? (?:à|au)|vendid[oa]s? (?:al?|à|ao)"
    r"|vendut[oaie] (?:al?|alla)|verkocht aan|прода\w+)\s+|(?:sous le contrôle|aux mains) d(?:e\s+|u\s+|['’])|passa(?:no)? (?:a|ad|al|alla)\s+)(?:the |la |le |el |die |den |das |o |a |de |het )?"
    r"[«„“\"]?(?P<agent>[^\W\d_]+)",
    re.IGNORECASE,
)
"""What is sold to someone is bought by them."""
_SUBJECT = re.compile(
    r"([\u30a0-\u30ff\u3400-\u9fff]{2,})[がは]"
    r"|\b([A-Z]{2,}|[\uac00-\ud7a3]{2,}?)(?:이|가|은|는)(?!\S)|\A([^\W\d_]+),(?=.*[\uac00-\ud7a3])"
)
"""The Japanese or Korean word before a particle of the subject, and before the comma of a Korean headline."""
_PLACE = re.compile(
    r"(?:\A(?P<label>[^\W\d_]+(?:[ -][^\W\d_]+)?)(?: \d+)?\s?[:：]\s)|\b(?:in|of|at|near|from|im|bei|aus|à|au|aux|en|de|du|del|di"
    r"|da|do|das|dos|della|dello|dei|ad|em|no|na|te|van|uit|w|we|z|i|på|från|в|на|из|у)\s+(?:\d+ )?(?:the |la |le"
    r" |el |den? |der |het )?(?P<place>[^\W\d_]+(?:-[^\W\d_]+)*)",
    re.IGNORECASE,
)
_GENITIVES = frozenset(
    ("of", "de", "du", "del", "di", "da", "do", "das", "dos", "della", "dello", "dei")
)
_PRIZE = re.compile(
    r"\b(?:prize|award|prix|premio|premi|pr[eéê]mio|prijs|nagrod\w+|преми\w+|coupe|copa|coppa|trophy|trophée)\s+[«„“\"]?"
    r"(?:de |du |d'|di |da |do )?([^\W\d_]+)",
    re.IGNORECASE,
)
"""A prize is won and given, but does nothing."""
_ORIGIN = re.compile(
    r"\b(?:from|aus|uit|från|z|из|от)\s+(?:the |der |den |de |het )?([^\W\d_]+)", re.IGNORECASE
)


def is_sale(title: str) -> bool:
    """Whether the headline says to whom something is sold."""
    return _SOLD.search(title) is not None


def agent_of(title: str) -> str:
    """Who acts in a passive clause, or buys what is sold; "" where the headline is active."""
    for match in (
        *_SOLD.finditer(title),
        *_PASSIVE.finditer(title),
        *_RUSSIAN_PASSIVE.finditer(title),
    ):
        agent = plain(match["agent"])
        if len(agent) > 1 and not word_value(agent):  # not "por R$ 5" nor "por tres países"
            return agent
    return ""


def bystanders_of(title: str) -> frozenset[str]:
    """The words of the headline that a label, a preposition of place or "prize" marks."""
    found: set[str] = set()
    for match in _PLACE.finditer(title):
        before = title[: match.start()].split()[-1:]
        if match[0][:3].casefold() == "van" and (
            match[0][0] == "V" or (before and before[0][0].isupper())
        ):
            continue  # "Lotte van Drongen" is a person
        found.update(map(plain, re.findall(r"[^\W\d_]+", match["label"] or match["place"])))
    found.update(plain(match[1]) for match in _PRIZE.finditer(title))
    return frozenset(found)


def subjects_of(title: str) -> frozenset[str]:
    """The words that Japanese and Korean mark as the subject."""
    found = _SUBJECT.finditer(title)
    return frozenset(folded(next(filter(None, match.groups()))) for match in found)


def places_of(title: str) -> frozenset[str]:
    """The words of the headline behind a preposition of place; "of" may mean an owner."""
    return frozenset(
        plain(word)
        for match in _PLACE.finditer(title)
        if match["place"] and match[0].split()[0].casefold() not in _GENITIVES
        for word in re.findall(r"[^\W\d_]+", match["place"])
    )


def origins_of(title: str) -> frozenset[str]:
    """The places that something comes from."""
    return frozenset(plain(match[1]) for match in _ORIGIN.finditer(title))
