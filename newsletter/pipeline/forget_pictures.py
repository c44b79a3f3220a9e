"""forget_pictures: removes uploaded pictures that nothing shows any more."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from newsletter.config.loading import FILE_NAME
from newsletter.site.hosted_pictures import HOSTED_PATH
from newsletter.site.site import Site
from newsletter.store.shown_pictures import texts_with

KEPT = timedelta(days=30)
"""How long an uploaded picture is kept after it was made, or last found to be shown."""

_KEPT_AT = re.compile(rf"{HOSTED_PATH}/([0-9a-f]{{40}}\.[a-z]{{3}})")


def forget_pictures(site: Site, *, now: datetime) -> int:
    """Remove those that no issue, no step that can be undone and no setting names; how many.

    The original of a picture that stays, stays too, so that the picture can be cropped anew.
    """
    uploads = site.uploaded_pictures
    old = set(uploads.older_than(now - KEPT))
    if not old:
        return 0
    originals = uploads.originals()
    staying = (_shown(site) | (set(originals) - old)) & set(originals)
    staying |= {originals[name] for name in staying}
    for name in old & staying:
        uploads.touch(name, now)
    for name in old - staying:
        uploads.forget(name)
    return len(old - staying)


def _shown(site: Site) -> set[str]:
    """The names of the kept pictures that something shows."""
    settings = (site.folder / FILE_NAME).read_text(encoding="utf-8", errors="replace")
    found = set(_KEPT_AT.findall(settings))
    # Settings may also come from the environment.
    found |= {
        name
        for newsletter in site.settings.newsletters.values()
        for name in _KEPT_AT.findall(newsletter.logo or "")
    }
    with site.database.transaction(read_only=True) as connection:
        for text in texts_with(connection, f"{HOSTED_PATH}/"):
            found.update(_KEPT_AT.findall(text))
    return found
