"""Signing in through a real server, as a browser does it and as a stranger tries to."""

from __future__ import annotations

import concurrent.futures
import itertools
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.store import audit, tables
from newsletter.store.users import Role, save_user
from newsletter.web.signin.account import NEW_KEY
from newsletter.web.signin.attempts import LINKS, NEW_BROWSER, PER_ADDRESS, PER_NETWORK
from newsletter.web.signin.outcome_pages import safe_path
from newsletter.web.signin.passwords import CONCURRENT_CHECKS, MOST_WAITING
from tests.factories.delivery import parsed
from tests.factories.editors import ADDRESS, NOW, PASSWORD, Office, open_office
from tests.factories.site import make_site


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A site with one publisher, who has a password."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        office.add()
        yield office


def recorded(office: Office) -> list[tuple[str, str]]:
    """What the audit log says, oldest first."""
    with office.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=100)
    return [(entry.what, entry.detail) for entry in reversed(found)]


def test_a_password_opens_the_desk(office: Office) -> None:
    """The right password sets a session cookie that scripts and other sites cannot use."""
    answer = office.client.post(
        "/sign-in", data={"address": ADDRESS.upper(), "password": PASSWORD, "next": "/account"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ADDRESS in office.client.get("/account").text
    assert recorded(office) == [("sign in", "by password, A browser, from 127.0.0.0/24")]


def test_an_attempt_beyond_the_limit_writes_nothing(office: Office) -> None:
    """A flood of attempts must not hold up those who write, such as readers who leave."""
    wrong = {"address": ADDRESS, "password": "wrong"}
    for _ in range(PER_ADDRESS.most):
        office.client.post("/sign-in", data=wrong)
    with office.site.database.transaction():  # the one writer of SQLite
        assert office.client.post("/sign-in", data=wrong).status_code == 429


def test_a_failed_sign_in_leaves_a_trace(office: Office) -> None:
    """A wrong password for an editor is in the record with the network it came from."""
    office.client.post("/sign-in", data={"address": ADDRESS, "password": "wrong"})
    office.client.post("/sign-in", data={"address": "who@example.org", "password": "wrong"})
    patience = threading.Event()
    while not (found := recorded(office)):  # it is recorded after the answer
        patience.wait(0.01)
    assert found == [("failed to sign in", "wrong password, from 127.0.0.0/24")]


def test_an_editor_gets_ten_links_an_hour_at_most(office: Office) -> None:
    """Networks that take turns do not flood an editor's mailbox, and the page says nothing of it."""
    for number in range(LINKS.most + 3):
        answer = office.client.post(
            "/sign-in",
            data={"address": ADDRESS, "way": "link"},
            headers={"X-Forwarded-For": f"198.51.{number}.1"},
        )
        assert answer.status_code == 200
    for _ in range(LINKS.most):
        assert office.news.acquire(timeout=10)
    assert len(office.letters) == LINKS.most


def test_present_passwords_cannot_be_guessed_from_an_open_browser(office: Office) -> None:
    """After five wrong ones not even the right one is looked at for a quarter of an hour."""
    office.sign_in()
    change = {"csrf": office.csrf(), "action": "password", "password": "another long sentence"}
    for _ in range(PER_ADDRESS.most):
        office.client.post("/account", data={**change, "current": "guess"})
    right = {**change, "current": PASSWORD}
    assert office.client.post("/account", data=right).status_code == 403
    office.now += PER_ADDRESS.per
    assert office.client.post("/account", data=right).status_code == 200


def test_a_secure_site_has_a_cookie_no_other_host_can_set(office: Office) -> None:
    """On the site's own name the cookie is Secure and has the __Host- prefix."""
    answer = office.client.post(
        "/sign-in",
        data={"address": ADDRESS, "password": PASSWORD},
        headers={"Host": "news.example.org"},
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-newsletter-session=")
    assert "; Secure" in cookie
    assert "; Path=/" in cookie
    assert "Domain" not in cookie


def test_wrong_password_and_unknown_address_look_the_same(office: Office) -> None:
    """Nobody learns from the answer whether an address belongs to an editor."""
    pages = []
    for address, password in ((ADDRESS, "not the password"), ("who@example.org", PASSWORD)):
        answer = office.client.post("/sign-in", data={"address": address, "password": password})
        assert answer.status_code == 403
        pages.append(answer.text.replace(address, "ADDRESS"))
    assert pages[0] == pages[1]


def test_a_link_comes_by_mail_to_editors_only_and_the_page_says_the_same(office: Office) -> None:
    """Asking for a link is answered alike for everybody; only an editor gets one."""
    pages = []
    for address in ("who@example.org", "no address", ADDRESS):
        answer = office.client.post("/sign-in", data={"address": address, "way": "link"})
        assert answer.status_code == 200
        pages.append(answer.text.replace(address, "ADDRESS"))
    assert pages[0] == pages[1] == pages[2]
    assert office.news.acquire(timeout=10)
    assert [address for address, _ in office.letters] == [ADDRESS]


@pytest.mark.parametrize(
    "page", ["https://evil.example.net/", "//evil.example.net", "/" + "a" * 50_000, "/\x1b"]
)
def test_a_stranger_writes_nothing_into_the_mail_with_the_link(office: Office, page: str) -> None:
    """Anybody may ask for it and name the page to come back to."""
    link = office.ask_for_link(next=page)
    assert "next" not in link
    assert len(link) < 200


def test_opening_the_link_changes_nothing_and_its_button_works_once(office: Office) -> None:
    """A mail scanner may open the link as often as it likes; the button signs in, one time."""
    link = office.ask_for_link(next="/account?x=1")
    for _ in range(3):
        assert ADDRESS in office.client.get(link).text
    assert recorded(office) == []
    answer = office.client.post(link)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account?x=1"
    assert office.client.get("/account").status_code == 200
    assert office.another_browser().post(link).status_code == 404


def test_a_link_is_too_old_after_twenty_minutes(office: Office) -> None:
    """A link found later in a mailbox opens nothing."""
    link = office.ask_for_link()
    office.now += timedelta(minutes=20)
    assert office.client.get(link).status_code == 404
    assert office.client.post(link).status_code == 404


def test_guesses_from_elsewhere_do_not_lock_an_editor_out(office: Office) -> None:
    """Five wrong passwords from another network leave the editor's own network alone."""
    wrong = {"address": ADDRESS, "password": "wrong"}
    elsewhere = {"X-Forwarded-For": "198.51.100.7"}
    for _ in range(PER_ADDRESS.most):
        office.client.post("/sign-in", data=wrong, headers=elsewhere)
    assert office.client.post("/sign-in", data=wrong, headers=elsewhere).status_code == 429
    right = {"address": ADDRESS, "password": PASSWORD}
    assert office.client.post("/sign-in", data=right).status_code == 303


def test_guessing_is_limited_for_each_address_even_with_the_right_password(office: Office) -> None:
    """After five tries in a quarter of an hour not even the right password is looked at."""
    wrong = {"address": ADDRESS, "password": "wrong"}
    for _ in range(PER_ADDRESS.most):
        assert office.client.post("/sign-in", data=wrong).status_code == 403
    right = {"address": ADDRESS, "password": PASSWORD}
    assert office.client.post("/sign-in", data=right).status_code == 429
    office.now += PER_ADDRESS.per
    assert office.client.post("/sign-in", data=right).status_code == 303


def test_other_spellings_of_an_address_are_no_further_tries(office: Office) -> None:
    """Capitals, spaces and the two forms of an international domain count as one address."""
    office.add("ed@bücher.example.org")
    spellings = ["ed@bücher.example.org", " ED@BÜCHER.example.org ", "Ed@xn--bcher-kva.example.org"]
    for number in range(PER_ADDRESS.most):
        wrong = {"address": spellings[number % 3], "password": "wrong"}
        assert office.client.post("/sign-in", data=wrong).status_code == 403
    for address in spellings:
        right = {"address": address, "password": PASSWORD}
        assert office.client.post("/sign-in", data=right).status_code == 429


def test_who_is_locked_out_by_a_guesser_still_gets_a_link(office: Office) -> None:
    """A stranger who tries passwords in an editor's name does not keep the editor out."""
    for _ in range(PER_ADDRESS.most + 1):
        office.client.post("/sign-in", data={"address": ADDRESS, "password": "wrong"})
    assert office.client.post(office.ask_for_link()).status_code == 303


def test_guessing_is_limited_for_each_network(office: Office) -> None:
    """One network cannot try a list of addresses, or ask for a mail to each of them."""
    for number in range(PER_NETWORK.most):
        answer = office.client.post("/sign-in", data={"address": f"who{number}@example.org"})
        assert answer.status_code == 200
    assert office.client.post("/sign-in", data={"address": ADDRESS}).status_code == 429
    assert office.letters == []


def test_no_address_of_who_tried_is_kept(office: Office) -> None:
    """The counts stand under keyed hashes, and are deleted after two days."""
    office.client.post("/sign-in", data={"address": "who@example.org"})
    with office.site.database.transaction(read_only=True) as connection:
        keys = connection.scalars(sa.select(tables.tries.c.key)).all()
    assert keys
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    office.now += timedelta(days=2, seconds=1)
    office.client.post("/sign-in", data={"address": ADDRESS})
    with office.site.database.transaction(read_only=True) as connection:
        left = connection.scalars(sa.select(tables.tries.c.since)).all()
    assert set(left) == {office.now}


@pytest.mark.parametrize("page", ["/account", "/audit"])
def test_who_is_not_signed_in_is_asked_to_and_comes_back(office: Office, page: str) -> None:
    """A page behind the gate sends to sign-in and keeps the way; htmx gets a 401 instead."""
    answer = office.client.get(f"{page}?before=9")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={page}%3Fbefore%3D9"
    fragment = office.client.get(page, headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert fragment.headers["hx-redirect"] == "/sign-in"


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "https://evil.example.net"}, True),
        ({"Origin": "null"}, True),
        ({}, False),
    ],
)
def test_a_form_needs_our_page(office: Office, headers: dict[str, str], token: bool) -> None:
    """A post from another site, or without its session's token, changes nothing."""
    office.sign_in()
    data = {"action": "make-key", "name": "x"}
    if token:
        data["csrf"] = office.csrf()
    answer = office.client.post("/account", data=data, headers=headers)
    assert answer.status_code == 403
    assert "Revoke" not in office.client.get("/account").text


def test_the_token_of_one_session_is_worth_nothing_in_another(office: Office) -> None:
    """A stranger's token, however valid for them, is refused."""
    office.add("eve@press.example.org")
    office.sign_in()
    token = office.csrf()
    eve = office.another_browser()
    office.sign_in(eve, "eve@press.example.org")
    assert eve.post("/sign-out", data={"csrf": token}).status_code == 403
    assert eve.post("/sign-out", headers={"X-CSRF-Token": token}).status_code == 403
    assert office.client.post("/sign-out", headers={"X-CSRF-Token": token}).status_code == 303


def test_a_forged_cookie_is_nobody(office: Office) -> None:
    """A cookie whose signature is not ours is not even looked up."""
    office.sign_in()
    name, value = next(iter(office.client.cookies.items()))
    # Not its last letter: some of that one's bits are padding, and decode to the same bytes.
    changed = "A" if value[-9] != "A" else "B"
    for forged in (value[:-9] + changed + value[-8:], "x", ""):
        stranger = office.another_browser(Cookie=f"{name}={forged}")
        assert stranger.get("/account").status_code == 303


def test_signing_out_ends_the_session_and_not_only_the_cookie(office: Office) -> None:
    """A cookie that was copied before is worth nothing after."""
    office.sign_in()
    name, value = next(iter(office.client.cookies.items()))
    office.client.post("/sign-out", data={"csrf": office.csrf()})
    thief = office.another_browser(Cookie=f"{name}={value}")
    assert thief.get("/account").status_code == 303


def test_a_session_ends_after_thirty_days(office: Office) -> None:
    """However the browser keeps its cookie."""
    office.sign_in()
    office.now += timedelta(days=30)
    assert office.client.get("/account").status_code == 303


@pytest.mark.parametrize("role", [Role.EDITOR, Role.PUBLISHER])
def test_who_loses_a_role_is_signed_out(office: Office, role: Role) -> None:
    """An editor whose role changes has to sign in again; the same role again changes nothing."""
    office.sign_in()
    with office.site.database.transaction() as connection:
        save_user(connection, ADDRESS, name="", role=role, now=NOW)
    signed_in = office.client.get("/account").status_code == 200
    assert signed_in == (role is Role.PUBLISHER)


def test_only_publishers_read_the_record(office: Office) -> None:
    """An editor is told who may; a publisher sees who did what."""
    office.add("eve@press.example.org", role=Role.EDITOR)
    eve = office.another_browser()
    office.sign_in(eve, "eve@press.example.org")
    assert eve.get("/audit").status_code == 403
    office.sign_in()
    assert "eve@press.example.org" in office.client.get("/audit").text


def test_an_account_shows_its_browsers_and_signs_the_others_out(office: Office) -> None:
    """Each browser has a name its owner knows, and can be signed out alone or with all others."""
    phone, laptop = (
        office.another_browser(**{"User-Agent": agent})
        for agent in (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
    )
    for client in (phone, laptop, office.client):
        office.sign_in(client)
    shown = office.client.get("/account").text
    assert "Safari on iPhone" in shown
    assert "Firefox on Linux" in shown
    ids = re.findall(r'name="session" value="(\d+)"', shown)
    assert shown.count("this one") == 1  # which has no button of its own
    assert len(ids) == 2
    first = {"csrf": office.csrf(), "action": "end-session", "session": ids[-1]}
    office.client.post("/account", data=first)
    assert phone.get("/account").status_code == 303
    assert laptop.get("/account").status_code == 200
    office.client.post("/account", data={"csrf": office.csrf(), "action": "end-others"})
    assert laptop.get("/account").status_code == 303
    assert office.client.get("/account").status_code == 200


@pytest.mark.parametrize("session", ["", "x", "-1", "99999999999999999999999"])
def test_nonsense_for_a_session_is_harmless(office: Office, session: str) -> None:
    """A number that is none, or that no column holds, ends nobody's session."""
    office.sign_in()
    data = {"csrf": office.csrf(), "action": "end-session", "session": session}
    assert office.client.post("/account", data=data).status_code == 200


def test_another_persons_session_cannot_be_ended(office: Office) -> None:
    """The number of a stranger's session is not enough."""
    office.add("eve@press.example.org")
    eve = office.another_browser()
    office.sign_in(eve, "eve@press.example.org")
    office.sign_in()
    with office.site.database.transaction(read_only=True) as connection:
        eves = connection.scalar(sa.select(sa.func.min(tables.sessions.c.id)))
    data = {"csrf": office.csrf(), "action": "end-session", "session": str(eves)}
    office.client.post("/account", data=data)
    assert eve.get("/account").status_code == 200


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(office: Office) -> None:
    """A passer-by at an open browser cannot take the account over."""
    other = office.another_browser()
    office.sign_in(other)
    office.sign_in()
    change = {"csrf": office.csrf(), "action": "password", "password": "another long sentence"}
    wrong = office.client.post("/account", data={**change, "current": "guess"})
    assert wrong.status_code == 403
    assert other.get("/account").status_code == 200
    short = {**change, "current": PASSWORD, "password": "short"}
    assert office.client.post("/account", data=short).status_code == 422
    done = office.client.post("/account", data={**change, "current": PASSWORD})
    assert done.status_code == 200
    assert other.get("/account").status_code == 303
    stale = {"address": ADDRESS, "password": PASSWORD}
    assert other.post("/sign-in", data=stale).status_code == 403


def test_a_new_password_ends_a_link_that_was_mailed(office: Office) -> None:
    """Whoever had read the mail with it is out too."""
    office.add()
    link = office.ask_for_link()
    office.sign_in()
    form = {"action": "password", "csrf": office.csrf(), "current": PASSWORD}
    form["password"] = "another long sentence"
    assert office.client.post("/account", data=form).status_code == 200
    stranger = office.another_browser()
    answer = stranger.post(link)
    assert answer.status_code != 303
    assert stranger.get("/account").status_code == 303


def test_a_key_is_shown_once(office: Office) -> None:
    """The key to the API stands on the page that made it, and nowhere after; nor in the database."""
    office.sign_in()
    data = {
        "csrf": office.csrf(),
        "action": "make-key",
        "name": "  the\n robot ",
        "scope": "read",
        "lasts": "90",
    }
    made = office.client.post("/account", data=data).text
    key = re.search(r"nl_[\w-]{43}", made)
    assert key is not None
    later = office.client.get("/account").text
    assert key[0] not in later
    assert "the robot" in later
    with office.site.database.transaction(read_only=True) as connection:
        kept = connection.execute(sa.select(tables.api_tokens)).one()
    assert key[0] not in str(kept)


def make_key(office: Office, **fields: object) -> str:
    """A key made on the account page, with what the page says."""
    data = {"csrf": office.csrf(), "action": "make-key", "name": "robot", **fields}
    answer = office.client.post("/account", data=data)
    found = re.search(r"nl_[\w-]{43}", answer.text)
    return found[0] if found else str(answer.status_code)


def call_api(office: Office, key: str, path: str = "/api/v1/status") -> httpx2.Response:
    """What the API answers to this key."""
    return office.client.get(path, headers={"Authorization": f"Bearer {key}"})


def test_an_editor_chooses_what_a_key_is_for_and_how_long(office: Office) -> None:
    """It may do that and no more; then it answers 401 and says since when; its use is shown."""
    office.now = datetime.now(UTC)  # the API's clock
    office.sign_in()
    key = make_key(office, scope=["read"], lasts="30")
    assert "not used yet" in office.client.get("/account").text
    assert call_api(office, key).status_code == 200
    assert call_api(office, key, "/api/v1/subscribers").status_code == 403
    page = office.client.get("/account").text
    assert "last used on" in page
    assert "until" in page
    with office.site.database.transaction() as connection:
        ended = sa.update(tables.api_tokens).values(expires_at=NOW - timedelta(days=1))
        connection.execute(ended)
    expired = call_api(office, key)
    assert (expired.status_code, expired.json()["error"]["code"]) == (401, "key-expired")
    assert "expired on" in expired.json()["error"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"lasts": "30"},
        {"scope": "everything", "lasts": "30"},
        {"scope": "read"},
        {"scope": "read", "lasts": "99999"},
    ],
)
def test_a_key_without_scope_or_expiry_is_not_made(office: Office, fields: dict[str, str]) -> None:
    """Nothing is taken for granted."""
    office.sign_in()
    assert make_key(office, **fields) == "422"
    assert "Revoke" not in office.client.get("/account").text


@pytest.mark.parametrize(("kept", "status"), [({}, 401), ({"keep-keys": "yes"}, 200)])
def test_a_new_password_ends_the_keys_unless_the_editor_keeps_them(
    office: Office, kept: dict[str, str], status: int
) -> None:
    """The record says how many ended."""
    office.sign_in()
    key = make_key(office, scope="read", lasts="none")
    data = {"csrf": office.csrf(), "action": "password", "current": PASSWORD, **kept}
    data["password"] = "another long sentence"
    assert office.client.post("/account", data=data).status_code == 200
    assert call_api(office, key).status_code == status
    assert ("set password", "" if kept else "API keys ended: 1") in recorded(office)


def test_a_form_that_is_too_long_is_refused(office: Office) -> None:
    """A megabyte is more than any form of ours has."""
    office.sign_in()
    answer = office.client.post("/account", data={"csrf": office.csrf(), "name": "x" * 1_100_000})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example.net",
        "/\\evil.example.net",
        "https://evil.example.net",
        "",
        "/a\r\nX: y",
        "/é",
        "/" + "a" * 1000,
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(path: str) -> None:
    """Only a path of this site is followed."""
    assert safe_path(path) == "/desk"
    assert safe_path("/account?x=1") == "/account?x=1"


@pytest.mark.parametrize("page", ["/sign-in", "/account", "/audit"])
def test_pages_say_what_a_browser_may_do_with_them(office: Office, page: str) -> None:
    """No scripts, no frames, no cache, and our own forms tell where they come from."""
    office.sign_in()
    headers = office.client.get(page).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_sign_in_from_another_site_is_refused(office: Office) -> None:
    """Nobody is signed in as somebody else without knowing it."""
    for path in ("/sign-in", "/sign-in/link/x"):
        answer = office.client.post(
            path,
            data={"address": ADDRESS, "password": PASSWORD},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_hostile_names_are_text(office: Office) -> None:
    """What an editor is called is shown, not run."""
    office.add("eve@press.example.org", name="<script>x</script>{{ 7*7 }}")
    office.sign_in(address="eve@press.example.org")
    shown = office.client.get("/account").text
    assert "<script>" not in shown
    assert "{{ 7*7 }}" in shown


def test_two_who_press_the_same_link_at_once_get_one_session(office: Office) -> None:
    """The link is spent in the transaction that begins the session."""
    link = office.ask_for_link()
    clients = [office.another_browser() for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:

        def press(client: httpx2.Client) -> int:
            return client.post(link).status_code

        codes = sorted(pool.map(press, clients))
    assert codes == [303, 404, 404, 404]


def test_a_flood_of_passwords_delays_no_other_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While none of them is done, pages are answered, and beyond a queue more are refused at once."""
    done = threading.Event()

    def never(_password: str, _hash: str) -> bool:
        return not done.wait(60)

    monkeypatch.setattr("newsletter.web.signin.attempts.is_right", never)

    def attempt(number: int) -> int:
        return office.client.post(
            "/sign-in",
            data={"address": f"who{number}@example.org", "password": "wrong"},
            headers={"X-Forwarded-For": f"192.0.{number}.1"},
            timeout=60,
        ).status_code

    many = CONCURRENT_CHECKS + MOST_WAITING + 10
    with concurrent.futures.ThreadPoolExecutor(many) as pool:
        answers = [pool.submit(attempt, number) for number in range(many)]
        first = list(itertools.islice(concurrent.futures.as_completed(answers), 10))
        pages = [
            office.client.get(path).status_code for path in ("/", "/join/weekly", "/archive/weekly")
        ]
        done.set()
    assert [answer.result() for answer in first] == [503] * 10
    assert pages == [200, 200, 200]
    assert sorted(answer.result() for answer in answers) == [403] * (many - 10) + [503] * 10


def test_an_editor_is_told_of_a_new_browser_and_a_new_key(office: Office) -> None:
    """Not of the first browser, nor of one used before; the letters wait in the outbox."""

    def told() -> list[str]:
        with office.site.database.transaction(read_only=True) as connection:
            rows = connection.execute(sa.select(tables.outbox).order_by(tables.outbox.c.id)).all()
        assert all(row.recipient == ADDRESS for row in rows)
        return [str(parsed(row.message)["Subject"]).partition(": ")[2] for row in rows]

    firefox = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    office.sign_in()
    office.sign_in()
    assert told() == []
    for _ in range(2):
        office.sign_in(office.another_browser(**{"User-Agent": firefox}))
    assert told() == [NEW_BROWSER]
    form = {"action": "make-key", "name": "reports", "scope": "read", "lasts": "30"}
    answer = office.client.post("/account", data={**form, "csrf": office.csrf()})
    assert answer.status_code == 200
    assert told() == [NEW_BROWSER, NEW_KEY]
