"""The HTML of a mail as a mail client shows it: without the features that the client lacks. Pure.

The result imitates a client. Its fonts, its spacing and the faults of its engine remain its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import tinycss2
from lxml import etree

from newsletter.rendering.lint.css import Declaration
from newsletter.rendering.lint.features import (
    features_of_at_rule,
    features_of_attributes,
    features_of_declaration,
    features_of_selector,
    features_of_tag,
    format_of,
)
from newsletter.rendering.mail_clients import MailClient

_FOR_WORD = re.compile(
    r"<!--\[if [^!\]]*mso[^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL | re.IGNORECASE
)
_NOT_FOR_WORD = re.compile(
    r"<!--\[if !mso[^\]]*\]><!-->(.*?)<!--<!\[endif\]-->", re.DOTALL | re.IGNORECASE
)
_SETTINGS = re.compile(r"<xml>.*?</xml>", re.DOTALL | re.IGNORECASE)
_STRUCTURE = frozenset({"html", "head", "body", "title", "style", "meta", "table", "img", "a"})
_INLINE = frozenset(
    {"bdi", "span", "strong", "small", "code", "del", "abbr", "wbr", "time", "mark"}
)
_WITH_BLOCKS = frozenset({"media", "supports"})


def shown_in(html: str, client: MailClient) -> str:
    """The document as this client would keep it."""
    if client.word_engine:
        html = _SETTINGS.sub("", _FOR_WORD.sub(r"\1", _NOT_FOR_WORD.sub("", html)))
    missing = client.missing()
    root: Any = etree.fromstring(html, etree.HTMLParser())
    for element in [one for one in root.iter() if isinstance(one.tag, str)]:
        if element.tag == "style" and "html-style" not in missing:
            element.text = _kept_sheet(element.text or "", missing)
        elif missing.isdisjoint(features_of_tag(element)):
            _drop_attributes(element, missing)
        else:
            _drop_tag(element)
    text: str = etree.tostring(root, method="html", encoding="unicode")
    return f"<!DOCTYPE html>\n{text}"


def _drop_tag(element: Any) -> None:
    """Remove a style sheet or link; keep the content of anything else."""
    if element.tag in ("style", "link"):
        _remove(element)
    elif element.tag not in _STRUCTURE:
        element.tag = "span" if element.tag in _INLINE else "div"


def _remove(element: Any) -> None:
    """Remove an element but not the text after it, which lxml keeps in `tail`."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _drop_attributes(element: Any, missing: frozenset[str]) -> None:
    for name in list(element.attrib):
        if not missing.isdisjoint(features_of_attributes([name])):
            del element.attrib[name]
    if element.tag == "img" and not missing.isdisjoint(format_of(element.get("src") or "")):
        del element.attrib["src"]
    if style := element.get("style"):
        nodes = tinycss2.parse_blocks_contents(style, skip_whitespace=True)
        element.set("style", ";".join(_kept_declarations(nodes, missing)))


def _kept_sheet(css: str, missing: frozenset[str]) -> str:
    return "\n".join(_kept_rules(tinycss2.parse_stylesheet(css, True, True), missing))


def _kept_rules(nodes: Iterable[Any], missing: frozenset[str]) -> Iterator[str]:
    for node in nodes:
        if node.type == "qualified-rule":
            selector = tinycss2.serialize(node.prelude).strip()
            contents = tinycss2.parse_blocks_contents(node.content, skip_whitespace=True)
            if missing.isdisjoint(features_of_selector(selector)):
                yield f"{selector}{{{';'.join(_kept_declarations(contents, missing))}}}"
        elif node.type == "at-rule":
            condition = tinycss2.serialize(node.prelude).strip()
            if not missing.isdisjoint(
                features_of_at_rule(node.lower_at_keyword, condition.lower())
            ):
                continue
            if node.lower_at_keyword in _WITH_BLOCKS and node.content is not None:
                inner = "\n".join(
                    _kept_rules(tinycss2.parse_blocks_contents(node.content, True, True), missing)
                )
                yield f"@{node.lower_at_keyword} {condition}{{{inner}}}"
            else:
                yield node.serialize()


def _kept_declarations(nodes: Iterable[Any], missing: frozenset[str]) -> Iterator[str]:
    for node in nodes:
        if node.type != "declaration":
            continue
        value = tinycss2.serialize(node.value).strip()
        declaration = Declaration(
            name=node.lower_name, value=value.lower(), important=node.important, line=0
        )
        if missing.isdisjoint(features_of_declaration(declaration)):
            yield f"{node.name}:{value}{' !important' if node.important else ''}"
