from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.config.loading import load_settings
from newsletter.config.settings import Settings
from newsletter.errors import ConfigurationError, Problem

GOOD = """
[site]
url = "https://news.example.org/"
postal_address = "Example Media, 1 Example St"

[[relays]]
name = "main"
host = "127.0.0.1"
rate = "100/s"
per_domain = { "example.net" = "20/m" }

[newsletters.weekly]
title = "Good Gear Weekly"
from = "Good Gear Weekly <weekly@news.example.org>"
list = "weekly"
schedule = "0 7 * * mon"
max_lateness = "1h 30m"

[[newsletters.weekly.sources]]
feed = "https://site.example/rss.xml"
"""


def load(folder: Path, text: str = GOOD, environment: Mapping[str, str] | None = None) -> Settings:
    """Write the text as newsletter.toml and read it."""
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")
    return load_settings(folder, environment or {})


def problems(folder: Path, text: str, **environment: str) -> tuple[Problem, ...]:
    """What is wrong with this text."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text, environment)
    return caught.value.problems


def test_a_good_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    """What is not said has the documented default; spans, rates and senders are values."""
    settings = load(tmp_path)
    weekly = settings.newsletters["weekly"]
    assert settings.site.url == "https://news.example.org"
    assert settings.site.database == "sqlite:///newsletter.db"
    assert weekly.sender.address == "weekly@news.example.org"
    assert weekly.max_lateness == timedelta(hours=1, minutes=30)
    assert settings.relays[0].rate is not None
    assert settings.relays[0].rate.per_second == 100
    assert weekly.sources[0].kind == "feed"


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    """Any value can be set, in tables, lists of tables and tables with names of their own."""
    settings = load(
        tmp_path,
        environment={
            "NEWSLETTER__SITE__DATABASE": "postgresql://news@db/news",
            "NEWSLETTER__RELAYS__0__PORT": "2525",
            "NEWSLETTER__NEWSLETTERS__WEEKLY__MIN_ITEMS": "5",
            "NEWSLETTER__FETCH__ALLOW_PRIVATE": '["127.0.0.1"]',
        },
    )
    assert settings.site.database == "postgresql://news@db/news"
    assert settings.relays[0].port == 2525
    assert settings.newsletters["weekly"].min_items == 5
    assert settings.fetch.allow_private == ("127.0.0.1",)


def test_a_secret_is_read_from_the_file_that_its_key_names(tmp_path: Path) -> None:
    """`password_file` beside newsletter.toml gives `password`, without the line's end."""
    (tmp_path / "relay.pw").write_text("swordfish\n", encoding="utf-8")
    text = GOOD.replace(
        'rate = "100/s"', 'username = "news"\npassword_file = "relay.pw"\nrate = "100/s"'
    )
    settings = load(tmp_path, text)
    assert settings.relays[0].password == "swordfish"
    assert "swordfish" not in repr(settings)


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    """The message says which file could not be read."""
    text = GOOD.replace('rate = "100/s"', 'username = "news"\npassword_file = "gone.pw"')
    (problem,) = problems(tmp_path, text)
    assert problem.field == "relays[0]"
    assert "gone.pw" in problem.message


@pytest.mark.parametrize(
    ("line", "field", "nearest"),
    [
        ("[site]\ntimezon", "site.timezon", "timezone"),
        ("[[relays]]\nhots", "relays[1].hots", "host"),
        ("[newsletters.weekly.x]\na", "newsletters.weekly.x", None),
        ("[[newsletters.weekly.sections]]\ntitel", "newsletters.weekly.sections[0].titel", "title"),
    ],
)
def test_an_unknown_key_is_named_with_its_nearest(
    tmp_path: Path, line: str, field: str, nearest: str | None
) -> None:
    """A slip of the pen is an error, at whatever depth, with the key that was meant."""
    text = GOOD.replace("[site]\n", "") if line.startswith("[site]") else GOOD
    found = {problem.field: problem for problem in problems(tmp_path, f'{text}\n{line} = "x"\n')}
    assert field in found
    if nearest:
        assert found[field].fix == f"did you mean `{nearest}`?"


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Nobody has to mend one mistake to learn of the next."""
    text = GOOD.replace("0 7 * * mon", "0 7 * * 1").replace("weekly@news", "weekly@")
    text = text.replace('url = "https://news.example.org/"', 'url = "news"\ntimezone = "Mars/X"')
    fields = [problem.field for problem in problems(tmp_path, text)]
    assert fields == [
        "site.url",
        "site.timezone",
        "newsletters.weekly.from",
        "newsletters.weekly.schedule",
    ]


@pytest.mark.parametrize(
    ("schedule", "word"),
    [
        ("0 7 * * 1", "number"),
        ("0 7 * * mon-5", "number"),
        ("0 7 * *", "five"),
        ("61 7 * * mon", "cron"),
        ("0 7 * * mondays", "cron"),
    ],
)
def test_a_schedule_that_cron_and_we_read_differently_is_refused(
    tmp_path: Path, schedule: str, word: str
) -> None:
    """Days of the week go by name; the rest must be cron."""
    (problem,) = problems(tmp_path, GOOD.replace("0 7 * * mon", schedule))
    assert problem.field == "newsletters.weekly.schedule"
    assert word in str(problem)


def test_a_file_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    """The parser's place is passed on."""
    (problem,) = problems(tmp_path, "[site\n")
    assert "line 1" in problem.message


def test_a_folder_without_a_site_says_how_to_make_one(tmp_path: Path) -> None:
    """No newsletter.toml: the fix names init and -C."""
    with pytest.raises(ConfigurationError, match=r"newsletter init DIR"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize("name", ["NEWSLETTER__SITE__URL__X", "NEWSLETTER__RELAYS__HOST"])
def test_a_variable_for_a_place_that_is_no_table_is_named(tmp_path: Path, name: str) -> None:
    """The variable's own name is the field."""
    found = problems(tmp_path, GOOD, **{name: "x"})
    assert found[0].field == name


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Editors on Windows write one before the first table, and into a file with a secret."""
    (tmp_path / "relay.pw").write_bytes(b"\xef\xbb\xbfsecret\n")
    secret = GOOD.replace(
        'host = "127.0.0.1"', 'host = "127.0.0.1"\nusername = "u"\npassword_file = "relay.pw"'
    )
    assert load(tmp_path, "\ufeff" + secret).relays[0].password == "secret"


@pytest.mark.parametrize(
    "name",
    [
        "news@example.org via Us",
        "Us, Inc.",
        "Weekly (beta)",
        "Weekly: news",
        "O'Neil's",
        "Bücher & Co",
    ],
)
@pytest.mark.parametrize("quote", ["", '\\"'])
def test_what_stands_before_the_address_is_the_senders_name(
    tmp_path: Path, name: str, quote: str
) -> None:
    """In quotes or not: read as a header it might be another address, or two."""
    text = GOOD.replace("Good Gear Weekly <", f"{quote}{name}{quote} <")
    sender = load(tmp_path, text).newsletters["weekly"].sender
    assert (sender.name, sender.address) == (name, "weekly@news.example.org")


@pytest.mark.parametrize(
    "sender",
    [
        "a@example.org, Bo <b@example.org>",
        "'news@example.org via Us <weekly@news.example.org>'",
        "Us <weekly@news.example.org> and others",
        "Us <Weekly <weekly@news.example.org>",
    ],
)
def test_what_is_not_one_sender_is_refused(tmp_path: Path, sender: str) -> None:
    """Rather than sent from the wrong one."""
    (problem,) = problems(
        tmp_path, GOOD.replace("Good Gear Weekly <weekly@news.example.org>", sender)
    )
    assert problem.field == "newsletters.weekly.from"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("", "news.example.org"),
        ('\n[sending]\nhostname = "mail.example.org"', "mail.example.org"),
    ],
)
def test_relays_are_told_a_full_host_name(tmp_path: Path, lines: str, name: str) -> None:
    """The site's, unless another is configured; a bare name is refused."""
    assert load(tmp_path, GOOD + lines).relays[0].hostname == name
    (problem,) = problems(tmp_path, GOOD + '\n[sending]\nhostname = "mail"')
    assert "not a full host name" in problem.message


def test_a_site_without_a_full_name_leaves_it_to_the_machine(tmp_path: Path) -> None:
    """As on a developer's laptop."""
    for url in ("http://localhost:8000", "http://127.0.0.1:8000"):
        text = GOOD.replace("https://news.example.org", url)
        assert load(tmp_path, text).relays[0].hostname is None
