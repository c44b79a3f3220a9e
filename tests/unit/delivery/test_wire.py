"""The one place that leans on aiosmtplib: its session's transport can be taken over."""

from __future__ import annotations

import aiosmtplib
import pytest

from newsletter.delivery.replies import ReplyError
from newsletter.delivery.wire import take_over
from tests.servers.smtp import Catcher, smtp_server


async def test_a_session_opened_by_aiosmtplib_can_be_taken_over() -> None:
    """Replies to a pipelined group all come, in order, which aiosmtplib's own protocol drops."""
    async with smtp_server(Catcher()) as catcher:
        session = aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.port, start_tls=False)
        await session.connect()
        await session.ehlo()
        wire = take_over(session)
        wire.write(b"NOOP\r\nRSET\r\nVRFY\r\nQUIT\r\n")
        codes = [(await wire.reply(5)).code for _ in range(4)]
        assert codes == [250, 250, 501, 221]
        with pytest.raises(ConnectionError):
            await wire.reply(5)
        assert not wire.is_open
        wire.abort()


async def test_a_reply_that_does_not_come_in_time_is_a_timeout() -> None:
    """Nobody waits for ever."""
    async with smtp_server(Catcher()) as catcher:
        session = aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.port, start_tls=False)
        await session.connect()
        wire = take_over(session)
        with pytest.raises(TimeoutError):
            await wire.reply(0.01)
        assert wire.is_quiet
        wire.abort()


async def test_garbage_closes_the_connection() -> None:
    """What comes behind it could be paired with the wrong command."""
    async with smtp_server(Catcher()) as catcher:
        session = aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.port, start_tls=False)
        await session.connect()
        wire = take_over(session)
        wire.data_received(b"250 2.0.0 queued\r\nhello\r\n")
        assert (await wire.reply(5)).code == 250
        with pytest.raises(ReplyError):
            await wire.reply(5)
        assert not wire.is_open


def test_a_session_that_is_not_open_is_refused() -> None:
    """There is nothing to take over."""
    with pytest.raises(TypeError):
        take_over(aiosmtplib.SMTP(hostname="127.0.0.1"))
