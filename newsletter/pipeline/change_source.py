"""change_source: change, pause or remove a source in newsletter.toml, unless the file has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.config.configuration_file import BOM, change_configuration
from newsletter.config.loading import FILE_NAME, read_configuration
from newsletter.config.source_changing import Values, with_source_changed, without_source
from newsletter.errors import ConflictError, NotPermittedError
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


def settings_version(site: Site) -> str:
    """A value that differs for each content of newsletter.toml. Raises ConfigurationError."""
    return _version(_text(read_configuration(site.folder / FILE_NAME)))


def why_read_only(site: Site) -> str:
    """Why newsletter.toml cannot be changed by this process; "" if it can."""
    path = (site.folder / FILE_NAME).resolve()
    if not path.exists():
        return "The settings of this site are not in a file."
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return "The server may read the site's settings, but not write them."
    return ""


def change_source(site: Site, change: SourceChange, environment: Mapping[str, str]) -> str:
    """Write the change; this process uses it from now on. Returns what has changed, as a diff.

    Raises ConflictError if the file is not the one that the editor saw, NotPermittedError if it cannot be
    written or does not decide over the source, and ConfigurationError for values that are not valid.
    """

    def edit(text: str) -> str:
        if _version(text) != change.seen:
            raise ConflictError(
                "the settings were changed in the meantime, so nothing was saved",
                fix="look at the source as it is now, and change it again",
            )
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


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(content: str) -> str:
    """The content as `change_configuration` gives it to its `edit`."""
    return content.removeprefix(BOM).replace("\r\n", "\n")
