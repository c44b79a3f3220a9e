"""The code of an authenticator app through a real server: set up, asked for, guessed, lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx2
import pyotp
import pytest
import sqlalchemy as sa

from newsletter.config.sign_in import SignInSettings
from newsletter.store import account_tables as tables
from newsletter.store import audit
from newsletter.store.users import Role, find_user, remove_user
from newsletter.web.signin.attempts import PER_ADDRESS
from newsletter.web.signin.authenticator_page import APP_OFF, APP_ON, NEW_CODES
from newsletter.web.signin.encryption import decrypt
from newsletter.web.signin.second_factor import GUESSED, RECOVERED
from newsletter.web.signin.steps import LASTS
from newsletter.web.signin.totp import RECOVERY_CODES
from tests.factories.editors import ADDRESS, NOW, PASSWORD, Office, open_office
from tests.factories.passkey_device import PasskeyDevice
from tests.factories.site import make_site
from tests.factories.subjects import told

PAGE = "/account/authenticator"
STEP = timedelta(seconds=30)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A site with one publisher, who has signed in by password."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        office.add()
        office.sign_in()
        yield office


def code_of(office: Office, app: pyotp.TOTP, steps: int = 0) -> str:
    """What the app shows now, or so many steps from now."""
    return app.at(office.now + steps * STEP)


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def begin(office: Office) -> tuple[pyotp.TOTP, dict[str, str]]:
    """The app that has scanned the page's code, and the form without its code."""
    page = office.client.get(PAGE).text
    address = re.search(r'href="(otpauth://[^"]+)"', page)
    assert address is not None
    app = pyotp.parse_uri(unescape(address[1]))
    assert isinstance(app, pyotp.TOTP)
    form = {"action": "set-up", "state": field(page, "state"), "csrf": field(page, "csrf")}
    return app, {**form, "current": PASSWORD}


def set_up(office: Office) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an app; returns it and the recovery codes."""
    app, form = begin(office)
    answer = office.client.post(PAGE, data={**form, "code": code_of(office, app)})
    assert answer.status_code == 200, answer.text
    office.now += STEP
    return app, re.findall(r"<code>([a-z0-9-]{19})</code>", answer.text)


def change(office: Office, action: str, code: str) -> httpx2.Response:
    """Press a button of the page with a code."""
    return office.client.post(
        PAGE, data={"action": action, "code": code, "csrf": office.csrf(PAGE)}
    )


def enter(browser: httpx2.Client, code: str, **more: str) -> httpx2.Response:
    """Enter a code on the page that asks for it."""
    return browser.post("/sign-in/code", data={"code": code, **more})


def with_password(office: Office) -> httpx2.Client:
    """Another browser, which has got past the password."""
    browser = office.another_browser()
    answer = browser.post("/sign-in", data={"address": ADDRESS, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code")
    return browser


def recorded(office: Office) -> list[tuple[str, str]]:
    """What the record says, oldest first."""
    with office.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=100)
    return [(entry.what, entry.detail) for entry in reversed(found)]


def test_an_app_counts_once_its_code_is_entered(office: Office) -> None:
    """Looking at the page changes nothing; after it no password is enough, and other browsers end."""
    other = office.another_browser()
    office.sign_in(other)
    app, form = begin(office)
    office.sign_in(office.another_browser())  # still by password alone
    for wrong in ({"code": "000000"}, {"code": code_of(office, app), "current": "guess"}):
        answer = office.client.post(PAGE, data={**form, **wrong})
        assert answer.status_code == 403
        assert "Nothing has changed" in answer.text
    done = office.client.post(PAGE, data={**form, "code": code_of(office, app)})
    assert len(re.findall(r"<code>[a-z0-9-]{19}</code>", done.text)) == RECOVERY_CODES
    assert other.get("/account").status_code == 303
    assert office.client.get("/account").status_code == 200
    browser = with_password(office)
    assert browser.get("/account").status_code == 303
    assert told(office.site) == [APP_ON]
    assert ("set up authenticator app", "") in recorded(office)


def test_password_and_code_sign_in_and_lead_to_the_page(office: Office) -> None:
    """The record says by what; the browser keeps nothing of the first step."""
    app, _codes = set_up(office)
    browser = office.another_browser()
    form = {"address": ADDRESS, "password": PASSWORD, "next": "/account?x=1"}
    first = browser.post("/sign-in", data=form)
    assert first.headers["location"] == "/sign-in/code?next=/account%3Fx%3D1"
    page = browser.get(first.headers["location"]).text
    answer = enter(
        browser,
        f" {code_of(office, app)[:3]} {code_of(office, app)[3:]} ",
        next=unescape(field(page, "next")),
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    assert browser.get("/account").status_code == 200
    assert browser.get("/sign-in/code").status_code == 303
    assert recorded(office)[-1] == (
        "sign in",
        "by password and a code, A browser, from 127.0.0.0/24",
    )


def test_a_link_by_mail_asks_for_the_code_too(office: Office) -> None:
    """A mailbox that somebody reads is not enough; the link is used up all the same."""
    app, _codes = set_up(office)
    browser = office.another_browser()
    link = office.ask_for_link(next="/account")
    answer = browser.post(link)
    assert answer.headers["location"].startswith("/sign-in/code")
    assert browser.get("/account").status_code == 303
    assert enter(browser, code_of(office, app)).status_code == 303
    assert browser.get("/account").status_code == 200
    assert office.another_browser().post(link).status_code == 404


def test_a_code_works_once_and_no_older_one_after_it(office: Office) -> None:
    """Who looks over a shoulder has seen a code that is spent; a clock half a minute off is no matter."""
    app, _codes = set_up(office)
    office.now += 5 * STEP
    late = code_of(office, app, -1)
    ahead = code_of(office, app, 1)
    assert enter(with_password(office), ahead).status_code == 303
    assert enter(with_password(office), ahead).status_code == 403
    assert enter(with_password(office), late).status_code == 403
    office.now += 2 * STEP
    assert enter(with_password(office), code_of(office, app, -2)).status_code == 403
    assert enter(with_password(office), code_of(office, app)).status_code == 303


def test_the_code_of_setting_up_is_spent(office: Office) -> None:
    """It was on the screen while the app was set up."""
    app, form = begin(office)
    code = code_of(office, app)
    assert office.client.post(PAGE, data={**form, "code": code}).status_code == 200
    assert enter(with_password(office), code).status_code == 403


def test_each_recovery_code_signs_in_once(office: Office) -> None:
    """However it is typed; the editor is told, and the database has only hashes."""
    _app, codes = set_up(office)
    assert len(set(codes)) == RECOVERY_CODES
    typed = codes[0].upper().replace("-", " ")
    assert enter(with_password(office), typed).status_code == 303
    assert enter(with_password(office), codes[0]).status_code == 403
    assert enter(with_password(office), codes[1]).status_code == 303
    assert "that are left: 8" in office.client.get(PAGE).text
    assert told(office.site) == [APP_ON, RECOVERED, RECOVERED]
    assert recorded(office)[-1][1].startswith("by password and a recovery code")
    with office.site.database.transaction(read_only=True) as connection:
        kept = str(connection.execute(sa.select(tables.recovery_codes)).all())
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_codes_are_guessed_five_times_and_the_editor_is_told(office: Office) -> None:
    """Then not even the right one is looked at for a quarter of an hour; the password was known."""
    app, _codes = set_up(office)
    browser = with_password(office)
    for _ in range(PER_ADDRESS.most):
        assert enter(browser, "000000").status_code == 403
    for _ in range(3):
        assert enter(browser, code_of(office, app)).status_code == 429
    assert told(office.site) == [APP_ON, GUESSED]
    assert ("failed to sign in", "wrong code, from 127.0.0.0/24") in recorded(office)


def test_strangers_do_not_lock_an_editor_out(office: Office) -> None:
    """Without the password nobody gets to the code; guesses elsewhere leave the editor's network alone."""
    app, _codes = set_up(office)
    stranger = office.another_browser(**{"X-Forwarded-For": "198.51.100.7"})
    for _ in range(PER_ADDRESS.most + 1):
        answer = stranger.post("/sign-in/code", data={"code": "000000"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    stranger.post("/sign-in", data={"address": ADDRESS, "password": PASSWORD})
    for _ in range(PER_ADDRESS.most + 1):
        enter(stranger, "000000")
    assert enter(with_password(office), code_of(office, app)).status_code == 303


@pytest.mark.parametrize("what", ["time", "password", "removal", "turned off", "forged"])
def test_the_first_step_is_worth_nothing_after(office: Office, what: str) -> None:
    """After ten minutes, a new password, or the end of the account or the app one begins again."""
    app, codes = set_up(office)
    browser = with_password(office)
    if what == "time":
        office.now += LASTS
    elif what == "password":
        form = {"csrf": office.csrf(), "action": "password", "current": PASSWORD}
        office.client.post("/account", data={**form, "password": "another long sentence"})
    elif what == "turned off":
        assert change(office, "turn-off", codes[0]).status_code == 200
    elif what == "forged":
        name, value = next(iter(browser.cookies.items()))
        browser = office.another_browser(Cookie=f"{name}={value[:-9]}AAAA{value[-5:]}")
    else:
        with office.site.database.transaction() as connection:
            remove_user(connection, find_user(connection, ADDRESS))
    answer = enter(browser, code_of(office, app))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert browser.get("/account").status_code == 303


def test_the_page_for_the_code_takes_nothing_from_another_site(office: Office) -> None:
    """As all forms."""
    app, _codes = set_up(office)
    browser = with_password(office)
    answer = browser.post(
        "/sign-in/code",
        data={"code": code_of(office, app)},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_new_codes_and_turning_off_ask_for_a_code(office: Office) -> None:
    """A passer-by at an open browser does neither; the old codes end with the new ones."""
    app, codes = set_up(office)
    for action in ("new-codes", "turn-off"):
        assert change(office, action, "000000").status_code == 403
    made = change(office, "new-codes", code_of(office, app))
    assert "no longer work" in made.text
    assert enter(with_password(office), codes[0]).status_code == 403
    new = re.findall(r"<code>([a-z0-9-]{19})</code>", made.text)
    assert "turned off" in change(office, "turn-off", new[0]).text
    office.sign_in(office.another_browser())
    assert told(office.site) == [APP_ON, NEW_CODES, APP_OFF]
    with office.site.database.transaction(read_only=True) as connection:
        assert connection.execute(sa.select(tables.recovery_codes)).all() == []


def test_the_secret_is_kept_encrypted(office: Office) -> None:
    """Who has a copy of the database cannot make codes; a former key of the site still reads it."""
    app, _codes = set_up(office)
    with office.site.database.transaction(read_only=True) as connection:
        kept = connection.scalar(sa.select(tables.authenticator_apps.c.secret)) or ""
    assert app.secret not in kept
    assert decrypt([office.site.secret], kept) == app.secret
    assert decrypt(["another key", office.site.secret], kept) == app.secret
    assert decrypt(["another key"], kept) is None


def test_a_lost_key_of_the_site_leaves_the_recovery_codes(office: Office) -> None:
    """The app's codes are then refused, and the log says why."""
    app, codes = set_up(office)
    with office.site.database.transaction() as connection:
        connection.execute(sa.update(tables.authenticator_apps).values(secret="unreadable"))
    assert enter(with_password(office), code_of(office, app)).status_code == 403
    assert enter(with_password(office), codes[0]).status_code == 303


def test_a_form_of_another_session_sets_up_nothing(office: Office) -> None:
    """The secret was shown to somebody else; nor does one form set up two apps."""
    app, form = begin(office)
    office.sign_in()
    answer = office.client.post(
        PAGE, data={**form, "csrf": office.csrf(), "code": code_of(office, app)}
    )
    assert answer.status_code == 403
    app, form = begin(office)
    assert office.client.post(PAGE, data={**form, "code": code_of(office, app)}).status_code == 200
    again = office.client.post(PAGE, data={**form, "code": code_of(office, app, 1)})
    assert again.status_code == 403


def requiring(office: Office, who: str) -> None:
    """Let the site require a second factor from now on."""
    settings = SignInSettings.model_validate({"require_second_factor": who})
    office.app.state.auth_context = replace(office.app.state.auth_context, settings=settings)


def test_where_it_is_required_only_the_account_opens_without_it(office: Office) -> None:
    """Pages lead there, nothing else can be changed; with the app set up the site opens."""
    requiring(office, "publishers")
    answer = office.client.get("/audit")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?next=/audit")
    assert office.client.post("/desk/weekly/draft").status_code == 403
    assert "Your account needs a second step" in office.client.get("/account").text
    form = {"action": "make-key", "name": "robot", "scope": "read", "lasts": "30"}
    assert office.client.post("/account", data={**form, "csrf": office.csrf()}).status_code == 403
    set_up(office)
    assert office.client.get("/audit").status_code == 200


def test_who_has_one_has_to_show_it_before_adding_another(office: Office) -> None:
    """Somebody who knows only the password gets no second factor of their own."""
    device = PasskeyDevice(origin="https://news.example.org")
    form = {"csrf": office.csrf(), "current": PASSWORD}
    begun = office.client.post("/account/passkey", data=form).json()
    form = {"action": "add-passkey", "state": begun["state"], "csrf": office.csrf()}
    office.client.post("/account", data={**form, "credential": device.make(begun["ask"])})
    requiring(office, "everybody")
    assert office.client.get("/audit").status_code == 200
    thief = office.another_browser()
    office.sign_in(thief)
    assert thief.get(PAGE).status_code == 403
    csrf = field(thief.get("/account").text, "csrf")
    refused = thief.post("/account/passkey", data={"csrf": csrf, "current": PASSWORD})
    assert refused.status_code == 403
    asked = thief.get("/sign-in/passkey/ask").json()
    answer = {"state": asked["state"], "credential": device.sign(asked["ask"])}
    assert thief.post("/sign-in/passkey", data=answer).status_code == 303
    assert thief.get("/audit").status_code == 200


@pytest.mark.parametrize(("who", "status"), [("publishers", 200), ("everybody", 303)])
def test_it_is_required_by_role(office: Office, who: str, status: int) -> None:
    """Editors who may not approve are asked for it where everybody is."""
    office.add("eve@press.example.org", role=Role.EDITOR)
    eve = office.another_browser()
    office.sign_in(eve, "eve@press.example.org")
    requiring(office, who)
    assert eve.get("/desk").status_code == status
