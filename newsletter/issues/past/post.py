"""One post in another tool's export, and the past issue that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.articles.sanitize import one_line, opening, safe_html, text_of
from newsletter.articles.tags import slug_of

MAX_BODY = 1_000_000
"""The most characters of a post's body."""
MAX_SLUG = 80


class Standing(StrEnum):
    """Whether a post was an issue that everybody could read."""

    PUBLISHED = "published"
    DRAFT = "draft"
    RESTRICTED = "restricted"  # for members or paying readers only
    NOT_AN_ISSUE = "not-an-issue"  # a page or a thread
    UNREADABLE = "unreadable"


class Problem(StrEnum):
    """Why a post cannot be read."""

    NO_TITLE = "no-title"
    NO_DATE = "no-date"
    NO_BODY = "no-body"
    TOO_LONG = "too-long"
    NO_TEXT = "no-text"  # the file of its body is not UTF-8, or its fields are not YAML


@dataclass(frozen=True, kw_only=True, slots=True)
class PastPost:
    """A post as the export has it. `key` identifies it in every export of the same tool."""

    key: str
    title: str
    slug: str = ""
    summary: str = ""
    body: str = ""
    is_markdown: bool = False
    published: datetime | None = None
    standing: Standing = Standing.PUBLISHED
    problem: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastIssue:
    """A past issue for the archive: `html` is safe, `slug` the last part of its address."""

    key: str
    slug: str
    title: str
    summary: str
    html: str
    published: datetime


def make_past_issue(post: PastPost, base: str) -> PastIssue | Problem:
    """Clean the post; its relative links are resolved against `base`, or dropped without one."""
    title = one_line(post.title)
    problem = post.problem or _problem(post, title)
    if problem is not None or post.published is None:
        return problem or Problem.NO_DATE
    html = safe_html(_as_html(post), base, with_pictures=True, limit=2 * MAX_BODY)
    text = text_of(html)
    if not text and "<img " not in html:
        return Problem.NO_BODY
    return PastIssue(
        key=one_line(post.key),
        slug=_slug(post.slug) or _slug(title) or "issue",
        title=title,
        summary=one_line(post.summary) or opening(text, 200),
        html=html,
        published=post.published,
    )


def _problem(post: PastPost, title: str) -> Problem | None:
    if not title:
        return Problem.NO_TITLE
    if post.published is None:
        return Problem.NO_DATE
    return Problem.TOO_LONG if len(post.body) > MAX_BODY else None


def _as_html(post: PastPost) -> str:
    if not post.is_markdown:
        return post.body
    from markdown_it import MarkdownIt  # it is slow to load

    return str(MarkdownIt("commonmark").enable("table").render(post.body))


def _slug(text: str) -> str:
    return slug_of(text)[:MAX_SLUG].strip("-")
