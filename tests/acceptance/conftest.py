"""The world around an acceptance test: the sample's web, a mail catcher, and sites."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tests.acceptance.site import NOW, CommandLine, write_readers
from tests.demo.catcher import MailCatcher, catching_mail
from tests.demo.serving import serving
from tests.demo.site import make_site
from tests.demo.sources import sources_application

SITE_URL = "http://127.0.0.1:18999"
STAGES = ("new", "gathered", "drafted", "approved")

Stage = Literal["new", "gathered", "drafted", "approved"]


@dataclass(kw_only=True, slots=True)
class SiteMaker:
    """Makes sites from the sample's configuration; what costs time is done once and copied."""

    web: str
    relay_port: int
    root: Path
    made: dict[tuple[str, str], Path] = field(default_factory=dict)

    def __call__(
        self, stage: Stage = "new", *, url: str = SITE_URL, **environment: str
    ) -> CommandLine:
        """A site of its own, its readers imported, its first issue as far as `stage`."""
        folder = self.root / f"site-{len(list(self.root.iterdir()))}"
        shutil.copytree(self._model(stage, url), folder)
        return CommandLine(folder=folder, environment=environment)

    def _model(self, stage: Stage, url: str) -> Path:
        if (stage, url) not in self.made:
            folder = self.root / f"model-{len(self.made)}-{stage}"
            command = CommandLine(folder=folder, environment={})
            if stage == "new":
                make_site(
                    folder, site_url=url, sources=self.web, relay_port=self.relay_port, now=NOW
                )
                readers = write_readers(folder / "readers.csv")
                command.done("subscribers", "import", str(readers), "--list", "weekly")
            else:
                before = STAGES[STAGES.index(stage) - 1]
                shutil.copytree(self._model(before, url), folder)  # type: ignore[arg-type] # one of STAGES
                steps = {
                    "gathered": ("gather",),
                    "drafted": ("draft", "weekly"),
                    "approved": ("approve", "weekly"),
                }
                command.done(*steps[stage], now=NOW)
            self.made[stage, url] = folder
        return self.made[stage, url]


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """The sample's sources, dated as seen at NOW."""
    with serving(sources_application(NOW)) as base:
        yield base


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server that keeps what it is given."""
    with catching_mail() as running:
        yield running


@pytest.fixture(scope="module")
def new_site(web: str, catcher: MailCatcher, tmp_path_factory: pytest.TempPathFactory) -> SiteMaker:
    """The maker of sites around this file's web and catcher."""
    return SiteMaker(web=web, relay_port=catcher.port, root=tmp_path_factory.mktemp("sites"))
