"""How long a send takes is foretold from the relays' limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.config.settings import RelaySettings
from newsletter.delivery.rates.forecast import RelayDays, forecast_end

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SYDNEY = ZoneInfo("Australia/Sydney")


def relay(name: str = "main", **settings: Any) -> RelaySettings:
    """A relay with these settings."""
    return RelaySettings.model_validate({"name": name, "host": "127.0.0.1", **settings})


def takes(
    readers: dict[str, int],
    *relays: RelaySettings,
    unlimited: float = 1000.0,
    days: RelayDays | None = None,
) -> float:
    """The seconds from the start to the last message."""
    end = forecast_end(
        readers,
        relays,
        start=START,
        zone=ZoneInfo("UTC"),
        unlimited=unlimited,
        days=days or RelayDays(),
    )
    assert end is not None
    return (end - START).total_seconds()


def test_a_rate_divides_the_readers() -> None:
    """Ten a second: 6,000 readers take ten minutes, and 50 take five seconds."""
    assert takes({"a.example": 6000}, relay(rate="10/s")) == pytest.approx(600)
    assert takes({"a.example": 50}, relay(rate="10/s")) == pytest.approx(5)


def test_relays_work_at_the_same_time_but_a_spare_one_does_not() -> None:
    """A relay of weight 0 waits for the others to fail."""
    two = (relay(rate="10/s"), relay("second", rate="20/s"))
    assert takes({"a.example": 18_000}, *two) == pytest.approx(600)
    spare = relay("spare", rate="20/s", weight=0)
    assert takes({"a.example": 6000}, relay(rate="10/s"), spare) == pytest.approx(600)


def test_the_slowest_domain_decides() -> None:
    """Others use what it leaves over."""
    limited = relay(rate="100/s", per_domain={"Slow.example": "1/s"})
    readers = {"slow.example": 600, "fast.example": 6000}
    assert takes(readers, limited) == pytest.approx(600)


def test_a_relay_without_a_limit_is_as_fast_as_the_caller_knows() -> None:
    """Say, as fast as the last send was; several share that, and a limit is what it says."""
    assert takes({"a.example": 500}, relay(), unlimited=50) == pytest.approx(10)
    assert takes({"a.example": 30_000}, relay(), relay("second"), unlimited=50) == pytest.approx(
        600
    )
    assert takes({"a.example": 500}, relay(rate="100/s"), unlimited=50) == pytest.approx(5)


def test_outside_its_hours_a_relay_rests() -> None:
    """In the site's zone: 7:00 UTC is 18:00 in Sydney, an hour before the end."""
    daily = relay(rate="1/s", hours="09:00-19:00")
    end = forecast_end(
        {"a.example": 3660},
        [daily],
        start=START,
        zone=SYDNEY,
        unlimited=1000,
        days=RelayDays(),
    )
    assert end is not None
    assert end.astimezone(SYDNEY).isoformat(timespec="minutes") == "2026-03-03T09:01+11:00"


def test_a_warm_up_spreads_a_send_over_days_and_the_next_issue_finds_the_day_used() -> None:
    """100 on the first day and 200 on the second."""
    warming = relay(rate="100/s", warm_up={"since": date(2026, 3, 2), "first_day": 100})
    days = RelayDays()
    first = takes({"a.example": 150}, warming, days=days)
    assert timedelta(hours=17) <= timedelta(seconds=first) < timedelta(hours=17, minutes=2)
    assert days.sent["main", date(2026, 3, 2)] == pytest.approx(100)
    assert days.sent["main", date(2026, 3, 3)] == pytest.approx(50)


def test_what_would_take_months_has_no_end() -> None:
    """One an hour, for a hundred thousand readers."""
    ends = forecast_end(
        {"a.example": 100_000},
        [relay(rate="1/h")],
        start=START,
        zone=SYDNEY,
        unlimited=1000,
        days=RelayDays(),
    )
    assert ends is None
    assert takes({}, relay()) == 0
