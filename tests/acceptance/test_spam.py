"""SpamAssassin, with Debian's local rules, takes the demo's issue for what it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.demo.serving import serving
from tests.demo.site import make_site
from tests.demo.sources import sources_application

LIMIT = 1.0
DKIM = """
[dkim]
domain = "news.example.org"
selector = "s1"
key_file = "dkim.pem"
"""


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="no SpamAssassin on this machine")
def test_demo_issue_is_no_spam(tmp_path: Path) -> None:
    """The demo's issue, signed, scores below 1.0, where 5.0 is spam."""
    now = datetime.now(UTC).replace(microsecond=0)
    with serving(sources_application(now)) as sources:
        site = make_site(
            tmp_path / "site",
            site_url="https://news.example.org",
            sources=sources,
            relay_port=25,
            now=now,
        )
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (site.folder / "dkim.pem").write_bytes(pem)
        configuration = site.folder / "newsletter.toml"
        configuration.write_text(configuration.read_text() + DKIM)
        site.run("gather")
        site.run("draft", "weekly")
    findings = site.ask("lint", "weekly")["findings"]
    # The demo's sources are on this machine; everything else must be in order.
    assert [found for found in findings if found["rule"] != "local-link"] == []
    site.run("preview", "weekly", "--out", str(tmp_path))
    message = (tmp_path / "message.eml").read_bytes()
    assert message.startswith(b"DKIM-Signature:")
    report = subprocess.run(
        ["spamassassin", "--local", "--test-mode", "--nocreate-prefs"],
        input=message,
        capture_output=True,
        check=True,
        timeout=120,
    ).stdout.decode(errors="replace")
    score = re.search(r"\((-?[\d.]+) points, [\d.]+ required\)", report)
    assert score is not None
    assert float(score[1]) < LIMIT, report[report.index("Content analysis") :]
