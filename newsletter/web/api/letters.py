"""The operations on dated letters to new readers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from newsletter.pipeline import dated_letters as operations
from newsletter.pipeline.dated_letters import LetterWords, ShownLetter
from newsletter.store.dated_letters import LetterVersion
from newsletter.web.api import letter_models as models
from newsletter.web.api.calls import HIGHEST, OfNewsletter
from newsletter.web.api.operation import PublisherOperation, make_router
from newsletter.web.api.status_models import ReceiptDocument, Trial

_ALL = "/newsletters/{newsletter}/letters"
_ONE = _ALL + "/{letter}"

LetterPath = Annotated[int, Path(alias="letter", description="The letter's id", ge=1, le=HIGHEST)]

publishers = make_router(PublisherOperation, group="Letters to new readers")


@publishers.get(_ALL, name="list letters")
def list_letters(call: OfNewsletter) -> models.LetterList:
    """The newsletter's letters, and how many readers each came to."""
    found = operations.shown_letters(call.site, call.slug)
    return models.LetterList(
        letters=[_document(one) for one in found],
        comes_every_week=operations.comes_weekly(call.site, call.slug, call.now),
    )


@publishers.post(_ALL, name="write letter")
def write(call: OfNewsletter, body: models.WriteLetter) -> models.LetterDocument:
    """Write a letter, at most two; each new reader gets it by itself on its day."""
    return _document(_write(call, body, None))


@publishers.get(_ONE, name="show letter")
def show(call: OfNewsletter, number: LetterPath) -> models.LetterDocument:
    """A letter with its mail and its versions."""
    return _document(operations.shown_letter(call.site, call.slug, number))


@publishers.put(_ONE, name="change letter")
def change(
    call: OfNewsletter, number: LetterPath, body: models.WriteLetter
) -> models.LetterDocument:
    """Give a letter new words, for those who have not got it; the same words change nothing."""
    return _document(_write(call, body, number))


@publishers.post(_ONE + "/undo", name="undo letter change")
def undo(call: OfNewsletter, number: LetterPath) -> models.LetterDocument:
    """Take back the last change of a letter."""
    back = operations.take_back(
        call.site, call.slug, number, editor=call.editor.address, now=call.now
    )
    return _document(back)


@publishers.post(_ONE + "/test", name="test letter")
def test(call: OfNewsletter, number: LetterPath, body: Trial) -> ReceiptDocument:
    """Send a letter, marked in its subject, to yourself or an address that the site allows."""
    receipt = operations.send_test_letter(
        call.site, call.slug, number, to=body.to, own=call.editor.address, now=call.now
    )
    return ReceiptDocument(to=body.to, relay=receipt.relay, code=receipt.code, text=receipt.text)


@publishers.delete(_ONE, name="delete letter")
def delete(call: OfNewsletter, number: LetterPath) -> models.LetterDeleted:
    """Send a letter to nobody any more."""
    operations.delete_letter(call.site, call.slug, number, editor=call.editor.address, now=call.now)
    return models.LetterDeleted(newsletter=call.slug, id=number)


def _write(call: OfNewsletter, body: models.WriteLetter, number: int | None) -> ShownLetter:
    words = LetterWords(days=body.days, subject=body.subject, text=body.text)
    return operations.write_letter(
        call.site, call.slug, words, number=number, editor=call.editor.address, now=call.now
    )


def _document(shown: ShownLetter) -> models.LetterDocument:
    version = shown.letter.version
    return models.LetterDocument(
        id=shown.letter.id,
        letter=shown.letter.name,
        days=version.days,
        subject=version.subject,
        text=version.text,
        written_at=version.written_at,
        written_by=version.written_by,
        mail_text=shown.mail.text,
        is_current=shown.is_current,
        readers={state.value: count for state, count in shown.counts.by_state.items()},
        versions=[_version(one) for one in shown.versions],
    )


def _version(version: LetterVersion) -> models.LetterVersionDocument:
    return models.LetterVersionDocument(
        days=version.days,
        subject=version.subject,
        text=version.text,
        written_at=version.written_at,
        written_by=version.written_by,
    )
