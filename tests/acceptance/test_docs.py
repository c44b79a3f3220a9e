"""What the documentation says is so."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from docs.tools import reference
from newsletter.config.settings import Settings
from tests.acceptance.documented import PAGES, ROOT
from tests.acceptance.site import COMMAND
from tests.demo.catcher import MailCatcher


def keys_of(kind: Any) -> Iterator[str]:
    """Every key of newsletter.toml below this type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield field.alias or name
            yield from keys_of(field.annotation)
        return
    for inner in get_args(kind):
        yield from keys_of(inner)


def test_the_tutorial_ends_with_mail(tmp_path: Path, catcher: MailCatcher) -> None:
    """Line by line, as it stands there: two readers have their issue."""
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))
    # `serve` would never end; test_docs_commands has it.
    script = re.sub(r"^newsletter serve$", "newsletter serve --help", script, flags=re.MULTILINE)
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
        env={
            **os.environ,
            "PATH": f"{COMMAND.parent}:{os.environ['PATH']}",
            "NEWSLETTER__RELAYS__0__PORT": str(catcher.port),
        },
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {mail.recipient for mail in catcher.mails} == {"you@example.org", "friend@example.net"}


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_the_reference_is_what_the_program_says(name: str) -> None:
    """After a change of a key, a command or a view: `make reference`."""
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name]()


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """Every page is in the navigation, every link and anchor leads somewhere, nothing is fetched."""
    built = subprocess.run(
        [COMMAND.parent / "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
    )
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert not re.search(
        r"<(?:script|link|img)[^>]+(?:src|href)=\"https?://(?!news\.example)", page
    )


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
