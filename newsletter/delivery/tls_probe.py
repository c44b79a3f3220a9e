"""Whether a port speaks TLS from its first byte: who waits for its greeting waits in vain."""

from __future__ import annotations

import asyncio
import ssl


async def speaks_tls_first(host: str, port: int, seconds: float) -> bool:
    """Whether a server that gives no greeting within `seconds` answers a TLS handshake."""
    try:
        return not await _greets(host, port, seconds) and await _shakes_hands(host, port, seconds)
    except (OSError, TimeoutError, UnicodeError):
        return False


async def _greets(host: str, port: int, seconds: float) -> bool:
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(host, port)
    try:
        async with asyncio.timeout(seconds):
            await reader.read(1)
    except TimeoutError:
        return False
    else:
        return True
    finally:
        writer.close()


async def _shakes_hands(host: str, port: int, seconds: float) -> bool:
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(seconds):
        _, writer = await asyncio.open_connection(host, port, ssl=unverified)
    writer.close()
    return True
