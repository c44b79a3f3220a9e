"""Tags: one slug and one label for the many spellings of a subject."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.articles.article import Tag
from newsletter.articles.sanitize import one_line

MAX_LABEL = 60
MAX_TAGS = 30


def slug_of(label: str) -> str:
    """The identity of a tag: letters and digits of any script in lower case, joined by hyphens.

    "Data Breach" is data-breach; C, C++ and C# are three tags. The slug is "" if nothing is left.
    """
    text = _folded(re.sub(r"['’ʼ`]", "", label))
    text = re.sub(r"\b(?:[^\W\d_]\.){2,}", lambda match: match[0].replace(".", ""), text)
    text = re.sub(r"(?<!\w)\.(?=\w)", " dot ", text)
    text = re.sub(r"(?<=[\w+])\+", " plus ", text)
    text = re.sub(r"(?<=\w)#", " sharp ", text)
    text = text.replace("&", " and ")
    # \w excludes the vowel signs of Indic scripts, Thai, Arabic and Hebrew; here they are letters.
    slug = "-".join(
        "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in text).split()
    )
    return slug if any(sign.isalnum() for sign in slug) else ""


def _folded(text: str) -> str:
    """NFKC and case folding without format characters (Unicode 3.13, toNFKC_Casefold)."""
    for _ in range(4):
        visible = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
        again = unicodedata.normalize("NFKC", visible.casefold())
        if again == text:
            break
        text = again
    return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The known tags of a site: labels by slug, and aliases as slug to slug."""

    labels: Mapping[str, str]
    aliases: Mapping[str, str]

    def tag(self, label: str) -> Tag | None:
        """The tag that `label` means; None if it has no letter or digit."""
        label = one_line(label, MAX_LABEL).strip(" ,;:#")
        slug = slug_of(label)
        slug = self.aliases.get(slug, slug)
        return Tag(slug=slug, label=self.labels.get(slug, label)) if slug else None

    def tags(self, labels: Iterable[str]) -> tuple[Tag, ...]:
        """The tags of all `labels`, each once, in the order of their first mention."""
        found: dict[str, Tag] = {}
        for label in labels:
            tag = self.tag(label)
            if tag:
                found.setdefault(tag.slug, tag)
        return tuple(found.values())[:MAX_TAGS]


def make_vocabulary(known: Iterable[str], aliases: Mapping[str, str]) -> Vocabulary:
    """A vocabulary of the labels (or slugs) in `known`; `aliases` maps a feed's spelling to a tag."""
    labels: dict[str, str] = {}
    for label in known:
        slug = slug_of(label)
        if slug and (slug not in labels or label != slug):
            labels[slug] = _for_readers(label, slug)
    direct: dict[str, str] = {}
    for spelling, meant in aliases.items():
        alias, slug = slug_of(spelling), slug_of(meant)
        if alias and slug and alias != slug:
            direct[alias] = slug
            labels.setdefault(slug, _for_readers(meant, slug))
    return Vocabulary(
        labels=labels, aliases={alias: _end_of_chain(alias, direct) for alias in direct}
    )


def _for_readers(label: str, slug: str) -> str:
    """The label; one that is only a slug, as in the tags of sections, is shown with spaces."""
    return label.replace("-", " ") if label == slug else label


def _end_of_chain(alias: str, direct: Mapping[str, str]) -> str:
    """The last slug of a chain of aliases; of a circle, its first slug in alphabetical order."""
    walked = [alias]
    while walked[-1] in direct:
        slug = direct[walked[-1]]
        if slug in walked:
            return min(walked[walked.index(slug) :])
        walked.append(slug)
    return walked[-1]
