"""init: make the folder of a new site, with sample articles."""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.errors import InputError, NotPermittedError
from newsletter.rendering.theme import STANDARD, shipped_templates, theme_names
from newsletter.site.site import SECRET_FILE

_HOURS_AGO = re.compile(r"\{\{ hours_ago_(\d) \}\}")
_PRIVATE = frozenset({SECRET_FILE, "newsletter.toml"})
"""Files that only their owner can read: passwords of relays and databases are written there."""


def init(folder: Path, *, theme: str = STANDARD, now: datetime) -> list[Path]:
    """Write newsletter.toml, a secret key and sample articles; returns the files written.

    Never overwrites: raises NotPermittedError if one of the files exists, InputError for an
    unknown theme or a folder that cannot be written to.
    """
    if theme not in theme_names():
        raise InputError(
            f"there is no theme {theme!r}",
            field="--theme",
            fix=f"known: {', '.join(theme_names())}",
        )
    sample = shipped_templates() / "site"
    texts = {
        folder / path.relative_to(sample): _filled(path.read_text("utf-8"), theme, now)
        for path in sorted(sample.rglob("*"))
        if path.is_file()
    }
    texts[folder / SECRET_FILE] = secrets.token_urlsafe(48) + "\n"
    for path in texts:
        if path.exists():
            raise NotPermittedError(
                "this file exists already and is not overwritten",
                file=str(path),
                fix="name another folder, or remove the file to start again",
            )
    try:
        for path, text in texts.items():
            _write(path, text, mode=0o600 if path.name in _PRIVATE else 0o644)
    except OSError as error:
        raise InputError(f"cannot write here: {error.strerror}", file=str(folder)) from error
    return list(texts)


def _filled(text: str, theme: str, now: datetime) -> str:
    """Fill in the theme, and when the sample articles were published."""
    text = text.replace("{{ theme }}", theme)
    return _HOURS_AGO.sub(lambda match: _published(now, int(match[1])).isoformat(), text)


def _published(now: datetime, hours: int) -> datetime:
    """Some hours ago, but in the week of the first issue, which begins on Mondays at 7:00 UTC."""
    now = now.astimezone(UTC).replace(microsecond=0)
    monday = (now - timedelta(days=now.weekday())).replace(hour=7, minute=0, second=0)
    begin = monday if monday <= now else monday - timedelta(days=7)
    return max(now - timedelta(hours=hours), begin)


def _write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path
