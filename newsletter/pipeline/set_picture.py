"""picture: gives an article that somebody names a picture, as an edit that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.article import Image
from newsletter.issues.crop import Crop
from newsletter.issues.edits import Illustrate
from newsletter.issues.named_story import named_story, shown_stories
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.pipeline.upload_picture import MOST_OCTETS, keep_upload
from newsletter.site.site import Site
from newsletter.store.issues import find_issue

MOST_READ = MOST_OCTETS + 1
"""Octets after which a file is known to be too large."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureRequest:
    """A picture for the article that `story` names, and the part of it that is shown."""

    story: str
    body: bytes
    alt: str
    crop: Crop
    editor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureSet:
    """The article's new picture. `moved` if it is the first frame of an animation."""

    issue: str
    title: str
    image: Image
    moved: bool


def set_picture(
    site: Site, slug: str, number: int | None, request: PictureRequest, *, now: datetime
) -> PictureSet:
    """Keep the picture and show it with the article.

    Raises InputError for a file that cannot be used, UnknownNameError for an article that is not in
    the issue, NotPermittedError for an issue that may not be edited.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, slug, number)
    story = named_story(issue, shown_stories(issue), request.story)
    kept = keep_upload(site, request.body, alt=request.alt, now=now, crop=request.crop)
    asked = EditRequest(
        newsletter=slug, number=issue.number, editor=request.editor, seen_version=issue.version
    )
    edit(site, asked, [Illustrate(item=story.key, image=kept.image)], now=now)
    return PictureSet(issue=issue.name, title=story.title, image=kept.image, moved=kept.moved)
