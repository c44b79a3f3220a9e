"""What relays say of readers' addresses during a send ends subscriptions, once, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.pipeline.report_rejections import report_rejections
from newsletter.pipeline.retry import retry_rejected
from newsletter.pipeline.send import begin
from newsletter.site.site import Site
from subscribers.people import find, show
from subscribers.tables import bounces, subscriptions
from tests.factories.runs import HOUR, MONDAY, THURSDAY, run_at, states
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import AtDot, Catcher, Script, smtp_server


def active_readers(site: Site) -> set[str]:
    """Whose subscription stands."""
    with site.database.transaction(read_only=True) as connection:
        return {
            address
            for address in READERS
            if connection.scalar(
                sa.select(subscriptions.c.status).where(
                    subscriptions.c.subscriber_id == find(connection, address).id
                )
            )
            == "active"
        }


def verdicts(site: Site) -> list[str]:
    """What the subscribers' house has counted."""
    with site.database.transaction(read_only=True) as connection:
        return list(connection.scalars(sa.select(bounces.c.verdict).order_by(bounces.c.verdict)))


async def test_only_a_bad_address_ends_a_subscription(tmp_path: Path, database_url: str) -> None:
    """Unknown: ended at once. Full: counted. Refused content: nothing is said about the reader."""
    catcher = Catcher(
        faults={
            READERS[0]: "550 5.1.1 User unknown",
            READERS[1]: "552 5.2.2 Mailbox full",
            READERS[2]: AtDot(reply="554 5.6.0 Bad content"),
        }
    )
    async with smtp_server(catcher):
        site = make_site(tmp_path, now=THURSDAY, port=catcher.port, database=database_url)
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        assert (await run_at(site, MONDAY)).did == "sent"
    assert active_readers(site) == set(READERS[1:])
    assert verdicts(site) == ["hard", "soft"]
    site.database.close()


async def test_a_relay_that_knows_nobody_on_a_small_list_ends_no_subscription(
    tmp_path: Path, database_url: str
) -> None:
    """All three readers, at as many domains, are refused in the same words: that is not their fault."""
    readers = tuple(f"reader@{name}.example" for name in ("one", "two", "three"))
    words = "550 5.1.1 User unknown in local recipient table"
    async with smtp_server(Catcher(faults=dict.fromkeys(readers, words))) as catcher:
        site = make_site(
            tmp_path, now=THURSDAY, port=catcher.port, database=database_url, readers=readers
        )
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        await run_at(site, MONDAY)
    with site.database.transaction(read_only=True) as connection:
        statuses = connection.scalars(sa.select(subscriptions.c.status)).all()
    assert statuses == ["active"] * 3
    assert verdicts(site) == []
    site.database.close()


async def test_who_came_back_since_is_not_ended_again(tmp_path: Path) -> None:
    """A rejection counts once per reader and issue, however often the books are read."""
    async with smtp_server(Catcher(faults={READERS[0]: "550 5.1.1 User unknown"})) as catcher:
        site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        assert (await run_at(site, MONDAY)).did == "sent"
    with site.database.transaction() as connection:
        connection.execute(sa.update(subscriptions).values(status="active"))
    sent = begin(site, "weekly", None, now=MONDAY)
    assert report_rejections(site, sent, MONDAY) == 0
    assert active_readers(site) == set(READERS)
    site.database.close()


def at_domains(reply: str) -> tuple[tuple[str, ...], dict[str, Script]]:
    """Eight readers, each at a domain of her own; all but two are answered so at the dot."""
    readers = tuple(f"reader@domain{number}.example.net" for number in range(8))
    return readers, {reader: AtDot(reply=reply) for reader in readers[2:]}


@pytest.mark.parametrize(
    "reply", ["550 5.4.5 Daily user sending limit exceeded.", "550 Something of the relay's own"]
)
async def test_a_relays_own_limit_costs_no_reader_anything(
    tmp_path: Path, database_url: str, reply: str
) -> None:
    """Known words pause at once, unknown ones when several domains hear them; then all is sent."""
    readers, faults = at_domains(reply)
    async with smtp_server(Catcher(faults=faults)) as catcher:
        site = make_site(
            tmp_path, now=THURSDAY, port=catcher.port, database=database_url, readers=readers
        )
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        paused = (await run_at(site, MONDAY)).sent
        assert paused is not None
        assert paused.report is not None
        assert paused.report.paused
        assert paused.counts[DeliveryState.REJECTED] == 0
        assert states(site) == [State.SENDING]
        catcher.faults.clear()
        assert (await run_at(site, MONDAY + HOUR)).did == "sent"
    assert sorted(catcher.recipients) == sorted(readers)
    assert verdicts(site) == []
    site.database.close()


async def test_who_was_wrongly_refused_is_sent_to_and_restored(tmp_path: Path) -> None:
    """In one command, by the words of the refusal; the record says so."""
    faults: dict[str, Script] = {
        READERS[0]: "550 5.1.1 User unknown here",
        READERS[1]: AtDot(reply="554 5.6.0 Bad content"),
        READERS[2]: "550 5.1.1 User unknown there",
    }
    async with smtp_server(Catcher(faults=faults)) as catcher:
        site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        assert (await run_at(site, MONDAY)).did == "sent"
        assert active_readers(site) == {READERS[1], READERS[3]}
        catcher.faults.clear()
        done = retry_rejected(site, "weekly", 1, reason="Unknown  HERE", now=MONDAY)
        assert (done.deliveries, done.restored) == (1, 1)
        assert (await run_at(site, MONDAY + HOUR)).did == "sent"
        assert catcher.recipients == [READERS[3], READERS[0]]
    assert active_readers(site) == set(READERS) - {READERS[2]}
    with site.database.transaction(read_only=True) as connection:
        entry = show(connection, READERS[0])["history"][-1]
    assert (entry["event"], entry["detail"]) == (
        "restore",
        "wrongly refused: weekly/1: Unknown  HERE",
    )
    site.database.close()


async def test_a_relay_that_knows_nobody_ends_no_subscription(tmp_path: Path) -> None:
    """Its words are those for a dead address; readers of many domains are not dead at once."""
    readers, faults = at_domains("550 5.1.1 User unknown")
    async with smtp_server(Catcher(faults=faults)) as catcher:
        site = make_site(tmp_path, now=THURSDAY, port=catcher.port, readers=readers)
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        paused = (await run_at(site, MONDAY)).sent
        assert paused is not None
        assert paused.counts[DeliveryState.REJECTED] == 0
        # The person who lets it go on has decided; the addresses stay on the list all the same.
        assert (await run_at(site, MONDAY + HOUR)).did == "sent"
    assert len(catcher.caught) == 2
    assert verdicts(site) == []
    site.database.close()
