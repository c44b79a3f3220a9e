"""What the documentation says is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from newsletter.config.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def keys_of(kind: Any) -> Iterator[str]:
    """Every key of newsletter.toml below this type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield field.alias or name
            yield from keys_of(field.annotation)
        return
    for inner in get_args(kind):
        yield from keys_of(inner)


@pytest.mark.parametrize("key", sorted(set(keys_of(Settings))))
def test_every_key_is_in_the_reference(key: str) -> None:
    """docs/configuration.md names each key that newsletter.toml may have."""
    reference = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert re.search(rf"[`\[.]{key}[`\].]", reference)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Each relative link or picture of a page exists."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing
