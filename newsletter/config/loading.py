"""Reads newsletter.toml and the environment into Settings, or names every mistake at once."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from newsletter.config.settings import Settings
from newsletter.errors import ConfigurationError, Problem

FILE_NAME = "newsletter.toml"
PREFIX = "NEWSLETTER__"


def load_settings(folder: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of the site in `folder`; raises ConfigurationError with all problems found."""
    path = folder / FILE_NAME
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigurationError(
            [
                Problem(
                    message=f"there is no {FILE_NAME} in {folder}",
                    file=str(path),
                    fix="run `newsletter init DIR`, or name the site's folder with -C DIR",
                )
            ]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            [Problem(message=f"not valid TOML: {error}", file=str(path), fix="mend that line")]
        ) from error
    except OSError as error:
        raise ConfigurationError(
            [Problem(message=f"cannot read it: {error.strerror}", file=str(path))]
        ) from error
    overlay_environment(document, environment)
    try:
        return Settings.model_validate(document, context={"folder": folder})
    except ValidationError as error:
        raise ConfigurationError(list(_problems(error, str(path)))) from error


def overlay_environment(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put `NEWSLETTER__SITE__DATABASE=…` (and `…__RELAYS__0__HOST`) over the document, in place."""
    for name in sorted(environment):
        if not name.startswith(PREFIX):
            continue
        place: Any = document
        *path, last = [_key_in(part) for part in name.removeprefix(PREFIX).split("__")]
        for step, following in zip(path, [*path[1:], last], strict=True):
            place = _step_into(place, step, [] if isinstance(following, int) else {}, name)
        _put(place, last, _value(environment[name]), name)


def _key_in(part: str) -> str | int:
    return int(part) if part.isdigit() else part.lower()


def _step_into(place: Any, step: str | int, fresh: Any, name: str) -> Any:
    if isinstance(place, list) and isinstance(step, int):
        while len(place) <= step:
            place.append({})
        return place[step]
    if isinstance(place, dict):
        spelled = next((key for key in (step, str(step).replace("_", "-")) if key in place), step)
        return place.setdefault(spelled, fresh)
    raise ConfigurationError(
        [Problem(message="this variable goes into something that is no table", field=name)]
    )


def _put(place: Any, key: str | int, value: Any, name: str) -> None:
    if isinstance(place, list) and isinstance(key, int):
        _step_into(place, key, None, name)
        place[key] = value
    elif isinstance(place, dict):
        place[key] = value
    else:
        raise ConfigurationError(
            [Problem(message="this variable goes into something that is no table", field=name)]
        )


def _value(text: str) -> Any:
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text
    return text


def _problems(error: ValidationError, file: str) -> Iterable[Problem]:
    for mistake in error.errors(include_url=False):
        location = tuple(part for part in mistake["loc"] if part != "[key]")
        field = _dotted(location)
        if mistake["type"] == "extra_forbidden":
            yield _unknown_key(location, file, field)
        elif mistake["type"] == "missing":
            yield Problem(
                message="is missing", file=file, field=field, fix=f"add `{location[-1]} = …`"
            )
        else:
            message = re.sub(r"^Value error, ", "", mistake["msg"])
            head, _, fix = message.partition("; ")
            yield Problem(
                message=head,
                file=file,
                field=field,
                fix=fix or f"correct the value of `{field}`",
            )


def _unknown_key(location: tuple[str | int, ...], file: str, field: str) -> Problem:
    known = sorted(_keys_at(location[:-1]))
    near = get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    fix = f"did you mean `{near[0]}`?" if near else f"remove it; known here: {', '.join(known)}"
    return Problem(message="unknown key", file=file, field=field, fix=fix)


def _dotted(location: Iterable[str | int]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _keys_at(location: tuple[str | int, ...]) -> set[str]:
    """The keys that the table at `location` knows, read off the models."""
    kind: Any = Settings
    for part in location:
        kind = _kind_inside(kind, part)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {field.alias or name for name, field in kind.model_fields.items()}
    return set()


def _kind_inside(kind: Any, part: str | int) -> Any:
    """The type of what stands at `part` of a value of type `kind`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        inner: Any = fields[str(part)].annotation
    elif get_origin(kind) is dict:
        inner = get_args(kind)[1]
    else:
        inner = get_args(kind)[0]
    return get_args(inner)[0] if get_origin(inner) in (Union, UnionType) else inner
