from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.errors import InputError
from newsletter.jobs import supervisor as module
from newsletter.jobs.job import Job
from newsletter.jobs.supervisor import Supervisor
from newsletter.store.database import Database
from newsletter.store.job_outcomes import Ended, JobOutcome, last_outcomes
from subscribers.errors import AddressError
from tests.factories.planting import PlantedPanic

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def job(name: str, do: Callable[[threading.Event], object], budget: timedelta = HOUR) -> Job:
    """A job with a budget that no test outlives, unless it names one."""
    return Job(name=name, do=do, budget=budget)


def raising(error: BaseException) -> Callable[[threading.Event], object]:
    """Work that ends with the error."""

    def do(_stop: threading.Event) -> object:
        raise error

    return do


def supervise(database: Database, stop: threading.Event | None = None) -> Supervisor:
    """A supervisor for which it is always NOW."""
    return Supervisor(database, lambda: NOW, stop)


def kept(database: Database) -> dict[str, JobOutcome]:
    """What the database holds of each job."""
    with database.transaction(read_only=True) as connection:
        return {outcome.job: outcome for outcome in last_outcomes(connection)}


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (InputError("the file is empty"), Ended.FAILED),
        (AddressError("no address"), Ended.FAILED),
        (ZeroDivisionError("division by zero"), Ended.CRASHED),
        (RecursionError("too deep"), Ended.CRASHED),
        (PlantedPanic("a panic"), Ended.CRASHED),
        (SystemExit(3), Ended.CRASHED),
    ],
)
def test_an_error_ends_its_job_alone(
    database: Database, error: BaseException, ended: Ended, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it is, it is kept, and logged whole when it is unexpected; the next job runs."""
    runs = supervise(database).run_in_turn(
        [job("bad", raising(error)), job("good", lambda _stop: "all of it")]
    )
    assert [run.outcome.ended for run in runs] == [ended, Ended.DONE]
    assert runs[0].error is error
    assert kept(database)["bad"] == runs[0].outcome
    assert str(error) in kept(database)["bad"].error
    assert kept(database)["good"].detail == "all of it"
    assert kept(database)["good"].finished_at == NOW
    assert ("Traceback" in caplog.text) is (ended is Ended.CRASHED)


def test_lanes_run_beside_each_other(database: Database) -> None:
    """Each of these two jobs ends only when the other has begun."""
    both = threading.Barrier(2)
    runs = supervise(database).run_beside(
        [job("one", lambda _stop: both.wait(30))], [job("two", lambda _stop: both.wait(30))]
    )
    assert [run.outcome.ended for run in runs] == [Ended.DONE] * 2


def test_two_supervisors_do_not_run_one_job_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is told so, and does not touch what is kept of the first; others are free."""
    monkeypatch.setattr(module, "LOCK_SECONDS", 0)
    begun, go_on = threading.Event(), threading.Event()

    def hold(_stop: threading.Event) -> None:
        begun.set()
        go_on.wait(30)

    first = threading.Thread(target=supervise(database).run, args=[job("letters", hold)])
    first.start()
    assert begun.wait(30)
    other = supervise(database)
    assert other.run(job("letters", hold)).outcome.ended is Ended.ELSEWHERE
    assert other.run(job("webhooks", lambda _stop: None)).outcome.ended is Ended.DONE
    assert "letters" not in kept(database)
    go_on.set()
    first.join()
    assert other.run(job("letters", lambda _stop: None)).outcome.ended is Ended.DONE


def test_a_job_whose_turn_is_over_goes_on_after_the_others(database: Database) -> None:
    """A long send yields to the newsletter that waits, and is finished afterwards."""
    did: list[str] = []

    def long(stop: threading.Event) -> None:
        did.append("long")
        if did.count("long") == 1:
            stop.wait()

    long_job = Job(name="long", do=long, budget=timedelta(0), must_yield=lambda: len(did) < 2)
    runs = supervise(database).run_in_turn([long_job, job("other", lambda _stop: did.append("o"))])
    assert did == ["long", "o", "long"]
    assert [run.outcome.ended for run in runs] == [Ended.DONE] * 2


def test_a_job_goes_on_while_nothing_else_waits(database: Database) -> None:
    """Its budget is over many times, and it is asked nothing."""
    asked: list[bool] = []
    enough = threading.Event()

    def must_yield() -> bool:
        asked.append(False)
        if len(asked) == 3:
            enough.set()
        return False

    def work(stop: threading.Event) -> None:
        assert enough.wait(30)
        assert not stop.is_set()

    one = Job(name="one", do=work, budget=timedelta(0), must_yield=must_yield)
    assert supervise(database).run(one).outcome.ended is Ended.DONE


def test_the_end_of_the_process_is_heard_by_every_job(database: Database) -> None:
    """Those at work stop, and those that have not begun do not begin."""
    stop, begun = threading.Event(), threading.Barrier(3)

    def wait(asked: threading.Event) -> None:
        begun.wait(30)
        asked.wait()

    threading.Thread(target=lambda: (begun.wait(30), stop.set())).start()
    runs = supervise(database, stop).run_beside(
        [job("one", wait), job("never", lambda _stop: None)], [job("two", wait)]
    )
    assert {run.outcome.job: run.outcome.ended for run in runs} == {
        "one": Ended.STOPPED,
        "two": Ended.STOPPED,
    }


def test_a_job_that_does_not_stop_is_left_to_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others go on; and until it ends nobody begins it anew."""
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(module, "LOCK_SECONDS", 0)
    let_go, ended = threading.Event(), threading.Event()

    def hang(_stop: threading.Event) -> None:
        let_go.wait(60)
        ended.set()

    boss = supervise(database)
    stuck = job("stuck", hang, timedelta(0))
    runs = boss.run_in_turn([stuck, job("good", lambda _stop: None)])
    assert [run.outcome.ended for run in runs] == [Ended.OVERRAN, Ended.DONE]
    assert boss.has_abandoned_any
    assert boss.run(stuck).outcome.ended is Ended.ELSEWHERE
    let_go.set()
    assert ended.wait(30)
    while boss.has_abandoned_any:
        ended.wait(0.01)


def test_an_outcome_that_cannot_be_kept_stops_nothing(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so, and the run has it."""
    with sqlite_database.transaction() as connection:
        connection.execute(sa.text("DROP TABLE job_outcomes"))
    run = supervise(sqlite_database).run(job("one", lambda _stop: None))
    assert run.outcome.ended is Ended.DONE
    assert "cannot be recorded" in caplog.text
