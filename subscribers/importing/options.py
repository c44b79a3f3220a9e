"""What the caller of an import decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from subscribers.admission import Terms
from subscribers.errors import ImportFileError
from subscribers.history import Event, Way
from subscribers.subscriber import Status

MAPPED = ("email", "name", "tags", "status", "time_zone", "mail_format")
"""The columns that a mapping may name a header for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOptions:
    """How a file is read, and on what terms its people are put on the list.

    `source_name` is the file's name, which each consent record gives. `mapping` names the headers
    of the columns email, name, tags, status, time_zone and mail_format. `layout` names the tool that wrote the
    file; "" recognises it by its header. `confirm` leaves newcomers pending until they confirm. `left`
    means that these people left, here or elsewhere: they are unsubscribed, and newcomers are
    recorded as unsubscribed so that no later import brings them back. `force` also admits people
    who left, are suppressed or were erased, and needs `consent`, which says how they agreed.
    `dry_run` changes nothing.
    """

    list_slug: str
    source_name: str
    now: datetime
    mapping: Mapping[str, str] = field(default_factory=dict)
    layout: str = ""
    dry_run: bool = False
    confirm: bool = False
    left: bool = False
    force: bool = False
    consent: str = ""

    @property
    def terms(self) -> Terms:
        """The terms of admission. Raises SuppressedError for `force` without `consent`."""
        return Terms(
            list_slug=self.list_slug,
            event=Event.IMPORT,
            way=Way.IMPORT,
            now=self.now,
            detail=self.source_name,
            status=Status.PENDING if self.confirm else Status.ACTIVE,
            force=self.force,
            consent=self.consent,
        )


def require_known(mapping: Mapping[str, str], source_name: str) -> None:
    """Raise ImportFileError for a mapping of what no column can be."""
    for name in sorted(set(mapping) - set(MAPPED)):
        raise ImportFileError(
            f"{name!r} cannot be mapped",
            file=source_name,
            field=name,
            fix=f"map {', '.join(MAPPED)}; all other columns are kept as attributes",
        )
