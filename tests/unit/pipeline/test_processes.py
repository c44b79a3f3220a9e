from __future__ import annotations

import pytest

from newsletter.config.settings import RelaySettings
from newsletter.pipeline.processes import LEAST_EACH, shared_out

PLENTY = 100 * LEAST_EACH


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
    shared = shared_out([relay(connections)], processes, PLENTY)
    assert [[each.connections for each in share] for share in shared] == [[n] for n in shares]


def test_a_small_relay_is_one_processs_own() -> None:
    """Who has no connection of a relay does not know it."""
    shared = shared_out([relay(4, "wide"), relay(1, "narrow")], 2, PLENTY)
    assert [[(each.name, each.connections) for each in share] for share in shared] == [
        [("wide", 2), ("narrow", 1)],
        [("wide", 2)],
    ]


@pytest.mark.parametrize(
    ("deliveries", "processes"),
    [(0, 1), (LEAST_EACH, 1), (2 * LEAST_EACH - 1, 1), (2 * LEAST_EACH, 2), (PLENTY, 4)],
)
def test_a_short_list_needs_no_further_process(deliveries: int, processes: int) -> None:
    """Starting one takes longer than to send what it would send."""
    assert len(shared_out([relay(8)], 4, deliveries)) == processes
