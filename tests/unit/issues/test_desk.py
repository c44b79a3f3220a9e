from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import NotPermittedError, UnknownNameError
from newsletter.issues.arrange import arrange, keep_arrangement
from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.desk import Edited, apply
from newsletter.issues.edits import (
    Add,
    DropBlock,
    Edit,
    Hide,
    Illustrate,
    IllustrateBlock,
    Lead,
    Move,
    Pin,
    PutBlock,
    Rewrite,
    Say,
    edits_from_json,
    edits_to_json,
)
from newsletter.issues.issue import Issue, LeftOut, Overrides, State
from newsletter.issues.reasons import LeftOutReason
from tests.factories.issues import make_article, make_image, make_issue, make_item

SECTIONS = ("Security", "Making", "The rest")


def key(number: int) -> str:
    """The key of article `number`."""
    return make_article(number).key


def issue_of(count: int = 6, **changes: object) -> Issue:
    """Articles 1 to `count`, two to a section; the first leads."""
    items = [
        make_item(make_article(number), section=SECTIONS[(number - 1) // 2 % 3])
        for number in range(1, count + 1)
    ]
    return make_issue(arrange(items, SECTIONS), **changes)


def order(issue: Issue) -> list[int]:
    """The numbers of the articles that readers see, in reading order."""
    return [int(item.article.key.rpartition("-")[2]) for item in issue.shown_items]


def do(issue: Issue, *edits: Edit) -> Edited:
    """Apply the edits with this file's sections."""
    return apply(issue, edits, SECTIONS)


def test_moving_within_a_section_and_across() -> None:
    """An item goes before the one named, or to the end of the section, and takes its section."""
    issue = issue_of()
    assert order(do(issue, Move(item=key(4), section="Making", before=key(3))).issue) == [
        1, 2, 4, 3, 5, 6,
    ]  # fmt: skip
    across = do(issue, Move(item=key(6), section="Security")).issue
    assert order(across) == [1, 2, 6, 3, 4, 5]
    assert across.items[2].section == "Security"
    assert across.items[2].placed


def test_in_front_of_the_lead_is_behind_it() -> None:
    """A move never takes the lead by accident."""
    moved = do(issue_of(), Move(item=key(2), section="Security", before=key(1))).issue
    assert order(moved)[0] == 1


def test_the_lead_moved_away_leaves_its_place_to_the_next() -> None:
    """The story below takes the lead, and the old one stands where it was put."""
    moved = do(issue_of(), Move(item=key(1), section="The rest", before=key(6))).issue
    assert order(moved) == [2, 3, 4, 5, 1, 6]


def test_a_new_lead_sends_the_old_one_to_the_front_of_its_section() -> None:
    """One step makes a lead; nothing else moves."""
    assert order(do(issue_of(), Lead(item=key(5))).issue) == [5, 1, 2, 3, 4, 6]


def test_hiding_the_lead_promotes_the_next_and_showing_it_again_takes_nothing_back() -> None:
    """A shown item goes to its section; the lead stays with who has it."""
    hidden = do(issue_of(), Hide(item=key(1), on=True)).issue
    assert order(hidden) == [2, 3, 4, 5, 6]
    shown = do(hidden, Hide(item=key(1), on=False)).issue
    assert order(shown) == [2, 1, 3, 4, 5, 6]


def test_an_articles_own_words_come_back_by_reset() -> None:
    """Overrides stand over the article's words, and empty ones reset them."""
    mine = Overrides(title="Mine", no_image=True)
    pictured = make_issue([make_item(make_article(1, image=make_image()))])
    edited = apply(pictured, [Rewrite(item=key(1), overrides=mine)], ["News"]).issue
    assert edited.items[0].title == "Mine"
    assert edited.items[0].image is None
    reset = apply(edited, [Rewrite(item=key(1), overrides=Overrides())], ["News"]).issue
    assert reset.items[0].title == make_article(1).title
    assert reset.items[0].image == make_image()


def test_a_left_out_article_comes_in_pinned_and_leaves_the_tray() -> None:
    """What an editor adds stays whatever the next gathering says; undoing fills the tray again."""
    out = LeftOut(title="t", url=key(9), reason=LeftOutReason.NO_ROOM, key=key(9))
    issue = issue_of(left_out=(out,))
    added = do(issue, Add(article=make_article(9), section="Making"))
    assert order(added.issue) == [1, 2, 3, 4, 9, 5, 6]
    assert added.issue.left_out == ()
    assert next(item for item in added.issue.items if item.article.key == key(9)).pinned
    assert do(added.issue, *added.inverse).issue.left_out == (out,)


def test_adding_twice_is_adding_once() -> None:
    """A repeated form changes nothing."""
    once = do(issue_of(), Add(article=make_article(9), section="Making")).issue
    assert do(once, Add(article=make_article(9), section="Security")).issue == once


def test_an_approved_issue_is_closed_to_edits() -> None:
    """What was approved is what is sent: first reopen it."""
    with pytest.raises(NotPermittedError, match="reopen"):
        do(issue_of(state=State.APPROVED), Pin(item=key(1), on=True))


def test_an_item_or_section_that_has_gone_is_named() -> None:
    """An edit of what is not there says so, and changes nothing."""
    with pytest.raises(UnknownNameError, match="story-77"):
        do(issue_of(), Pin(item=key(77), on=True))
    with pytest.raises(UnknownNameError, match="no section 'Sport'"):
        do(issue_of(), Move(item=key(1), section="Sport"))


def test_a_new_draft_keeps_the_order_an_editor_made() -> None:
    """What is new stands at the end of its section; what has gone is simply gone."""
    edited = do(issue_of(), Lead(item=key(5)), Move(item=key(2), section="Making")).issue
    fresh = issue_of(8).items
    kept = keep_arrangement(
        [item for item in fresh if item.article.key != key(3)], edited.items, SECTIONS
    )
    assert order(make_issue(kept)) == [5, 1, 2, 7, 8, 4, 6]


def test_a_new_draft_of_an_untouched_issue_is_as_assembled() -> None:
    """Only an editor's hand holds the order; otherwise the newest assembly stands."""
    fresh = tuple(reversed(issue_of().items))
    assert keep_arrangement(fresh, issue_of().items, SECTIONS) == fresh


numbers = st.integers(1, 6)
bools = st.booleans()
words = st.text(max_size=8)
blocks = st.builds(
    Block, id=st.sampled_from(["a", "b"]), kind=st.sampled_from(BlockKind), title=words
)
any_edit: st.SearchStrategy[Edit] = st.one_of(
    st.builds(
        Move,
        item=numbers.map(key),
        section=st.sampled_from(SECTIONS),
        before=st.one_of(st.just(""), numbers.map(key)),
    ),
    st.builds(Lead, item=numbers.map(key)),
    st.builds(Pin, item=numbers.map(key), on=bools),
    st.builds(Hide, item=numbers.map(key), on=bools),
    st.builds(Rewrite, item=numbers.map(key), overrides=st.builds(Overrides, title=words)),
    st.builds(
        Illustrate,
        item=numbers.map(key),
        image=st.none() | st.builds(make_image, numbers),
        no_image=bools,
    ),
    st.builds(Add, article=st.just(make_article(9)), section=st.sampled_from(SECTIONS)),
    st.builds(Say, name=st.sampled_from(["subject", "preheader"]), text=st.none() | words),
    st.builds(Say, name=st.sampled_from(["intro", "closing"]), text=words),
    st.builds(PutBlock, block=blocks),
    st.builds(DropBlock, id=st.sampled_from(["a", "b"])),
)


def seen_by_readers(issue: Issue) -> Issue:
    """The issue without what only a hidden item's place tells."""
    flags = sorted(
        (replace(item, position=0) for item in issue.items), key=lambda item: item.article.key
    )
    blocks = tuple(sorted(issue.blocks, key=lambda block: block.id))
    return replace(issue, items=tuple(flags), blocks=blocks)


@given(st.lists(any_edit, max_size=12))
def test_whatever_was_done_can_be_taken_back(edits: list[Edit]) -> None:
    """The inverse of any run of edits brings back order, flags, words and blocks."""
    issue = issue_of()
    edited = do(issue, *edits)
    back = do(edited.issue, *edited.inverse).issue
    assert order(back) == order(issue)
    assert seen_by_readers(back) == seen_by_readers(issue)


@given(st.lists(any_edit, max_size=12))
def test_edits_move_items_but_never_lose_or_double_one(edits: list[Edit]) -> None:
    """Every article stands in the issue once, and positions count from 0."""
    edited = do(issue_of(), *edits).issue
    keys = [item.article.key for item in edited.items]
    assert len(set(keys)) == len(keys)
    assert set(keys) >= {key(number) for number in range(1, 7)}
    assert [item.position for item in edited.items] == list(range(len(keys)))


@given(st.lists(any_edit, max_size=5))
def test_edits_survive_being_kept(edits: list[Edit]) -> None:
    """What is read from the log is what was written."""
    assert edits_from_json(edits_to_json(edits)) == tuple(edits)


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([Pin(item=key(2), on=True), Pin(item=key(3), on=True)], "pinned 2 articles"),
        (
            [Hide(item=key(2), on=True), Hide(item=key(3), on=True)],
            "removed 2 articles from the issue",
        ),
        (
            [Move(item=key(2), section="Making"), Move(item=key(5), section="Making")],
            "moved 2 articles to Making",
        ),
        (
            [Pin(item=key(2), on=True), Pin(item=key(3), on=False)],
            "pinned “Story 2: a valve that learns the tide” · "
            "unpinned “Story 3: a valve that learns the tide”",
        ),
    ],
)
def test_the_same_of_several_is_said_once_and_undone_at_once(edits: list[Edit], said: str) -> None:
    """Several articles are one step, described by their number."""
    issue = issue_of()
    done = do(issue, *edits)
    assert done.said == said
    assert do(done.issue, *done.inverse).issue == issue


def test_another_picture_leaves_the_words_as_they_are() -> None:
    """And another wording leaves the picture of a block as it is; each is undone by itself."""
    issue = do(issue_of(), Rewrite(item=key(2), overrides=Overrides(title="Retitled"))).issue
    pictured = do(issue, Illustrate(item=key(2), image=make_image(7)))
    (item,) = [one for one in pictured.issue.items if one.article.key == key(2)]
    assert (item.title, item.image) == ("Retitled", make_image(7))
    assert pictured.said == "changed the picture of “Retitled”"
    assert do(pictured.issue, *pictured.inverse).issue == issue

    block = Block(id="a", kind=BlockKind.SPONSOR, title="Ropes")
    with_block = do(issue, PutBlock(block=block)).issue
    drawn = do(with_block, IllustrateBlock(id="a", image=make_image(8)))
    reworded = do(drawn.issue, PutBlock(block=replace(block, title="Knots")))
    assert reworded.issue.blocks == (replace(block, title="Knots", picture=make_image(8)),)
    assert do(reworded.issue, *reworded.inverse).issue == drawn.issue
    assert do(drawn.issue, *drawn.inverse).issue == with_block
    dropped = do(drawn.issue, DropBlock(id="a"))
    assert do(dropped.issue, *dropped.inverse).issue == drawn.issue
    edits = [Illustrate(item=key(2), image=make_image(7)), IllustrateBlock(id="a", image=None)]
    assert edits_from_json(edits_to_json(edits)) == tuple(edits)


def test_a_block_that_is_gone_gets_no_picture() -> None:
    """And the editor is told."""
    with pytest.raises(UnknownNameError, match="no longer"):
        do(issue_of(), IllustrateBlock(id="a", image=None))
