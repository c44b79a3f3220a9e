from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.errors import ConflictError, NotPermittedError
from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.desk import apply
from newsletter.issues.edits import Edit, Hide, Lead, Move, Pin, PutBlock, Rewrite, Say
from newsletter.issues.issue import Issue, Overrides, State
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import EditRequest, edit, redo, undo
from newsletter.site.site import Site
from newsletter.store import edit_log as desk_store
from newsletter.store.database import Database
from newsletter.store.issues import find_issue, move
from tests.factories.desk import NOW, SECTIONS, SLUG, drafted, gather_articles, make_site
from tests.factories.issues import make_article
from tests.sampling import sampled

NEWS_DESK, COPY_DESK = "news@news.example.org", "copy@news.example.org"


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    """A site with a newsletter of three sections, on SQLite and on PostgreSQL."""
    return make_site(database, tmp_path)


@pytest.fixture
def small_site(database: Database, tmp_path: Path) -> Site:
    """The same, where the kind of database says nothing."""
    return make_site(database, tmp_path)


def do(site: Site, issue: Issue, *edits: Edit, editor: str = NEWS_DESK) -> Issue:
    """Do the edits, seen at the version of `issue`."""
    request = EditRequest(
        newsletter=SLUG, number=issue.number, editor=editor, seen_version=issue.version
    )
    done = edit(site, request, edits, now=NOW)
    return done.issue


def title(number: int, text: str) -> Rewrite:
    """Give article `number` another title."""
    return Rewrite(item=make_article(number).key, overrides=Overrides(title=text))


def titles(issue: Issue) -> dict[str, str]:
    """The titles that editors gave."""
    return {
        item.article.key: item.overrides.title
        for item in issue.items
        if item.overrides.title is not None
    }


def test_an_edit_is_there_for_the_next_who_looks(site: Site) -> None:
    """Saved at once: order, title and a higher version are read back from the database."""
    issue = drafted(site)
    last = issue.items[-1].article.key
    done = do(site, issue, Lead(item=last), title(1, "Mine"))
    with site.database.transaction(read_only=True) as connection:
        found = find_issue(connection, SLUG, None)
    assert found == done
    assert found.items[0].article.key == last
    assert found.version == issue.version + 1
    assert found.subject == found.items[0].title, "the subject speaks of the new lead"


def test_edits_of_different_things_do_not_clash(site: Site) -> None:
    """Two editors who looked at the same version both get what they did."""
    issue = drafted(site)
    do(site, issue, title(1, "News desk's"), editor=NEWS_DESK)
    both = do(site, issue, title(2, "Copy desk's"), editor=COPY_DESK)
    assert set(titles(both).values()) == {"News desk's", "Copy desk's"}


def test_the_same_thing_changed_unseen_is_a_conflict(site: Site) -> None:
    """The second is told who was first, and the first's words stand."""
    issue = drafted(site)
    first = do(site, issue, title(1, "News desk's"), editor=NEWS_DESK)
    with pytest.raises(ConflictError, match=NEWS_DESK):
        do(site, issue, title(1, "Copy desk's"), editor=COPY_DESK)
    with site.database.transaction(read_only=True) as connection:
        assert find_issue(connection, SLUG, None) == first


def test_a_form_sent_twice_is_sent_once(small_site: Site) -> None:
    """The same edit again neither clashes nor counts."""
    issue = drafted(small_site)
    once = do(small_site, issue, title(1, "Mine"))
    assert do(small_site, issue, title(1, "Mine")) == once


def test_words_in_two_windows_of_one_editor_clash_too(small_site: Site) -> None:
    """Nothing typed is lost because it was typed by the same person elsewhere."""
    issue = drafted(small_site)
    do(small_site, issue, Say(name="intro", text="One"))
    with pytest.raises(ConflictError):
        do(small_site, issue, Say(name="intro", text="Two"))


def test_undo_and_redo_walk_through_ones_own_edits(site: Site) -> None:
    """Back to where it was, step by step, and forward again."""
    issue = drafted(site)
    states = [issue]
    for step in (
        title(1, "Mine"),
        Hide(item=issue.items[0].article.key, on=True),
        Say(name="subject", text="A subject"),
    ):
        states.append(do(site, states[-1], step))
    for expected in reversed(states[:-1]):
        back = undo(site, SLUG, issue.number, editor=NEWS_DESK, now=NOW).issue
        assert replace(back, version=0) == replace(expected, version=0)
    with pytest.raises(NotPermittedError):
        undo(site, SLUG, issue.number, editor=NEWS_DESK, now=NOW)
    for expected in states[1:]:
        again = redo(site, SLUG, issue.number, editor=NEWS_DESK, now=NOW).issue
        assert replace(again, version=0) == replace(expected, version=0)
    with pytest.raises(NotPermittedError):
        redo(site, SLUG, issue.number, editor=NEWS_DESK, now=NOW)


def test_undo_leaves_the_other_editors_work_alone(small_site: Site) -> None:
    """The news desk's undo takes back what it did, though the copy desk was the last."""
    issue = drafted(small_site)
    do(small_site, issue, title(1, "News desk's"), editor=NEWS_DESK)
    do(small_site, issue, title(2, "Copy desk's"), editor=COPY_DESK)
    after = undo(small_site, SLUG, issue.number, editor=NEWS_DESK, now=NOW).issue
    assert list(titles(after).values()) == ["Copy desk's"]


def test_undo_does_not_run_over_a_later_hand(small_site: Site) -> None:
    """What somebody else has changed since is not taken away from them."""
    issue = drafted(small_site)
    seen = do(small_site, issue, title(1, "News desk's"), editor=NEWS_DESK)
    do(small_site, seen, title(1, "Copy desk's"), editor=COPY_DESK)
    with pytest.raises(ConflictError, match=COPY_DESK):
        undo(small_site, SLUG, issue.number, editor=NEWS_DESK, now=NOW)


def test_a_new_edit_ends_redoing(small_site: Site) -> None:
    """After something new, what was taken back stays back."""
    issue = drafted(small_site)
    first = do(small_site, issue, title(1, "Mine"))
    back = undo(small_site, SLUG, first.number, editor=NEWS_DESK, now=NOW).issue
    do(small_site, back, title(2, "Other"))
    with pytest.raises(NotPermittedError):
        redo(small_site, SLUG, issue.number, editor=NEWS_DESK, now=NOW)


def test_an_approved_issue_refuses_edits(small_site: Site) -> None:
    """And says that it can be reopened."""
    issue = drafted(small_site)
    with small_site.database.transaction() as connection:
        move(connection, issue, State.APPROVED)
    with pytest.raises(NotPermittedError, match="approved"):
        do(small_site, issue, title(1, "Late"))


def test_a_new_draft_keeps_what_editors_did(small_site: Site) -> None:
    """Order, words, pins, blocks and subject outlive a gathering that brings and takes articles."""
    issue = drafted(small_site)
    block = Block(id="s1", kind=BlockKind.SPONSOR, title="Rope & Co.")
    lead, hidden = issue.items[-1].article.key, issue.items[1].article.key
    edited = do(
        small_site,
        issue,
        Lead(item=lead),
        Hide(item=hidden, on=True),
        title(1, "Mine"),
        Pin(item=issue.items[2].article.key, on=True),
        Say(name="subject", text="Our own subject"),
        Say(name="intro", text="Dear *readers*"),
        PutBlock(block=block),
    )
    gather_articles(
        small_site, [make_article(40, title="Brand new"), make_article(1, title="Again")]
    )
    again = draft(small_site, SLUG, now=NOW + timedelta(hours=1))
    keys = [item.article.key for item in again.items]
    assert [key for key in keys if key in {i.article.key for i in edited.items}] == [
        item.article.key for item in edited.items
    ]
    assert again.items[0].article.key == lead
    assert titles(again) == titles(edited)
    assert (again.words, again.blocks, again.subject) == (edited.words, (block,), "Our own subject")
    assert [item.article.key for item in again.items if item.hidden] == [hidden]


def test_a_draft_that_finds_nothing_new_changes_nothing(small_site: Site) -> None:
    """The version, by which editors know what they saw, stays."""
    issue = drafted(small_site)
    assert draft(small_site, SLUG, now=NOW).version == issue.version


@pytest.mark.sampled
def test_two_editors_at_once_lose_no_update(site: Site) -> None:
    """Many edits each, interleaved: whatever was acknowledged is in the issue or in its history."""
    start = drafted(site)
    keys = [item.article.key for item in start.items]
    edits = sampled(whole=200, sample=40)

    def work(editor: str) -> list[int]:
        chance = random.Random(editor)  # noqa: S311 - which edits, not secrets
        acknowledged: list[int] = []
        seen = start
        for number in range(edits):
            wish: Edit = chance.choice(
                [
                    Rewrite(
                        item=chance.choice(keys), overrides=Overrides(title=f"{editor} {number}")
                    ),
                    Move(
                        item=chance.choice(keys),
                        section=chance.choice(SECTIONS),
                        before=chance.choice(["", *keys]),
                    ),
                    Say(name="intro", text=f"{editor} {number}"),
                    Pin(item=chance.choice(keys), on=chance.random() < 0.5),
                ]
            )
            try:
                after = do(site, seen, wish, editor=editor)
            except ConflictError:
                with site.database.transaction(read_only=True) as connection:
                    seen = find_issue(connection, SLUG, start.number)
                after = do_until_done(site, seen, wish, editor)
            if after.version != seen.version:
                acknowledged.append(after.version)
            seen = after
        return acknowledged

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(work, (NEWS_DESK, COPY_DESK)))

    with site.database.transaction(read_only=True) as connection:
        now = find_issue(connection, SLUG, start.number)
        log = desk_store.history(connection, now)
    assert {entry.version for entry in log} >= set(done[0]) | set(done[1])
    replayed = start
    for entry in reversed(log):
        replayed = apply(replayed, entry.done, SECTIONS).issue
    assert replayed.items == now.items
    assert replayed.words == now.words
    assert len(log) > 1.25 * edits


def do_until_done(site: Site, seen: Issue, wish: Edit, editor: str) -> Issue:
    """Look again and try again, as a person would."""
    while True:
        try:
            return do(site, seen, wish, editor=editor)
        except ConflictError:
            with site.database.transaction(read_only=True) as connection:
                seen = find_issue(connection, SLUG, seen.number)
