"""The features of an article by which it is compared with others."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from urllib.parse import urlsplit

from newsletter.articles.article import Article
from newsletter.articles.identity.addresses import address_key
from newsletter.articles.identity.headlines import (
    Headline,
    events_of,
    headline,
    languages_of,
    names_in,
    words_of,
)
from newsletter.articles.identity.lexicon import folded, is_unspaced
from newsletter.articles.identity.likeness import fragment, same_word, starts_of_forms
from newsletter.articles.identity.site_names import without_site
from newsletter.articles.identity.tokens import STEM, may_have_number

TEXT_LENGTH = 1200
"""In characters; only this much text is compared, because copies of agency texts differ later."""

OPENING_LENGTH = 300
"""The number of characters in which a text says who does what."""

LANGUAGE_LENGTH = 300
"""The number of characters by which the language is detected."""


class Features:
    """The features of an article by which it is compared; each is computed once, when needed."""

    def __init__(self, article: Article) -> None:
        self.title = article.title
        self.url = article.url
        self._html = article.body_html
        self.published = article.published
        self.dated = article.dated
        host = (urlsplit(article.url).hostname or "").removeprefix("www.")
        self._sites = (article.source, article.agency, host.split(".")[0], host)
        self._text = f"{article.summary} {article.body_text}"[:TEXT_LENGTH]
        if article.body_text.startswith(article.summary.rstrip("…")):
            self._text = article.body_text[:TEXT_LENGTH]

    @cached_property
    def address(self) -> str:
        """The key of the article's address."""
        return address_key(self.url)

    @cached_property
    def links(self) -> frozenset[str]:
        """The address keys of the pages that its text links to."""
        return frozenset(map(address_key, re.findall(r'href="([^"]+)"', self._html))) - {""}

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that the article may have; none if nothing shows its language."""
        return languages_of(f"{self.title} {self._text[:LANGUAGE_LENGTH]}")

    @cached_property
    def language(self) -> str:
        """The likeliest language of the article; "" if it is unknown.

        If it may as well be another one, it is not Portuguese, in which "no" does not negate.
        """
        return max(self.languages, key=lambda code: (code != "pt", code), default="")

    @cached_property
    def headline(self) -> Headline:
        """The headline without the site's name."""
        return headline(without_site(self.title, self._sites), self.language)

    @cached_property
    def opening(self) -> tuple[str, ...]:
        """The first words of the text as they are written, in their order."""
        return tuple(re.findall(r"[^\W_]+", self._text[:OPENING_LENGTH]))

    @cached_property
    def title_words(self) -> tuple[str, ...]:
        """The words of the title as they are written, in their order."""
        return tuple(re.findall(r"[^\W_]+", self.title))

    @cached_property
    def text(self) -> frozenset[str]:
        """The words of summary and body."""
        return words_of(self._text)

    @cached_property
    def everything(self) -> frozenset[str]:
        """The words of headline, summary and body."""
        return self.text | words_of(self.title)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The first letters of the longer words of headline, summary and body."""
        return frozenset(word[:STEM] for word in self.everything if len(word) >= STEM)

    @cached_property
    def _by_start(self) -> dict[str, list[str]]:
        """The words of headline, summary and body by their first letters."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for word in self.everything:
            found[word[:2]].append(word)
        return found

    @cached_property
    def whole(self) -> Headline:
        """Headline and text together, for their meanings in groups of contrasts."""
        return headline(f"{self.title} {self._text}", self.language)

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters of headline and text, by which unspaced scripts are compared."""
        return frozenset(folded(self.title + self._text))

    @cached_property
    def _folded(self) -> str:
        """Headline and text in one line, folded."""
        return folded(f"{self.title} {self._text}")

    @cached_property
    def _searchable(self) -> str:
        """Headline and text in one line, in which every word of them stands as it is compared."""
        return self._folded.replace(".", "").replace("’", "'")

    @cached_property
    def may_have_number(self) -> bool:
        """Whether headline or text can have a number; quick, and true too often."""
        return may_have_number(self._folded)

    @cached_property
    def has_text(self) -> bool:
        """Whether it has more than a headline."""
        return bool(self._text.strip())

    def may_mention(self, word: str) -> bool:
        """Whether headline or text can have the word in some form; quick, and true too often."""
        return fragment(word) in self._searchable

    def mentions(self, word: str) -> bool:
        """Whether headline or text has the word in some form."""
        if is_unspaced(word):
            return word in self.letters
        if word in self.everything:
            return True
        return any(
            same_word(word, other)
            for start in starts_of_forms(word)
            for other in self._by_start.get(start, ())
        )

    def headline_has(self, word: str) -> bool:
        """Whether the headline has the word in some form, or tells of the event that it means."""
        headline = self.headline
        return any(same_word(word, other) for other in headline.words) or not (
            headline.told.isdisjoint(events_of(word))
        )

    @cached_property
    def told(self) -> frozenset[str]:
        """The events that headline and text may tell of."""
        return self.whole.told

    def tells(self, word: str) -> bool:
        """Whether headline or text tells of an event that the word may mean."""
        return bool(self.told) and not self.told.isdisjoint(events_of(word))

    @cached_property
    def names(self) -> frozenset[str]:
        """The words of the headline that headline or text writes as names."""
        words = set(self.headline.words)
        return self.headline.names | (names_in(self._text) & words)

    @cached_property
    def people(self) -> frozenset[str]:
        """All names in headline and text."""
        return self.headline.names | names_in(self._text)

    @cached_property
    def long_text(self) -> str:
        """The text in lower case with single spaces, for comparing letter by letter."""
        return " ".join(self._text.split()).casefold()
