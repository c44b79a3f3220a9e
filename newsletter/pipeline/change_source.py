"""change_source: change, pause or remove a source in newsletter.toml, unless the file has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.config.configuration_file import change_configuration
from newsletter.config.source_changing import with_source_changed, without_source
from newsletter.config.table_changing import Values
from newsletter.errors import NotPermittedError
from newsletter.pipeline.settings_file import require_seen
from newsletter.site.site import Site


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceChange:
    """What is to become of the source at a location; None as `values` removes it.

    `seen` is the version of newsletter.toml that the editor saw, by `settings_version`.
    """

    newsletter: str
    location: str
    seen: str
    values: Values | None


def change_source(site: Site, change: SourceChange, environment: Mapping[str, str]) -> str:
    """Write the change; this process uses it from now on. Returns what has changed, as a diff.

    Raises ConflictError if the file is not the one that the editor saw, NotPermittedError if it cannot be
    written or does not decide over the source, and ConfigurationError for values that are not valid.
    """

    def edit(text: str) -> str:
        require_seen(text, change.seen)
        if change.values is None:
            return without_source(text, change.newsletter, change.location)
        return with_source_changed(text, change.newsletter, change.location, change.values)

    planned = change_configuration(site.folder, environment, edit, dry_run=True)
    after = planned.settings.newsletters[change.newsletter]
    if planned.before != planned.after and after == site.settings.newsletters[change.newsletter]:
        raise NotPermittedError(
            "the sources of this newsletter are set outside its file, so that a change there has no"
            " effect",
            fix="change the environment of the server",
        )
    done = change_configuration(site.folder, environment, edit)
    site.settings.newsletters[change.newsletter] = done.settings.newsletters[change.newsletter]
    return done.diff
