"""The demo's issue as a relay gets it: signed, and with links to public addresses alone."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.demo.catcher import CaughtMail, catching_mail
from tests.demo.serving import serving
from tests.demo.site import CommandFailedError, Site, make_site
from tests.demo.sources import sources_application

_NAMES = ("ann", "ben", "cleo", "dora")
PRESS = "press.example.org"
DKIM = """
[dkim]
domain = "news.example.org"
selector = "s1"
key_file = "dkim.pem"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentIssue:
    """One reader's message, and the TXT record of the key that signed it.

    It was sent `at` this moment, so many `hours` after the send began.
    """

    mail: CaughtMail
    dkim_record: str
    at: datetime
    hours: int

    @property
    def received(self) -> bytes:
        """The message with the line that the reader's server puts above it."""
        line = f"Received: by mx.example.net with ESMTPS; {format_datetime(self.at)}\r\n"
        return line.encode() + self.mail.content


def send_issue(folder: Path, *, hours: int = 0) -> SentIssue:
    """Gather, draft, approve and send the demo's first issue from a site in `folder`.

    The send began so many `hours` ago, and the reader's server asked to try again until now.
    """
    return send_issues(folder, ages=(hours,))[0]


def send_issues(folder: Path, *, ages: Sequence[int]) -> tuple[SentIssue, ...]:
    """The same issue for several readers, whose servers took it at these ages, in rising hours.

    The last one took it now.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    begun = now - timedelta(hours=ages[-1])
    readers = {f"{name}@example.net": age for name, age in zip(_NAMES, ages, strict=False)}
    with serving(_as_public(sources_application(begun))) as sources, catching_mail() as catcher:
        site = make_site(
            folder,
            site_url="https://news.example.org",
            sources=sources,
            relay_port=catcher.port,
            now=begun,
        )
        for article in (*site.folder.glob("notes/*"), *site.folder.glob("saved/*")):
            article.write_text(article.read_text().replace(sources, f"https://{PRESS}"))
        record = _make_key(site.folder / "dkim.pem")
        configuration = site.folder / "newsletter.toml"
        configuration.write_text(configuration.read_text() + DKIM)
        _approve(site, readers, begun)
        for age in sorted({0, *ages}):
            too_early = catcher.answering(
                lambda reader, age=age: "451 4.7.1 Try again later" if readers[reader] > age else ""
            )
            with too_early, suppress(CommandFailedError):
                at = begun + timedelta(hours=age)
                site.run("send", "weekly/1", "--now", at.isoformat())
            assert catcher.wait_for(sum(each <= age for each in ages))
        mails = {mail.recipient: mail for mail in catcher.mails}
        return tuple(
            SentIssue(
                mail=mails[reader], dkim_record=record, at=begun + timedelta(hours=age), hours=age
            )
            for reader, age in readers.items()
        )


def _approve(site: Site, readers: Iterable[str], begun: datetime) -> None:
    """Draft the first issue for the readers, find nothing wrong with it, and approve it."""
    start = ("--now", begun.isoformat())
    people = site.folder.parent / "readers.csv"
    people.write_text("\n".join(("email", *readers, "")))
    site.run("subscribers", "import", str(people), "--list", "weekly")
    site.run("gather", *start)
    site.run("draft", "weekly", *start)
    findings = site.ask("lint", "weekly")["findings"]
    # The pictures' public address is not there to answer; everything else is in order.
    others = [finding for finding in findings if finding["rule"] != "image-answer"]
    assert others == [], others
    site.run("approve", "weekly/1", *start)


def _as_public(application: ASGIApp) -> ASGIApp:
    """Pages and feeds that call their site https://press.example.org, wherever it is served."""

    async def renamed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            others = [header for header in scope["headers"] if header[0] != b"host"]
            scope = {**scope, "scheme": "https", "headers": [*others, (b"host", PRESS.encode())]}
        await application(scope, receive, send)

    return renamed


def _make_key(path: Path) -> str:
    key = rsa.generate_private_key(65537, 2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
