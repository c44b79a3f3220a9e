"""late: what came in after the coming issue was approved, and so is not in it."""

from __future__ import annotations

from newsletter.articles.dedupe import merge_stories
from newsletter.issues.issue import Issue, LeftOut, State
from newsletter.issues.reasons import LeftOutReason
from newsletter.pipeline.candidates import candidates_of
from newsletter.pipeline.gather import configured
from newsletter.site.site import Site
from newsletter.store import articles as article_store
from newsletter.store import issues as issue_store
from newsletter.store.sources import find_sources


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
        places = find_sources(
            connection, issue.newsletter, configured(site.newsletter(issue.newsletter).sources)
        )
        tellings = article_store.load_tellings(
            connection, issue.newsletter, since=issue.window.start, places=places
        )
        taken = set(issue_store.used_by(connection, issue.newsletter))
    taken |= {key for item in issue.items for key in item.article.keys}
    taken |= {out.key for out in issue.left_out}
    stories = merge_stories(
        [telling.article for telling in tellings], [telling.place for telling in tellings]
    )
    return tuple(
        LeftOut(
            title=story.title,
            url=story.url,
            reason=LeftOutReason.AFTER_APPROVAL,
            key=story.key,
            source=story.source,
            published=story.published,
        )
        for candidate in candidates_of(stories, tellings)
        if candidate.first_seen >= approved and not taken & (story := candidate.article).keys
    )
