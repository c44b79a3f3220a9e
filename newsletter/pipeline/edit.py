"""edit, undo, redo: an editor's changes to the coming issue, saved at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import ConflictError, NotPermittedError
from newsletter.issues.desk import apply
from newsletter.issues.edits import Edit, Illustrate, IllustrateBlock, Rewrite, Say
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.draft import retitled
from newsletter.site.site import Site
from newsletter.store import edit_log as desk_store
from newsletter.store import issues as issue_store
from newsletter.store.audit import record
from newsletter.store.edit_log import LoggedEdit
from newsletter.store.newsletters import lock_newsletter


@dataclass(frozen=True, kw_only=True, slots=True)
class EditDone:
    """The issue after the edit, and what the edit did; "" where it changed nothing."""

    issue: Issue
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EditRequest:
    """The issue that an editor changes, and the version of it that the editor saw."""

    newsletter: str
    number: int
    editor: str
    seen_version: int


def edit(site: Site, request: EditRequest, edits: Sequence[Edit], *, now: datetime) -> EditDone:
    """Make the edits, all or none.

    Raises ConflictError when somebody else has changed the same thing since, UnknownNameError
    when the item is no longer there, NotPermittedError when the issue may not be edited.
    """
    with site.database.transaction() as connection:
        issue = _locked(connection, request.newsletter, request.number, now)
        _require_unchanged(connection, issue, edits, request)
        done = _carry_out(site, connection, issue, edits)
        if done is None:
            return EditDone(issue=issue, said="")
        after, inverse, said = done
        logged = desk_store.NewEdit(editor=request.editor, said=said, done=edits, inverse=inverse)
        desk_store.log_edit(connection, after, logged, now)
        return EditDone(issue=after, said=said)


def undo(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> EditDone:
    """Undo the editor's last edit that is not yet undone.

    Raises NotPermittedError when there is none, ConflictError when somebody else has changed
    the same thing since.
    """
    with site.database.transaction() as connection:
        issue = _locked(connection, slug, number, now)
        log = desk_store.history(connection, issue)
        last = undoable(log, editor)
        if last is None:
            raise NotPermittedError("there is nothing of yours to undo")
        _require_undisturbed(log, last, editor)
        return _replay(site, connection, issue, last, editor=editor, now=now, again=False)


def redo(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> EditDone:
    """Do again what the editor last undid; raises as `undo` does."""
    with site.database.transaction() as connection:
        issue = _locked(connection, slug, number, now)
        log = desk_store.history(connection, issue)
        last = redoable(log, editor)
        if last is None:
            raise NotPermittedError("there is nothing of yours to do again")
        _require_undisturbed(log, last, editor)
        return _replay(site, connection, issue, last, editor=editor, now=now, again=True)


def undoable(log: Sequence[LoggedEdit], editor: str) -> LoggedEdit | None:
    """The editor's last edit that is not undone; `log` is newest first."""
    return next(
        (
            entry
            for entry in log
            if entry.editor == editor and entry.undoes is None and entry.undone_by is None
        ),
        None,
    )


def redoable(log: Sequence[LoggedEdit], editor: str) -> LoggedEdit | None:
    """What the editor last undid, unless they have edited since."""
    own = [entry for entry in log if entry.editor == editor]
    latest = next(
        (entry.version for entry in own if entry.undoes is None and not entry.undone_by), 0
    )
    undone = [entry for entry in own if (entry.undone_by or 0) > latest]
    return max(undone, key=lambda entry: entry.undone_by or 0, default=None)


def reopen(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> Issue:
    """Make an approved issue a draft again, so that it can be edited and approved again."""
    with site.database.transaction() as connection:
        issue = _locked(connection, slug, number, now)
        if issue.state is not State.DRAFT:
            issue_store.move(connection, issue, State.DRAFT)
            record(connection, who=editor, what="reopen", detail=issue.name, now=now)
        return issue_store.find_issue(connection, slug, number)


def _locked(connection: sa.Connection, slug: str, number: int, now: datetime) -> Issue:
    # The newsletter is locked too, because a draft in another process takes that lock first.
    lock_newsletter(connection, slug, now)
    return desk_store.lock_issue(connection, slug, number)


def _require_unchanged(
    connection: sa.Connection, issue: Issue, edits: Sequence[Edit], request: EditRequest
) -> None:
    """Raise ConflictError if a later edit changed a target of `edits`."""
    targets = desk_store.targets_of_all(edits)
    texts = any(isinstance(one, Rewrite | Say) for one in edits)
    pictures = all(isinstance(one, Illustrate | IllustrateBlock) for one in edits)
    for entry in desk_store.history(connection, issue, since=request.seen_version):
        applies = entry.undoes is None and entry.undone_by is None
        # An editor who drags the same item twice means the last place. Two texts that one editor
        # wrote in two windows still conflict, so that neither is lost unseen.
        other = entry.editor != request.editor or texts
        if applies and other and targets & entry.targets and tuple(edits) != entry.done:
            raise ConflictError(
                f"{entry.editor} {entry.said} in the meantime",
                who=entry.editor,
                fix="look at it, and do yours again if it is still wanted"
                if pictures
                else "compare both versions, and keep one",
            )


def _carry_out(
    site: Site, connection: sa.Connection, issue: Issue, edits: Sequence[Edit]
) -> tuple[Issue, tuple[Edit, ...], str] | None:
    sections = [section.title for section in site.newsletter(issue.newsletter).sections]
    edited = apply(issue, edits, sections)
    if edited.issue == issue:
        return None
    after = retitled(site, edited.issue)
    if issue.state is State.HELD:
        after = replace(after, note=issue.note)
    return desk_store.save_edited(connection, issue, after), edited.inverse, edited.said


def _require_undisturbed(log: Sequence[LoggedEdit], entry: LoggedEdit, editor: str) -> None:
    """Raise ConflictError if somebody else has changed a target of `entry` since."""
    for later in log:
        applies = later.undoes is None and later.undone_by is None
        own = later.editor == editor
        if later.version > entry.version and applies and not own and later.targets & entry.targets:
            raise ConflictError(f"{later.editor} {later.said} since", who=later.editor)


def _replay(
    site: Site,
    connection: sa.Connection,
    issue: Issue,
    entry: LoggedEdit,
    *,
    editor: str,
    now: datetime,
    again: bool,
) -> EditDone:
    """Undo `entry`, or do it `again`."""
    edits = entry.done if again else entry.inverse
    said = f"{'did again' if again else 'undid'}: {entry.said}"
    done = _carry_out(site, connection, issue, edits)
    if done is None:
        # Somebody made the same change already, so the entry is marked without changing the issue.
        after = desk_store.save_edited(connection, issue, issue)
        inverse: tuple[Edit, ...] = ()
    else:
        after, inverse, _said = done
    logged = desk_store.NewEdit(
        editor=editor, said=said, done=edits, inverse=inverse, undoes=entry.version
    )
    desk_store.log_edit(connection, after, logged, now)
    desk_store.mark_undone(connection, issue, entry.version, None if again else after.version)
    return EditDone(issue=after, said=said)
