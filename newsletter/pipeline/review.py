"""review: comments on an issue by people who have its link, and the mail that tells the publishers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newsletter.errors import InputError, NotPermittedError, UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.issues.review import (
    REVIEWABLE,
    Remark,
    ReviewComment,
    about_of,
    is_time_to_tell,
)
from newsletter.rendering.safe_text import one_line
from newsletter.site.letters import LetterContent, compose
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import outbox
from newsletter.store.review_comments import (
    UntoldComments,
    add_comment,
    comments_on,
    note_told,
    resolve_comment,
    untold_comments,
)
from newsletter.store.users import Editor, all_users

LONGEST_NAME, LONGEST_TEXT = 80, 2_000
"""Characters."""

MOST_COMMENTS = 300
"""On one issue; a link that got into wrong hands must not fill the database."""


def comment(site: Site, slug: str, number: int, remark: Remark, *, now: datetime) -> None:
    """Keep a reviewer's comment; what it is `about` is read from the issue.

    Raises InputError for one without a name or a text, or that is too long, UnknownNameError if
    the article is no longer in the issue, NotPermittedError once the issue is being sent.
    """
    name, text = one_line(remark.name), _plain(remark.text)
    for value, what, longest in ((name, "name", LONGEST_NAME), (text, "comment", LONGEST_TEXT)):
        if not value:
            raise InputError(f"there is no {what} yet", field=what, fix=f"write your {what}")
        if len(value) > longest:
            raise InputError(
                f"the {what} is longer than {longest:,} characters", field=what, fix="shorten it"
            )
    with site.database.transaction() as connection:
        issue = issue_store.find_issue(connection, slug, number)
        about = about_of(issue, remark.article_key)
        if about is None:
            raise UnknownNameError(
                "that article is no longer in the issue", fix="comment on the whole issue"
            )
        if issue.state not in REVIEWABLE:
            raise NotPermittedError(f"{issue.name} is {issue.state}: it takes no more comments")
        if len(comments_on(connection, issue)) >= MOST_COMMENTS:
            raise NotPermittedError(f"{issue.name} has {MOST_COMMENTS} comments: it takes no more")
        kept = Remark(article_key=remark.article_key, about=about, name=name, text=text)
        add_comment(connection, issue, kept, now)


def settle_comment(
    site: Site, issue: Issue, number: int, *, editor: str, is_resolved: bool, now: datetime
) -> None:
    """Resolve a comment, or open it again. Raises UnknownNameError."""
    with site.database.transaction() as connection:
        by = editor if is_resolved else None
        if not resolve_comment(connection, issue, number, by=by, now=now):
            raise UnknownNameError("that comment is not there")


def open_count(site: Site, issue: Issue) -> int:
    """How many comments on the issue stand open."""
    with site.database.transaction(read_only=True) as connection:
        return sum(1 for made in comments_on(connection, issue) if made.is_open)


def require_settled(site: Site, issue: Issue, *, despite: int) -> None:
    """Raise NotPermittedError if more comments stand open than the `despite` that a publisher saw."""
    standing = open_count(site, issue)
    if standing > despite:
        raise NotPermittedError(
            "1 comment is open" if standing == 1 else f"{standing} comments are open",
            fix="resolve them, or check the box to approve in spite of them",
        )


def tell_of_comments(site: Site, *, now: datetime) -> int:
    """Put a letter to every publisher in the outbox about comments made lately; returns how many.

    One letter tells of all comments on an issue since the last.
    """
    with site.database.transaction(read_only=True) as connection:
        waiting = untold_comments(connection)
        publishers = [user for user in all_users(connection) if user.is_publisher]
    due = [one for one in waiting if is_time_to_tell([made.at for made in one.comments], now)]
    return sum(_tell(site, one, publishers, now) for one in due)


def _tell(site: Site, untold: UntoldComments, publishers: Sequence[Editor], now: datetime) -> int:
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, untold.newsletter, untold.number)
    letters = [
        (
            publisher.address,
            compose(
                site,
                issue.newsletter,
                _letter(site, issue, publisher, untold.comments),
                now=now,
            ),
        )
        for publisher in publishers
        if untold.newsletter in site.settings.newsletters
    ]
    with site.database.transaction() as connection:
        if not note_told(connection, untold.comments, now):
            return 0  # another process has told
        for address, message in letters:
            outbox.put(connection, recipient=address, envelope_sender="", message=message, now=now)
    return len(letters)


def _letter(
    site: Site, issue: Issue, publisher: Editor, comments: Sequence[ReviewComment]
) -> LetterContent:
    title = site.newsletter(issue.newsletter).title
    many = f"{len(comments)} comments" if len(comments) > 1 else "a comment"
    return LetterContent(
        template="comments",
        words={
            "title": title,
            "number": issue.number,
            "many": many,
            "comments": [made.remark for made in comments],
            "link": f"{site.settings.site.url}/desk/{issue.name}#comments",
            "url": site.settings.site.url,
        },
        subject=f"{title}, No. {issue.number}: {many}",
        to_address=publisher.address,
        to_name=publisher.name,
    )


def _plain(text: str) -> str:
    """The text with its lines, without what cannot be printed and without empty lines at its ends."""
    lines = [one_line(line) for line in text.replace("\r\n", "\n").split("\n")]
    return "\n".join(lines).strip()
