from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.config.settings import RelaySettings
from newsletter.delivery.classify import Stage
from newsletter.delivery.connecting import connect
from newsletter.delivery.envelope import Envelope
from newsletter.delivery.transport import (
    Connection,
    own_hostname,
    security_of,
    tls_context,
)
from newsletter.errors import ConfigurationError
from tests.factories.sending import QUICK
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server


@pytest.mark.parametrize(
    ("host", "security", "effective"),
    [
        ("127.0.0.1", None, "none"),
        ("127.8.8.8", None, "none"),
        ("::1", None, "none"),
        ("LocalHost", None, "none"),
        ("relay.example.org", None, "starttls"),
        ("192.0.2.1", None, "starttls"),
        ("relay.example.org", "none", "none"),
        ("127.0.0.1", "tls", "tls"),
    ],
)
def test_unset_security_is_starttls_except_on_this_machine(
    host: str, security: str | None, effective: str
) -> None:
    """What is set counts as it stands."""
    relay = RelaySettings.model_validate({"name": "main", "host": host, "security": security})
    assert security_of(relay) == effective
    assert (tls_context(relay) is None) is (effective == "none")


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    """Missing or not PEM: the operator is told which file."""
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("missing.pem", "empty.pem"):
        relay = RelaySettings(
            name="main", host="127.0.0.1", security="tls", ca_file=str(tmp_path / name)
        )
        with pytest.raises(ConfigurationError, match=name):
            tls_context(relay)


def test_our_name_can_stand_in_ehlo() -> None:
    """A full name, or an address literal (RFC 5321 section 4.1.4)."""
    name = own_hostname()
    assert "." in name
    assert name.isascii()
    assert " " not in name


@pytest.mark.parametrize(
    ("delays", "is_far"), [((0.02, 0.02, 0.02), True), ((0.02, 0.0, 0.02), False)]
)
async def test_a_relay_that_was_never_quick_is_far(delays: tuple[float, ...], is_far: bool) -> None:
    """One quick reply is enough: what was slow was the relay's work, not the way."""
    waits = iter(delays)

    def plan(stage: Stage, _recipient: str) -> Spoilt | None:
        return Spoilt(delay=next(waits)) if stage is Stage.DATA else None

    envelope = Envelope(mail=b"MAIL FROM:<a@example.org>\r\n", rcpt=b"RCPT TO:<b@example.net>\r\n")
    async with fast_server(FastCatcher(plan=plan)) as catcher:
        connection = await connect(catcher.relay(), None, "client.example.org", QUICK)
        assert isinstance(connection, Connection)
        for _ in delays:
            connection.offer(envelope)
            assert await connection.opened() is None
            await connection.push(b"Subject: News\r\n\r\n")
            await connection.finish(None)
        await connection.quit()
    assert connection.is_far is is_far
