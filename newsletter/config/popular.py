"""[[newsletters.NAME.popular]]: the lists of popular stories of a newsletter."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from newsletter.config.table import Table


class PopularSettings(Table):
    """[[newsletters.NAME.popular]]: a list of popular stories that each new draft has.

    See [Shape an issue](how-to/shape-an-issue.md#most-popular).
    """

    title: str = ""
    """The heading below the label "Most popular": `Reviews`."""
    by: Literal["clicks", "site"]
    """`clicks`: the stories of past issues whose links were followed most; `site`: the entries of the sources with `popular = true`, in their order."""
    issues: int = Field(default=4, ge=1, le=52)
    """How many of the last issues `clicks` sums up."""
    tags: tuple[str, ...] = ()
    """Only stories with one of these tags. Empty: all."""
    max_items: int = Field(default=5, ge=1, le=20)
    """The most stories that it lists."""
    place: Literal["after-lead", "end"] = "end"
    """Where in the issue it stands: `after-lead` or `end`."""
