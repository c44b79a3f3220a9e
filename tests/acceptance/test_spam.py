"""SpamAssassin takes the demo's issue for what it is, and its signature is valid, however late it is sent."""

from __future__ import annotations

import re
import shutil
import subprocess

import dkim
import pytest

from tests.factories.sent_issue import SentIssue, send_issues

HOURS = (0, 4, 8, 30)
"""After the start of the send, at which a reader's server takes the message."""


@pytest.fixture(scope="module")
def all_sent(tmp_path_factory: pytest.TempPathFactory) -> dict[int, SentIssue]:
    """The demo's issue as readers get it whose servers take it later and later."""
    sent = send_issues(tmp_path_factory.mktemp("spam") / "site", ages=HOURS)
    return {each.hours: each for each in sent}


@pytest.fixture(params=HOURS, ids=lambda hours: f"after {hours} h")
def sent(request: pytest.FixtureRequest, all_sent: dict[int, SentIssue]) -> SentIssue:
    """The issue of the reader whose server took it after so many hours."""
    return all_sent[request.param]


def test_the_signature_is_valid(sent: SentIssue) -> None:
    """dkimpy, which is not what signs, verifies the message with the published key."""
    assert dkim.verify(sent.mail.content, dnsfunc=lambda *_, **__: sent.dkim_record.encode())


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="no SpamAssassin on this machine")
def test_spamassassin(sent: SentIssue) -> None:
    """With Debian's local rules the issue scores -0.5 or less, where 5.0 is spam."""
    report = subprocess.run(
        ["spamassassin", "--local", "--test-mode", "--nocreate-prefs"],
        input=sent.received,
        capture_output=True,
        check=True,
        timeout=120,
    ).stdout.decode(errors="replace")
    score = re.search(r"\((-?[\d.]+) points, [\d.]+ required\)", report)
    assert score is not None
    print(f"SpamAssassin after {sent.hours} h: {score[1]}")
    assert float(score[1]) <= -0.5, report[report.index("Content analysis") :]
