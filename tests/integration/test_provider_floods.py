"""Sign-ins by an identity provider that come to nothing: each way fills one line of the log a minute."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.web.signin import provider_pages
from subscribers.quiet_log import QuietLog
from tests.factories.editors import Office
from tests.integration.test_identity_provider import URL, come_back, leave, office_with
from tests.servers.identity_provider import Provider

TIMES = 8


def _away(office: Office, provider: Provider) -> None:
    provider.metadata = {"jwks_uri": None}
    assert office.client.get("/sign-in/provider").status_code == 503


def _refusal(office: Office, _provider: Provider) -> None:
    state = re.search(r"state=([^&]+)", leave(office.client))
    assert state is not None
    path = f"/sign-in/provider/answer?error=access_denied%0Aforged&state={state[1]}"
    assert office.client.get(path).status_code == 403


def _wrong_code(office: Office, provider: Provider) -> None:
    back = provider.authorize(leave(office.client)).removeprefix(URL)
    assert office.client.get(back.replace("code=", "code=x")).status_code == 503


def _unverified(office: Office, provider: Provider) -> None:
    provider.changes["email_verified"] = False
    assert come_back(office.client, provider).status_code == 403


def _stranger(office: Office, provider: Provider) -> None:
    provider.changes |= {"email": "who@example.org", "email_verified": True}
    assert come_back(office.client, provider).status_code == 403


@pytest.mark.parametrize(
    ("start", "attempt"),
    [
        ("an editor could not be sent to the identity provider: ", _away),
        ("the identity provider refuses a sign-in: ", _refusal),
        ("an editor could not sign in by the identity provider", _wrong_code),
        ("Press ID recognised somebody without a verified address", _unverified),
        ("Press ID recognised somebody who is not a user", _stranger),
    ],
    ids=["away", "refusal", "code", "unverified", "stranger"],
)
def test_a_flood_fills_one_line(
    start: str,
    attempt: Callable[[Office, Provider], None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first attempt is told, with its traceback where there is one."""
    quiet = QuietLog(provider_pages.log, clock=lambda: 0.0)
    monkeypatch.setattr(provider_pages, "strangers", quiet)
    with caplog.at_level(logging.WARNING), office_with(tmp_path) as (office, provider):
        for _ in range(TIMES):
            attempt(office, provider)
    lines = [line for record in caplog.records if (line := record.getMessage()).startswith(start)]
    assert len(lines) == 1
    assert "\n" not in lines[0]
