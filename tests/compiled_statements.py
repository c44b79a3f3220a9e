"""Lets all engines of this process share the SQL that SQLAlchemy has compiled.

SQLAlchemy keeps compiled statements for each engine. Nearly every test opens a database of its own,
and so an engine of its own, which would compile each of its statements anew: a fifth of the CPU time
of such tests. Engines of one dialect compile the same SQL, because all are opened alike.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[Any, Any] = LRUCache(5_000)


def share_compiled_statements() -> None:
    """Do so for each engine that is made from now on."""
    make = sa.Engine.__init__

    def make_with_shared(engine: sa.Engine, *given: Any, **named: Any) -> None:
        make(engine, *given, **named)
        engine._compiled_cache = _COMPILED

    sa.Engine.__init__ = make_with_shared  # type: ignore[method-assign]
    # The dialect is part of a statement's key, and each engine has its own.
    DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda dialect: hash(type(dialect))  # type: ignore[method-assign]
