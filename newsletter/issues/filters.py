"""What a source or a section takes: words, patterns and tags that let an article in or keep it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.article import Article
from newsletter.articles.identity.lexicon import folded
from newsletter.articles.tags import slug_of
from newsletter.issues.reasons import LeftOutReason

SECONDS = 0.05
"""How long one pattern may look at one article; then it counts as not found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A word or words, a /regular expression/ over title, tags, author and address, or `tag:x`.

    Words are found whole, in any case, with or without accents.
    """

    text: str

    def finds(self, article: Article) -> bool:
        """Whether the article has it."""
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
    """What is let in: anything that no pattern of `exclude` finds, some of `include` finds (where
    there is any), and that was published at `oldest` or later.
    """

    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    oldest: datetime | None = None

    def refusal(self, article: Article, name: str) -> Refusal | None:
        """Why the article is kept out of the source or section of that name; None where it is not."""
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
"""Lets in whatever there is."""


def patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns as newsletter.toml writes them."""
    return tuple(Pattern(text=text) for text in texts)


def is_expression(text: str) -> bool:
    """Whether it is written as /a regular expression/."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def _expression_finds(expression: str, fields: Sequence[str]) -> bool:
    import regex  # the only engine with a bound of time; only a site with expressions needs it

    try:
        return any(
            regex.search(expression, field, regex.IGNORECASE, timeout=SECONDS) for field in fields
        )
    except TimeoutError:
        return False


def _has_words(text: str, words: str) -> bool:
    """Whether `words` stand in the text as whole words; scripts without spaces have no such."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        before, after = text[start - 1 : start], text[end : end + 1]
        unspaced = words[:1] >= "\u0e00" and words[-1:] >= "\u0e00"
        if unspaced or not (before.isalnum() or after.isalnum()):
            return True
        start = text.find(words, start + 1)
    return False
