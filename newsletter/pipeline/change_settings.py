"""change_settings: change values of newsletter.toml, or take the last change back, from the desk.

This process uses a change at once; others read the file when they start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsletter.config.configuration_file import (
    PREVIOUS,
    ConfigurationChange,
    change_configuration,
)
from newsletter.config.loading import FILE_NAME, read_configuration
from newsletter.config.settings import Settings
from newsletter.config.table_changing import Values, with_values
from newsletter.errors import ConfigurationError, NotPermittedError, UnknownNameError
from newsletter.pipeline.check import newsletter_problems
from newsletter.pipeline.settings_file import plain_text, require_seen
from newsletter.site.site import Site
from newsletter.store.audit import record

OF_SITE = frozenset({"postal_address", "language", "timezone", "allow_test"})
"""The keys of [site] that the desk can change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsChange:
    """An edit of the file's text; `seen` is the version of the file that the editor saw.

    `what` is what the record says of it, `newsletter` the one that it is about, if it is about one.
    """

    edit: Callable[[str], str]
    seen: str
    what: str
    newsletter: str = ""


def values_at(path: tuple[str, ...], values: Values, *, seen: str, what: str) -> SettingsChange:
    """The change that gives the table at `path` these values."""
    return SettingsChange(
        edit=lambda text: with_values(text, path, values),
        seen=seen,
        what=what,
        newsletter=path[1] if path[0] == "newsletters" else "",
    )


def plan_change(
    site: Site, change: SettingsChange, environment: Mapping[str, str], *, now: datetime
) -> ConfigurationChange:
    """What the change would do to the file; nothing is written.

    Raises ConflictError if the file is not the one that the editor saw, NotPermittedError if the
    change would have no effect, and ConfigurationError for values that are not valid.
    """
    planned = change_configuration(site.folder, environment, _edit_of(change), dry_run=True)
    if planned.before != planned.after and _editable(planned.settings) == _editable(site.settings):
        raise NotPermittedError(
            "this is set outside the file of settings, so that a change there has no effect",
            fix="ask who runs the site",
        )
    _require_usable(site, planned.settings, change, now)
    return planned


def _require_usable(site: Site, settings: Settings, change: SettingsChange, now: datetime) -> None:
    """Raise ConfigurationError for what `check` would say of a newsletter that is changed."""
    slug = change.newsletter
    if not slug:
        return
    planned = replace(site, settings=settings)
    planned.theme(slug)
    file = str(site.folder / FILE_NAME)
    known, found = (
        list(newsletter_problems(slug, one.newsletter(slug), site.folder, file, now))
        for one in (site, planned)
    )
    if new := [problem for problem in found if problem not in known]:
        raise ConfigurationError(new)


def change_settings(
    site: Site, change: SettingsChange, environment: Mapping[str, str], *, who: str, now: datetime
) -> None:
    """Write the change, use it, and record it. Raises as `plan_change` does."""
    plan_change(site, change, environment, now=now)
    done = change_configuration(site.folder, environment, _edit_of(change))
    _adopt(site, done, who=who, what="change settings", detail=change.what, now=now)


def plan_undo(site: Site, environment: Mapping[str, str]) -> ConfigurationChange | None:
    """What undoing the last change would do to the file; None if there is none to undo.

    Raises ConfigurationError if the file as it was is not valid any more.
    """
    if not _previous(site).exists():
        return None
    return change_configuration(site.folder, environment, _undoing(site), dry_run=True)


def undo_change(
    site: Site, environment: Mapping[str, str], *, seen: str, who: str, now: datetime
) -> None:
    """Put the file back as it was before its last change. To do it again is to redo.

    Raises as `plan_undo` does, UnknownNameError if there is none to undo, and ConflictError if the
    file is not the one that the editor saw.
    """
    back = _undoing(site)

    def edit(text: str) -> str:
        require_seen(text, seen)
        return back(text)

    done = change_configuration(site.folder, environment, edit)
    _adopt(site, done, who=who, what="undo settings", detail="", now=now)


def _edit_of(change: SettingsChange) -> Callable[[str], str]:
    def edit(text: str) -> str:
        require_seen(text, change.seen)
        return change.edit(text)

    return edit


def _undoing(site: Site) -> Callable[[str], str]:
    path = _previous(site)
    if not path.exists():
        raise UnknownNameError("there is no change to undo")
    before = plain_text(read_configuration(path))
    return lambda _text: before


def _previous(site: Site) -> Path:
    return (site.folder / FILE_NAME).resolve().with_name(PREVIOUS)


def _editable(settings: Settings) -> tuple[object, ...]:
    """What the desk can change of the settings."""
    return (
        settings.newsletters,
        settings.site.model_dump(include=set(OF_SITE)),
        settings.operators,
        settings.webhooks,
    )


def _adopt(
    site: Site, done: ConfigurationChange, *, who: str, what: str, detail: str, now: datetime
) -> None:
    """Let this process use what the desk can change of the new settings, and record the change."""
    new, used = done.settings, site.settings
    for slug in used.newsletters:
        if slug in new.newsletters:
            used.newsletters[slug] = new.newsletters[slug]
    of_site = {key: getattr(new.site, key) for key in OF_SITE}
    adopted = {
        "site": used.site.model_copy(update=of_site),
        "operators": new.operators,
        "webhooks": new.webhooks,
    }
    used.__dict__.update(adopted)  # all parts of the server hold these settings, which are frozen
    with site.database.transaction() as connection:
        record(connection, who=who, what=what, detail=detail, now=now)
