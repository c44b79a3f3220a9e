from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.errors import DatabaseUnavailableError
from newsletter.store.ledger import journal as journal_module
from newsletter.store.ledger.journal import OPENING, Entries, Journal, read_journal, remove_journal
from tests.factories.ledger import NOW, make_receipt

DEFERRED = make_receipt(
    2,
    state=DeliveryState.DEFERRED,
    retry_at=NOW + timedelta(minutes=2),
    code=451,
    enhanced="4.7.1",
    text='später, "bitte"\u2028\x7f \ud800',
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "x.journal"


def entries(path: Path) -> Entries:
    """What is in the file."""
    read = read_journal(path)
    assert read is not None
    return read


def test_what_was_written_is_read_again(path: Path) -> None:
    """Receipts in their order and whole; intents that have no receipt are open."""
    journal = Journal(path)
    journal.write([], [1, 2, 3])
    journal.write([make_receipt(1), DEFERRED], [4])
    assert entries(path) == journal.unposted()
    assert entries(path) == Entries(
        first=0, receipts=(make_receipt(1), DEFERRED), intents=frozenset({3, 4})
    )
    journal.close()


def test_an_intent_after_its_receipt_is_open_again(path: Path) -> None:
    """A deferred delivery is tried once more in the same run."""
    journal = Journal(path)
    journal.write([], [2])
    journal.write([DEFERRED], [2])
    assert entries(path).intents == {2}
    journal.close()


def test_receipts_are_numbered_so_that_none_is_posted_twice(path: Path) -> None:
    """A reader that knows how many are in the ledger takes the rest."""
    journal = Journal(path)
    journal.write([make_receipt(1), make_receipt(2)], [])
    journal.posted(journal.unposted().end)
    journal.write([make_receipt(3)], [])
    assert [receipt.subscriber_id for receipt in journal.unposted().receipts] == [3]
    assert [receipt.subscriber_id for receipt in entries(path).since(2)] == [3]
    assert journal.unposted().end == entries(path).end == 3
    journal.close()


@given(st.data())
def test_a_line_that_was_cut_ends_the_journal(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """After a power cut the last line may be torn: what stood before it is there, and no more."""
    path = tmp_path_factory.mktemp("journal") / "x.journal"
    journal = Journal(path)
    lengths, states = [journal._end], [journal.unposted()]
    for number in range(1, 6):
        journal.write([make_receipt(number)], [number + 1])
        lengths.append(journal._end)
        states.append(journal.unposted())
    journal.close()
    kept = data.draw(st.integers(lengths[0], lengths[-1]))
    noise = data.draw(st.sampled_from([b"", b"\0" * 40, b"x" * 40, b"00000000 [0,[],[9]]\n"]))
    path.write_bytes(path.read_bytes()[:kept] + noise)
    whole = sum(length <= kept for length in lengths) - 1
    assert entries(path) == states[whole]


def test_a_full_file_is_begun_anew_and_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is unposted is carried forward, and so are open intents of long ago."""
    monkeypatch.setattr(journal_module, "ALLOCATED", 400)
    journal = Journal(path)
    journal.write([], [999])
    for number in range(200):
        journal.write([make_receipt(number)], [])
        if number % 7 == 0:
            journal.posted(journal.unposted().end)
    assert path.stat().st_size < 5_000
    assert entries(path).intents == {999}
    assert entries(path).since(journal.unposted().first) == journal.unposted().receipts
    assert entries(path).end == 200
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    journal.close()


def test_the_file_is_its_owners(path: Path) -> None:
    """It says who gets what."""
    journal = Journal(path)
    assert path.stat().st_mode & 0o777 == 0o600
    journal.close()


def test_a_journal_that_is_not_there_is_none(path: Path) -> None:
    """Nothing is made up; removing it twice is once."""
    assert read_journal(path) is None
    Journal(path).close()
    remove_journal(path)
    remove_journal(path)
    assert read_journal(path) is None


def test_another_releases_journal_is_not_guessed_at(path: Path) -> None:
    """The operator is told which file, and what to do."""
    path.write_bytes(OPENING.replace(b"1", b"2"))
    with pytest.raises(DatabaseUnavailableError, match="not a journal of this") as raised:
        read_journal(path)
    assert raised.value.problem.file == str(path)


def test_what_cannot_be_written_is_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is said, with the file; nothing is thought written."""
    journal = Journal(path)
    journal.write([make_receipt(1)], [])

    def full(*_given: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DatabaseUnavailableError, match="No space left"):
        journal.write([make_receipt(2)], [3])
    assert journal.unposted() == Entries(first=0, receipts=(make_receipt(1),), intents=frozenset())
    journal.close()


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    """Before anything is claimed."""
    with pytest.raises(DatabaseUnavailableError, match="cannot write the journal"):
        Journal(tmp_path / "nowhere" / "x.journal")


receipts_of_all_kinds = st.builds(
    Receipt,
    subscriber_id=st.integers(1, 2**62),
    state=st.sampled_from(DeliveryState),
    at=st.datetimes().map(lambda moment: moment.replace(tzinfo=NOW.tzinfo)),
    relay=st.text(max_size=9),
    code=st.integers(0, 599),
    enhanced=st.text("245.", max_size=5),
    text=st.text(max_size=30),
    retry_at=st.none() | st.just(NOW),
)


@given(st.lists(receipts_of_all_kinds, max_size=5))
def test_any_receipt_survives(
    tmp_path_factory: pytest.TempPathFactory, receipts: list[Receipt]
) -> None:
    """Whatever a relay said, no line of it ends an entry."""
    path = tmp_path_factory.mktemp("journal") / "x.journal"
    journal = Journal(path)
    journal.write(receipts, [])
    journal.close()
    assert entries(path).receipts == tuple(receipts)
