"""Recognises which tool wrote an export, and reads its posts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from newsletter.errors import InputError
from newsletter.issues.past.bundle import Bundle, open_bundle
from newsletter.issues.past.buttondown import emails_in_table, emails_of, read_buttondown
from newsletter.issues.past.files import has_files, read_files
from newsletter.issues.past.ghost import is_ghost, read_ghost
from newsletter.issues.past.mailchimp import is_mailchimp, read_mailchimp
from newsletter.issues.past.post import PastPost
from newsletter.issues.past.substack import is_substack, read_substack


class Layout(StrEnum):
    """The tools whose exports are known; FILES are Markdown or HTML files of any origin."""

    SUBSTACK = "substack"
    GHOST = "ghost"
    BUTTONDOWN = "buttondown"
    MAILCHIMP = "mailchimp"
    FILES = "files"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Why an export cannot be read."""

    message: str
    fix: str | None


def read_export(path: Path, layout: Layout | None) -> Iterator[Layout | PastPost | Refused]:
    """The layout of the export at `path`, then its posts; or why it cannot be read (further)."""
    try:
        found, posts = read_posts(open_bundle(path), layout)
        yield found
        yield from posts
    except InputError as error:
        yield Refused(message=error.problem.message, fix=error.problem.fix)


def read_posts(bundle: Bundle, layout: Layout | None) -> tuple[Layout, Iterator[PastPost]]:
    """Read the export's posts; `layout` None recognises the tool. Raises InputError."""
    readers = _READERS if layout is None else {layout: _READERS[layout]}
    for name, read in readers.items():
        posts = read(bundle)
        if posts is not None:
            return name, posts
    known = ", ".join(Layout)
    if layout is not None:
        raise InputError(
            f"this is not an export of the kind {layout}", fix="leave out --from to recognise it"
        )
    raise InputError(
        "this is not an export of a known tool",
        fix=f"import a folder of Markdown or HTML files, or an export of: {known}",
    )


def _substack(bundle: Bundle) -> Iterator[PastPost] | None:
    return read_substack(bundle) if is_substack(bundle) else None


def _ghost(bundle: Bundle) -> Iterator[PastPost] | None:
    for document in _documents(bundle):
        if is_ghost(document):
            return read_ghost(document)
    return None


def _buttondown(bundle: Bundle) -> Iterator[PastPost] | None:
    for document in _documents(bundle):
        emails = emails_of(document)
        if emails is not None:
            return read_buttondown(emails)
    for name in bundle.names:
        if name.lower().endswith(".csv"):
            emails = emails_in_table(bundle.read(name), name)
            if emails is not None:
                return read_buttondown(emails)
    return None


def _mailchimp(bundle: Bundle) -> Iterator[PastPost] | None:
    return read_mailchimp(bundle) if is_mailchimp(bundle) else None


def _files(bundle: Bundle) -> Iterator[PastPost] | None:
    return read_files(bundle) if has_files(bundle) else None


def _documents(bundle: Bundle) -> Iterator[object]:
    for name in bundle.names:
        if name.lower().endswith(".json"):
            try:
                yield json.loads(bundle.read(name))
            except (ValueError, RecursionError) as error:
                raise InputError(f"{name} is not valid JSON: {error}") from error


_READERS: dict[Layout, Callable[[Bundle], Iterator[PastPost] | None]] = {
    Layout.SUBSTACK: _substack,
    Layout.MAILCHIMP: _mailchimp,
    Layout.GHOST: _ghost,
    Layout.BUTTONDOWN: _buttondown,
    Layout.FILES: _files,
}
