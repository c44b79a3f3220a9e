"""rspamd, with Debian's rules, takes the demo's issue for what it is; OpenDKIM verifies it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.factories.sent_issue import SentIssue, send_issue
from tests.servers.dns import name_server
from tests.servers.rspamd import has_rspamd, rspamd

HOST, ADDRESS = "news.example.org", "192.0.2.10"


@pytest.fixture(scope="module", params=(0, 4, 8, 30), ids=lambda hours: f"after {hours} h")
def sent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SentIssue:
    """The issue, which the reader's server took so many hours after the start of the send."""
    return send_issue(tmp_path_factory.mktemp("rspamd") / "site", hours=request.param)


@pytest.mark.skipif(shutil.which("opendkim") is None, reason="no OpenDKIM on this machine")
def test_opendkim(sent: SentIssue, tmp_path: Path) -> None:
    """OpenDKIM verifies the message with the published key, and not a changed one."""
    (tmp_path / "keys").write_text(f"s1._domainkey.{HOST} {sent.dkim_record}\n")
    (tmp_path / "conf").write_text(f"Mode v\nTestPublicKeys {tmp_path / 'keys'}\n")
    (tmp_path / "mail").write_bytes(sent.mail.content)
    (tmp_path / "changed").write_bytes(sent.mail.content.replace(b"Unsubscribe", b"Unsubscribed"))
    assert "dkim=pass (2048-bit key)" in _opendkim(tmp_path / "conf", tmp_path / "mail")
    assert "dkim=fail" in _opendkim(tmp_path / "conf", tmp_path / "changed")


def _opendkim(configuration: Path, message: Path) -> str:
    """The Authentication-Results that OpenDKIM would add."""
    command = [shutil.which("opendkim") or "", "-x", configuration, "-t", message, "-vv"]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout


@pytest.mark.skipif(not has_rspamd(), reason="no rspamd on this machine")
def test_rspamd(sent: SentIssue) -> None:
    """With Debian's rules the issue scores less than nothing, and DKIM and SPF are right."""
    zone = {
        (HOST, "A"): [ADDRESS],
        (HOST, "MX"): [f"10 {HOST}."],
        (HOST, "TXT"): [f'"v=spf1 ip4:{ADDRESS} -all"'],
        (f"s1._domainkey.{HOST}", "TXT"): [_in_strings(sent.dkim_record)],
        (f"_dmarc.{HOST}", "TXT"): ['"v=DMARC1; p=reject"'],
        ("10.2.0.192.in-addr.arpa", "PTR"): [f"{HOST}."],
    }
    with name_server(zone) as dns_port, rspamd(dns_port) as address:
        verdict = _ask(address, sent)
    scores = {name: symbol["score"] for name, symbol in verdict["symbols"].items()}
    print(f"rspamd after {sent.hours} h: {verdict['score']:.2f}")
    assert verdict["score"] <= 0, scores
    assert {"R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW"} <= set(scores)
    assert "URI_COUNT_ODD" not in scores


def _in_strings(record: str) -> str:
    """A TXT record in strings of at most 255 octets (RFC 1035, 3.3)."""
    return " ".join(f'"{record[index : index + 200]}"' for index in range(0, len(record), 200))


def _ask(address: str, sent: SentIssue) -> dict[str, Any]:
    """What rspamd answers for the message from our host."""
    request = Request(  # noqa: S310 - rspamd's own address
        f"{address}/checkv2",
        data=sent.mail.content,
        headers={
            "From": sent.mail.sender,
            "Rcpt": sent.mail.recipient,
            "IP": ADDRESS,
            "Helo": HOST,
            "Hostname": HOST,
        },
    )
    with urlopen(request, timeout=120) as answer:  # noqa: S310 - rspamd's own address
        document: dict[str, Any] = json.load(answer)
    return document
