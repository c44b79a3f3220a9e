"""What the buttons on a reader's page do, each in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from starlette.datastructures import FormData

from newsletter.errors import InputError
from newsletter.site.lists import list_slugs
from newsletter.site.site import Site
from newsletter.web.reader.answers import text, texts
from subscribers import people, private_feeds, suppression
from subscribers.errors import UnknownListError
from subscribers.history import Way
from subscribers.person_update import PersonChanges, update_person
from subscribers.restoring import restore_reader
from subscribers.subscriber import Frequency, MailFormat, Subscriber


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A form that an editor sent about a person."""

    site: Site
    connection: sa.Connection
    person: Subscriber
    form: FormData
    editor: str
    now: datetime

    @property
    def by(self) -> str:
        """The editor, and the reason in the form, for the reader's history."""
        reason = text(self.form, "reason")
        return f"by {self.editor}: {reason}" if reason else f"by {self.editor}"

    @property
    def list_slug(self) -> str:
        """The list that the form names. Raises UnknownListError if it is not one of the site's."""
        slug = text(self.form, "list")
        held = people.lists_of(self.connection, self.person.id)
        if slug not in {*list_slugs(self.site.settings), *held}:
            raise UnknownListError(f"there is no list {slug!r}", field="list")
        return slug

    def required(self, name: str, fix: str) -> str:
        """The field's text. Raises InputError if it is empty."""
        given = text(self.form, name)
        if not given:
            raise InputError("that is not done yet: something has to be filled in", fix=fix)
        return given


Done = tuple[str, str, str]
"""The word of NOTICES, and the verb and object for the record of who did what."""


def save(change: Change) -> Done:
    """Name, tags, frequency, time zone, the form of mails, and further fields."""
    form, person = change.form, change.person
    known = set(person.attributes)
    further: dict[str, str | None] = {
        name: text(form, f"field-{number}") or None
        for number, name in enumerate(sorted(known))
        if f"field-{number}" in form
    }
    if name := text(form, "new-field"):
        further[name] = text(form, "new-value") or None
    frequency, mail_format = text(form, "frequency"), text(form, "mail_format")
    changes = PersonChanges(
        name=text(form, "name"),
        follows=frozenset(texts(form, "tag")),
        frequency=Frequency(frequency) if frequency in set(Frequency) else None,
        time_zone=text(form, "time_zone") if "time_zone" in form else None,
        mail_format=MailFormat(mail_format) if mail_format in set(MailFormat) else None,
        attributes=further,
    )
    changed = update_person(
        change.connection,
        person,
        changes,
        now=change.now,
        way=Way.OPERATOR,
        detail=f"by {change.editor}",
    )
    done = "saved" if changed else "same"
    return done, "change reader", f"{person.address}: {', '.join(changed) or 'nothing'}"


def subscribe(change: Change) -> Done:
    """Put on a list somebody who never left it."""
    return _added(change, people.OperatorNote(detail=change.by))


def bring_back(change: Change) -> Done:
    """Put back on a list somebody who left it, or whose address is blocked, with their consent."""
    consent = change.required("consent", "say when and how the reader agreed to come back")
    note = people.OperatorNote(detail=f"by {change.editor}", force=True, consent=consent)
    return _added(change, note)


def _added(change: Change, note: people.OperatorNote) -> Done:
    slug = change.list_slug
    people.add(change.connection, change.person.address, list_slug=slug, now=change.now, note=note)
    done = "restored" if note.force else "added"
    return (
        done,
        "restore reader" if note.force else "add reader",
        f"{change.person.address} to {slug}",
    )


def unsubscribe(change: Change) -> Done:
    """Take the person off one list, or off all."""
    address, slug = change.person.address, text(change.form, "list") and change.list_slug
    changed = people.remove(
        change.connection, address, change.now, list_slug=slug or None, detail=change.by
    )
    done = "unsubscribed" if changed else "not-on"
    return done, "unsubscribe reader", f"{address} from {slug or 'all lists'}"


def end_feed(change: Change) -> Done:
    """End the private feed of one list, such as when its address got into other hands."""
    slug, person = change.list_slug, change.person
    ended = private_feeds.end_feed(
        change.connection,
        person.id,
        slug,
        way=Way.OPERATOR,
        now=change.now,
        by=f"by {change.editor}",
    )
    return "feed-ended" if ended else "no-feed", "end feed", f"{person.address} of {slug}"


def undo_bounces(change: Change) -> Done:
    """Restore what bounces ended, because they were not the reader's fault."""
    reason = change.required("reason", "say why the bounces were not the reader's fault")
    restore_reader(change.connection, change.person.address, reason=reason, now=change.now)
    return "restored", "restore reader", f"{change.person.address} after bounces"


def block(change: Change) -> Done:
    """Never mail the address, whatever list it is on."""
    address = change.person.address
    reason = text(change.form, "reason") or f"blocked by {change.editor}"
    changed = suppression.suppress(change.connection, address, reason, change.now)
    return "blocked" if changed else "blocked-already", "suppress", address


def unblock(change: Change) -> Done:
    """Lift the block of the address itself."""
    address = change.person.address
    reason = change.required("reason", "say why the address may get mail again")
    lifted = suppression.lift(change.connection, address, reason, change.now)
    return "unblocked" if lifted else "not-blocked", "lift suppression", address


ACTIONS: Mapping[str, Callable[[Change], Done]] = {
    "save": save,
    "subscribe": subscribe,
    "bring-back": bring_back,
    "unsubscribe": unsubscribe,
    "end-feed": end_feed,
    "undo-bounces": undo_bounces,
    "block": block,
    "unblock": unblock,
}
"""By the button's value."""
