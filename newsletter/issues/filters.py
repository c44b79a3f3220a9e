"""Filters of sources and sections: words, patterns and tags that include or exclude articles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.article import Article
from newsletter.articles.identity.lexicon import folded
from newsletter.articles.tags import slug_of
from newsletter.issues.reasons import LeftOutReason

SECONDS = 0.05
"""The time for one pattern and one field; a slower pattern counts as not found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A word or words, a /regular expression/ over title, tags, author and address, or `tag:x`.

    Words are found whole, in any case, with or without accents.
    """

    text: str

    def finds(self, article: Article) -> bool:
        """Whether the pattern is found in the article."""
        if self.text.startswith("tag:"):
            return slug_of(self.text[4:]) in {tag.slug for tag in article.tags}
        fields = (
            article.title,
            *(tag.label for tag in article.tags),
            article.author,
            article.url,
        )
        if is_expression(self.text):
            return _expression_finds(self.text[1:-1], fields)
        return any(_has_words(folded(field), folded(self.text)) for field in fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a source or section does not take an article; `detail` names it and what decided."""

    reason: LeftOutReason
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Admits the articles in which no pattern of `exclude` is found and one of `include` is, unless
    there is none, and that were published at `oldest` or later.
    """

    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    oldest: datetime | None = None

    def refusal(self, article: Article, name: str) -> Refusal | None:
        """Why the source or section of that name refuses the article; None if it admits it."""
        for pattern in self.exclude:
            if pattern.finds(article):
                return Refusal(reason=LeftOutReason.EXCLUDED, detail=f"{name}: {pattern.text!r}")
        if self.include and not any(pattern.finds(article) for pattern in self.include):
            wanted = ", ".join(repr(pattern.text) for pattern in self.include)
            return Refusal(reason=LeftOutReason.NOT_INCLUDED, detail=f"{name}: {wanted}")
        if self.oldest is not None and article.published < self.oldest:
            return Refusal(reason=LeftOutReason.TOO_OLD, detail=name)
        return None


EVERYTHING = Filter()
"""Admits all articles."""


def patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns of these texts from newsletter.toml."""
    return tuple(Pattern(text=text) for text in texts)


def is_expression(text: str) -> bool:
    """Whether the text has the form /a regular expression/."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def _expression_finds(expression: str, fields: Sequence[str]) -> bool:
    import regex  # has a time limit, unlike re; loaded only for expressions

    try:
        return any(
            regex.search(expression, field, regex.IGNORECASE, timeout=SECONDS) for field in fields
        )
    except TimeoutError:
        return False


def _has_words(text: str, words: str) -> bool:
    """Whether the text has `words` as whole words; in scripts without spaces, anywhere."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        before, after = text[start - 1 : start], text[end : end + 1]
        unspaced = words[:1] >= "\u0e00" and words[-1:] >= "\u0e00"
        if unspaced or not (before.isalnum() or after.isalnum()):
            return True
        start = text.find(words, start + 1)
    return False
