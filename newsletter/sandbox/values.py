"""How requests and results pass between this process and a worker.

A request is pickled: this process made it. A result comes from a process that a stranger may have
taken over, so it is JSON that has to fit the return type of the parser, field by field. Unpickling
could call what the stranger names.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from functools import cache
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from newsletter.sandbox.limits import Limits


def encode_request(
    work: Callable[..., object], arguments: tuple[object, ...], limits: Limits
) -> bytes:
    """The call of a module's function, and what it may take.

    A path becomes absolute: a worker may have been started in another folder than this one is in.
    """
    _adapter(work)  # made before a worker is forked, which then has it too
    arguments = tuple(one.absolute() if isinstance(one, Path) else one for one in arguments)
    return pickle.dumps((work, arguments, limits), pickle.HIGHEST_PROTOCOL)


def decode_request(
    request: bytes,
) -> tuple[Callable[..., object], tuple[object, ...], Limits]:
    """The call that `encode_request` was given."""
    work, arguments, limits = pickle.loads(request)  # noqa: S301 - this program made it
    return work, arguments, limits


def encode_result(work: Callable[..., object], result: object) -> bytes:
    """The result of `work` as JSON. Raises ValueError if it is not of the function's return type.

    Lone surrogates, which no database keeps, become question marks.
    """
    adapter = _adapter(work)
    try:
        return adapter.dump_json(result, warnings="error")
    except PydanticSerializationError:
        plain = adapter.dump_python(result, mode="json", warnings="error")
        return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")


def decode_result(work: Callable[..., object], result: bytes) -> Any:
    """The result that a worker sent. Raises ValueError if it is not of the function's return type."""
    return _adapter(work).validate_json(result, strict=True)


@cache
def _adapter(work: Callable[..., object]) -> TypeAdapter[Any]:
    """What checks the results of `work`; of a generator function, those of what it yields."""
    hint = get_type_hints(work)["return"]
    return TypeAdapter(get_args(hint)[0] if isgeneratorfunction(work) else hint)
