"""late: what came in after the coming issue was approved, and so is not in it."""

from __future__ import annotations

from newsletter.articles.dedupe import merge_stories
from newsletter.issues.issue import Issue, LeftOut, State
from newsletter.issues.reasons import LeftOutReason
from newsletter.site.site import Site
from newsletter.store import articles as article_store
from newsletter.store import issues as issue_store


def late_arrivals(site: Site, issue: Issue) -> tuple[LeftOut, ...]:
    """Stories first seen since the issue was approved, the newest first; none where it is not.

    A further telling of a story that the issue has, or left out before, is none.
    """
    if issue.state is not State.APPROVED:
        return ()
    with site.database.transaction(read_only=True) as connection:
        approved, _started = issue_store.send_times(connection, issue)
        if approved is None:
            return ()
        rows = article_store.load_articles(connection, issue.newsletter, since=issue.window.start)
        taken = set(issue_store.used_by(connection, issue.newsletter))
    late = {(article.source, article.key) for article, first in rows if first >= approved}
    taken |= {key for item in issue.items for key in item.article.keys}
    taken |= {out.key for out in issue.left_out}
    return tuple(
        LeftOut(
            title=story.title,
            url=story.url,
            reason=LeftOutReason.AFTER_APPROVAL,
            key=story.key,
            source=story.source,
            published=story.published,
        )
        for story in merge_stories([article for article, _first in rows])
        if (story.source, story.key) in late and not taken & story.keys
    )
