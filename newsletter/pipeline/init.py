"""init: a new site's folder, ready to be tried."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from newsletter.errors import InputError, NotPermittedError
from newsletter.pipeline.site import SECRET_FILE
from newsletter.rendering.theme import shipped_templates


def init(folder: Path, *, now: datetime) -> list[Path]:
    """Write newsletter.toml, a secret key and sample articles; returns the files written.

    Never overwrites: raises NotPermittedError when one of them is there already.
    """
    sample = shipped_templates() / "site"
    texts = {
        folder / path.relative_to(sample): _dated(path.read_text("utf-8"), now)
        for path in sorted(sample.rglob("*"))
        if path.is_file()
    }
    texts[folder / SECRET_FILE] = secrets.token_urlsafe(48) + "\n"
    for path in texts:
        if path.exists():
            raise NotPermittedError(
                "this file exists already and is not overwritten",
                file=str(path),
                fix="name another folder, or remove it if you mean to begin anew",
            )
    try:
        for path, text in texts.items():
            _write(path, text, mode=0o600 if path.name == SECRET_FILE else 0o644)
    except OSError as error:
        raise InputError(f"cannot write here: {error.strerror}", file=str(folder)) from error
    return list(texts)


def _dated(text: str, now: datetime) -> str:
    """The samples are of yesterday, so that the first issue finds them in its window."""
    return text.replace("{{ yesterday }}", f"{now.astimezone(UTC).date():%Y-%m-%d}")


def _write(path: Path, text: str, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path
