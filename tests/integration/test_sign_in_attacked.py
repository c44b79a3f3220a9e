"""Signing in, attacked by somebody who has the password, the mailbox, or many networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from newsletter.config.sign_in import SignInSettings
from newsletter.web.signin.attempts import PER_ADDRESS
from newsletter.web.signin.authenticator_page import APP_ON
from newsletter.web.signin.second_factor import GUESSED, WRONG_CODES
from tests.factories.editors import ADDRESS, NOW, PASSWORD, Office, open_office
from tests.factories.passkey_device import PasskeyDevice
from tests.factories.site import make_site
from tests.factories.subjects import told
from tests.integration.test_passkeys import ORIGIN, add
from tests.integration.test_second_factor import (
    PAGE,
    begin,
    change,
    code_of,
    enter,
    field,
    recorded,
    set_up,
)

AT_ONCE = 5
QUARTER = timedelta(minutes=15)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A site with one publisher, who has signed in by password."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        office.add()
        office.sign_in()
        yield office


def with_password(office: Office, network: int = 0) -> httpx2.Client:
    """Another browser, of a network with this number, which has got past the password."""
    browser = office.another_browser(**{"X-Forwarded-For": f"198.51.{network}.7"})
    assert browser.post("/sign-in", data={"address": ADDRESS, "password": PASSWORD}).is_redirect
    return browser


def require_it(office: Office) -> None:
    """Let the site require a second factor of everybody."""
    settings = SignInSettings.model_validate({"require_second_factor": "everybody"})
    office.app.state.auth_context = replace(office.app.state.auth_context, settings=settings)


def test_a_question_from_before_the_editor_had_a_passkey_is_void(office: Office) -> None:
    """Who knows only the password asks first, waits until the editor has a passkey, and answers then."""
    require_it(office)
    thief, stolen = with_password(office), PasskeyDevice(origin=ORIGIN)
    csrf = field(thief.get("/account").text, "csrf")
    asked = thief.post("/account/passkey", data={"csrf": csrf, "current": PASSWORD}).json()
    assert add(office, PasskeyDevice(origin=ORIGIN)).status_code == 200
    form = {"action": "add-passkey", "state": asked["state"], "csrf": csrf, "name": "thief"}
    answer = thief.post("/account", data={**form, "credential": stolen.make(asked["ask"])})
    assert answer.status_code == 422
    assert thief.get("/audit").status_code == 303
    assert "add passkey" not in [what for what, detail in recorded(office) if detail == "thief"]


def test_an_app_from_before_the_editor_had_a_passkey_is_not_set_up(office: Office) -> None:
    """Nor is a form for an app worth anything, which was opened before."""
    require_it(office)
    thief = with_password(office)
    app, form = begin(replace(office, client=thief))
    assert add(office, PasskeyDevice(origin=ORIGIN)).status_code == 200
    answer = thief.post(PAGE, data={**form, "code": code_of(office, app)})
    assert answer.status_code == 403
    assert thief.get("/audit").status_code == 303


def guess(office: Office, count: int, first_network: int) -> None:
    """Enter so many wrong codes, few enough from each network that none is refused unread."""
    browser = office.client
    for number in range(count):
        if number % (PER_ADDRESS.most - 1) == 0:
            browser = with_password(office, first_network + number)
        assert enter(browser, "000000").status_code == 403


def test_codes_are_not_guessed_from_many_networks(office: Office) -> None:
    """Fifty wrong ones in a day end it; the editor is told of five, and gets in by a recovery code."""
    app, codes = set_up(office)
    guess(office, PER_ADDRESS.most, 0)
    assert told(office.site) == [APP_ON, GUESSED]
    assert enter(with_password(office, 250), code_of(office, app)).status_code == 303  # no reset
    office.now += QUARTER
    guess(office, WRONG_CODES.most - PER_ADDRESS.most, 10)
    office.now += QUARTER
    assert enter(with_password(office, 251), code_of(office, app)).status_code == 403
    assert change(office, "turn-off", code_of(office, app)).status_code == 403
    assert enter(with_password(office, 252), codes[0]).status_code == 303
    assert told(office.site).count(GUESSED) == 1
    office.now += WRONG_CODES.per
    assert enter(with_password(office, 253), code_of(office, app)).status_code == 303


def test_guesses_where_one_is_signed_in_count_too(office: Office) -> None:
    """Who sits at an open browser does not guess the code that turns the app off."""
    set_up(office)
    for _ in range(PER_ADDRESS.most):
        assert change(office, "turn-off", "000000").status_code == 403
    assert change(office, "turn-off", "000000").status_code == 429
    assert told(office.site) == [APP_ON, GUESSED]


def _by_code(office: Office) -> Callable[[int], httpx2.Response]:
    app, _codes = set_up(office)
    browsers = [with_password(office, number) for number in range(AT_ONCE)]
    return lambda number: enter(browsers[number], code_of(office, app))


def _by_recovery_code(office: Office) -> Callable[[int], httpx2.Response]:
    _app, codes = set_up(office)
    browsers = [with_password(office, number) for number in range(AT_ONCE)]
    return lambda number: enter(browsers[number], codes[0])


def _by_link(office: Office) -> Callable[[int], httpx2.Response]:
    link = office.ask_for_link()
    browsers = [office.another_browser() for _ in range(AT_ONCE)]
    return lambda number: browsers[number].post(link)


def _by_passkey(office: Office) -> Callable[[int], httpx2.Response]:
    device = PasskeyDevice(origin=ORIGIN, counts=False)
    add(office, device)
    asked = office.client.get("/sign-in/passkey/ask").json()
    form = {"state": asked["state"], "credential": device.sign(asked["ask"])}
    browsers = [office.another_browser() for _ in range(AT_ONCE)]
    return lambda number: browsers[number].post("/sign-in/passkey", data=form)


@pytest.mark.parametrize("way", [_by_code, _by_recovery_code, _by_link, _by_passkey])
def test_of_many_requests_at_once_one_signs_in(
    office: Office, way: Callable[[Office], Callable[[int], httpx2.Response]]
) -> None:
    """With one code, one recovery code, one link, or one answer of a passkey."""
    attempt = way(office)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(attempt, range(AT_ONCE)))
    signed_in = [
        answer
        for answer in answers
        if any("newsletter-session" in one for one in answer.headers.get_list("set-cookie"))
    ]
    assert len(signed_in) == 1
