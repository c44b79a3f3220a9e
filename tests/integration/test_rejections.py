"""What relays say of readers' addresses during a send ends subscriptions, once, and no others."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from newsletter.pipeline.report_rejections import report_rejections
from newsletter.pipeline.send import begin
from newsletter.site.site import Site
from subscribers.people import find
from subscribers.tables import bounces, subscriptions
from tests.factories.runs import HOUR, MONDAY, THURSDAY, run_at
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import AtDot, Catcher, smtp_server


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
