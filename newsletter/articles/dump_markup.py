"""Takes the marks out of a dump that programs such as html2text make: Markdown, stars, underscores.

Some programs write a page as Markdown, others put stars around headings and underscores into links.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\([^()]{0,600}\)")
_LINK = re.compile(r"\[([^\[\]]{0,500})\]\((?:[^()]|\([^()]{0,200}\)){0,600}\)")
_HASH_HEADING = re.compile(r"^#{1,6}(?:[ \t]+(?P<text>\S.*?)(?:[ \t]+#+)?)?[ \t]*$", re.MULTILINE)
_UNDERLINE = re.compile(r"^(?:={3,}|-{3,})[ \t]*$")
_STARS = re.compile(r"^\*{2,6} (?P<text>[^*\n]+(?:\n[^*\n]+){0,3}?) \*{2,6}[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*(?:[*+-] )+", re.MULTILINE)
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3})(?=\S)([^*_\n]{1,300}?)(?<=\S)\1(?![\w*])")
_WRAP = re.compile(r"(?<=[^\s#=*-])(?<!  )\n(?=[^\s#=*+|>-]|\*\*?\S|-\w)(?!\d{1,3}\. )")
_WRAP_IN_ADDRESS = re.compile(r"(?<=[/-])\n(?=[^\s()]{1,300}\))")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])")
_JOINED = re.compile(r"(?<=[^\W_])_(?=[^\W_])")
_PICTURE_NAME = re.compile(r"\[[^\[\]\n]{1,60}\](?![\[(:]|\s?[a-z.,;?!])")
"""The name of a picture in brackets; what a sentence goes on after is an editor's addition."""
_PICTURE_ADDRESS = re.compile(r"\[\s*(?:data:|https?:|//?\w)[^\[\]]*\](?![\[(:])")
_HEAD_LINK = re.compile(r"^[ \t]*Link: .*$", re.MULTILINE)
_EMBEDDED = re.compile(
    r"^[ \t]*(?:IFRAME: \S*|\[(?:EMBED|USEMAP|APPLET)\b[^\]\n]{0,200}\])[ \t]*$", re.MULTILINE
)
"""What lynx writes for a frame, a plug-in and an image map."""
_BUTTON_LINE = re.compile(r"^[^\w\n(\[]*[(\[]BUTTON\b[^\n]{0,160}$", re.MULTILINE)
_BROWSER_MARK = re.compile(
    r"\(BUTTON\)|\[BUTTON[^\]\n]*\](?: \(not implemented\))?_*|_{8,}|[\ue000-\uf8ff]"
    r"|^[ \t]*\[[^\[\]\s]{1,300}\.(?:png|jpe?g|gif|svg|webp|avif)\b[^\[\]\s]{0,200}\][ \t]*$",
    re.MULTILINE,
)
"""What text browsers write for buttons, fields and pictures, and signs of fonts of icons."""
_FEWEST_LINKS = 3
"""Links from which a text counts as Markdown."""
_FEWEST_JOINED = 5
"""Words joined by underscores from which these count as links."""
_MARKED_HEAD = 2000
"""Characters at the top of a page in which text browsers name its links."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainDump:
    """The text of a dump without marks, and the first lines of what was marked as headings."""

    text: str
    headings: frozenset[str]


def plain_dump(text: str) -> PlainDump:
    """The dump without the marks of the program that made it; any other text stays as it is."""
    text = _HEAD_LINK.sub("", text[:_MARKED_HEAD]) + text[_MARKED_HEAD:]
    text = _BROWSER_MARK.sub("", _BUTTON_LINE.sub("", _EMBEDDED.sub("", text)))
    stars = [match["text"] for match in _STARS.finditer(text)]
    markdown = text.count("](") >= _FEWEST_LINKS or _HASH_HEADING.search(text) is not None
    if markdown:
        text = _ESCAPE.sub(r"\1", _without_links(_joined(text)))
        text = _BULLET.sub("", _EMPHASIS.sub(r"\2", text))
    if stars:
        text = _STARS.sub(lambda match: f"{' '.join(match['text'].split())}\n", text)
        text = _PICTURE_NAME.sub("", _PICTURE_ADDRESS.sub("", text))
    if stars or len(_JOINED.findall(text)) >= _FEWEST_JOINED:
        text = _JOINED.sub(" ", text)
        stars = [_JOINED.sub(" ", heading) for heading in stars]
    lines, headings = _headings(text.split("\n"))
    first_lines = [heading.split("\n")[0] for heading in (*stars, *headings)]
    return PlainDump(
        text="\n".join(lines),
        headings=frozenset(" ".join(line.split()) for line in first_lines if line.strip()),
    )


def _joined(text: str) -> str:
    """Markdown with each paragraph on one line: a line that ends with two spaces ends there."""
    return _WRAP.sub(" ", _WRAP_IN_ADDRESS.sub("", text))


def _without_links(text: str) -> str:
    """The text with the words of its links only; a link may surround a picture."""
    return _LINK.sub(r"\1", _IMAGE.sub(" ", text))


def _headings(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines without the marks of headings, and the headings."""
    kept: list[str] = []
    headings: list[str] = []
    below_mark = False
    for line in lines:
        hashed = _HASH_HEADING.match(line)
        if hashed:
            below_mark = hashed["text"] is None
            kept += [hashed["text"], ""] if hashed["text"] else [""]
            headings += [hashed["text"]] if hashed["text"] else []
            continue
        if _UNDERLINE.match(line) and kept and kept[-1].strip() and line[0] == "=":
            headings.append(kept[-1])
            kept.append("")
            continue
        if below_mark and line.strip():
            headings.append(line)
            below_mark = False
        kept.append(line)
    return kept, headings
