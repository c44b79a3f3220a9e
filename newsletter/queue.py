"""The queue of batches for sending nodes: Procrastinate, in the site's own PostgreSQL.

A batch is a range of an issue's deliveries by subscriber id. The ledger, not the queue, makes
sure that a message is sent once: a batch may be taken twice, but a delivery is claimed once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import procrastinate
import sqlalchemy as sa
from procrastinate import exceptions, jobs
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import JSONB

from newsletter.errors import DatabaseUnavailableError
from newsletter.store.database import Database
from newsletter.store.liveness import LeaderLock

QUEUE, TASK = "sending", "send_batch"

HEARTBEAT, LEASE = 2.0, 10.0
"""Seconds between two heartbeats of a node, and without one until its batches are freed."""

GRACE = 9.0
"""Seconds that a node has to finish its batches when it is told to stop."""

AT_ONCE = 3
"""Batches that a node works on: while one waits for its last replies, the others keep the
connections busy."""

# Both log every job and every lost connection; a node logs what matters itself.
for _name in ("procrastinate", "psycopg.pool"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_jobs = sa.table(
    "procrastinate_jobs",
    sa.column("queue_name", sa.String),
    sa.column("status", sa.String),
    sa.column("args", JSONB),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """The deliveries of an issue to the subscribers from `first` to `last`."""

    issue_id: int
    first: int
    last: int


class BatchReturnedError(Exception):
    """The node cannot finish the batch; another node may take it."""


def make_queue(database: Database) -> None:
    """Create the queue's tables if they are missing."""
    with database.transaction() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(QUEUE))))
        if not _queue_exists(connection):
            connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))


def enqueue(connection: sa.Connection, batches: Sequence[Batch]) -> None:
    """Queue the batches for the nodes; they become visible when the transaction is committed."""
    if batches:
        manager = _app(connection.engine).job_manager
        queued = [
            jobs.Job(
                id=None, queue=QUEUE, task_name=TASK, lock=None, queueing_lock=None,
                task_kwargs=asdict(batch),
            )
            for batch in batches
        ]  # fmt: skip
        manager.batch_defer_jobs(queued, connection=connection.connection.driver_connection)


def count_batches(connection: sa.Connection, issue_id: int) -> int:
    """How many batches of the issue are waiting or being sent; 0 if there is no queue."""
    if not _queue_exists(connection):
        return 0
    return connection.execute(
        sa.select(sa.func.count()).select_from(_jobs).where(_batches_of(issue_id, "todo", "doing"))
    ).scalar_one()


def withdraw_batches(connection: sa.Connection, issue_id: int) -> None:
    """Withdraw the batches of the issue that no node has taken yet."""
    connection.execute(sa.delete(_jobs).where(_batches_of(issue_id, "todo")))


async def take_batches(
    database: Database, send: Callable[[Batch], Awaitable[None]], stop: asyncio.Event
) -> None:
    """Take batches and pass each to `send`, until `stop` is set.

    A batch for which `send` raises BatchReturnedError goes back to the queue. Raises
    DatabaseUnavailableError when the database is gone.
    """
    app = _app(database.engine)
    app.task(name=TASK, queue=QUEUE, retry=_RetryReturnedBatch())(_batch_task(send))
    try:
        async with app.open_async():
            await _work(app, database, stop)
    except (exceptions.ConnectorException, OSError) as error:
        raise DatabaseUnavailableError(
            f"the queue cannot be used: {error.__cause__ or error}", field="site.database"
        ) from error


async def _work(app: procrastinate.App, database: Database, stop: asyncio.Event) -> None:
    worker = asyncio.create_task(
        app.run_worker_async(
            queues=[QUEUE],
            concurrency=AT_ONCE,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=LEASE,
            shutdown_graceful_timeout=GRACE,
            delete_jobs="always",
        )
    )
    stopping = asyncio.create_task(stop.wait())
    freeing = asyncio.create_task(_free_stalled_batches(app, database))
    try:
        await asyncio.wait([worker, stopping, freeing], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (stopping, freeing, worker):
            task.cancel()
        await asyncio.wait([stopping, freeing, worker])
    for task in (freeing, worker):
        if not task.cancelled():
            task.result()
    if not stop.is_set():
        raise DatabaseUnavailableError("the queue cannot be used", field="site.database")


async def _free_stalled_batches(app: procrastinate.App, database: Database) -> None:
    """Free the batches of nodes without a heartbeat for a lease; one node does so for all."""
    lock = LeaderLock(database, "batches of dead nodes")
    try:
        while True:
            await asyncio.sleep(LEASE / 4)
            if await _is_ours(lock):
                stalled = await app.job_manager.get_stalled_jobs(
                    queue=QUEUE, seconds_since_heartbeat=LEASE
                )
                for job in stalled:
                    with suppress(exceptions.ConnectorException):  # it has just ended
                        await app.job_manager.retry_job(job)
    finally:
        lock.resign()


async def _is_ours(lock: LeaderLock) -> bool:
    check = asyncio.create_task(asyncio.to_thread(lock.is_ours))
    try:
        return await asyncio.shield(check)
    except asyncio.CancelledError:
        # Resigning while the thread still acquires the lock would leave it held for ever.
        await asyncio.gather(check, return_exceptions=True)
        raise


class _RetryReturnedBatch(procrastinate.BaseRetryStrategy):
    def get_retry_decision(
        self, *, exception: BaseException, job: jobs.Job
    ) -> procrastinate.RetryDecision | None:
        """Retry immediately if the node returned the batch."""
        is_returned = isinstance(exception, BatchReturnedError)
        return procrastinate.RetryDecision(retry_in={"seconds": 0}) if is_returned else None


def _batch_task(send: Callable[[Batch], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def send_batch(issue_id: int, first: int, last: int) -> None:
        await send(Batch(issue_id=issue_id, first=first, last=last))

    return send_batch


def _app(engine: sa.Engine) -> procrastinate.App:
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4)
    return procrastinate.App(connector=connector)


def _queue_exists(connection: sa.Connection) -> bool:
    if connection.dialect.name != "postgresql":
        return False
    name = sa.func.to_regclass(_jobs.name)
    return connection.execute(sa.select(name.is_not(None))).scalar_one()


def _batches_of(issue_id: int, *statuses: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        _jobs.c.queue_name == QUEUE,
        sa.cast(_jobs.c.status, sa.String).in_(statuses),
        _jobs.c.args["issue_id"].as_integer() == issue_id,
    )
