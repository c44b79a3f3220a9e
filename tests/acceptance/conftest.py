"""The world around an acceptance test: the sample's web, a mail catcher, and a site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.catcher import MailCatcher, catching_mail
from demo.serving import serving
from demo.site import make_site
from demo.sources import sources_application
from tests.acceptance.site import NOW, CommandLine, write_readers

SITE_URL = "http://127.0.0.1:18999"

SiteMaker = Callable[..., CommandLine]


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
    """Makes a site from the sample's configuration, its readers imported."""

    def make(*, url: str = SITE_URL, secret: str = "", **environment: str) -> CommandLine:
        folder = tmp_path_factory.mktemp("site")
        make_site(folder, site_url=url, sources=web, relay_port=catcher.port, now=NOW)
        if secret:
            environment["NEWSLETTER__SITE__SECRET_KEY"] = secret
        command = CommandLine(folder=folder, environment=environment)
        readers = write_readers(folder / "readers.csv")
        command.done("subscribers", "import", str(readers), "--list", "weekly")
        return command

    return make


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    """A folder with nothing in it, for tests that write their own newsletter.toml."""
    return tmp_path
