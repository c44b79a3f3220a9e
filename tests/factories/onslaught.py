"""Everything that strangers can do to `serve` at once, from a process of its own; on loopback only.

`python -m tests.factories.onslaught PORT LMTP_PORT IDLE` goes on until its input ends, and then prints
as JSON what it did.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.factories.editors import ADDRESS

NOT_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000,
    b"POST /join/weekly HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /join/weekly HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30000\r\n\r\n"
    + b"[" * 30_000,
    b"GET /%0A%00%FF HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET /archive/weekly/99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n",
)
BEGUN = (b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\n")
"""What an idle connection says before it says nothing more."""

IDLE_REST = 20
"""Seconds after which a connection that was closed is opened again: who waits does not hurry."""

KINDS = 4
"""Of attacks: what is counted."""

GUESSERS, SHOUTERS, MAILERS = 8, 2, 3
HOSTILE_FEEDS = (
    "<rss version='2.0'><channel><title>F</title><item><title>T</title><description><![CDATA["
    + "<li>" * 45_000,
    "<rss version='2.0'><channel><title>" + "<" * 180_000,
    "<rss version='2.0'><channel><item><title>" + "&amp;lt;" * 22_000,
    "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1 if n else str()};' * 10}'>" for n in range(9))
    + "]><rss><channel><title>&a8;</title></channel></rss>",
    '{"version": "https://jsonfeed.org/version/1.1", "items": ' + "[" * 150_000,
)


def hostile_mails() -> Iterator[bytes]:
    """Mails that once took gigabytes or minutes, each with an id of its own; they never end."""
    head = b"From: Jo <jo@example.org>\r\nTo: weekly-request@news.example.org\r\nSubject: help\r\n"
    boundary = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    bodies = (
        boundary + b"--b\r\n\r\nx\r\n" * 40_000,
        b"\r\n" + b"\r\n" * 400_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)),
        b"Content-Type: text/html\r\n\r\n" + b"<li>" * 100_000,
        b"X: " + b"=?utf-8?q?a?= " * 30_000 + b"\r\n\r\nhelp\r\n",
        b"\r\n" + b"> On 1, a@b wrote: (" * 20_000,
    )  # fmt: skip
    for number in count():
        identity = b"Message-ID: <%d@example.org>\r\n" % number
        yield head + identity + bodies[number % len(bodies)]


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _wait_idly(port: int, number: int, done: Counter[str]) -> None:
    async with _connected(port) as (reader, writer):
        writer.write(BEGUN[number % len(BEGUN)])
        done["idle connections"] += 1
        await reader.read()


async def _guess(port: int, number: int, done: Counter[str]) -> None:
    form = urlencode({"address": ADDRESS, "password": "wrong"}).encode()
    network = f"10.{number % 250}.{done['passwords'] % 250}.{done['passwords'] // 250 % 250}"
    async with _connected(port) as (reader, writer):
        writer.write(
            b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            + f"X-Forwarded-For: {network}\r\nContent-Length: {len(form)}\r\n\r\n".encode()
            + form
        )
        answer = await reader.read()
        if answer:
            done["passwords"] += 1
            assert answer[9:12] in (b"403", b"429", b"503"), answer[:200]


async def _shout(port: int, number: int, done: Counter[str]) -> None:
    async with _connected(port) as (reader, writer):
        writer.write(NOT_HTTP[(number + done["not HTTP"]) % len(NOT_HTTP)])
        done["not HTTP"] += 1
        await reader.read(1000)


def _mailer(
    mails: Iterator[bytes],
) -> Callable[[int, int, Counter[str]], Coroutine[Any, Any, None]]:
    async def mail(port: int, number: int, done: Counter[str]) -> None:
        del number
        async with _connected(port) as (reader, writer):
            await reader.readline()
            for line in (
                b"LHLO mx.example.net",
                b"MAIL FROM:<evil@example.net>",
                b"RCPT TO:<weekly-request@news.example.org>",
                b"DATA",
            ):
                writer.write(line + b"\r\n")
                while (await reader.readline())[3:4] == b"-":
                    pass
            writer.write(next(mails) + b"\r\n.\r\n")
            answer = await reader.readline()
            done["mails"] += answer.startswith(b"250")

    return mail


async def _again(
    do: Callable[[int, int, Counter[str]], Coroutine[Any, Any, None]],
    port: int,
    number: int,
    done: Counter[str],
    *,
    rest: float = 0.05,
) -> None:
    """Do it for ever; `rest` is how many seconds pass before it is done again."""
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            await do(port, number, done)
        await asyncio.sleep(rest)


async def _all_begun(done: Counter[str]) -> None:
    """Wait until each kind of attack has come through."""
    while len(+done) < KINDS:  # noqa: ASYNC110 - every attacker would have to set an event
        await asyncio.sleep(0.1)


async def attack(port: int, mail_port: int, idle: int) -> Counter[str]:
    """Do everything until the input ends; returns how often each was done."""
    done: Counter[str] = Counter()
    mail = _mailer(hostile_mails())
    work = (
        *((_guess, port, number) for number in range(GUESSERS)),
        *((_shout, port, number) for number in range(SHOUTERS)),
        *((mail, mail_port, number) for number in range(MAILERS)),
    )
    tasks = [asyncio.create_task(_again(*one, done)) for one in work]
    tasks += [
        asyncio.create_task(_again(_wait_idly, port, number, done, rest=IDLE_REST))
        for number in range(idle)
    ]
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    begun = asyncio.create_task(_all_begun(done))
    await asyncio.wait([begun, over, *tasks], return_when=asyncio.FIRST_COMPLETED)
    print("begun", flush=True)
    await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error
    return done


def main(port: str, mail_port: str, idle: str) -> None:
    """The command."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(asyncio.run(attack(int(port), int(mail_port), int(idle)))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
