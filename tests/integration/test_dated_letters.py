"""Dated letters reach each new reader once, on her day, and only in a week without an issue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.pipeline.dated_letters import delete_letter, send_test_letter, take_back
from newsletter.pipeline.own_data import export
from newsletter.site.site import Site, open_site
from newsletter.store.letter_tables import letter_readers
from subscribers import people
from subscribers.history import Way
from subscribers.preferences import pause, set_mail_format
from subscribers.subscriber import MailFormat
from subscribers.suppression import suppress
from subscribers.unsubscribe import unsubscribe
from tests.demo.catcher import CaughtMail, MailCatcher, catching_mail
from tests.factories.dated_letters import (
    EDITOR,
    READER,
    SUBJECT,
    TEXT,
    confirm,
    counts,
    letters_site,
    of,
    serve,
    shown,
    write,
)
from tests.factories.runs import DAY, HOUR, THURSDAY, run_at
from tests.factories.site import publish

SUNDAY = datetime(2026, 3, 8, 7, tzinfo=THURSDAY.tzinfo)
"""The third day after the Thursday on which readers confirm here."""


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with catching_mail() as running:
        yield running


def mails_at(site: Site, catcher: MailCatcher, *moments: datetime) -> list[CaughtMail]:
    """What reaches readers at these moments."""
    before = len(catcher.mails)
    for moment in moments:
        serve(site, moment)
    return catcher.mails[before:]


def reader_id(site: Site, address: str = READER) -> int:
    """The number of the reader."""
    with site.database.transaction(read_only=True) as connection:
        return people.find(connection, address).id


async def test_run_sends_it_on_the_day_and_never_again(
    tmp_path: Path, database_url: str, catcher: MailCatcher
) -> None:
    """As cron's `run` does: at the usual hour, with own links and every header of an issue."""
    site = letters_site(tmp_path, port=catcher.port, database=database_url)
    number = write(site)
    confirm(site, READER)
    await run_at(site, SUNDAY - HOUR)
    before = len(catcher.mails)
    assert counts(site, number) == of(waiting=1)
    await run_at(site, SUNDAY)
    (mail,) = catcher.mails[before:]
    assert (mail.recipient, str(mail.message["Subject"])) == (READER, SUBJECT)
    assert "three stories" in mail.part("plain").replace("*", "")
    assert "https://press.example.org/three" in mail.part("html")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.message["List-Unsubscribe"]
    assert mail.message["Message-ID"].startswith(f"<weekly.letter-{number}.")
    for later in (HOUR, DAY, 8 * DAY):
        await run_at(site, SUNDAY + later)
    assert len(catcher.mails) == before + 1
    assert counts(site, number) == of(accepted=1)
    data = export(site, reader_id(site))
    assert data is not None
    assert [(one["letter"], one["subject"], one["state"]) for one in data["dated_letters"]] == [
        (f"weekly/letter-{number}", SUBJECT, "accepted")
    ]
    site.database.close()


async def test_in_a_week_with_an_issue_it_is_skipped(tmp_path: Path, catcher: MailCatcher) -> None:
    """It waits while the issue is expected; then the one who got it is skipped, the other is not."""
    site = letters_site(
        tmp_path, port=catcher.port, schedule="0 7 * * fri", readers=("old@example.org",)
    )
    number = write(site, days=1, text="One.")
    confirm(site, READER)
    friday = SUNDAY - 2 * DAY
    publish(tmp_path, friday - HOUR, friday - 2 * HOUR)
    assert mails_at(site, catcher, friday - HOUR) == []
    before = len(catcher.mails)
    await run_at(site, friday)
    assert {mail.recipient for mail in catcher.mails[before:]} == {READER, "old@example.org"}
    assert all(str(mail.message["Subject"]) != SUBJECT for mail in catcher.mails[before:])
    confirm(site, "late@example.org", at=friday + HOUR)
    await run_at(site, friday + DAY)
    assert counts(site, number) == of(accepted=1, issue=1)
    assert [mail.recipient for mail in catcher.mails[before + 2 :]] == ["late@example.org"]
    site.database.close()


async def test_an_issue_too_thin_to_go_lets_the_letter_go_the_next_day(
    tmp_path: Path, catcher: MailCatcher
) -> None:
    """An issue that was expected and was skipped takes the place of nothing."""
    site = letters_site(tmp_path, port=catcher.port, schedule="0 7 * * fri")
    number = write(site, days=1)
    confirm(site, READER)
    friday, before = SUNDAY - 2 * DAY, len(catcher.mails)
    assert mails_at(site, catcher, friday) == []
    await run_at(site, friday)
    assert len(catcher.mails) == before
    assert counts(site, number) == of(waiting=1)
    await run_at(site, friday + DAY)
    assert [mail.recipient for mail in catcher.mails[before:]] == [READER]
    site.database.close()


def test_who_confirmed_before_it_was_written_gets_it_if_the_day_is_to_come(
    tmp_path: Path, catcher: MailCatcher
) -> None:
    """A letter is for those whose day comes after it was written; an import confirms nothing."""
    site = letters_site(tmp_path, port=catcher.port, readers=("imported@example.org",))
    confirm(site, "old@example.org", at=THURSDAY - 4 * DAY)
    confirm(site, READER, at=THURSDAY - DAY)
    number = write(site)
    mails = mails_at(site, catcher, THURSDAY, SUNDAY - DAY, SUNDAY)
    assert [mail.recipient for mail in mails] == [READER]
    assert counts(site, number) == of(accepted=1)
    site.database.close()


def test_nobody_gets_it_who_left_paused_or_is_suppressed(
    tmp_path: Path, catcher: MailCatcher
) -> None:
    """They are skipped, and counted; who leaves while it waits for a relay gets nothing either."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    names = ["left", "paused", "blocked", "last"]
    confirm(site, *(f"{name}@example.org" for name in names))
    ids = {name: reader_id(site, f"{name}@example.org") for name in names}
    with site.database.transaction() as connection:
        unsubscribe(connection, ids["left"], "weekly", way=Way.PAGE, now=THURSDAY)
        pause(connection, ids["paused"], SUNDAY + DAY, Way.PAGE, THURSDAY)
        suppress(connection, "blocked@example.org", reason="asked", now=THURSDAY)
    mails = mails_at(site, catcher, SUNDAY, SUNDAY + 3 * DAY)
    assert [mail.recipient for mail in mails] == ["last@example.org"]
    assert counts(site, number) == of(accepted=1, absent=3)
    site.database.close()


def test_one_who_leaves_and_comes_back_gets_it_once(tmp_path: Path, catcher: MailCatcher) -> None:
    """By a new confirmation, if she had not got it; never twice, however often she joins."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    confirm(site, READER)
    for again in (10, 20):
        with site.database.transaction() as connection:
            unsubscribe(
                connection,
                reader_id(site),
                "weekly",
                way=Way.PAGE,
                now=THURSDAY + (again - 9) * DAY,
            )
        assert again == 20 or mails_at(site, catcher, SUNDAY) == []
        confirm(site, READER, at=THURSDAY + again * DAY)
        mails = mails_at(site, catcher, THURSDAY + (again + 4) * DAY)
        assert len(mails) == (1 if again == 10 else 0)
    assert counts(site, number) == of(accepted=1)
    site.database.close()


def test_a_plain_text_reader_gets_the_text_alone(tmp_path: Path, catcher: MailCatcher) -> None:
    """As of issues."""
    site = letters_site(tmp_path, port=catcher.port)
    write(site)
    confirm(site, READER)
    with site.database.transaction() as connection:
        set_mail_format(connection, reader_id(site), MailFormat.TEXT, Way.PAGE, THURSDAY)
    (mail,) = mails_at(site, catcher, SUNDAY)
    assert mail.message.get_content_type() == "text/plain"
    assert "https://press.example.org/three" in str(mail.message.get_content())
    site.database.close()


def test_new_words_go_to_those_who_have_not_got_it(tmp_path: Path, catcher: MailCatcher) -> None:
    """Frozen when they are written; taking the change back sends the old words to the next."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    for day, address in enumerate(("a@example.org", "b@example.org", "c@example.org")):
        confirm(site, address, at=THURSDAY + day * DAY)
    (first,) = mails_at(site, catcher, SUNDAY)
    write(site, text="Other words.", number=number, now=SUNDAY)
    write(site, text="Other words.", number=number, now=SUNDAY + HOUR)
    assert len(shown(site, number).versions) == 2
    (second,) = mails_at(site, catcher, SUNDAY + DAY)
    take_back(site, "weekly", number, editor=EDITOR, now=SUNDAY + DAY)
    (third,) = mails_at(site, catcher, SUNDAY + 2 * DAY)
    assert "Other words." in second.part("plain")
    body = [mail.part("plain").split("joined")[0] for mail in (first, third)]
    assert body[0] == body[1]
    assert counts(site, number) == of(accepted=3)
    site.database.close()


def test_a_changed_day_counts_for_those_who_wait(tmp_path: Path, catcher: MailCatcher) -> None:
    """Nobody gets it again, and nobody whose new day is long over gets it late."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site, days=20)
    confirm(site, READER)
    confirm(site, "long@example.org", at=THURSDAY - 15 * DAY)
    assert mails_at(site, catcher, THURSDAY) == []
    write(site, days=3, number=number)
    assert mails_at(site, catcher, THURSDAY + HOUR) == []
    (mail,) = mails_at(site, catcher, SUNDAY)
    assert mail.recipient == READER
    write(site, days=10, number=number, now=SUNDAY)
    assert mails_at(site, catcher, THURSDAY + 10 * DAY) == []
    assert counts(site, number) == of(accepted=1, late=1)
    site.database.close()


def test_a_deleted_letter_goes_to_nobody(tmp_path: Path, catcher: MailCatcher) -> None:
    """Neither to who waits for it nor to who confirms later; a third letter may then be written."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    confirm(site, READER)
    assert mails_at(site, catcher, THURSDAY + HOUR) == []
    delete_letter(site, "weekly", number, editor=EDITOR, now=THURSDAY + 2 * HOUR)
    confirm(site, "later@example.org")
    assert mails_at(site, catcher, SUNDAY, SUNDAY + DAY) == []
    write(site, days=30)
    write(site, days=40)
    site.database.close()


def test_readers_of_other_zones_get_it_at_their_own_hour(
    tmp_path: Path, catcher: MailCatcher
) -> None:
    """Where the newsletter goes out at an hour of each reader's own day."""
    site = letters_site(tmp_path, port=catcher.port, keys='deliver = "reader 07:00"')
    write(site)
    confirm(site, READER, "far@example.org")
    with site.database.transaction() as connection:
        people_table = sa.table("subscribers", sa.column("address"), sa.column("time_zone"))
        connection.execute(
            sa.update(people_table)
            .where(people_table.c.address == "far@example.org")
            .values(time_zone="Pacific/Auckland")
        )
    early = mails_at(site, catcher, SUNDAY - 13 * HOUR)
    assert [mail.recipient for mail in early] == ["far@example.org"]
    assert [mail.recipient for mail in mails_at(site, catcher, SUNDAY)] == [READER]
    site.database.close()


def test_a_site_that_was_down_past_the_week_sends_nothing_late(
    tmp_path: Path, catcher: MailCatcher
) -> None:
    """Monday is another week; on the same Sunday it still goes."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    confirm(site, READER)
    assert mails_at(site, catcher, SUNDAY + DAY) == []
    assert counts(site, number) == of(late=1)
    site.database.close()


def test_an_erased_reader_leaves_a_number_alone(tmp_path: Path, catcher: MailCatcher) -> None:
    """She gets nothing, and no address stays in the ledger."""
    from newsletter.pipeline.own_data import erase

    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    confirm(site, READER)
    assert mails_at(site, catcher, THURSDAY) == []
    erase(site, READER, now=THURSDAY)
    assert mails_at(site, catcher, SUNDAY) == []
    assert counts(site, number) == of(absent=1)
    site.database.close()


def test_a_test_goes_to_an_allowed_address_and_changes_nothing(
    tmp_path: Path, catcher: MailCatcher
) -> None:
    """Marked in its subject, with specimen links."""
    site = letters_site(tmp_path, port=catcher.port)
    number, before = write(site), len(catcher.mails)
    send_test_letter(site, "weekly", number, to="weekly@news.example.org", now=THURSDAY)
    (mail,) = catcher.mails[before:]
    assert str(mail.message["Subject"]) == f"[TEST] {SUBJECT}"
    assert counts(site, number) == {}
    site.database.close()


def test_changed_masthead_is_said(tmp_path: Path, catcher: MailCatcher) -> None:
    """A letter keeps what was frozen; its editor is told, and saving it again takes the change over."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    assert shown(site, number).is_current
    site.database.close()
    settings = tmp_path / "newsletter.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("1 Example St", "2 Example St"), "utf-8"
    )
    moved = open_site(tmp_path, {})
    assert not shown(moved, number).is_current
    write(moved, number=number)
    assert shown(moved, number).is_current
    assert "2 Example St" in shown(moved, number).mail.text
    moved.database.close()


def test_counts_are_those_of_the_rows(tmp_path: Path, catcher: MailCatcher) -> None:
    """The sum of the states is the number of readers, at any moment."""
    site = letters_site(tmp_path, port=catcher.port)
    number = write(site)
    confirm(site, *(f"r{n}@example.org" for n in range(5)))
    for moment in (THURSDAY, SUNDAY - timedelta(minutes=1), SUNDAY):
        serve(site, moment)
        with site.database.transaction(read_only=True) as connection:
            rows = connection.execute(
                sa.select(letter_readers.c.state, sa.func.count()).group_by(letter_readers.c.state)
            )
            assert {row[0]: row[1] for row in rows} == counts(site, number)
    assert TEXT in shown(site, number).letter.version.text
    site.database.close()
