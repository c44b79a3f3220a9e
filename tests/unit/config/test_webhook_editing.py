"""Webhooks are added to newsletter.toml and taken out of it, and nothing else is changed."""

from __future__ import annotations

import pytest

from newsletter.config.configuration_file import without_secrets
from newsletter.config.webhook_editing import with_webhook, without_webhook
from newsletter.errors import ConfigurationError

FILE = (
    '[site]\nurl = "https://x.example"  # public\n\n# Who takes our mail.\n[[relays]]\nname = "a"\n'
)
ONE = '\n[[webhooks]]\nurl = "https://a.example/in"\nsecret = "whsec_x"\nevents = ["sent"]\n'
HOOK = {"url": "https://a.example/in", "secret": "whsec_x", "events": ["sent"]}


def test_a_webhook_is_added_at_the_end_and_taken_out_again() -> None:
    """A second one after it; comments stay where they are."""
    one = with_webhook(FILE, **HOOK)
    assert one == FILE + ONE
    two = with_webhook(one, **{**HOOK, "url": "https://b.example"})
    assert two == FILE + ONE + ONE.replace("https://a.example/in", "https://b.example")
    assert without_webhook(two, "https://b.example").rstrip() == one.rstrip()
    assert without_webhook(one, HOOK["url"]).rstrip() == FILE.rstrip()


@pytest.mark.parametrize(
    "text", ['webhooks = [{url = "u", secret = "s"}]\n', 'webhooks = "none"\n']
)
def test_what_cannot_be_added_to_is_refused(text: str) -> None:
    """Nothing is written by half."""
    with pytest.raises(ConfigurationError, match="cannot be changed here"):
        with_webhook(text, **HOOK)


def test_a_webhook_that_is_not_there_is_not_removed() -> None:
    """The page was out of date."""
    with pytest.raises(ConfigurationError, match="cannot be changed here"):
        without_webhook(FILE, "https://a.example/in")


def test_a_diff_has_no_secret_in_any_form() -> None:
    """Keys of secrets, comments, lists of several lines and tables in a line are left out."""
    secret = "hunter2"
    lines = [
        f'password = "{secret}"', f'secret_key = "{secret}"', f'  signing_key="{secret}"',
        f'"password" = "{secret}"', f'imap = {{host = "h", password = "{secret}"}}',
        "former_secret_keys = [", f'  "{secret}",', "]", f"# password was {secret}",
        f'auth = "us:{secret}"', f'headers = {{"X-Api-Key" = "{secret}"}}'
    ]  # fmt: skip
    shown = without_secrets("\n".join(f"+{line}" for line in lines))
    assert secret not in shown
    assert "+password = …" in shown
    plain = '--- newsletter.toml\n+++ newsletter.toml\n@@ -1 +1 @@\n+[[webhooks]]\n+url = "u"\n+'
    assert without_secrets(plain) == plain
