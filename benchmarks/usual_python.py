"""The usual ways to send in Python, as one process: `python -m benchmarks.usual_python JSON`.

`way` is "composing" (EmailMessage, dkimpy and aiosmtplib for each reader), "aiosmtplib" or
"smtplib" (the same prepared message for everyone).
"""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import aiosmtplib
import dkim

from benchmarks.programs import answer, begin_together, cpu_seconds


def main(job: dict[str, Any]) -> None:
    """Send the messages of the job."""
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    key = Path(job["key"]).read_bytes()
    ready = Path(job["message"]).read_bytes().replace(b"\n", b"\r\n")
    numbers = range(job["first"], job["first"] + job["count"])
    used_before = begin_together()
    if job["way"] == "smtplib":
        _send_by_smtplib(job, texts, numbers, ready)
    else:
        is_composing = job["way"] == "composing"

        def message(number: int) -> bytes:
            return _composed(texts, number, key) if is_composing else ready

        asyncio.run(_send_by_aiosmtplib(job, texts["envelope"], iter(numbers), message))
    answer(accepted=len(numbers), cpu_seconds=cpu_seconds() - used_before)


def _composed(texts: dict[str, Any], number: int, key: bytes) -> bytes:
    """One reader's message composed from scratch, as in tutorials."""
    values = {
        "unsubscribe": f"https://{texts['domain']}/u/{number}",
        "preferences": f"https://{texts['domain']}/p/{number}",
        "name": f"Reader {number}",
    }
    text, html = texts["text"], texts["html"]
    for slot, word in texts["slots"].items():
        text, html = text.replace(word, values[slot]), html.replace(word, values[slot])
    message = EmailMessage(policy=SMTP)
    message["From"] = texts["from"]
    message["To"] = f"Reader {number} <reader{number}@example.net>"
    message["Subject"] = texts["subject"]
    message["Message-ID"] = f"<{number}@{texts['domain']}>"
    message["List-Unsubscribe"] = f"<{values['unsubscribe']}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    content = message.as_bytes()
    signature = dkim.sign(
        content,
        b"s1",
        texts["domain"].encode(),
        key,
        canonicalize=(b"relaxed", b"relaxed"),
    )
    return bytes(signature) + content


async def _send_by_aiosmtplib(
    job: dict[str, Any], sender: str, numbers: Iterator[int], message: Any
) -> None:
    context = ssl.create_default_context(cafile=job["certificate"]) if job["certificate"] else None

    async def connection() -> None:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=job["port"],
            start_tls=context is not None,
            tls_context=context,
            local_hostname="peer.test",
        ) as session:
            for number in numbers:
                recipient = f"reader{number}@example.net"
                await session.sendmail(sender, [recipient], message(number))

    async with asyncio.TaskGroup() as group:
        for _ in range(job["connections"]):
            group.create_task(connection())


def _send_by_smtplib(
    job: dict[str, Any], texts: dict[str, Any], numbers: range, ready: bytes
) -> None:
    with smtplib.SMTP("127.0.0.1", job["port"], local_hostname="peer.test") as session:
        if job["certificate"]:
            session.starttls(context=ssl.create_default_context(cafile=job["certificate"]))
        for number in numbers:
            session.sendmail(texts["envelope"], [f"reader{number}@example.net"], ready)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
