"""late: stories that came in after the coming issue was approved, so are not in it."""

from __future__ import annotations

from newsletter.articles.dedupe import merge_stories
from newsletter.issues.issue import Issue, LeftOut, State
from newsletter.issues.reasons import LeftOutReason
from newsletter.pipeline.candidates import candidates_of
from newsletter.site.site import Site
from newsletter.site.source_settings import configured
from newsletter.store import articles as article_store
from newsletter.store import issues as issue_store
from newsletter.store.sources import find_sources


def late_arrivals(site: Site, issue: Issue) -> tuple[LeftOut, ...]:
    """Stories first seen since the issue was approved, newest first; none if it is not approved.

    A further version of a story that the issue has, or had left out before, is not one of them.
    """
    if issue.state is not State.APPROVED:
        return ()
    with site.database.transaction(read_only=True) as connection:
        approved, _started = issue_store.send_times(connection, issue)
        if approved is None:
            return ()
        sources = find_sources(
            connection, issue.newsletter, configured(site.newsletter(issue.newsletter).sources)
        )
        versions = article_store.load_versions(
            connection, issue.newsletter, since=issue.window.start, sources=sources
        )
        known = set(issue_store.used_by(connection, issue.newsletter))
    known |= {key for item in issue.items for key in item.article.keys}
    known |= {out.key for out in issue.left_out}
    stories = merge_stories(
        [version.article for version in versions], [version.source_number for version in versions]
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
        for candidate in candidates_of(stories, versions)
        if candidate.first_seen >= approved and not known & (story := candidate.article).keys
    )
