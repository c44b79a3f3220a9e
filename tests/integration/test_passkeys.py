"""Passkeys through a real server: added, used, removed, copied, forged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.store import account_tables as tables
from newsletter.store import audit
from newsletter.web.signin.account import NEW_PASSKEY, PASSKEY_REMOVED
from newsletter.web.signin.passkey_pages import CHALLENGE_LASTS, COPIED
from tests.factories.editors import ADDRESS, NOW, PASSWORD, Office, open_office
from tests.factories.passkey_device import PRESENT, VERIFIED, PasskeyDevice, octets
from tests.factories.site import make_site
from tests.factories.subjects import told

ORIGIN = "https://news.example.org"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A site with one publisher, who has signed in by password."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        office.add()
        office.sign_in()
        yield office


def begin(office: Office, current: str = PASSWORD) -> httpx2.Response:
    """Ask for what makes a passkey."""
    return office.client.post("/account/passkey", data={"csrf": office.csrf(), "current": current})


def add(office: Office, device: PasskeyDevice, name: str = "laptop") -> httpx2.Response:
    """Add the device's passkey, as the script of the page does."""
    begun = begin(office).json()
    form = {"action": "add-passkey", "state": begun["state"], "name": name}
    form |= {"credential": device.make(begun["ask"]), "csrf": office.csrf()}
    return office.client.post("/account", data=form)


def sign_in(client: httpx2.Client, device: PasskeyDevice, **changes: str) -> httpx2.Response:
    """Sign in with the device's passkey, as the script of the page does."""
    begun = client.get("/sign-in/passkey/ask").json()
    form = {"state": begun["state"], "credential": device.sign(begun["ask"]), **changes}
    return client.post("/sign-in/passkey", data=form)


def recorded(office: Office) -> list[tuple[str, str]]:
    """What the record says, oldest first."""
    with office.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=100)
    return [(entry.what, entry.detail) for entry in reversed(found)]


def test_a_passkey_is_added_and_signs_in_without_address_and_password(office: Office) -> None:
    """It has a name and a last use, is in the record, and is told by mail."""
    device = PasskeyDevice(origin=ORIGIN)
    added = add(office, device, "  the\n laptop ")
    assert added.status_code == 200
    assert "The passkey “the laptop” is added" in added.text
    assert "not used yet" in added.text
    browser = office.another_browser()
    answer = sign_in(browser, device, next="/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    shown = browser.get("/account").text
    assert ADDRESS in shown
    assert "last used on 2 March 2026" in shown
    assert recorded(office)[1:] == [
        ("add passkey", "the laptop"),
        ("sign in", "with the passkey the laptop, A browser, from 127.0.0.0/24"),
    ]
    assert told(office.site) == [NEW_PASSKEY]


def test_what_is_asked_tells_of_nobody(office: Office) -> None:
    """The question names no passkey, whoever asks; it demands that the device checks its user."""
    add(office, PasskeyDevice(origin=ORIGIN))
    ask = office.another_browser().get(f"/sign-in/passkey/ask?address={ADDRESS}").json()["ask"]
    assert not ask.get("allowCredentials")
    assert ask["userVerification"] == "required"
    assert ask["rpId"] == "news.example.org"
    made = begin(office).json()["ask"]
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert made["user"]["name"] == ADDRESS
    assert ADDRESS.encode() not in octets(made["user"]["id"])
    assert len(made["excludeCredentials"]) == 1


def test_an_open_browser_is_not_enough_to_add_one(office: Office) -> None:
    """The present password is asked for first, and its guesses are limited."""
    refused = begin(office, "guess")
    assert (refused.status_code, refused.json()) == (
        403,
        {"problem": "That is not your current password."},
    )
    assert office.another_browser().post("/account/passkey").status_code == 401


ELSEWHERE = {
    "a host below": "https://evil.news.example.org",
    "the host above": "https://example.org",
    "a host that begins alike": "https://news.example.org.evil.test",
    "no encryption": "http://news.example.org",
    "a sandbox": "null",
    "an app": "android:apk-key-hash:AAAA",
    "nowhere": "",
}


def forged(device: PasskeyDevice, kind: str) -> PasskeyDevice:
    """The device as a stranger would imitate it, or as it is when nobody has touched it."""
    if kind == "another key":
        return replace(device, key=PasskeyDevice(origin=ORIGIN).key)
    if kind == "another site":
        return replace(device, origin="https://evil.example.net")
    if kind in ELSEWHERE:
        return replace(device, origin=ELSEWHERE[kind])
    if kind == "a port":
        return replace(device, origin=f"{ORIGIN}:8443")
    if kind == "unknown":
        return replace(device, id=b"unknown")
    if kind == "another person":
        return replace(device, handle="AAAA")
    return replace(device, flags=VERIFIED if kind == "nobody there" else PRESENT)


@pytest.mark.parametrize(
    "kind",
    [
        "another key",
        "another site",
        "a port",
        "unknown",
        "another person",
        "nobody there",
        "no check",
        *ELSEWHERE,
    ],
)
def test_what_does_not_prove_it_signs_nobody_in(office: Office, kind: str) -> None:
    """Every refusal looks the same, and the true passkey goes on working."""
    device = PasskeyDevice(origin=ORIGIN)
    add(office, device)
    browser = office.another_browser()
    answer = sign_in(browser, forged(device, kind))
    assert answer.status_code == 403
    assert "That passkey did not sign you in" in answer.text
    assert "set-cookie" not in answer.headers
    device.count += 1
    assert sign_in(browser, device).status_code == 303


@pytest.mark.parametrize("kind", ["another site", "no check", *ELSEWHERE])
def test_what_another_site_or_an_unchecked_device_made_is_not_kept(
    office: Office, kind: str
) -> None:
    """Nothing is added, and the page says so."""
    answer = add(office, forged(PasskeyDevice(origin=ORIGIN), kind))
    assert answer.status_code == 422
    assert "The passkey was not added" in answer.text
    assert "Remove the passkey" not in answer.text


@pytest.mark.parametrize(
    "credential",
    ["", "x", "[]", "{}", "[" * 15_000, '{"id": 1, "response": 2}', '{"id": "a", "response": {"userHandle": "\\ud800"}}', "x" * 30_000],
)  # fmt: skip
def test_nonsense_is_refused(office: Office, credential: str) -> None:
    """Whatever is sent in place of an answer, for a sign-in and for a new passkey."""
    state = office.client.get("/sign-in/passkey/ask").json()["state"]
    form = {"state": state, "credential": credential}
    assert office.client.post("/sign-in/passkey", data=form).status_code == 403
    form = {"state": begin(office).json()["state"], "credential": credential}
    form |= {"action": "add-passkey", "csrf": office.csrf()}
    assert office.client.post("/account", data=form).status_code == 422


def test_an_answer_counts_once_and_for_an_hour(office: Office) -> None:
    """What somebody has overheard opens nothing, nor does what was asked for another purpose."""
    device = PasskeyDevice(origin=ORIGIN, counts=False)
    add(office, device)
    begun = office.client.get("/sign-in/passkey/ask").json()
    form = {"state": begun["state"], "credential": device.sign(begun["ask"])}
    assert office.another_browser().post("/sign-in/passkey", data=form).status_code == 303
    assert office.another_browser().post("/sign-in/passkey", data=form).status_code == 403
    other = {**form, "state": begin(office).json()["state"]}
    assert office.another_browser().post("/sign-in/passkey", data=other).status_code == 403
    late = office.client.get("/sign-in/passkey/ask").json()
    form = {"state": late["state"], "credential": device.sign(late["ask"])}
    office.now += CHALLENGE_LASTS
    assert office.another_browser().post("/sign-in/passkey", data=form).status_code == 403


def test_a_copied_passkey_is_noticed(office: Office) -> None:
    """A count that does not grow signs nobody in; the record and a mail say why."""
    device = PasskeyDevice(origin=ORIGIN, count=7)
    add(office, device)
    copy = replace(device)
    assert sign_in(office.another_browser(), device).status_code == 303
    assert sign_in(office.another_browser(), copy).status_code == 403
    assert recorded(office)[-1] == (
        "failed to sign in",
        "the passkey laptop may have been copied, from 127.0.0.0/24",
    )
    assert told(office.site)[-1] == COPIED


def test_a_device_that_does_not_count_signs_in_again_and_again(office: Office) -> None:
    """Passkeys that a password manager keeps on several devices have no count."""
    device = PasskeyDevice(origin=ORIGIN, counts=False)
    add(office, device)
    for _ in range(3):
        assert sign_in(office.another_browser(), device).status_code == 303


def remove(office: Office) -> httpx2.Response:
    """Remove the first passkey on the account page."""
    found = re.search(r'name="passkey" value="(\d+)"', office.client.get("/account").text)
    assert found is not None
    form = {"action": "remove-passkey", "passkey": found[1], "csrf": office.csrf()}
    return office.client.post("/account", data=form)


def test_passkeys_are_removed_one_by_one(office: Office) -> None:
    """What is removed opens nothing, another goes on; a stranger's number removes nothing."""
    first, second = PasskeyDevice(origin=ORIGIN), PasskeyDevice(origin=ORIGIN)
    add(office, first, "first")
    add(office, second, "second")
    office.add("eve@press.example.org")
    eve = office.another_browser()
    office.sign_in(eve, "eve@press.example.org")
    csrf = re.search(r'name="csrf" value="([^"]+)"', eve.get("/account").text)
    assert csrf is not None
    for number in ("1", "2", "x", ""):
        form = {"action": "remove-passkey", "passkey": number, "csrf": csrf[1]}
        assert eve.post("/account", data=form).status_code == 200
    assert "“first” no longer signs you in" in remove(office).text
    assert sign_in(office.another_browser(), first).status_code == 403
    assert sign_in(office.another_browser(), second).status_code == 303
    assert told(office.site)[-1] == PASSKEY_REMOVED
    assert ("remove passkey", "first") in recorded(office)


def test_one_way_to_sign_in_always_remains(office: Office) -> None:
    """Without a password, and where no link can be mailed, the last passkey stays."""
    add(office, PasskeyDevice(origin=ORIGIN))
    with office.site.database.transaction() as connection:
        connection.execute(sa.update(tables.users).values(password_hash=""))
    context = office.app.state.auth_context
    office.app.state.auth_context = replace(context, can_mail=False)
    assert remove(office).status_code == 422
    office.app.state.auth_context = context
    assert remove(office).status_code == 200


def test_one_device_is_one_passkey(office: Office) -> None:
    """The same key added twice, or the same answer sent twice, is one."""
    device = PasskeyDevice(origin=ORIGIN)
    begun = begin(office).json()
    form = {"action": "add-passkey", "state": begun["state"], "csrf": office.csrf()}
    form["credential"] = device.make(begun["ask"])
    assert office.client.post("/account", data=form).status_code == 200
    assert office.client.post("/account", data=form).status_code == 422
    assert add(office, device).status_code == 422


def test_a_passkey_begun_in_one_session_is_not_added_in_another(office: Office) -> None:
    """A stranger's signed question does not put a stranger's passkey into this account."""
    office.add("eve@press.example.org")
    eve = office.another_browser()
    office.sign_in(eve, "eve@press.example.org")
    csrf = re.search(r'name="csrf" value="([^"]+)"', eve.get("/account").text)
    assert csrf is not None
    begun = eve.post("/account/passkey", data={"csrf": csrf[1], "current": PASSWORD}).json()
    form = {"action": "add-passkey", "state": begun["state"], "csrf": office.csrf()}
    form["credential"] = PasskeyDevice(origin=ORIGIN).make(begun["ask"])
    assert office.client.post("/account", data=form).status_code == 422


def test_a_site_at_an_address_without_a_name_offers_no_passkeys(tmp_path: Path) -> None:
    """Browsers make none for it, so no page speaks of them."""
    with open_office(make_site(tmp_path, now=NOW, url="http://192.0.2.1:8000")) as office:
        office.add()
        office.sign_in()
        assert office.client.get("/sign-in/passkey/ask").status_code == 404
        assert office.client.post("/sign-in/passkey").status_code == 404
        for page in ("/sign-in", "/account"):
            assert "passkeys.js" not in office.client.get(page).text


def test_guesses_with_passkeys_are_limited_for_each_network(office: Office) -> None:
    """They cost the server work; another network is not affected."""
    form = {"state": "x", "credential": json.dumps({})}
    codes = {office.client.post("/sign-in/passkey", data=form).status_code for _ in range(40)}
    assert codes == {403, 429}
    device = PasskeyDevice(origin=ORIGIN)
    add(office, device)
    elsewhere = office.another_browser(**{"X-Forwarded-For": "198.51.100.7"})
    assert sign_in(elsewhere, device).status_code == 303


def test_sessions_of_a_removed_passkey_end_like_all_others(office: Office) -> None:
    """Thirty days, as every session."""
    device = PasskeyDevice(origin=ORIGIN)
    add(office, device)
    browser = office.another_browser()
    sign_in(browser, device)
    office.now += timedelta(days=30)
    assert browser.get("/account").status_code == 303
