"""Each mistake in a site is answered by `check` with file, field and fix, and exit code 78."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.site import CommandLine, write_readers

GOOD = """\
[site]
url = "https://news.example.org"
timezone = "Europe/London"
language = "en"
postal_address = "Example Media, 1 Example St, London"
secret_key = "a key for tests, forty characters long!!"

[[relays]]
name = "main"
host = "127.0.0.1"
port = 2525

[newsletters.weekly]
title = "Good Gear Weekly"
from = "Good Gear Weekly <weekly@news.example.org>"
list = "weekly"
schedule = "0 7 * * mon"

[[newsletters.weekly.sections]]
title = "Security"
tags = ["security"]

[[newsletters.weekly.sources]]
feed = "https://site.example/rss.xml"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A change to a good site, and what `check` must say about it."""

    name: str
    old: str = ""
    new: str = ""
    field: str
    says: str
    file: str = "newsletter.toml"
    damage: Callable[[Path], object] = lambda folder: None

    def __str__(self) -> str:
        return self.name


def write_template(text: str) -> Callable[[Path], object]:
    """Puts a template of the site's own over ours."""

    def write(folder: Path) -> None:
        path = folder / "templates" / "issue" / "issue.mjml.j2"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")

    return write


MISTAKES = (
    Mistake(name="unknown-key", old="timezone =", new="timezon =", field="site.timezon", says="timezone"),
    Mistake(name="unknown-table", old="[[relays]]", new="[[relay]]", field="relay", says="relays"),
    Mistake(name="provider", old="port = 2525", new='port = 2525\nprovider = "sees"', field="relays[0].provider", says="'ses'"),
    Mistake(name="no-token-source", old="port = 2525", new='port = 2525\nusername = "a"\nauth = "xoauth2"', field="relays[0]", says="token_command or oauth"),
    Mistake(name="no-token-program", old="port = 2525", new='port = 2525\nusername = "a"\nauth = "xoauth2"\ntoken_command = "no-such-program a"', field="relays[0].token_command", says="no-such-program"),
    Mistake(name="no-refresh-token", old="port = 2525", new='port = 2525\nusername = "a"\nauth = "xoauth2"\noauth = {client_id = "a", refresh_token_file = "b.token", token_url = "https://x.example"}', field="relays[0].oauth.refresh_token_file", says="b.token"),
    Mistake(name="header-of-ours", old="port = 2525", new='port = 2525\nheaders = {"Subject" = "x"}', field="relays[0].headers", says="Subject"),
    Mistake(name="hook-without-a-relay", old="[newsletters.weekly]\n", new='[hooks.brevo]\npassword = "0123456789abcdef"\n\n[newsletters.weekly]\n', field="hooks.brevo", says='provider = "brevo"'),
    Mistake(name="hook-topic", old="[newsletters.weekly]\n", new='[hooks.ses]\ntopic = "events"\n\n[newsletters.weekly]\n', field="hooks.ses.topic", says="arn:aws:sns"),
    Mistake(name="hook-key", old="[newsletters.weekly]\n", new='[hooks.sendgrid]\nverification_key = "abc"\n\n[newsletters.weekly]\n', field="hooks.sendgrid.verification_key", says="public key"),
    Mistake(name="hook-password", old="[newsletters.weekly]\n", new='[hooks.postmark]\npassword = "short"\n\n[newsletters.weekly]\n', field="hooks.postmark.password", says="16"),
    Mistake(name="no-toml", old="[site]", new="[site", field="", says="TOML"),
    Mistake(name="cron-fields", old="0 7 * * mon", new="0 7 * *", field="newsletters.weekly.schedule", says="five"),
    Mistake(name="cron-day-number", old="0 7 * * mon", new="0 7 * * 1", field="newsletters.weekly.schedule", says="mon"),
    Mistake(name="cron-never", old="0 7 * * mon", new="0 7 31 2 *", field="newsletters.weekly.schedule", says="31 2"),
    Mistake(name="time-zone", old="Europe/London", new="Mars/Phobos", field="site.timezone", says="Mars/Phobos"),
    Mistake(name="language", old='"en"', new='"zz-nowhere"', field="site.language", says="zz-nowhere"),
    Mistake(name="url", old="https://news.example.org", new="news.example.org", field="site.url", says="https://"),
    Mistake(name="no-postal-address", old='postal_address = "Example Media, 1 Example St, London"', new="", field="site.postal_address", says="missing"),
    Mistake(name="database", old="[site]", new='[site]\ndatabase = "mysql://db"', field="site.database", says="postgresql"),
    Mistake(name="short-secret", old="a key for tests, forty characters long!!", new="short", field="site.secret_key", says="32"),
    Mistake(name="no-relay", old='[[relays]]\nname = "main"\nhost = "127.0.0.1"\nport = 2525\n', new="", field="relays", says="relay"),
    Mistake(name="relay-port", old="2525", new="99999", field="relays[0].port", says="65535"),
    Mistake(name="relay-rate", old="port = 2525", new='port = 2525\nrate = "fast"', field="relays[0].rate", says="100/s"),
    Mistake(name="relay-password", old="port = 2525", new='port = 2525\nusername = "me"', field="relays[0]", says="password"),
    Mistake(name="relay-password-file", old="port = 2525", new='port = 2525\nusername = "me"\npassword_file = "no.pw"', field="relays[0]", says="no.pw"),
    Mistake(name="from", old="Good Gear Weekly <weekly@news.example.org>", new="Good Gear Weekly weekly", field="newsletters.weekly.from", says="user@example.org"),
    Mistake(name="empty-list", old='list = "weekly"', new='list = "nobody"', field="newsletters.weekly.list", says="nobody"),
    Mistake(name="list-name", old='list = "weekly"', new='list = "Weekly List"', field="newsletters.weekly.list", says="Weekly List"),
    Mistake(name="approval", old="schedule =", new='approval = "maybe"\nschedule =', field="newsletters.weekly.approval", says="auto"),
    Mistake(name="source-failure-key", old="schedule =", new='on_source_fail = "hold"\nschedule =', field="newsletters.weekly.on_source_fail", says="on_source_failure"),
    Mistake(name="source-failure-word", old="schedule =", new='on_source_failure = "wait"\nschedule =', field="newsletters.weekly.on_source_failure", says="wait 2h"),
    Mistake(name="source-failure-wait", old="schedule =", new='on_source_failure = "wait 8h"\nschedule =', field="newsletters.weekly.on_source_failure", says="max_lateness, 6h"),
    Mistake(name="twice-a-day", old="0 7 * * mon", new="0 7,19 * * mon", field="newsletters.weekly.schedule", says="more than once a day"),
    Mistake(name="nobody-to-remind", old="schedule =", new='approval = "remind"\nschedule =', field="newsletters.weekly", says="editors ="),
    Mistake(name="editor", old="schedule =", new='editors = ["nobody"]\nschedule =', field="newsletters.weekly.editors[0]", says="nobody"),
    Mistake(name="holiday", old="schedule =", new='holidays = ["Christmas"]\nschedule =', field="newsletters.weekly.holidays[0]", says="date"),
    Mistake(name="digest-of-nothing", old="schedule =", new='digest_of = "daily"\nschedule =', field="newsletters.weekly.digest_of", says="daily"),
    Mistake(name="suggestions-nowhere", old="schedule =", new="public = false\nsuggestions = true\nschedule =", field="newsletters.weekly.suggestions", says="takes no mail"),
    Mistake(name="mail-nowhere", old="feed =", new='mail = "in@news.example.org"\n[[newsletters.weekly.sources]]\nfeed =', field="newsletters.weekly.sources[0].mail", says="takes none"),
    Mistake(name="mail-of-a-list", old="feed =", new='mail = "weekly-owner@news.example.org"\n[inbound]\ndomain = "news.example.org"\n[[newsletters.weekly.sources]]\nfeed =', field="newsletters.weekly.sources[0].mail", says="one of the lists"),
    Mistake(name="senders-of-a-feed", old="feed =", new='senders = ["site.example"]\nfeed =', field="newsletters.weekly.sources[0]", says="senders are for"),
    Mistake(name="sender", old="feed =", new='senders = ["no sender"]\nfeed =', field="newsletters.weekly.sources[0].senders", says="not a mail address"),
    Mistake(name="span", old="schedule =", new='max_lateness = "soon"\nschedule =', field="newsletters.weekly.max_lateness", says="6h"),
    Mistake(name="two-kinds-of-source", old="feed =", new='page = "x.html"\nfeed =', field="newsletters.weekly.sources[0]", says="exactly one"),
    Mistake(name="no-source", old='[[newsletters.weekly.sources]]\nfeed = "https://site.example/rss.xml"\n', new="", field="newsletters.weekly.sources", says="sources"),
    Mistake(name="missing-folder", old='feed = "https://site.example/rss.xml"', new='folder = "notes"', field="newsletters.weekly.sources[0].folder", says="notes"),
    Mistake(name="subject-variable", old="schedule =", new='subject = "{{ leed.title }}"\nschedule =', field="newsletters.weekly.subject", says="leed"),
    Mistake(name="dkim-key", old="[newsletters.weekly]", new='[dkim]\ndomain = "news.example.org"\nselector = "s1"\nkey_file = "no.pem"\n\n[newsletters.weekly]', field="dkim", says="no.pem"),
    Mistake(name="no-newsletters", old=GOOD[GOOD.index("[newsletters.weekly]") :], new="", field="newsletters", says="missing"),
    Mistake(name="template-variable", field="", says="nowhere_defined", file="issue.mjml.j2", damage=write_template("<mjml><mj-body>{{ nowhere_defined }}</mj-body></mjml>")),
    Mistake(name="template-syntax", field="", says="", file="issue.mjml.j2", damage=write_template("<mjml>{% if %}</mjml>")),
)  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which the list `weekly` has readers."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "newsletter.toml").write_text(GOOD, encoding="utf-8")
    command = CommandLine(folder=folder, environment={})
    command.done("subscribers", "import", str(write_readers(folder / "r.csv")), "--list", "weekly")
    command.done("check")
    return folder / "newsletter.db"


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_check_names_file_field_and_fix(mistake: Mistake, people: Path, tmp_path: Path) -> None:
    """`check` says what is wrong, where, and how to mend it; the JSON carries the same."""
    assert mistake.old in GOOD
    text = GOOD.replace(mistake.old, mistake.new, 1) if mistake.old else GOOD
    (tmp_path / "newsletter.toml").write_text(text, encoding="utf-8")
    mistake.damage(tmp_path)
    command = CommandLine(
        folder=tmp_path,
        environment={}
        if mistake.name == "database"
        else {"NEWSLETTER__SITE__DATABASE": f"sqlite:///{people}"},
    )
    answer = command("check", "--json")
    assert answer.code == 78
    error = answer.document["error"]
    assert error["code"] == "configuration"
    assert mistake.file in error["file"]
    assert (error["field"] or "").startswith(mistake.field)
    assert error["message"]
    assert error["fix"]
    assert mistake.says.lower() in f"{error['message']} {error['fix']}".lower()


def test_check_tells_a_person_too(people: Path, tmp_path: Path) -> None:
    """Without --json the same stands on stderr in words, every mistake at once."""
    text = GOOD.replace("timezone =", "timezon =").replace("2525", "99999")
    (tmp_path / "newsletter.toml").write_text(text, encoding="utf-8")
    answer = CommandLine(folder=tmp_path, environment={})("check")
    assert answer.code == 78
    for part in ("newsletter.toml", "site.timezon", "did you mean", "relays[0].port"):
        assert part in answer.err + answer.out
    assert "Traceback" not in answer.err


def test_check_remarks_on_a_source_that_is_listed_twice(people: Path, tmp_path: Path) -> None:
    """Under two spellings with different tags: both apply, and `check` says so without an error."""
    again = '[[newsletters.weekly.sources]]\nfeed = "http://www.site.example/rss.xml/"\n'
    command = CommandLine(
        folder=tmp_path, environment={"NEWSLETTER__SITE__DATABASE": f"sqlite:///{people}"}
    )
    path = tmp_path / "newsletter.toml"
    path.write_text(f'{GOOD}\n{again}tags = ["gear"]\nmax_items = 2\n', encoding="utf-8")
    answer = command("check", "--json")
    assert answer.code == 0
    (remark,) = answer.document["remarks"]
    assert remark["field"] == "newsletters.weekly.sources[1]"
    assert remark["message"] == (
        "it is the same source as sources[0]: the tags of both apply, and max_items of the first alone"
    )
    assert "sources[1]" in command("check").err
    path.write_text(f"{GOOD}\n{again}", encoding="utf-8")
    assert command("check", "--json").document["remarks"] == []
