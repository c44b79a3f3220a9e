"""Chooses the picture of an entry: the largest real one that it shows, or none.

A feed offers pictures in many places. `pictures_in` finds those in the text, the readers of feeds
those beside it, and `choose` decides. What is not a picture of the story (emoji, portraits of the
author, share buttons, tracking pixels, placeholders of lazy loading) is recognised by its address,
its sizes, its style and its class.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.articles.article import Image
from newsletter.articles.provenance import FieldSource, Refusal, Unfit
from newsletter.articles.sanitize import one_line
from newsletter.articles.urls import absolute_url

SMALLEST = 40
"""In pixels; an image with a smaller side is a tracking pixel, a spacer or an emoticon."""
SMALLEST_WIDTH = 100
"""In pixels; a narrower picture is an icon, or useless at the width of a column."""
WIDEST_NEEDED = 1200
"""In pixels: twice the width of a mail's column."""
LONGEST_SHAPE = 5
"""A picture whose sides differ more is a banner or a line."""
MOST_SHOWN = 8
"""Refused pictures that are remembered for an explanation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A picture that an entry offers at `place`, such as "media:content #2"; `url` is absolute.

    `guess` is its likely width where the entry does not state one. `hint` is its class and style.
    """

    url: str
    place: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    type: str = ""
    guess: int = 600
    hint: str = ""

    @property
    def size(self) -> str:
        """Its stated size, or as much of it as is stated."""
        return f"{self.width or '?'}×{self.height or '?'}" if self.width or self.height else ""


def choose(candidates: Sequence[Candidate]) -> tuple[Image | None, FieldSource | None, list[Image]]:
    """The picture, where it came from, and the pictures to use instead if it does not answer."""
    fit: list[Candidate] = []
    refused: list[Refusal] = []
    for candidate in candidates:
        fault = unfit(candidate)
        if fault is None:
            fit.append(candidate)
        else:
            detail = candidate.size or candidate.url[:100]
            refused.append(Refusal(place=candidate.place, why=fault, detail=detail))
    if not fit:
        nothing = FieldSource(field="picture", place="none", refused=tuple(refused[:MOST_SHOWN]))
        return None, nothing if refused else None, []
    best, *others = sorted(fit, key=_rank)
    others = [other for other in others if other.url != best.url]
    refused += [
        Refusal(place=other.place, why=Unfit.SMALLER, detail=other.size) for other in others
    ]
    source = FieldSource(
        field="picture",
        place=best.place,
        detail=best.size,
        refused=tuple(refused[:MOST_SHOWN]),
    )
    return _image(best), source, [_image(other) for other in others]


def _rank(candidate: Candidate) -> tuple[bool, int]:
    """Formats that every mail program shows come first, then the larger picture."""
    width = candidate.width or _width_in(candidate.url) or candidate.guess
    return bool(_PERHAPS_SHOWN.search(_kind(candidate))), -min(width, WIDEST_NEEDED)


def _image(candidate: Candidate) -> Image:
    return Image(
        url=candidate.url,
        alt=one_line(candidate.alt, 500),
        width=candidate.width,
        height=candidate.height,
    )


_NOT_SHOWN = re.compile(r"svg|avif|heic|heif|tiff?\b|bmp|x-icon|\bico\b|psd|pdf|video|audio|html")
_PERHAPS_SHOWN = re.compile(r"webp|jxl")
_PIXEL = re.compile(
    r"pixel\.wp\.com|stats\.wordpress\.com|feeds\.feedburner\.com/~|feedburner\.com/~[rf]|doubleclick"
    r"|scorecardresearch|google-analytics|medium\.com/_/stat|/tracker/|/tracking/|[/.]pixel[./?]|/beacon"
    r"|counter\.|/count(?:er)?\.gif|utm\.gif|feedads|buysellads|pheedo|feedsportal|/b\.gif|/1x1|1x1\.|/open\.php"
    r"|/ads?[/.]|adserver|amazon-adsystem|/stat\?|/hit\?"
)
_PLACEHOLDER = re.compile(
    r"^data:|lazy[-_]?load|/lazy|placeholder|spacer|/blank\.|/clear\.gif|transparent\.|/trans\.gif"
    r"|/loading|/loader|spinner|gr[ae]y\.gif|no[-_]?image|image[-_]not|/empty\.|/dot\.gif"
)
_EMOJI = re.compile(
    r"/emojis?/|twemoji|smil(?:ey|ie)s?\b|/emoticons?/|notoemoji|wp-smiley|\bemoji\b"
)
_AVATAR = re.compile(
    r"gravatar\.com|/avatars?[/_.-]|avatars?\d*\.githubusercontent|[/_-]avatars?\b|/profile_images/|profile[-_]pic"
    r"|/userpics?/|buddyicon|headshot|\bavatar\b|author[-_](?:photo|image|pic|avatar|bio)|googleusercontent\.com/a[-/]"
)
_ICON = re.compile(
    r"/icons?[/_.-]|[-_]icons?[_.-]|favicon|apple-touch-icon|/share[-_/.]|share[-_]?(?:button|icon|this)|sharethis"
    r"|addtoany|addthis|social[-_](?:icons?|media|share)|/social/|/(?:facebook|twitter|linkedin|whatsapp|pinterest|reddit"
    r"|digg|delicious|stumbleupon|telegram|email|print|rss)(?:[-_]?(?:icon|logo|share|button|\d+x?\d*))?\.(?:png|gif|svg|jpe?g|webp)"
    r"|feeds\.wordpress\.com/1\.0/|/badges?/|shields\.io|/buttons?/|/logo\.(?:png|gif|svg|jpe?g)|gstatic\.com/faviconV"
    r"|/bullet|/arrow|/divider|/separator"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])")


def unfit(candidate: Candidate) -> Unfit | None:
    """Why the candidate is not a picture of the story; None if it may be one."""
    if not candidate.url:
        return Unfit.ADDRESS
    sides = [side for side in (candidate.width, candidate.height) if side is not None]
    address, hint = candidate.url.lower(), candidate.hint.lower()
    if _PIXEL.search(address) or _HIDDEN.search(hint) or any(side <= 3 for side in sides):
        return Unfit.PIXEL
    for pattern, fault in (
        (_PLACEHOLDER, Unfit.PLACEHOLDER),
        (_EMOJI, Unfit.EMOJI),
        (_AVATAR, Unfit.AVATAR),
        (_ICON, Unfit.ICON),
    ):
        if pattern.search(address) or (fault is not Unfit.PLACEHOLDER and pattern.search(hint)):
            return fault
    if _NOT_SHOWN.search(_kind(candidate)):
        return Unfit.FORMAT
    width = candidate.width or _width_in(candidate.url)
    if any(side < SMALLEST for side in sides) or (width is not None and width < SMALLEST_WIDTH):
        return Unfit.SMALL
    if len(sides) == 2 and max(sides) > LONGEST_SHAPE * min(sides):
        return Unfit.BANNER
    return None


def _kind(candidate: Candidate) -> str:
    """Its media type, else the ending of its address."""
    path = re.split(r"[?#]", candidate.url.lower(), maxsplit=1)[0]
    ending = re.search(r"\.(\w{2,5})\Z", path.rpartition("/")[2])
    return candidate.type.lower() or (ending[1] if ending else "")


def _width_in(url: str) -> int | None:
    """The width that an address states: "-1024x768.jpg", "?w=640", "=s96", "/max/1024/"."""
    found = re.search(
        r"[-_/](\d{2,4})x\d{2,4}(?=[-_./?]|\Z)|[?&](?:w|width|s|size)=(\d{1,4})(?=&|\Z)"
        r"|[=/](?:w|s)(\d{2,4})(?=[-/]|\Z)|/max/(\d{2,4})/",
        html.unescape(url),
    )
    return int(next(group for group in found.groups() if group)) if found else None


_TAG = re.compile(r"<(img|amp-img|source|video|figure)\b([^<>]{1,8000})>", re.IGNORECASE)
_CAPTION = re.compile(
    r"<figcaption\b[^<>]{0,1000}>(.{1,2000}?)</figcaption|</?figure\b", re.IGNORECASE | re.DOTALL
)
_ATTRIBUTE = re.compile(r"""([\w:-]{1,40})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_LAZY = (
    *(
        "data-src",
        "data-lazy-src",
        "data-original",
        "data-lazy",
        "data-orig-file",
        "data-large-file",
    ),
    *(
        "data-image",
        "data-img-src",
        "data-hi-res-src",
        "data-full-url",
        "nitro-lazy-src",
        "data-url",
    ),
)
_LAZY_SETS = ("srcset", "data-srcset", "data-lazy-srcset", "nitro-lazy-srcset")


def pictures_in(source: str, base: str, *, place: str = "img") -> Iterator[Candidate]:
    """The pictures that the HTML shows, in its order; relative addresses start at `base`.

    The caption of a figure is the alternative text of a picture in it that has none.
    """
    marks = [(mark.start(), mark[1] or "") for mark in _CAPTION.finditer(source)]
    for number, tag in enumerate(_TAG.finditer(source), 1):
        attributes = {
            name.lower(): html.unescape(double or single or bare).strip()
            for name, double, single, bare in _ATTRIBUTE.findall(tag[2])
        }
        name = tag[1].lower()
        if name == "video":
            attributes = {"src": attributes.get("poster", "")}
        elif name == "figure":
            attributes.pop("src", None)
        elif name == "source" and not attributes.get("type", "image").startswith("image"):
            continue
        if not attributes.get("alt"):
            attributes["alt"] = _caption_after(tag.end(), marks)
        yield from _offered(attributes, base, f"{place} #{number}")


def _caption_after(place: int, marks: Sequence[tuple[int, str]]) -> str:
    """The caption that follows before a figure ends or another begins; `marks` are sorted."""
    index = bisect_left(marks, (place, ""))
    words = re.sub(r"<[^<>]*>", " ", marks[index][1]) if index < len(marks) else ""
    return " ".join(html.unescape(words).split())


def _offered(attributes: Mapping[str, str], base: str, place: str) -> Iterator[Candidate]:
    """The best address of one element, which may hide it from browsers until it is seen."""
    style = attributes.get("style", "")
    hint = f"{attributes.get('class', '')} {style}"
    plain = Candidate(
        url=absolute_url(base, attributes["src"]) if attributes.get("src") else "",
        place=place,
        alt=attributes.get("alt", ""),
        width=_in_style(style, "width") or pixels(attributes.get("width")),
        height=_in_style(style, "height") or pixels(attributes.get("height")),
        type=attributes.get("type", ""),
        hint=hint,
    )
    if attributes.get("src", "").startswith("data:"):
        plain = replace(plain, url=attributes["src"][:100])
    lazy = next((attributes[name] for name in _LAZY if "/" in attributes.get(name, "")), "")
    largest = _largest(value for name in _LAZY_SETS if (value := attributes.get(name)))
    if largest:
        width = largest[1]
        yield replace(
            plain,
            url=absolute_url(base, largest[0]),
            width=width or plain.width,
            height=None if width else plain.height,
        )
    elif lazy:
        yield replace(plain, url=absolute_url(base, lazy))
    elif attributes.get("src"):
        yield plain


def _largest(sets: Iterable[str]) -> tuple[str, int | None] | None:
    """Of the `srcset`s, the smallest picture that is wide enough, else the widest."""
    offers: list[tuple[str, int | None]] = []
    for value in sets:
        words = re.sub(r"(?<=\s)([\d.]{1,8}[wx]),", r"\1 , ", value).split()
        for word, after in zip(words, [*words[1:], ""], strict=True):
            url = word.strip(",")
            if not url or re.fullmatch(r"[\d.]{1,8}[wx]", url) or _PLACEHOLDER.search(url.lower()):
                continue
            described = re.fullmatch(r"(\d{1,5})(?:\.\d{1,3})?w", after)
            offers.append((url, int(described[1]) if described else None))
    enough = [offer for offer in offers if offer[1] and offer[1] >= WIDEST_NEEDED]
    if enough:
        return min(enough, key=lambda offer: offer[1] or 0)
    # Without widths, the last is the one for the finest screens.
    return max(reversed(offers), key=lambda offer: offer[1] or 0, default=None)


def _in_style(style: str, side: str) -> int | None:
    found = re.search(
        rf"(?:\A|[;\s]){side}\s*:\s*(\d{{1,5}})(?:\.\d+)?(px|em)", style, re.IGNORECASE
    )
    if not found:
        return None
    return int(found[1]) * (16 if found[2].lower() == "em" else 1)


def pixels(value: object) -> int | None:
    """The number of pixels that an attribute states; None for percentages and other text."""
    match = re.fullmatch(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*", str(value))
    return int(match[1]) if match else None
