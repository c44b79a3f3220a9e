"""The whole path: ledger, sender and a real SMTP server that misbehaves by script."""

from __future__ import annotations

import asyncio
import time
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from newsletter.config.sender import parse_rate
from newsletter.delivery.ledger import Claim
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.errors import InputError, RelayUnavailableError
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger
from tests.factories.ledger import (
    NOW,
    address_of,
    decide,
    ledger_on,
    planned_ledger,
    plant_issue,
    receipts_of,
    states_of,
    unsubscribe,
)
from tests.factories.sending import QUICK, compose, send
from tests.servers.smtp import AtDot, Catcher, Fault, Script, smtp_server

S = DeliveryState


async def test_every_reader_gets_one_message(database: Database) -> None:
    """All are accepted, each once, and the sum is right."""
    ledger = planned_ledger(database, readers=40)
    async with smtp_server(Catcher()) as catcher:
        report = await send(ledger, catcher.relay())
    assert (report.accepted, report.paused) == (40, "")
    assert sorted(catcher.recipients) == sorted(address_of(number) for number in range(1, 41))
    assert catcher.connections == 2
    assert ledger.is_conserved(40)
    first = next(message for message in catcher.caught if message.recipient == address_of(1))
    assert first.sender == "bounce+1@example.org"
    assert first.content.endswith(b"\r\n\r\nHello Reader 1\r\n.dot\r\n")
    assert receipts_of(database, 1) == [("accepted", 250, "2.0.0 Ok: queued")]


FAULTS: list[tuple[Script, DeliveryState, int]] = [
    ("450 4.2.1 Try later", S.DEFERRED, 450),
    ("451 4.7.1 Greylisted", S.DEFERRED, 451),
    ("550 5.1.1 No such user", S.REJECTED, 550),
    ("552 5.2.2 Mailbox full", S.REJECTED, 552),
    ("550 no enhanced code", S.REJECTED, 550),
    (AtDot(reply="452 4.3.1 Disk full"), S.DEFERRED, 452),
    (AtDot(reply="421 4.3.2 Closing"), S.DEFERRED, 421),
    (AtDot(reply="554 5.6.0 Bad content"), S.REJECTED, 554),
    (AtDot(reply="552 5.3.4 Too large"), S.REJECTED, 552),
    (AtDot(reply="354 Eh?"), S.UNKNOWN, 354),
    (Fault.DROP_AT_RCPT, S.DEFERRED, 0),
    (Fault.DROP_BEFORE_DOT, S.DEFERRED, 0),
    (Fault.REPLY_DURING_BODY, S.DEFERRED, 451),
    (Fault.DROP_AFTER_DOT, S.UNKNOWN, 0),
    (Fault.GARBLE_AFTER_DOT, S.UNKNOWN, 0),
    (Fault.DATA_THOUGH_REFUSED, S.REJECTED, 550),
]


def slow_down(ledger: SqlLedger) -> None:
    """Let the relay's word come before the books are written: else the dot is faster than it."""
    write = ledger.write

    def write_slowly(**rows: Any) -> frozenset[int]:
        time.sleep(0.05)
        return write(**rows)

    ledger.write = write_slowly  # type: ignore[method-assign]  # of this one


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step-by-step"])
@pytest.mark.parametrize(("script", "state", "code"), FAULTS, ids=lambda value: str(value)[:30])
async def test_one_readers_fault_is_no_other_readers(
    sqlite_database: Database, script: Script, state: DeliveryState, code: int, pipelining: bool
) -> None:
    """Each fault has its outcome, and everybody else gets one message."""
    ledger = planned_ledger(sqlite_database, readers=6)
    if script in (Fault.DROP_BEFORE_DOT, Fault.REPLY_DURING_BODY):
        slow_down(ledger)
    catcher = Catcher(faults={address_of(3): script}, pipelining=pipelining)
    async with smtp_server(catcher):
        report = await send(ledger, catcher.relay(connections=1))
    assert states_of(sqlite_database) == {n: state if n == 3 else S.ACCEPTED for n in range(1, 7)}
    assert receipts_of(sqlite_database, 3)[-1][:2] == (state, code)
    others = [recipient for recipient in catcher.recipients if recipient != address_of(3)]
    assert sorted(others) == sorted(address_of(n) for n in (1, 2, 4, 5, 6))
    assert report.paused == ""


async def test_a_refusal_leaves_the_connection_in_use(database: Database) -> None:
    """RSET clears the transaction that a refused recipient left open; nobody reconnects."""
    ledger = planned_ledger(database, readers=4)
    catcher = Catcher(faults={address_of(2): "550 5.1.1 No such user"})
    async with smtp_server(catcher):
        report = await send(ledger, catcher.relay(connections=1))
    assert (report.accepted, report.rejected, catcher.connections) == (3, 1, 1)
    assert "RSET" in catcher.commands


POLICIES: list[dict[str, Any]] = [
    {"faults": {address_of(2): "550 5.7.1 Blocked"}},
    {"faults": {address_of(2): AtDot(reply="554 5.7.1 Looks like spam")}},
    {"faults": {address_of(2): "530 5.7.0 Must authenticate"}},
    {"mail_replies": ["553 5.1.8 Sender refused"]},
]


@pytest.mark.parametrize("script", POLICIES, ids=["RCPT", "dot", "auth", "MAIL"])
async def test_a_refusal_about_us_pauses_the_run_and_blames_nobody(
    database: Database, script: dict[str, Any]
) -> None:
    """Nobody is rejected or deferred; the rest is pending, with the relay's words kept."""
    ledger = planned_ledger(database, readers=30)
    async with smtp_server(Catcher(**deepcopy(script))) as catcher:
        report = await send(ledger, catcher.relay(connections=1))
    assert report.paused
    assert set(states_of(database).values()) <= {S.ACCEPTED, S.PENDING}
    assert report.accepted == len(catcher.caught) < 30
    reader = 2 if catcher.faults else 1
    assert states_of(database)[reader] is S.PENDING
    assert receipts_of(database, reader)[0][0] == S.PENDING
    async with smtp_server(Catcher()) as healthy:
        again = await send(ledger, healthy.relay())
    assert again.accepted == 30 - report.accepted
    assert ledger.is_conserved(30)


async def test_one_reader_refused_by_policy_pauses_one_run_not_every_run(
    database: Database,
) -> None:
    """Her server's word alone holds up nobody twice; she is tried again, then expires."""
    ledger = planned_ledger(database, readers=10)
    async with smtp_server(Catcher(faults={address_of(2): "550 5.7.1 Not from you"})) as catcher:
        first = await send(ledger, catcher.relay(connections=1))
        second = await send(ledger, catcher.relay(connections=1))
        last = await send(ledger, catcher.relay(), now=NOW + timedelta(days=2))
    assert first.paused
    assert (second.paused, second.deferred, second.accepted) == ("", 1, 9 - first.accepted)
    assert (last.paused, last.expired) == ("", 1)
    assert ledger.is_conserved(10)


async def test_a_refusal_of_everybody_pauses_every_run(database: Database) -> None:
    """Who was refused before does not excuse a refusal of others."""
    ledger = planned_ledger(database, readers=10)
    faults: dict[str, Script] = {address_of(n): "550 5.7.1 Blocked" for n in range(1, 11)}
    async with smtp_server(Catcher(faults=faults)) as catcher:
        reports = [await send(ledger, catcher.relay(connections=1)) for _ in range(3)]
    assert all(report.paused for report in reports)
    assert set(states_of(database).values()) <= {S.PENDING, S.DEFERRED}


async def test_a_relay_of_old_is_greeted_as_of_old(database: Database) -> None:
    """It knows no EHLO: HELO will do, and one command at a time."""
    ledger = planned_ledger(database, readers=3)
    async with smtp_server(Catcher(ehlo_reply="502 What?")) as catcher:
        report = await send(ledger, catcher.relay())
    assert report.accepted == 3


async def test_a_relay_that_refuses_ehlo_pauses_the_run(database: Database) -> None:
    """A 5xx to EHLO is about us."""
    ledger = planned_ledger(database, readers=3)
    async with smtp_server(Catcher(ehlo_reply="554 5.7.1 Go away")) as catcher:
        report = await send(ledger, catcher.relay())
    assert "Go away" in report.paused
    assert set(states_of(database).values()) == {S.PENDING}


async def test_a_relay_in_trouble_is_rested_and_blames_nobody(database: Database) -> None:
    """421 to MAIL: wait, connect anew, and everybody gets the message."""
    ledger = planned_ledger(database, readers=5)
    catcher = Catcher(mail_replies=["421 4.3.2 Too busy", "451 4.3.2 Still busy"])
    async with smtp_server(catcher):
        report = await send(ledger, catcher.relay(connections=1))
    assert report.accepted == 5
    assert [receipts_of(database, n)[0][1] for n in range(1, 6)] == [250] * 5


async def test_no_relay_at_all_leaves_everything_pending(database: Database) -> None:
    """After a bounded number of tries the run gives up and says which relay and why."""
    ledger = planned_ledger(database, readers=3)
    async with smtp_server(Catcher()) as catcher:
        closed = catcher.relay()
    with pytest.raises(RelayUnavailableError, match="relay main: connect"):
        await send(ledger, closed)
    assert set(states_of(database).values()) == {S.PENDING}


async def test_another_relay_takes_over_from_one_that_is_down(database: Database) -> None:
    """What the first could not take, the second sends."""
    ledger = planned_ledger(database, readers=20)
    async with smtp_server(Catcher()) as down:
        closed = down.relay(name="down")
    async with smtp_server(Catcher()) as up:
        report = await send(ledger, closed, up.relay(name="up"))
    assert report.accepted == 20
    assert len(up.recipients) == 20


async def test_a_relay_that_always_hangs_up_on_one_reader_defers_her(
    database: Database,
) -> None:
    """She is tried a few times without blame, then it counts: she will expire some day."""
    ledger = planned_ledger(database, readers=1)
    async with smtp_server(Catcher(mail_reply="451 4.3.0 Not now")) as catcher:
        report = await send(ledger, catcher.relay())
    assert (report.deferred, report.next_retry) == (1, ledger.next_retry())


async def test_a_deferred_reader_is_tried_again_in_time_and_expires(
    database: Database,
) -> None:
    """Greylisting is normal life: not before her time, then again, until it is too late."""
    ledger = planned_ledger(database, readers=1)
    async with smtp_server(Catcher(faults={address_of(1): "450 4.7.1 Greylisted"})) as catcher:
        first = await send(ledger, catcher.relay())
        assert first.next_retry is not None
        too_early = await send(ledger, catcher.relay(), now=first.next_retry - timedelta(seconds=1))
        second = await send(ledger, catcher.relay(), now=first.next_retry)
        assert second.next_retry is not None
        last = await send(ledger, catcher.relay(), now=NOW + timedelta(days=2))
    assert (first.deferred, too_early.deferred, second.deferred) == (1, 0, 1)
    assert (last.expired, last.next_retry) == (1, None)
    assert ledger.is_conserved(1)


async def test_who_leaves_during_the_send_gets_nothing_more(database: Database) -> None:
    """Rule 1: with a limited rate few are claimed ahead, and each claim asks the audience."""
    ledger = planned_ledger(database, readers=60)

    def leave_at_first_receipt(receipt: Receipt) -> None:
        if receipt.subscriber_id == 1:
            unsubscribe(database, 60)

    async with smtp_server(Catcher()) as catcher:
        report = await send(
            ledger, catcher.relay(connections=1, rate="20/s"), progress=leave_at_first_receipt
        )
    assert (report.accepted, report.suppressed) == (59, 1)
    assert address_of(60) not in catcher.recipients


async def test_addresses_that_cannot_be_asked_for_harm_nobody(database: Database) -> None:
    """Not ASCII without SMTPUTF8, and a forged line end, are rejected before the wire."""
    addresses = [
        address_of(1),
        "jos\u00e9@example.org",
        "a@example.org>\r\nRCPT TO:<evil@example.net",
        "reader@b\u00fccher.example",
        address_of(5),
    ]
    issue = plant_issue(database, addresses)
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    async with smtp_server(Catcher(), enable_SMTPUTF8=False) as catcher:
        report = await send(ledger, catcher.relay(connections=1))
    assert (report.accepted, report.rejected) == (3, 2)
    assert catcher.recipients == [address_of(1), "reader@xn--bcher-kva.example", address_of(5)]
    assert "non-ASCII characters" in receipts_of(database, 2)[0][2]


async def test_an_address_outside_ascii_goes_with_smtputf8(database: Database) -> None:
    """RFC 6531: where the relay offers it, the local part goes in UTF-8."""
    issue = plant_issue(database, ["jos\u00e9@b\u00fccher.example"])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    async with smtp_server(Catcher()) as catcher:
        report = await send(ledger, catcher.relay())
    assert report.accepted == 1
    assert catcher.recipients == ["jos\u00e9@xn--bcher-kva.example"]


async def test_a_message_over_the_relays_size_is_not_tried(database: Database) -> None:
    """RFC 1870: the limit stands in the greeting; the next reader gets hers."""
    ledger = planned_ledger(database, readers=3)

    def compose_large(claim: Claim) -> bytes:
        return compose(claim) + (b"x" * 70 + b"\r\n") * (40 if claim.subscriber_id == 2 else 1)

    async with smtp_server(Catcher(), data_size_limit=2000) as catcher:
        report = await send(ledger, catcher.relay(connections=1), compose=compose_large)
    assert (report.accepted, report.rejected, catcher.connections) == (2, 1, 1)
    assert "the relay accepts 2000" in receipts_of(database, 2)[0][2]


async def test_a_reader_whose_message_cannot_be_made_harms_nobody(
    database: Database,
) -> None:
    """She is rejected with the reason."""
    ledger = planned_ledger(database, readers=3)

    def compose_or_not(claim: Claim) -> bytes:
        if claim.subscriber_id == 2:
            raise InputError("no slot for her name")
        return compose(claim)

    async with smtp_server(Catcher()) as catcher:
        report = await send(ledger, catcher.relay(), compose=compose_or_not)
    assert (report.accepted, report.rejected) == (2, 1)
    assert "no slot for her name" in receipts_of(database, 2)[0][2]


async def test_a_large_message_arrives_whole(database: Database) -> None:
    """More than the socket takes at once, pipelined behind one another."""
    ledger = planned_ledger(database, readers=5)
    body = b"".join(b"%06d %s\r\n" % (number, b"y" * 70) for number in range(20_000))
    async with smtp_server(Catcher()) as catcher:
        report = await send(
            ledger, catcher.relay(connections=2), compose=lambda claim: compose(claim) + body
        )
    assert report.accepted == 5
    assert all(message.content.endswith(body) for message in catcher.caught)


async def test_a_stop_finishes_what_is_in_flight_and_gives_back_the_rest(
    database: Database,
) -> None:
    """Nothing stays claimed or transmitting; a second run sends the rest, each once."""
    ledger = planned_ledger(database, readers=200)
    stop = asyncio.Event()

    def stop_after_ten(receipt: Receipt) -> None:
        if receipt.subscriber_id == 10:
            stop.set()

    async with smtp_server(Catcher()) as catcher:
        first = await send(ledger, catcher.relay(), stop=stop, progress=stop_after_ten)
        assert 10 <= first.accepted < 200
        assert set(states_of(database).values()) == {S.ACCEPTED, S.PENDING}
        second = await send(ledger, catcher.relay())
    assert first.accepted + second.accepted == 200
    assert len(catcher.recipients) == len(set(catcher.recipients)) == 200


async def test_a_message_without_reply_when_the_run_is_cut_off_is_unknown(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the dot nobody knows; what rode behind it goes back."""
    monkeypatch.setattr("newsletter.delivery.sender.GRACE_SECONDS", 0.05)
    ledger = planned_ledger(database, readers=3)
    stop = asyncio.Event()
    async with smtp_server(Catcher(faults={address_of(1): Fault.SILENT_AFTER_DOT})) as catcher:
        sending = asyncio.create_task(send(ledger, catcher.relay(connections=1), stop=stop))
        await catcher.unanswered.wait()
        stop.set()
        report = await sending
    assert report.unknown == 1
    assert states_of(database) == {1: S.UNKNOWN, 2: S.PENDING, 3: S.PENDING}


async def test_a_slow_relay_is_unknown_after_its_time(database: Database) -> None:
    """No reply to the dot in time: unknown, and the next reader gets hers elsewhere."""
    ledger = planned_ledger(database, readers=3)
    async with smtp_server(Catcher(faults={address_of(1): Fault.SILENT_AFTER_DOT})) as catcher:
        report = await send(
            ledger,
            catcher.relay(connections=1),
            timeouts=replace(QUICK, dot=0.1),
        )
    assert (report.unknown, report.accepted) == (1, 2)


async def test_two_senders_at_once_send_each_message_once(database: Database) -> None:
    """Rule 6: both work on the issue, nobody gets two."""
    issue = plant_issue(database, [address_of(n) for n in range(1, 301)])
    one, other = ledger_on(database, issue), ledger_on(database, issue)
    one.plan({}, issue.edition_id, NOW)
    async with smtp_server(Catcher()) as catcher:
        first, second = await asyncio.gather(
            send(one, catcher.relay(rate="2000/s")), send(other, catcher.relay(rate="2000/s"))
        )
    assert first.accepted + second.accepted == 300
    assert len(catcher.recipients) == len(set(catcher.recipients)) == 300
    assert one.is_conserved(300)


async def test_a_limit_for_one_domain_does_not_hold_up_the_others(
    database: Database,
) -> None:
    """Readers elsewhere go past those who must wait."""
    addresses = [f"r{n}@slow.example" for n in range(4)] + [address_of(n) for n in range(5, 11)]
    issue = plant_issue(database, addresses)
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    async with smtp_server(Catcher()) as catcher:
        relay = catcher.relay(connections=1, per_domain={"Slow.example": "10/s"})
        relay = relay.model_copy(update={"per_domain": {"Slow.example": parse_rate("2/s")}})
        report = await send(ledger, relay)
    assert report.accepted == 10
    assert report.seconds > 0.9
    assert set(catcher.recipients[-2:]) == {"r2@slow.example", "r3@slow.example"}


async def test_unknown_sent_again_are_the_only_copies(database: Database) -> None:
    """Held until somebody decides; `resend` then writes to those alone."""
    ledger = planned_ledger(database, readers=4)
    catcher = Catcher(faults={address_of(2): Fault.DROP_AFTER_DOT})
    async with smtp_server(catcher):
        await send(ledger, catcher.relay())
        held = await send(ledger, catcher.relay())
        catcher.faults.clear()
        decide(database, "resend")
        resent = await send(ledger, catcher.relay())
    assert (held.accepted, resent.accepted) == (0, 1)
    assert sorted(catcher.recipients) == sorted([*map(address_of, range(1, 5)), address_of(2)])
    assert ledger.counts()[S.ACCEPTED] == 4


async def test_a_host_name_no_dns_can_hold_is_a_relay_that_is_down(
    database: Database,
) -> None:
    """Said as such, not as a traceback."""
    ledger = planned_ledger(database, readers=1)
    with pytest.raises(RelayUnavailableError, match="relay main"):
        await send(ledger, Catcher(port=25).relay(host="relay..example.org", security="none"))


async def test_a_run_that_is_cancelled_loses_and_repeats_nobody(
    database: Database,
) -> None:
    """Connections are closed, not left with a reply to come; the next run sends the rest."""
    ledger = planned_ledger(database, readers=100)
    async with smtp_server(Catcher()) as catcher:
        sending = asyncio.create_task(send(ledger, catcher.relay()))
        await catcher.has_caught(10)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert len(catcher.caught) < 100
        await send(ledger, catcher.relay())
    assert len(catcher.recipients) == len(set(catcher.recipients)) == 100
    assert ledger.counts()[S.ACCEPTED] == 100


async def test_a_pause_does_not_cut_off_those_whose_reply_is_awaited(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One connection is refused; the other's message ends with its own outcome."""
    monkeypatch.setattr("newsletter.delivery.sender.GRACE_SECONDS", 0.0)
    ledger = planned_ledger(database, readers=2)
    faults: dict[str, Script] = {
        address_of(1): Fault.SILENT_AFTER_DOT,
        address_of(2): "550 5.7.1 Blocked",
    }
    async with smtp_server(Catcher(faults=faults)) as catcher:
        catcher.refuse_after = catcher.unanswered
        report = await send(ledger, catcher.relay(), timeouts=replace(QUICK, dot=0.3))
    assert report.paused
    assert receipts_of(database, 1)[0][2] == "no reply in time"


async def test_without_relays_nothing_is_claimed(database: Database) -> None:
    """The operator is told what to add."""
    ledger = planned_ledger(database, readers=1)
    with pytest.raises(RelayUnavailableError, match="no relay"):
        await send(ledger)
