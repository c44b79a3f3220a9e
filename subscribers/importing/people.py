"""Reads one person from a row: address, name, tags, status, and how they agreed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from subscribers.addresses import parse_address
from subscribers.admission import Applicant
from subscribers.audience import format_follows
from subscribers.errors import AddressError, ImportFileError
from subscribers.importing import layouts
from subscribers.importing.cells import (
    address_in,
    cell_at,
    date_in,
    flat_json,
    labels_in,
    name_and_address,
    plain,
    remembered,
)
from subscribers.importing.layouts import Layout
from subscribers.importing.options import require_known
from subscribers.importing.standings import (
    Says,
    english_headers,
    is_clearly_a_status,
    is_of_another_medium,
    may_say_no,
    says_no,
    says_of,
    says_of_mapped,
    status_in_cell,
    strongest,
)
from subscribers.subscriber import Status, mail_format_named
from subscribers.time_zones import time_zone_named

_LEFT_BY_NAME = re.compile(
    r"un-?subscri|un-?confirmed|opt-?out|bounced|cleaned|cancell?ed|black-?list|block-?list|suppress|complain"
    r"|abgemeld|abmeld|gek[uü]ndigt|d[ée]sabonn|d[ée]sinscri|\bbajas?\b|disiscritt|afgemeld|uitgeschrev|wypisan|odhl[aá][sš]|отписа|退订|配信停止"
)
_DATED = re.compile(r"\d{4}|\d\d[./]\d\d")
_UNDECODED = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    position: int
    header: str
    plain: str


class Columns:
    """What each column of a file contains. Raises ImportFileError if none contains addresses."""

    def __init__(
        self,
        header: Sequence[str],
        layout: Layout,
        mapping: Mapping[str, str],
        source_name: str,
        slug_of: Callable[[str], str],
        offered: Collection[str],
    ) -> None:
        self.layout = layout
        self.source_name = source_name
        self._slug_of = remembered(slug_of)
        self._offered = frozenset(offered)
        cells = [plain(cell) for cell in header]
        self._all = [
            _Column(position=position, header=cell.strip(), plain=name)
            for position, (cell, name) in enumerate(zip(cells, english_headers(cells), strict=True))
        ]
        require_known(mapping, source_name)
        self._email = self._mapped(mapping, "email") or self._first(layout.email)
        if self._email is None:
            raise self._missing(mapping.get("email", "email"), "email")
        self._names = self._name_columns(mapping)
        self._tags = self._mapped(mapping, "tags") or self._first(
            ("tags",) if self._is_own else layouts.TAGS
        )
        self._zone, self._form = (
            self._mapped(mapping, name) or self._own(name) for name in ("time_zone", "mail_format")
        )
        self._follows_all_tags = self._is_own or "tags" in mapping
        self._is_status_given = "status" in mapping
        self._statuses = self._status_columns(mapping)
        self._consent = self._consent_columns()
        self._kept = self._kept_columns()
        self._may_be_statuses = [one for one in self._kept if not is_of_another_medium(one.plain)]
        self._wishes = [one for one in self._may_be_statuses if may_say_no(one.plain)]
        self._status_of_all = next(
            (
                status
                for part, status in layout.left_in_name.items()
                if part in source_name.casefold()
            ),
            None,
        )
        self._roles = [
            (column, layout.roles[column.plain])
            for column in self._all
            if column.plain in layout.roles
        ]
        self._known: dict[tuple[str, ...], Status] = {}

    @property
    def _is_own(self) -> bool:
        return self.layout is layouts.PLAIN

    @property
    def is_of_leavers(self) -> bool:
        """Whether the file's name says that these people left, and no column gives a status."""
        says_nothing = (
            not self._statuses and self._status_of_all is None and not self._is_status_given
        )
        return (
            says_nothing
            and _LEFT_BY_NAME.search(normalize("NFC", self.source_name).casefold()) is not None
        )

    def check_row(self, line: int, cells: Sequence[str]) -> None:
        """Raise ImportFileError if a row has a status that is not known.

        A guess could mail a person who left.
        """
        self.standing(line, cells)
        if self._is_status_given:
            return
        if self.layout is layouts.ADDRESSES:
            self._check_bare(line, cells)
        for column in self._may_be_statuses:
            if is_clearly_a_status(cell_at(cells, column.position)):
                raise self._not_understood(line, column, cell_at(cells, column.position))
        for column in self._wishes:
            if says_no(cell_at(cells, column.position)):
                raise self._not_understood(line, column, cell_at(cells, column.position))

    def standing(self, line: int, cells: Sequence[str]) -> tuple[Status, str]:
        """The subscription's status, and the file's text for it.

        Raises ImportFileError if the text is not a known status.
        """
        if not self._statuses:
            return self._status_of_all or Status.ACTIVE, ""
        texts = tuple(cell_at(cells, column.position).strip() for column, _ in self._statuses)
        status = self._known.get(texts)
        if status is None:
            status = strongest(
                [
                    self._status_in(line, column, says, cell)
                    for (column, says), cell in zip(self._statuses, texts, strict=True)
                ]
            )
            if len(self._known) < 10_000:  # a column of dates differs from row to row
                self._known[texts] = status
        if self._status_of_all is not None:
            status = strongest([status, self._status_of_all])
        words = [
            f"{column.header}={cell}"
            for (column, _), cell in zip(self._statuses, texts, strict=True)
            if cell
        ]
        return status, ", ".join(words)

    def candidate(self, cells: Sequence[str], status: Status, source_status: str) -> Applicant:
        """The person. Raises AddressError (not valid, or not a member's), TimeZoneError, MailFormatError."""
        for column, words in self._roles:
            role = cell_at(cells, column.position).strip()
            if role.casefold() not in words:
                raise AddressError(
                    f"not a subscription: {column.header} is {role!r}", field="email"
                )
        if not all(map(str.isascii, cells)) and any(map(_UNDECODED.search, cells)):
            raise AddressError("not UTF-8: save the file as CSV in UTF-8", field="email")
        address, name = self.address(cells), ""
        if "<" in address:
            name, address = name_and_address(address)
        names = [plain(cell_at(cells, column.position)).strip() for column in self._names]
        labels = labels_in(plain(cell_at(cells, self._tags.position))) if self._tags else []
        zone = plain(cell_at(cells, self._zone.position)) if self._zone else ""
        form = plain(cell_at(cells, self._form.position)) if self._form else ""
        attributes = self._attributes(cells, labels)
        return Applicant(
            address=parse_address(address),
            name=" ".join(filter(None, names)) or name,
            follows=self._follows(labels),
            time_zone=time_zone_named(zone, suggests=False),
            mail_format=mail_format_named(form),
            attributes=attributes,
            status=status,
            detail=self._detail(cells, status, source_status),
        )

    def address(self, cells: Sequence[str]) -> str:
        """The text in the column of addresses."""
        return address_in(plain(cell_at(cells, self._email.position if self._email else 0)))

    def _check_bare(self, line: int, cells: Sequence[str]) -> None:
        """A list of addresses has no columns, so a status in it cannot be read."""
        words = [word for cell in cells for word in re.split(r"[,;\t|]", cell)]
        status = next(filter(is_clearly_a_status, words), None)
        if status is not None:
            raise ImportFileError(
                f"line {line}: a list of addresses says {status.strip()!r}; nothing was imported",
                file=self.source_name,
                field="status",
                fix="give the file a first line that names its columns, such as email,name,status",
            )

    # Finding the columns

    def _first(self, names: Sequence[str]) -> _Column | None:
        return next((one for name in names for one in self._all if one.plain == name), None)

    def _own(self, name: str) -> _Column | None:
        """The column of that name in a file that we wrote ourselves."""
        named = (one for one in self._all if one.header.casefold() == name)
        return next(named, None) if self._is_own else None

    def _mapped(self, mapping: Mapping[str, str], what: str) -> _Column | None:
        if not mapping.get(what):
            return None
        wanted = mapping[what].strip()
        for column in self._all:
            if wanted.casefold() == column.header.casefold():
                return column
        raise self._missing(wanted, what)

    def _missing(self, wanted: str, what: str) -> ImportFileError:
        names = ", ".join(column.header for column in self._all if column.header)
        return ImportFileError(
            f"no column {wanted!r}; the file has: {names or 'nothing'}",
            file=self.source_name,
            field=what,
            fix=f"name the column: --map {what}=HEADER",
        )

    def _name_columns(self, mapping: Mapping[str, str]) -> tuple[_Column, ...]:
        mapped = self._mapped(mapping, "name")
        if mapped is not None:
            return (mapped,)
        for names in layouts.NAMES[:1] if self._is_own else layouts.NAMES:
            found = [self._first((name,)) for name in names]
            if any(found):
                return tuple(column for column in found if column is not None)
        return ()

    def _status_columns(self, mapping: Mapping[str, str]) -> list[tuple[_Column, Says]]:
        if "status" in mapping:
            mapped = self._mapped(mapping, "status")
            return [(mapped, says_of_mapped(mapped.plain))] if mapped else []
        columns = [column for column in self._all if column.plain not in self.layout.noise]
        found = [(column, says_of(column.plain, self.layout.says)) for column in columns]
        return [(column, says) for column, says in found if says is not None]

    def _consent_columns(self) -> dict[str, _Column]:
        found = {
            "joined": self._first(layouts.JOINED),
            "joined from": self._first(layouts.JOINED_FROM),
            "confirmed": self._first(layouts.CONFIRMED),
            "confirmed from": self._first(layouts.CONFIRMED_FROM),
        }
        return {what: column for what, column in found.items() if column is not None}

    def _kept_columns(self) -> list[_Column]:
        used = {
            self._email,
            *self._names,
            self._tags,
            self._zone,
            self._form,
            *(one for one in self._all if self._is_own and one.header == "private_feed"),
            *(column for column, _ in self._statuses),
        }
        if self._is_own:
            used -= set(self._consent.values())
        else:
            used |= set(self._consent.values())
        return [
            column
            for column in self._all
            if column not in used and column.header and column.plain not in self.layout.noise
        ]

    # Reading the cells

    def _status_in(self, line: int, column: _Column, says: Says, cell: str) -> Status:
        status = status_in_cell(says, cell, self.layout.words)
        if status is None:
            raise self._not_understood(line, column, cell)
        return status

    def _not_understood(self, line: int, column: _Column, cell: str) -> ImportFileError:
        return ImportFileError(
            f"line {line}: the column {column.header!r} says {cell.strip()[:60]!r}, which is not a "
            f"known status; nothing was imported",
            file=self.source_name,
            field="status",
            fix=f"--map status={column.header!r} reads it as the status, and --map status= ignores it; or "
            f"split the file by that column, and import the people who left with --left",
        )

    def _follows(self, labels: Sequence[str]) -> str | None:
        if self._tags is None or not labels:
            return None
        slugs = [self._slug_of(label) for label in labels]
        if not self._follows_all_tags:
            # Another tool's tags may describe a person and not what they read.
            slugs = [slug for slug in slugs if slug in self._offered]
        return format_follows(slugs) if slugs else None

    def _attributes(self, cells: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
        attributes: dict[str, str] = {}
        for column in self._kept:
            value = plain(cell_at(cells, column.position)).strip().replace("\x00", "")
            if column.plain in self.layout.nested and value[:1] == "{":
                attributes |= flat_json(value)
            elif value:
                attributes[column.header] = value
        if labels and not self._follows_all_tags:
            attributes["tags"] = "; ".join(labels)
        return attributes

    def _detail(self, cells: Sequence[str], status: Status, source_status: str) -> str:
        """The consent record: how they agreed, as the tool recorded it; "" if it recorded nothing."""
        if self._is_own and not self._consent and status is Status.ACTIVE:
            return ""
        recorded = {
            what: cell_at(cells, column.position).strip() for what, column in self._consent.items()
        }
        parts = []
        for what in ("joined", "confirmed"):
            when, where = recorded.get(what, ""), recorded.get(f"{what} from", "")
            when = date_in(when) if _DATED.search(when) else ""  # the cell may be a yes or a no
            if when or where:
                parts.append(" ".join(filter(None, (what, when, where and f"from {where}"))))
        if status is not Status.ACTIVE and source_status:
            parts.append(source_status)
        tool = "" if self._is_own else f" ({self.layout.title})"
        return f"{self.source_name}{tool}" + (f": {'; '.join(parts)}" if parts else "")
