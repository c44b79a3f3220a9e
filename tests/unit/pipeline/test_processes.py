from __future__ import annotations

import pytest

from newsletter.config.settings import RelaySettings
from newsletter.pipeline.processes import MIN_DELIVERIES, divide_connections

PLENTY = 100 * MIN_DELIVERIES


def relay(connections: int, name: str = "main") -> RelaySettings:
    """A relay with everything but its connections at its usual."""
    return RelaySettings.model_validate(
        {"name": name, "host": "127.0.0.1", "connections": connections}
    )


@pytest.mark.parametrize(
    ("connections", "processes", "shares"),
    [(8, 1, [8]), (8, 2, [4, 4]), (8, 3, [3, 3, 2]), (2, 4, [1, 1]), (1, 2, [1])],
)
def test_processes_divide_a_relays_connections(
    connections: int, processes: int, shares: list[int]
) -> None:
    """None is added and none is lost; a process without one does not start."""
    shared = divide_connections([relay(connections)], processes, PLENTY)
    assert [[each.connections for each in share] for share in shared] == [[n] for n in shares]


def test_a_small_relay_is_one_processs_own() -> None:
    """Who has no connection of a relay does not know it."""
    shared = divide_connections([relay(4, "wide"), relay(1, "narrow")], 2, PLENTY)
    assert [[(each.name, each.connections) for each in share] for share in shared] == [
        [("wide", 2), ("narrow", 1)],
        [("wide", 2)],
    ]


@pytest.mark.parametrize(
    ("deliveries", "processes"),
    [
        (0, 1),
        (MIN_DELIVERIES, 1),
        (2 * MIN_DELIVERIES - 1, 1),
        (2 * MIN_DELIVERIES, 2),
        (PLENTY, 4),
    ],
)
def test_a_short_list_needs_no_further_process(deliveries: int, processes: int) -> None:
    """Starting one takes longer than to send what it would send."""
    assert len(divide_connections([relay(8)], 4, deliveries)) == processes
