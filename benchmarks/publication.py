"""The newsletter that every sender sends: a site, an approved issue of about 95 kB, and readers."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.stories import make_items
from newsletter.delivery.message import compile_edition
from newsletter.issues.issue import Issue, State, Window
from newsletter.pipeline.approve import approve
from newsletter.rendering.edition import Slot
from newsletter.rendering.slots import sentinel
from newsletter.site.messages import addressee, headers_for
from newsletter.site.site import Site, open_site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store

SLUG = "weekly"
DOMAIN = "news.example.org"
SENDER = f"weekly@{DOMAIN}"
ARTICLES = 43
"""The number of articles in a message of about 95 kB."""

_CONFIGURATION = f"""\
[site]
url = "https://{DOMAIN}"
postal_address = "Example Media, 1 Example St, Sydney"
secret_key = "a key of the benchmark, which guards nothing"

[[relays]]
name = "sink"
host = "127.0.0.1"
port = 25

[newsletters.{SLUG}]
title = "Good Gear Weekly"
from = "Good Gear Weekly <{SENDER}>"
list = "{SLUG}"
schedule = "0 7 * * mon"
max_lateness = "1w"
"""

_READERS = """\
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO subscribers (id, address, address_key, name, follows, frequency, attributes, created_at)
SELECT i, 'reader' || i || '@example.net', 'reader' || i || '@example.net', 'Reader ' || i, '',
       'weekly', '{}', :now FROM n WHERE i <= :count
"""
_SUBSCRIPTIONS = """\
INSERT INTO subscriptions (list_id, subscriber_id, status, changed_at)
SELECT 1, id, 'active', :now FROM subscribers
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """A site's folder, whose database has the issue and no readers, and the files for peers.

    `message` is one reader's complete message without a signature, `texts` a JSON file of the
    edition's parts; `keys` maps "rsa" and "ed25519" to key files. `octets` is a message's size.
    """

    folder: Path
    message: Path
    texts: Path
    keys: dict[str, Path]
    octets: int

    def with_readers(self, folder: Path, count: int) -> Path:
        """A copy of the site with `count` readers, numbered from 1."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("newsletter.toml", "newsletter.db"):
            shutil.copy(self.folder / name, folder / name)
        values = {"count": count, "now": datetime.now(UTC).isoformat(timespec="microseconds")}
        with closing(sqlite3.connect(folder / "newsletter.db")) as database, database:
            database.execute("INSERT INTO lists (id, slug) VALUES (1, ?)", [SLUG])
            database.execute(_READERS, values)
            database.execute(_SUBSCRIPTIONS, values)
        return folder


def make_publication(folder: Path, articles: int = ARTICLES) -> Publication:
    """Write the site, and render and approve its issue by the product's own functions."""
    shutil.rmtree(folder, ignore_errors=True)
    site_folder = folder / "site"
    site_folder.mkdir(parents=True)
    (site_folder / "newsletter.toml").write_text(_CONFIGURATION, encoding="utf-8")
    now = datetime.now(UTC)
    site = open_site(site_folder, {})
    try:
        issue = approved_issue(site, articles, now)
        message = _write_peers_parts(site, issue, folder, now)
    finally:
        site.database.close()
    return Publication(
        folder=site_folder,
        message=folder / "message.eml",
        texts=folder / "texts.json",
        keys=_write_keys(folder),
        octets=len(message),
    )


def approved_issue(site: Site, articles: int, now: datetime) -> Issue:
    """The issue that all senders send, approved."""
    due = now.replace(microsecond=0)
    issue = Issue(
        newsletter=SLUG,
        number=1,
        state=State.DRAFT,
        window=Window(start=due - timedelta(days=7), end=due),
        due=due,
        subject="The week in gear: a valve that learns the tide",
        preheader="",
        items=make_items(articles, due),
    )
    with site.database.transaction() as connection:
        issue_store.save_draft(connection, issue, due_date=due.date().isoformat())
    return approve(site, SLUG, 1, now=now)


def _write_peers_parts(site: Site, issue: Issue, folder: Path, now: datetime) -> bytes:
    with site.database.transaction(read_only=True) as connection:
        (edition,) = edition_store.frozen_editions(connection, issue).values()
    reader = addressee(
        site, site.tokens, SLUG, subscriber_id=0, address="reader0@example.net", name="Reader 0"
    )
    message = compile_edition(edition, headers_for(site, issue, now)).compose(reader)
    (folder / "message.eml").write_bytes(message.replace(b"\r\n", b"\n"))
    texts = {
        "from": f"Good Gear Weekly <{SENDER}>",
        "envelope": SENDER,
        "domain": DOMAIN,
        "subject": edition.subject,
        "html": edition.html,
        "text": edition.text,
        "slots": {slot.value: sentinel(slot, edition.nonce) for slot in Slot},
    }
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return message


def _write_keys(folder: Path) -> dict[str, Path]:
    made: dict[str, RSAPrivateKey | Ed25519PrivateKey] = {
        "rsa": generate_private_key(65537, 2048),
        "ed25519": Ed25519PrivateKey.generate(),
    }
    paths = {}
    for name, key in made.items():
        paths[name] = folder / f"{name}.pem"
        paths[name].write_bytes(
            # OpenSSL's traditional format is the only one that dkimpy reads.
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
            if isinstance(key, RSAPrivateKey)
            else key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    return paths
