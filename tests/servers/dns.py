"""A name server on loopback (UDP) that knows what a test tells it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
"""Records in the zone-file form, by name and type: {("news.example.org", "MX"): ["10 mail…"]}."""


@contextmanager
def name_server(zone: Zone) -> Iterator[int]:
    """The port of a server that answers for `zone`, and that nothing else exists."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    thread = threading.Thread(target=_answer_all, args=(listener, zone))
    thread.start()
    try:
        yield port
    finally:
        listener.sendto(b"", ("127.0.0.1", port))
        thread.join()
        listener.close()


def _answer_all(listener: socket.socket, zone: Zone) -> None:
    while True:
        asked, client = listener.recvfrom(4096)
        if not asked:
            return
        listener.sendto(_answer(dns.message.from_wire(asked), zone).to_wire(), client)


def _answer(query: dns.message.Message, zone: Zone) -> dns.message.Message:
    (question,) = query.question
    name = question.name.to_text(omit_final_dot=True)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    records = zone.get((name, question.rdtype.name))
    if records:
        reply.answer.append(
            dns.rrset.from_text(question.name, 60, "IN", question.rdtype.name, *records)
        )
    elif not any(known == name for known, _kind in zone):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply
