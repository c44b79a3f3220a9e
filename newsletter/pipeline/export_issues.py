"""export_issues: every sent issue as Markdown and as HTML, in two folders for each newsletter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import InputError, NotPermittedError
from newsletter.issues.issue import Issue, State
from newsletter.issues.markdown import issue_markdown
from newsletter.issues.past.post import PastIssue
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.slots import fill
from newsletter.site.lists import is_for_readers_only, links_url
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store.past_issues import past_issues_of

SENT = frozenset({State.SENDING, State.SENT, State.STOPPED})

MOST_PAST = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedIssues:
    """How many issues were written of one newsletter, and how many that another tool had sent."""

    newsletter: str
    issues: int
    past: int


def export_issues(site: Site, slug: str | None, folder: Path) -> list[ExportedIssues]:
    """Write the issues of one newsletter, or of all that there ever were, into a new `folder`.

    `NAME/markdown` can be imported again by `archive import`, and so can `NAME/html`. An issue is
    written as everybody may see it; one that went to a segment only with all that it had, below
    `NAME/private`. Raises UnknownNameError, NotPermittedError for a folder with files, and
    InputError if it cannot be written to.
    """
    slugs = [slug] if slug else _newsletters(site)
    if slug:
        site.newsletter(slug)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotPermittedError(
            "this folder is not empty, and nothing is overwritten",
            file=str(folder),
            fix="name a new folder",
        )
    try:
        return [_export(site, name, folder / name) for name in slugs]
    except OSError as error:
        where = str(error.filename or folder)
        raise InputError(f"it cannot be written: {error.strerror}", file=where) from error


def _newsletters(site: Site) -> list[str]:
    """The configured newsletters, and those that were removed and once had issues."""
    with site.database.transaction(read_only=True) as connection:
        had = [issue.newsletter for issue in issue_store.all_issues(connection)]
    return list(dict.fromkeys([*site.settings.newsletters, *had]))


def _export(site: Site, slug: str, folder: Path) -> ExportedIssues:
    known, is_hidden = slug in site.settings.newsletters, is_for_readers_only(site.settings, slug)
    full_sections = site.masthead(slug).full_sections if known else frozenset()
    zone = site.settings.site.zone
    written = 0
    with site.database.transaction(read_only=True) as connection:
        for issue, edition, is_for_all in _sent(connection, slug):
            is_public = is_for_all and not (is_hidden or (issue.selection.is_hidden and not known))
            sent_at = issue.goes_out.astimezone(zone)
            name = f"{sent_at:%Y-%m-%d}-{slug}-{issue.number}"
            markdown = issue_markdown(
                _as_seen(issue, edition),
                sent_at=sent_at,
                full_sections=full_sections,
                is_public=is_public,
            )
            place = folder if is_public else folder / "private"
            _write(place / "markdown" / f"{name}.md", markdown)
            _write(place / "html" / f"{name}.html", _page(site, slug, edition))
            written += 1
        past = past_issues_of(connection, slug, limit=MOST_PAST)
    for one in past:
        place = folder / "private" if is_hidden else folder
        _write(place / "html" / f"{one.published:%Y-%m-%d}-{one.slug}.html", _past_page(one))
    return ExportedIssues(newsletter=slug, issues=written, past=len(past))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _sent(connection: sa.Connection, slug: str) -> Iterator[tuple[Issue, Edition, bool]]:
    """Each issue with the edition that is written, and whether it is for all who may see the newsletter."""
    for bare in issue_store.all_issues(connection, slug):
        if bare.state not in SENT:
            continue
        issue = issue_store.find_issue(connection, slug, bare.number)
        editions = list(edition_store.frozen_editions(connection, issue).values())
        public = [one for one in editions if one.key == issue.selection.public]
        if public:
            yield issue, public[0], True
        elif editions:
            largest = max(editions, key=lambda edition: len(edition.item_keys))
            yield issue, largest, issue.selection.is_everyone


def _as_seen(issue: Issue, edition: Edition) -> Issue:
    """The issue with the subject and the items of that edition only."""
    items = tuple(item for item in issue.items if item.article.key in edition.item_keys)
    return replace(issue, subject=edition.subject, preheader=edition.preheader, items=items)


def _page(site: Site, slug: str, edition: Edition) -> str:
    """The page as the archive shows it: with direct links, and with none that is personal."""
    links = links_url(site.settings, slug)
    values = {Slot.UNSUBSCRIBE: links, Slot.PREFERENCES: links, Slot.NAME: ""}
    return fill(edition.uncounted.html, edition.nonce, values, escape=True)


def _past_page(issue: PastIssue) -> str:
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8">'
        f"<title>{escape(issue.title)}</title>"
        f'<meta name="date" content="{issue.published.isoformat()}">'
        f'<meta name="description" content="{escape(issue.summary)}"></head>\n'
        f"<body>{issue.html}</body></html>\n"
    )
