"""The file of settings as the desk sees it: whether it can be changed, and whether it has been."""

from __future__ import annotations

import hashlib
import os

from newsletter.config.configuration_file import BOM
from newsletter.config.loading import FILE_NAME, read_configuration
from newsletter.errors import ConflictError
from newsletter.site.site import Site


def settings_version(site: Site) -> str:
    """A value that differs for each content of newsletter.toml. Raises ConfigurationError."""
    return _version(plain_text(read_configuration(site.folder / FILE_NAME)))


def why_read_only(site: Site) -> str:
    """Why newsletter.toml cannot be changed by this process; "" if it can."""
    path = (site.folder / FILE_NAME).resolve()
    if not path.exists():
        return "The settings of this site are not in a file."
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return "The server may read the site's settings, but not write them."
    return ""


def require_seen(text: str, seen: str) -> None:
    """Raise ConflictError unless `seen` is the version of this text, as an editor saw it."""
    if _version(text) != seen:
        raise ConflictError(
            "the settings were changed in the meantime, so nothing was saved",
            fix="look at them as they are now, and change them again",
        )


def plain_text(content: str) -> str:
    """The content as `change_configuration` gives it to its `edit`."""
    return content.removeprefix(BOM).replace("\r\n", "\n")


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
