from __future__ import annotations

import asyncio
from pathlib import Path

from newsletter.delivery.tls_probe import speaks_tls_first
from tests.factories.tls import make_identity
from tests.servers.smtp import Catcher, smtp_server


async def test_a_server_that_greets_speaks_in_clear() -> None:
    """Whatever it offers later."""
    async with smtp_server(Catcher()) as catcher:
        assert not await speaks_tls_first("127.0.0.1", catcher.port, 5)


async def test_a_port_that_nobody_listens_on_speaks_nothing() -> None:
    """It is not TLS either."""
    listener = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    assert not await speaks_tls_first("127.0.0.1", port, 0.2)


async def test_a_port_for_tls_alone_is_found_out(tmp_path: Path) -> None:
    """It gives no greeting, and its certificate does not matter."""
    identity = make_identity(tmp_path, expired=True)
    async with smtp_server(Catcher(), ssl=identity.context) as catcher:
        assert await speaks_tls_first("127.0.0.1", catcher.port, 0.5)
