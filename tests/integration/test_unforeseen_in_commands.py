"""Every command, with an error that nobody foresaw in each of its calls to the floors below."""

from __future__ import annotations

import importlib
import io
import json
import logging
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.cli import importing
from newsletter.cli.main import COMMANDS, main
from newsletter.issues.source_mail import HeldReason
from newsletter.issues.suggestion import SuggestionWay
from newsletter.jobs import site_jobs
from newsletter.pipeline.approve import approve, skip
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.result_codes import OK, UNEXPECTED_ERROR
from newsletter.site.site import open_site
from newsletter.store.issues import find_issue
from newsletter.store.source_mails import keep_mail
from newsletter.store.suggestions import NewSuggestion, add_suggestion
from newsletter.store.tables import issues, outbox
from subscribers.suppression import suppress
from tests.factories.editors import add_editor
from tests.factories.planting import PlantedError, PlantedPanic, calls_below, plant
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.site import make_site, publish

READER = "reader0@example.org"
EDITOR = "editor@example.net"
LIFT = "subscribers suppressions lift"
PAST = "archive import {folder}/articles --newsletter weekly"
LETTER = "letters write weekly --days 3 --subject Hello --text-file {folder}/people.csv"
CORRECTION = "correct weekly/2 --story 14:00 --link https://press.example.org/moved"

HELD: dict[str, Any] = {
    "source": ("weekly", "held@news.example.org"),
    "message": 1,
    "sender": "daily@digest.example",
    "subject": "Confirm your address",
    "content": b"Subject: Confirm\n\nFollow the link.",
    "held_for": HeldReason.UNCONFIRMED,
    "now": THURSDAY,
}
PICTURE = "picture weekly {folder}/newsletter.toml --story a"

SUGGESTION = NewSuggestion(
    newsletter="weekly",
    url="https://press.example.org/1",
    title="",
    reader="x",
    way=SuggestionWay.FORM,
    is_proven=True,
)

# Module, call, and a command line that comes to it. {new} is a path where nothing is yet.
CALLS = [
    ("setup", "init_site", "init {new}"),
    ("setup", "check_site", "check"),
    ("setup", "remarks", "check"),
    ("doctor", "examine", "doctor"),
    ("gathering", "gather_articles", "gather"),
    ("gathering", "draft_issue", "draft weekly"),
    ("gathering", "find_issue", "show weekly"),
    ("gathering", "all_issues", "show weekly"),
    ("gathering", "carried_over", "show weekly"),
    ("gathering", "note_text", "show weekly"),
    ("picturing", "read_crop", PICTURE),
    ("picturing", "set_picture", PICTURE),
    ("gathering", "inclusion_text", "show weekly"),
    ("gathering", "left_out_text", "show weekly"),
    ("gathering", "explain", "show weekly --explain a"),
    ("gathering", "failed_sources_of", "show weekly"),
    ("sources", "list_sources", "sources list"),
    ("sources", "is_mail_address", "sources add in@news.example.org --newsletter weekly"),
    ("sources", "add_mail_source", "sources add in@news.example.org --newsletter weekly"),
    ("sources", "add_source", "sources add https://127.0.0.1/ --newsletter weekly"),
    ("sources", "import_sources", "sources import {folder}/people.csv --newsletter weekly"),
    ("sources", "export_sources", "sources export --out {new}"),
    ("sources", "examine_source", "sources test https://127.0.0.1/"),
    ("source_mail", "list_held", "sources mail list"),
    ("source_mail", "count_older", "sources mail list"),
    ("source_mail", "text_of_held", "sources mail show 1"),
    ("source_mail", "decide", "sources mail confirm 1"),
    ("source_mail", "decide", "sources mail take 1"),
    ("source_mail", "decide", "sources mail drop 1"),
    ("source_mail", "counted", "sources mail take 1"),
    ("archive", "is_web_address", f"{PAST} --base https://old.example.org"),
    ("archive", "import_past_issues", PAST),
    ("archive", "export_issues", "archive export {new} --newsletter weekly"),
    ("exporting", "pack_site", "export {new}"),
    ("rehearsing", "rehearse_season", "rehearse --weeks 1"),
    ("rehearsing", "season_document", "rehearse --weeks 1"),
    ("rehearsing", "season_svg", "rehearse --weeks 1 --plot {new}"),
    ("year", "year_report", "year 2026 weekly"),
    ("year", "write_year", "year 2026 weekly --out {new}"),
    ("year", "year_summary", "year 2026 weekly --out {new}"),
    ("correcting", "sent_issue", CORRECTION),
    ("correcting", "write_correction", CORRECTION),
    ("correcting", "approve_correction", CORRECTION),
    ("correcting", "flush", CORRECTION),
    ("correcting", "shown_corrections", CORRECTION),
    ("correcting", "rehearse_correction", f"{CORRECTION} --dry-run"),
    ("dated_letters", "operations.shown_letters", "letters list weekly"),
    ("dated_letters", "operations.comes_weekly", "letters list weekly"),
    ("dated_letters", "operations.write_letter", LETTER),
    ("dated_letters", "operations.rehearse_letter", f"{LETTER} --dry-run"),
    ("dated_letters", "operations.shown_letter", "letters show weekly 1"),
    ("dated_letters", "operations.send_test_letter", "letters test weekly 1 --to a@example.org"),
    ("dated_letters", "operations.take_back", "letters undo weekly 1"),
    ("dated_letters", "operations.delete_letter", "letters delete weekly 1"),
    ("suggestions", "operations.list_suggestions", "suggestions list weekly"),
    ("suggestions", "counted", "suggestions list weekly"),
    ("suggestions", "find_issue", "suggestions add weekly 1"),
    ("suggestions", "operations.add_suggested", "suggestions add weekly 1"),
    ("suggestions", "operations.dismiss", "suggestions dismiss weekly 1"),
    ("suggestions", "operations.block_site", "suggestions block weekly 1"),
    ("suggestions", "operations.block_reader", "suggestions block weekly 1 --reader 1"),
    ("suggestions", "operations.blocks", "suggestions blocked"),
    ("suggestions", "operations.unblock", "suggestions unblock 1"),
    ("users", "reset_second_factors", f"users reset {EDITOR}"),
    ("setup", "unpack_site", "init {new} --from {folder}/people.csv"),
    ("gathering", "selected_audience", "show weekly"),
    ("looking", "preview_issue", "preview weekly --out {new}"),
    ("looking", "take_screenshots", "preview weekly --out {new} --screenshots"),
    ("looking", "create_private", "preview weekly --out {new}"),
    ("looking", "lint_issue", "lint weekly"),
    ("looking", "check_issue_links", "lint weekly --reach"),
    ("looking", "send_test", f"test weekly --to {EDITOR}"),
    ("moving", "approve_issue", "approve weekly"),
    ("moving", "read_time", "approve weekly --at 2026-03-16T09:00"),
    ("moving", "reschedule", "approve weekly/2 --at 2026-03-10T09:00 --now 2026-03-09T09:00Z"),
    ("moving", "hold_issue", "hold weekly"),
    ("moving", "stop_issue", "stop weekly"),
    ("moving", "note_text", "hold weekly"),
    ("sending", "send_issue", "send weekly"),
    ("sending", "dry_run_send", "send weekly --dry-run"),
    ("sending", "watched_run", "run"),
    ("status", "site_status", "status"),
    ("status", "find_issue", "status weekly"),
    ("status", "recount_deliveries", "status weekly --recount"),
    ("status", "issue_status", "status weekly"),
    ("status", "selected_audience", "status weekly"),
    ("status", "note_text", "status weekly"),
    ("sending", "unknown_deliveries", "unknown weekly"),
    ("sending", "settle", "unknown weekly --skip"),
    ("serving", "make_app", "serve --port 0"),
    ("serving", "trusted_proxies", "serve --port 0"),
    ("serving", "http_configuration", "serve --port 0"),
    ("serving", "first_link", "serve --port 0"),
    ("serving", "listening", "serve --port 0"),
    ("serving", "scheduling", "serve --port 0"),
    ("working", "run_worker", "worker"),
    ("receiving", "require_inbound", "receive --list"),
    ("receiving", "mail_log.quarantined", "receive --list"),
    ("receiving", "receive_message", "receive"),
    ("receiving", "handle", "receive --replay 1"),
    ("receiving", "letters_job", "receive"),
    ("importing", "import_people", "subscribers import {folder}/people.csv --list weekly"),
    ("people", "export_subscribers", "subscribers export --list weekly --out {new}"),
    ("people", "export_everybody", "subscribers export-all --out {new}"),
    ("people", "create_private", "subscribers export --list weekly --out {new}"),
    ("people", "restore_reader", f"subscribers restore {READER} --reason x"),
    ("people", "audit.record", f"subscribers restore {READER} --reason x"),
    ("people", "require_list", "subscribers add new@example.org --list weekly"),
    ("people", "site_vocabulary", "subscribers add new@example.org --list weekly"),
    ("people", "people.add", "subscribers add new@example.org --list weekly"),
    ("people", "show_person", f"subscribers show {READER}"),
    ("people", "people.remove", f"subscribers remove {READER}"),
    ("people", "end_feeds", f"subscribers end-feed {READER}"),
    ("people", "suppression.suppress", "subscribers suppress @example.com"),
    ("people", "suppression.lift", "subscribers suppress @example.com --lift"),
    ("people", "erase", f"subscribers erase {READER}"),
    ("listing", "find_all_people", "subscribers list --list weekly"),
    ("listing", "find_people", "subscribers list --limit 1"),
    ("listing", "in_segment", "subscribers list --list weekly --segment all"),
    ("suppressions", "entries.suppressions_page", "subscribers suppressions list"),
    ("suppressions", "entries.suppression_document", "subscribers suppressions search net"),
    ("suppressions", "entries.explain", f"subscribers suppressions explain {READER}"),
    ("suppressions", "entries.all_suppressions", "subscribers suppressions export --out {new}"),
    ("suppressions", "create_private", "subscribers suppressions export --out {new}"),
    ("suppressions", "suppression.lift", f"{LIFT} @example.net --reason x"),
    ("suppressions", "entries.suppressions_of", f"{LIFT} @example.net --reason x"),
    ("suppressions", "audit.record", f"{LIFT} @example.net --reason x"),
    ("lists", "operations.all_lists", "lists list"),
    ("lists", "operations.make_list", "lists make new"),
    ("lists", "operations.rename_list", "lists rename other new"),
    ("lists", "operations.merge_lists", "lists merge other --into weekly"),
    ("lists", "operations.close_list", "lists close other"),
    ("lists", "audit.record", "lists make new"),
    ("growth", "growth_days", "growth"),
    ("growth", "growth_document", "growth"),
    ("retrying", "retry_rejected", "retry weekly --rejected"),
    ("users", "save_user", "users add second@example.net"),
    ("users", "hash_password", "users add second@example.net --password"),
    ("users", "remove_user", f"users remove {EDITOR}"),
    ("users", "find_user", f"users remove {EDITOR}"),
    ("users", "audit.record", f"users remove {EDITOR}"),
    ("users", "all_users", "users list"),
    ("users", "reset_second_factors", f"users reset {EDITOR}"),
    ("users", "make_api_token", f"users token {EDITOR}"),
    ("users", "revoke_api_token", f"users token {EDITOR} --revoke"),
    ("arming", "back_up", "backup {new}"),
    ("arming", "set_armed", "arm"),
    ("arming", "lift_seal", "arm"),
    ("arming", "move_site", "migrate-database --to postgresql://nobody@127.0.0.1/none"),
    ("bench", "measure", "bench --messages 10"),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that takes mail, with an editor, a skipped issue and an approved one."""
    folder = tmp_path_factory.mktemp("site")
    tables = (
        '[inbound]\ndomain = "news.example.org"\n[[newsletters.weekly.sections]]\ntitle = "A"\nmax_items = 2\n'
        '[[newsletters.weekly.sources]]\nmail = "held@news.example.org"'
    )
    site = make_site(folder, now=THURSDAY, tables=tables)
    publish(folder, *(THURSDAY + hours * HOUR for hours in range(1, 5)))
    gather(site, "weekly", now=THURSDAY + 5 * HOUR)
    skip(site, draft(site, "weekly", now=THURSDAY + 5 * HOUR), note=None)
    draft(site, "weekly", now=MONDAY + HOUR)
    approve(site, "weekly", 2, now=MONDAY + HOUR)
    with site.database.transaction() as connection:
        assert find_issue(connection, "weekly", 2).left_out
    add_editor(site, EDITOR)
    with site.database.transaction() as connection:
        suppress(connection, "@example.net", "refuses us", THURSDAY)
        add_suggestion(connection, SUGGESTION, THURSDAY)
        keep_mail(connection, **HELD)
    site.database.close()
    (folder / "people.csv").write_text("email,name,tags\nnew@example.org,,\n", encoding="utf-8")
    return folder


def call_it_sent(folder: Path) -> None:
    """Only what was sent is corrected, and told in a year."""
    site = open_site(folder, {})
    with site.database.transaction() as connection:
        connection.execute(
            sa.update(issues)
            .where(issues.c.number == 2)
            .values(state="sent", send_started_at=MONDAY + HOUR)
        )
    site.database.close()


def end_of(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    """The code that the command ends with."""
    monkeypatch.setattr(sys, "argv", ["newsletter", *words])
    mail = io.TextIOWrapper(
        io.BytesIO(b"From: a@example.org\nTo: weekly-help@news.example.org\n\nx\n")
    )
    monkeypatch.setattr(sys, "stdin", mail)
    logger = logging.getLogger("newsletter")
    before = logger.handlers[:], logger.level, logger.propagate
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        logger.handlers[:], logger.level, logger.propagate = before
    return ended.value.code


def test_the_list_has_every_call() -> None:
    """A new call to a floor below is walked as well."""
    found = [
        (name, call)
        for name in dict.fromkeys([*(entry.module for entry in COMMANDS.values()), *GROUPED])
        for call in calls_below(importlib.import_module(f"newsletter.cli.{name}"), "newsletter.cli")
    ]
    assert sorted(found) == sorted({(name, call) for name, call, _line in CALLS} | HARMLESS)


GROUPED = ("importing", "listing", "suppressions", "source_mail")
"""Modules of commands below `subscribers` and `sources`."""

HARMLESS = {
    ("setup", "theme_names"),
    ("importing", "flush"),
    ("sending", "codes_of"),
    ("sources", "written"),
    ("gathering", "counted"),
    ("rehearsing", "counted"),
    ("status", "counted"),
}
"""Called while the module is imported, for the help; what the command goes on after; what tells of an
error that has ended a job; and the length of a time, and a number of
things, in words."""


@pytest.mark.parametrize(("name", "call", "line"), CALLS)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_a_command_says_so_and_exits_70(
    name: str,
    call: str,
    line: str,
    as_json: bool,
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A message, with --json the error document, and the traceback in the log."""
    folder = tmp_path / "site"
    shutil.copytree(template, folder)
    words = line.format(new=tmp_path / "new", folder=folder).split()
    raised = plant(
        monkeypatch, importlib.import_module(f"newsletter.cli.{name}"), call,
        error=PlantedPanic if as_json else PlantedError,
    )  # fmt: skip
    if "--password" in words:
        monkeypatch.setattr("newsletter.cli.users._ask_password", lambda: "a long password")
    if call in ("write_year", "year_summary") or name == "correcting":
        call_it_sent(folder)
    json_words = ["--json"] if as_json else []
    assert end_of(monkeypatch, "-C", str(folder), *words, *json_words) == UNEXPECTED_ERROR
    assert raised
    out, err = capsys.readouterr()
    assert "Traceback" in err
    assert "nobody foresaw this" in err
    if as_json:
        error = json.loads(out)["error"]
        assert {"code", "message", "file", "field", "fix"} <= set(error)
        assert error["exit"] == UNEXPECTED_ERROR
    else:
        assert out == ""


@pytest.mark.parametrize("error", [PlantedError, PlantedPanic])
def test_an_import_stands_when_its_letters_cannot_be_sent(
    error: type[BaseException],
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 0 and the report, the traceback in the log, and the letter in the outbox."""
    folder = tmp_path / "site"
    shutil.copytree(template, folder)
    raised = plant(monkeypatch, importing, "flush", error=error)
    words = f"subscribers import {folder}/people.csv --list weekly --confirm --json".split()
    assert end_of(monkeypatch, "-C", str(folder), *words) == OK
    assert raised
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (report["added"], report["asked"], report["rejected"]) == (1, 1, 0)
    assert "letters wait in the outbox" in err
    assert "Traceback" in err
    site = open_site(folder, {})
    with site.database.transaction(read_only=True) as connection:
        assert connection.scalars(sa.select(outbox.c.recipient)).all() == ["new@example.org"]
    site.database.close()


def test_a_run_in_which_one_job_crashed_says_which(
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 70, and a report of all the others, not an error document."""
    folder = tmp_path / "site"
    shutil.copytree(template, folder)
    plant(monkeypatch, site_jobs, "fold")
    words = ("-C", str(folder), "run", "--json", "--now", "2026-03-09T08:00Z")
    assert end_of(monkeypatch, *words) == UNEXPECTED_ERROR
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert [one["newsletter"] for one in document["newsletters"]] == ["weekly"]
    ends = {one["job"]: (one["ended"], one["error"]) for one in document["jobs"]}
    assert ends.pop("retention:counts") == ("crashed", "PlantedError: nobody foresaw this")
    assert set(ends.values()) == {("done", None)}
    assert "Traceback" in err
