"""/desk/NEWSLETTER/NUMBER: the coming issue, to be edited; a closed one leads to its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import ConflictError, InputError, NewsletterError
from newsletter.issues.desk import EDITABLE
from newsletter.issues.issue import Issue, Item, State
from newsletter.issues.markdown import list_as_markdown
from newsletter.pipeline.add import add_by_url, add_left_out
from newsletter.pipeline.edit import EditDone, EditRequest, edit, redo, redoable, undo, undoable
from newsletter.pipeline.late_arrivals import late_arrivals
from newsletter.pipeline.pictures import with_looked_at_pictures
from newsletter.pipeline.suggestions import suggested_shelf
from newsletter.site.failed_sources import failed_sources_of
from newsletter.site.recipients import selection_of
from newsletter.site.section_tags import section_tags
from newsletter.store import edit_log as desk_store
from newsletter.store.articles import glances
from newsletter.store.edit_log import LoggedEdit
from newsletter.store.review_comments import comments_on
from newsletter.web.editor.comments import open_comments
from newsletter.web.editor.conflicts import conflict_rows
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.forms import (
    Fields,
    chosen,
    in_section,
    item_id,
    picture_mark,
    read_edits,
)
from newsletter.web.editor.inbox import inbox_rows
from newsletter.web.editor.notices import added_query, notice_of
from newsletter.web.editor.shelf import shelf_of
from newsletter.web.editor.strip import draw_strip
from newsletter.web.error_wall import DATABASE_ERRORS

CLOSED = frozenset({State.SENDING, State.SENT, State.STOPPED})
"""States in which the desk shows the report instead."""

HISTORY = 15
"""Edits that the page lists."""

UNDO_DEPTH = 200
"""The most recent edits, among which the page looks for one to undo."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionView:
    """A section on the desk: its items in order, without the lead."""

    title: str
    items: tuple[Item, ...]
    shown: int


class IssuePage:
    """GET shows the desk; POST does one edit and shows it again."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The desk."""
        issue = await self.context.issue(request)
        if issue.state in CLOSED:
            return RedirectResponse(self.context.desk_url(issue, "report"), status_code=303)
        return await self.desk(request, issue)

    async def post(self, request: Request) -> Response:
        """Do one edit, an undo or a redo. Answers 409 with both versions when it conflicts."""
        issue = await self.context.issue(request)
        form = await request.form()
        fields = joined(form)
        try:
            done = await run_in_threadpool(
                self._do, issue, fields, (await self.context.editor(request)).address
            )
        except DATABASE_ERRORS:
            raise
        except NewsletterError as error:
            if isinstance(error, ConflictError) and fields.get("action") not in ("undo", "redo"):
                return await self._conflict(request, issue, fields, error)
            status = 422 if isinstance(error, InputError) else 409
            fresh = await run_in_threadpool(self.context.find, issue.newsletter, issue.number)
            return await self.desk(request, fresh, problem=error, typed=fields, status=status)
        return RedirectResponse(
            self.context.desk_url(issue) + _place_after(fields, issue, done), status_code=303
        )

    def _do(self, issue: Issue, fields: Fields, editor: str) -> EditDone:
        site, now = self.context.site, self.context.clock()
        slug, number = issue.newsletter, issue.number
        edit_request = EditRequest(
            newsletter=slug,
            number=number,
            editor=editor,
            seen_version=seen_version(fields.get("seen", "")),
        )
        match fields.get("action"):
            case "undo":
                return undo(site, slug, number, editor=editor, now=now)
            case "redo":
                return redo(site, slug, number, editor=editor, now=now)
            case "add":
                keys, section = chosen(fields, "key"), fields.get("section", "")
                return add_left_out(site, edit_request, keys=keys, section=section, now=now)
            case "add-url":
                url, section = fields.get("url", "").strip(), fields.get("section", "")
                return add_by_url(site, edit_request, url=url, section=section, now=now)
        edits = with_looked_at_pictures(site, read_edits(fields, issue), now=now)
        return edit(site, edit_request, edits, now=now)

    async def _conflict(
        self, request: Request, issue: Issue, fields: Fields, error: ConflictError
    ) -> Response:
        fresh = await run_in_threadpool(self.context.find, issue.newsletter, issue.number)
        context = {
            "issue": fresh,
            "error": error,
            "rows": conflict_rows(fields, fresh),
            "again": {
                name: value for name, value in fields.items() if name not in ("csrf", "seen")
            },
            "back": self.context.desk_url(fresh),
        }
        return await self.context.page(request, "conflict.html.j2", context, 409)

    async def desk(
        self,
        request: Request,
        issue: Issue,
        *,
        problem: NewsletterError | None = None,
        typed: Fields | None = None,
        status: int = 200,
    ) -> Response:
        """The desk, with what went wrong and what was typed."""
        editor = await self.context.editor(request)
        context = await run_in_threadpool(self._context, issue, editor.address)
        notice = notice_of(request.query_params, issue)
        context |= {"problem": problem, "notice": notice, "typed": typed or {}}
        return await self.context.page(request, "issue.html.j2", context, status)

    def _context(self, issue: Issue, editor: str) -> dict[str, Any]:
        site = self.context.site
        late = late_arrivals(site, issue)
        left_out = (*late, *issue.left_out)
        with site.database.transaction(read_only=True) as connection:
            log = desk_store.history(connection, issue, limit=UNDO_DEPTH)
            failed = failed_sources_of(site, connection, issue)
            made = comments_on(connection, issue)
            suggested = suggested_shelf(connection, issue)
            keys = [story.key for story in suggested.stories]
            known = glances(connection, issue.newsletter, [*keys, *(out.key for out in left_out)])
        shelf = shelf_of(
            left_out,
            {**suggested.glances, **known},
            section_tags(site, issue.newsletter),
            suggested.stories,
        )
        newsletter = site.newsletter(issue.newsletter)
        titles = [section.title for section in newsletter.sections]
        extra = sorted({item.section for item in issue.items} - set(titles))
        dated = [(item.title, item.article.published) for item in issue.items]
        dated += [(out.title, out.published) for out in issue.left_out if out.published]
        return {
            "issue": issue,
            "failed_sources": failed,
            "selection": selection_of(site, issue),
            "newsletter": newsletter,
            "url": self.context.desk_url(issue),
            "editable": issue.state in EDITABLE,
            "zone": site.settings.site.zone,
            "list_as_markdown": list_as_markdown,
            "now": self.context.clock(),
            "lead": next(iter(issue.shown_items), None),
            "sections": [_section(issue, title) for title in [*titles, *extra]],
            "section_titles": titles,
            "shelf": shelf,
            "shelf_is_full": suggested.is_full,
            "left_out": sum(len(entries) for _kind, entries in shelf),
            "late": len(late),
            "strip": draw_strip(
                issue.window, dated, now=self.context.clock(), zone=site.settings.site.zone
            ),
            "inbox": inbox_rows(issue.subject, issue.preheader),
            "history": _told(log)[:HISTORY],
            "undo": undoable(log, editor),
            "redo": redoable(log, editor),
            "item_id": lambda item: item_id(item.article),
            "picture_mark": picture_mark,
            "comments": open_comments(made),
            "made": made,
            "comments_mark": f"{len(made)}.{sum(1 for one in made if not one.is_open)}",
        }


def _section(issue: Issue, title: str) -> SectionView:
    items = tuple(in_section(issue, title))
    return SectionView(title=title, items=items, shown=sum(1 for item in items if not item.hidden))


def joined(form: FormData) -> dict[str, str]:
    """The form's texts by name; those of the checked boxes of one name, a line each."""
    return {
        name: "\n".join(value for value in form.getlist(name) if isinstance(value, str))
        for name in form
    }


def seen_version(text: str) -> int:
    """The version that a form was made from; 0 for a form that names none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _told(log: Sequence[LoggedEdit]) -> list[LoggedEdit]:
    """The entries without those that one editor's next entry says again, as saved typing does."""
    return [
        entry
        for later, entry in zip([None, *log], log, strict=False)
        if later is None
        or (later.editor, later.said, later.undone_by is None)
        != (entry.editor, entry.said, entry.undone_by is None)
    ]


def _place_after(fields: Fields, before: Issue, done: EditDone) -> str:
    """What follows the desk's URL after an edit: what was added, or the item that was edited."""
    if fields.get("action") in ("add", "add-url"):
        had = {item.article.key for item in before.items}
        new = [item for item in done.issue.items if item.article.key not in had]
        added = new[0] if new else _at(done.issue, fields)
        return f"?{added_query(item_id(added.article), new=len(new))}" if added else ""
    identifier = fields.get("item")
    present = {item_id(item.article) for item in done.issue.items}
    return f"#item-{identifier}" if identifier in present else ""


def _at(issue: Issue, fields: Fields) -> Item | None:
    """The item that an editor asked to add, and that is there already."""
    wanted = {*fields.get("key", "").split("\n"), fields.get("url", "").strip()} - {""}
    return next(
        (item for item in issue.items if wanted & {*item.article.keys, item.article.url}), None
    )
