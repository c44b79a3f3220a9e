"""Passkeys and the authenticator app in Chromium, with a virtual device: by button, by offer, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.axe import LOOKS, Mode, complaints
from tests.browsers import Chromium
from tests.factories.editors import ADDRESS, NOW, PASSWORD, Office, open_office
from tests.factories.site import make_site

pytestmark = pytest.mark.browser

STEP = timedelta(seconds=30)


@pytest.fixture(params=["", "/newsletter"], ids=["at the root", "below a path"])
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    """A site at http://localhost, where browsers allow passkeys without https, with an editor."""
    with at_localhost(tmp_path, request.param) as office:
        yield office


@contextmanager
def at_localhost(folder: Path, path: str = "") -> Iterator[Office]:
    """The site, whose own address has the port at which it is served."""
    with open_office(make_site(folder, now=NOW, url=f"http://localhost{path}")) as office:
        url = f"http://localhost:{office.client.base_url.port}{path}"
        office.app.state.auth_context = replace(office.app.state.auth_context, url=url)
        office.add()
        yield office


@dataclass
class Desk:
    """A browser with a device of its own, which does what it is asked, and what went wrong in it."""

    page: Page
    device: CDPSession
    key: str
    url: str
    errors: list[str]

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(f"{self.url}{path}")

    def sign_in(self) -> None:
        """By password, with the keyboard alone."""
        self.go(f"/sign-in?next={urlsplit(self.url).path}/account")
        self.page.get_by_label("E-mail address").focus()
        self.page.keyboard.type(ADDRESS)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")

    def sign_out(self) -> None:
        """As the button of the account page does."""
        self.page.get_by_role("button", name="Sign out", exact=True).click()
        self.page.get_by_role("heading", name="Sign in").wait_for()

    def device_answers(self, answers: bool) -> None:
        """Whether somebody is at the device."""
        self.device.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            {"authenticatorId": self.key, "enabled": answers},
        )

    def kept(self) -> list[dict[str, Any]]:
        """The passkeys on the device."""
        found = self.device.send("WebAuthn.getCredentials", {"authenticatorId": self.key})
        return list(found["credentials"])


@contextmanager
def desk_of(browser: Browser, office: Office, **options: Any) -> Iterator[Desk]:
    """A browser with a device; at its end it has had no error in its console."""
    context: BrowserContext = browser.new_context(**options)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": False,
            }
        },
    )
    url = office.app.state.auth_context.url
    yield Desk(page=page, device=device, key=made["authenticatorId"], url=url, errors=errors)
    context.close()


def add_passkey(desk: Desk, name: str) -> None:
    """On the account page."""
    desk.page.get_by_label("Current password, to add").fill(PASSWORD)
    desk.page.get_by_label("Name of the passkey").fill(name)
    desk.device_answers(True)
    desk.page.get_by_role("button", name="Add a passkey").click()
    desk.page.get_by_text(f"The passkey “{name}” is added").wait_for()
    desk.device_answers(False)


def test_an_editor_adds_a_passkey_and_signs_in_with_it(office: Office, chromium: Chromium) -> None:
    """Without an address by the button, and after the address was typed; its count is kept."""

    def work(browser: Browser) -> tuple[int, list[str]]:
        with desk_of(browser, office) as desk:
            desk.sign_in()
            add_passkey(desk, "laptop")
            for typed in ("", ADDRESS):
                desk.sign_out()
                desk.page.get_by_label("E-mail address").fill(typed)
                desk.device_answers(True)
                desk.page.get_by_role("button", name="Sign in with a passkey").click()
                desk.page.wait_for_url("**/desk")
                desk.device_answers(False)
                desk.go("/account")
                expect(desk.page.get_by_text("last used on 2 March 2026")).to_be_visible()
            assert desk.page.get_by_role("heading", name="Your account").is_visible()
            return desk.kept()[0]["signCount"], desk.errors

    count, errors = chromium.run(work)
    assert count == 3  # one for making it
    assert errors == []


def test_the_address_field_offers_the_passkey(tmp_path: Path, chromium: Chromium) -> None:
    """As soon as the page is open, so that nobody has to look for the button."""

    def work(browser: Browser) -> list[str]:
        with at_localhost(tmp_path) as office, desk_of(browser, office) as desk:
            desk.sign_in()
            add_passkey(desk, "laptop")
            desk.sign_out()
            desk.device_answers(True)  # stands for choosing it from the field's list
            desk.go("/sign-in")
            desk.page.wait_for_url("**/desk")
            return desk.errors

    assert chromium.run(work) == []


def test_what_goes_wrong_is_said_and_the_form_stays(tmp_path: Path, chromium: Chromium) -> None:
    """A wrong password makes no passkey; one device makes one; a removed passkey does not sign in."""

    def work(browser: Browser) -> list[str]:
        with at_localhost(tmp_path) as office, desk_of(browser, office) as desk:
            desk.sign_in()
            desk.page.get_by_label("Current password, to add").fill("guess")
            desk.page.get_by_role("button", name="Add a passkey").click()
            expect(desk.page.get_by_role("alert")).to_have_text(
                "That is not your current password."
            )
            assert desk.kept() == []
            add_passkey(desk, "laptop")
            desk.device_answers(True)
            desk.page.get_by_label("Current password, to add").fill(PASSWORD)
            desk.page.get_by_role("button", name="Add a passkey").click()
            expect(desk.page.get_by_role("alert")).to_contain_text("on this device already")
            desk.device_answers(False)
            desk.page.get_by_role("button", name="Remove the passkey laptop").click()
            desk.page.get_by_text("“laptop” no longer signs you in").wait_for()
            desk.sign_out()
            desk.device_answers(True)
            desk.page.get_by_role("button", name="Sign in with a passkey").click()
            expect(desk.page.get_by_role("alert")).to_contain_text("did not sign you in")
            assert desk.page.get_by_label("Password").is_visible()
            return [error for error in desk.errors if "403" not in error]

    assert chromium.run(work) == []


def test_a_browser_that_has_another_address_offers_no_passkeys(
    tmp_path: Path, chromium: Chromium
) -> None:
    """At http://127.0.0.1 the button would fail; the page says where passkeys are added."""

    def work(browser: Browser) -> None:
        with at_localhost(tmp_path) as office, desk_of(browser, office) as desk:
            desk.url = str(office.client.base_url).rstrip("/")
            desk.sign_in()
            expect(
                desk.page.get_by_text("Passkeys can be added at http://localhost")
            ).to_be_visible()
            expect(desk.page.get_by_role("button", name="Add a passkey")).to_be_hidden()
            desk.sign_out()
            expect(desk.page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
            assert desk.errors == []

    chromium.run(work)


def test_without_javascript_password_code_and_link_sign_in(
    tmp_path: Path, chromium: Chromium
) -> None:
    """The app is set up, its code asked for and entered, all by plain forms."""

    def work(browser: Browser) -> None:
        options: dict[str, Any] = {"java_script_enabled": False}
        with at_localhost(tmp_path) as office, desk_of(browser, office, **options) as desk:
            desk.sign_in()
            app = set_up_app(desk, office)
            desk.page.get_by_role("link", name="Back to your account").click()
            desk.sign_out()
            expect(desk.page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
            desk.sign_in()
            desk.page.get_by_role("textbox", name="Code").fill(app.at(office.now))
            desk.page.get_by_role("button", name="Sign in").click()
            desk.page.get_by_role("heading", name="Your account").wait_for()
            office.now += STEP
            desk.sign_out()
            office.ask_for_link()
            desk.page.goto(office.letters[-1][1])
            desk.page.get_by_role("button", name="Sign in").click()
            desk.page.get_by_role("textbox", name="Code").fill(app.at(office.now))
            desk.page.get_by_role("button", name="Sign in").click()
            desk.page.wait_for_url("**/desk")

    chromium.run(work)


def set_up_app(desk: Desk, office: Office) -> pyotp.TOTP:
    """Set up an authenticator app from the account page; the clock is then at its next code."""
    desk.page.get_by_role("link", name="Set up an authenticator app").click()
    expect(desk.page.get_by_role("img", name="QR code")).to_be_visible()
    secret = desk.page.locator("code").inner_text().replace(" ", "")
    app = pyotp.TOTP(secret)
    desk.page.get_by_label("Current password").fill(PASSWORD)
    desk.page.get_by_role("textbox", name="Code").fill(app.at(office.now))
    desk.page.get_by_role("button", name="Set up").click()
    desk.page.get_by_role("heading", name="Your recovery codes").wait_for()
    office.now += STEP
    return app


@pytest.mark.sampled
@pytest.mark.parametrize(("mode", "width"), LOOKS)
def test_the_pages_are_whole_and_clean(
    tmp_path: Path, chromium: Chromium, mode: Mode, width: int
) -> None:
    """axe finds nothing on any of them, nothing sticks out, and the console stays empty."""

    def work(browser: Browser) -> tuple[dict[str, list[str]], list[str]]:
        found: dict[str, list[str]] = {}
        look: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": mode}
        with at_localhost(tmp_path) as office, desk_of(browser, office, **look) as desk:
            page = desk.page

            def examine(name: str) -> None:
                found[name] = complaints(page, mode)

            desk.go("/sign-in")
            examine("sign in")
            desk.sign_in()
            add_passkey(desk, "laptop")
            examine("account with a passkey")
            page.get_by_role("link", name="Set up an authenticator app").click()
            examine("setting up")
            desk.go("/account")
            set_up_app(desk, office)
            examine("recovery codes")
            page.get_by_role("link", name="Back to your account").click()
            examine("account with everything")
            page.get_by_role("link", name="Recovery codes").click()
            examine("the app")
            desk.go("/account")
            desk.sign_out()
            desk.sign_in()
            page.get_by_role("heading", name="Enter the code").wait_for()
            examine("the code")
            return found, desk.errors

    found, errors = chromium.run(work)
    assert found == {place: [] for place in found}
    assert errors == []
