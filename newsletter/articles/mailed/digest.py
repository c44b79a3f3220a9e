"""Finds the stories in the blocks of a mail: headline, link, text and picture. Pure.

A headline is a block that is a link, or stands out and has a link such as "Read more" below it. What
follows up to the next headline is its text. Advertisements and the mail's own furniture are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from newsletter.articles.mailed.blocks import Block, Picture
from newsletter.articles.mailed.links import is_front_page
from newsletter.articles.mailed.opening import may_be_a_story
from newsletter.articles.mailed.words import (
    announces_an_advertisement,
    ends_the_stories,
    is_about_the_mail,
    is_advertised,
    leads_on,
    without_reading_time,
)

LONGEST_HEADLINE = 220
LEAST_LETTERS = 12
LEAST_WORDS = 3
LEAST_SIGNS = 6
"""Of a headline in Chinese, Japanese or Korean."""
MOST_TEXT = 2_000
"""Characters of a story's text that are kept."""
MOST_STORIES = 60
_MAIN = 0.6
"""The share of a linked headline's letters that lead to its story."""
_NUMBERED = re.compile(r"[\W\d_]*")
"""What lists put before a headline: its number, a sign, its points."""
_PARTS = re.compile(r"\s*(?::|[–—|•·(\[]|//|- )")
"""What parts a headline from what follows it on its line."""
SHORTEST_TEXT = 40
"""Characters up to which what follows a headline on its line belongs to the headline."""
_MOSTLY = 0.8
"""The share of a block's letters that makes it a link."""
FOOT = 0.4
"""The share of a mail's blocks above which it has no foot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailStory:
    """One story of a mail; `link` is as the mail has it. `paragraphs` are its text."""

    title: str
    link: str
    paragraphs: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """The stories of a mail in their order, and how many advertisements were left out."""

    stories: tuple[MailStory, ...] = ()
    advertisements: int = 0


@dataclass(kw_only=True, slots=True)
class GrowingStory:
    """A story while the mail is read."""

    title: str
    link: str
    is_advertised: bool = False
    paragraphs: list[str] = field(default_factory=list)
    above: list[Picture] = field(default_factory=list)
    below: list[Picture] = field(default_factory=list)

    @property
    def finished(self) -> MailStory:
        """The story with its own pictures: those that lead where it leads first, none that lead elsewhere."""
        pictures = [*self.above, *self.below]
        own = [one for one in pictures if one.link == self.link]
        own += [one for one in pictures if not one.link]
        return MailStory(
            title=self.title,
            link=self.link,
            paragraphs=tuple(self.paragraphs),
            pictures=tuple(own),
        )


def digest_of(blocks: Sequence[Block], never: Collection[str] = ()) -> Digest:
    """The stories in the blocks. `never` are links by which one leaves, which are never a story's."""
    reader = _Reader(never)
    for block in above_the_foot(blocks):
        if not ends_the_stories(block.text):
            reader.read(block)
    return reader.digest()


class _Reader:
    """Reads the blocks one by one into stories."""

    def __init__(self, never: Collection[str]) -> None:
        self._never = never
        self._stories: list[GrowingStory] = []
        self._of_link: dict[str, GrowingStory] = {}
        self._story: GrowingStory | None = None
        self._is_announced = False
        self._has_paid_text = False
        self._pictures: list[Picture] = []
        """Pictures since the last text, which may belong to what follows."""

    def read(self, block: Block) -> None:
        """Take the next block."""
        title = _headline(block, self._never)
        if announces_an_advertisement(block.text) and not (title and is_advertised(title)):
            self._announce(block)
        elif not block.text:
            self._pictures += block.pictures
            self._take_link(block)
        elif _is_furniture(block):
            self._pictures = []
        elif title is not None:
            self._begin(title, block)
        elif self._story is not None:
            self._end_pictures(self._story)
            _add_text(self._story, block)
            self._take_link(block)
            self._pictures = [*block.pictures]
        else:
            self._pictures = [*block.pictures]
            if block.is_strong and self._has_paid_text:
                self._is_announced = False  # the next part of the mail, after an advertisement
            self._has_paid_text = self._is_announced and not block.is_strong

    def digest(self) -> Digest:
        """The stories that have a link to a page and were not paid for."""
        if self._story is not None:
            self._end_pictures(self._story)
        linked = [one for one in self._stories if one.link and not is_front_page(one.link)]
        kept = [story for story in linked if not story.is_advertised]
        return Digest(
            stories=tuple(story.finished for story in kept[:MOST_STORIES]),
            advertisements=len(linked) - len(kept),
        )

    def _announce(self, block: Block) -> None:
        # Right below a headline, it is about that one; else, or as a heading, about the next.
        above = self._story
        is_below = above is not None and not above.paragraphs and not self._pictures
        if above is not None and is_below and not (block.is_strong and above.link):
            above.is_advertised = True
        else:
            self._is_announced, self._story, self._has_paid_text = True, None, False
        self._pictures = []

    def _begin(self, title: str, block: Block) -> None:
        """A headline: the next story, or a further link to one that has begun."""
        link = _story_link(block, self._never)
        before = self._story
        known = self._of_link.get(link) if link else None
        # Where pictures stand above their headlines, one between two stories is the second's.
        above = not self._stories or bool(self._stories[0].above)
        if before is not None and not above:
            self._end_pictures(before)
        if known is not None:
            self._story = known
        else:
            passed_on = before is not None and before.is_advertised and not before.link
            self._story = GrowingStory(
                title=without_reading_time(title),
                link=link,
                is_advertised=self._is_announced or passed_on or is_advertised(title),
                above=self._pictures,
            )
            self._stories.append(self._story)
            self._is_announced = False
            if link:
                self._of_link[link] = self._story
        _add_rest(self._story, title, block)
        self._story.below += block.pictures
        self._pictures = []

    def _end_pictures(self, story: GrowingStory) -> None:
        story.below += self._pictures
        self._pictures = []

    def _take_link(self, block: Block) -> None:
        """Take the link that leads on from a headline without one: "Read more", or its picture's."""
        story = self._story
        if story is None or story.link:
            return
        onward = [link for link, text in block.links.items() if leads_on(text)]
        onward += [picture.link for picture in block.pictures if picture.link]
        onward += [picture.link for picture in story.above if picture.link] if onward else []
        for link in onward:
            if may_be_a_story(link, self._never) and link not in self._of_link:
                story.link = link
                self._of_link[link] = story
                return


def above_the_foot(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks above the mail's foot; some mails have a link to leave at their top too."""
    for at, block in enumerate(blocks):
        if at >= len(blocks) * FOOT and ends_the_stories(block.text):
            return blocks[:at]
    return blocks


def _is_furniture(block: Block) -> bool:
    """Whether the block is about the newsletter, by its text or by that of all its links."""
    if is_about_the_mail(block.text):
        return True
    links = list(block.links.values())
    return (
        bool(links)
        and len(block.text) <= LONGEST_HEADLINE
        and all(is_about_the_mail(text) and not leads_on(text) for text in links)
    )


def _headline(block: Block, never: Collection[str]) -> str | None:
    """The headline that the block is; None if it is text, a label or "Read more"."""
    text = block.text
    if not is_title(text) or leads_on(text):
        return None
    link = _story_link(block, never)
    leading = _leading_headline(block, link) if link else ""
    if link and not leading and block.linked >= _MOSTLY:
        # Two links of about the same length are names or places to go: "Ann Example in The Paper".
        return text if len(block.links[link]) >= _MAIN * len(text) else None
    if leading:
        return leading
    # A headline that is not linked stands out; what stands out without a story below it is a label.
    return text if block.is_strong and not block.links else None


def _leading_headline(block: Block, link: str) -> str:
    """The linked headline with which a block begins, parted from what follows; "" if it is a sentence."""
    title = block.links[link]
    start = _NUMBERED.match(block.text)
    at = start.end() if start and not block.text.startswith(title) else 0
    if not block.text.startswith(title, at) or not is_title(title) or is_about_the_mail(title):
        return ""
    rest = block.text[at + len(title) :]
    others = [text for one, text in block.links.items() if one != link]
    if block.first_line.endswith(title) or _PARTS.match(rest):
        return title
    is_rest_furniture = all(map(is_about_the_mail, others)) and len(rest) <= SHORTEST_TEXT
    return title if is_rest_furniture and not rest.rstrip().endswith((".", "!", "?")) else ""


def is_title(text: str) -> bool:
    """Whether the text can be a headline: neither a label nor a paragraph."""
    if len(text) > LONGEST_HEADLINE:
        return False
    letters = sum(character.isalpha() for character in text)
    if any("\u2e80" < character < "\ufe00" for character in text):  # scripts without spaces
        return letters >= LEAST_SIGNS
    return letters >= LEAST_LETTERS and len(text.split()) >= LEAST_WORDS


def _story_link(block: Block, never: Collection[str]) -> str:
    """The link of most of the block's text; "" if it has none to a story."""
    found = [(len(text), link) for link, text in block.links.items() if may_be_a_story(link, never)]
    return max(found, default=(0, ""), key=lambda pair: pair[0])[1]


def _add_text(story: GrowingStory, block: Block) -> None:
    """Add a block below the headline to the story's text, without the link that leads on."""
    text = block.text
    for link_text in block.links.values():
        if leads_on(link_text) and text.endswith(link_text):
            text = text.removesuffix(link_text).rstrip(" →›»>")
    room = MOST_TEXT - sum(map(len, story.paragraphs))
    if text and room > 0 and not leads_on(block.text) and block.linked < _MOSTLY:
        story.paragraphs.append(text[:room])


def _add_rest(story: GrowingStory, title: str, block: Block) -> None:
    """Add what stands behind the headline in the same block, if it is text."""
    rest = block.text.partition(title)[2]
    for text in block.links.values():
        if text != title and (is_about_the_mail(text) or leads_on(text)):
            rest = rest.replace(text, "")
    rest = (
        rest.strip(" :–—|•·/-→›»>()[]") if len(rest) <= SHORTEST_TEXT else rest.strip(" :–—|•·/-")
    )
    if len(rest) > SHORTEST_TEXT or (rest.endswith(".") and " " in rest):
        story.paragraphs.append(rest[:MOST_TEXT])
