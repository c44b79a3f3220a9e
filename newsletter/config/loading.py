"""Reads newsletter.toml and the environment into Settings, or reports all mistakes together."""

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
    return settings_of(read_configuration(folder / FILE_NAME), folder, environment)


def read_configuration(path: Path) -> str:
    """The text of newsletter.toml as it is; raises ConfigurationError if it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(
            [
                Problem(
                    message=f"there is no {FILE_NAME} in {path.parent}",
                    file=str(path),
                    fix="run `newsletter init DIR`, or name the site's folder with -C DIR",
                )
            ]
        ) from error
    except UnicodeDecodeError as error:
        raise _invalid(path, error) from error
    except OSError as error:
        raise ConfigurationError(
            [Problem(message=f"cannot read the file: {error.strerror}", file=str(path))]
        ) from error


def settings_of(text: str, folder: Path, environment: Mapping[str, str]) -> Settings:
    """The settings that a newsletter.toml with this text means; raises ConfigurationError."""
    path = folder / FILE_NAME
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _invalid(path, error) from error
    overlay_environment(document, environment)
    try:
        return Settings.model_validate(document, context={"folder": folder})
    except ValidationError as error:
        raise ConfigurationError(list(_problems(error, str(path)))) from error


def _invalid(path: Path, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        [Problem(message=f"not valid TOML: {error}", file=str(path), fix="correct that line")]
    )


def overlay_environment(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Override the document, in place, by `NEWSLETTER__SITE__DATABASE=…`, `…__RELAYS__0__HOST` etc."""
    for name in sorted(environment):
        if not name.startswith(PREFIX):
            continue
        container: Any = document
        *path, last = [_key_in(part) for part in name.removeprefix(PREFIX).split("__")]
        for key, following in zip(path, [*path[1:], last], strict=True):
            container = _step_into(container, key, [] if isinstance(following, int) else {}, name)
        _assign(container, last, _value(environment[name]), name)


def _key_in(part: str) -> str | int:
    return int(part) if part.isdigit() else part.lower()


def _step_into(container: Any, key: str | int, default: Any, name: str) -> Any:
    if isinstance(container, list) and isinstance(key, int):
        while len(container) <= key:
            container.append({})
        return container[key]
    if isinstance(container, dict):
        existing_key = next(
            (spelling for spelling in (key, str(key).replace("_", "-")) if spelling in container),
            key,
        )
        return container.setdefault(existing_key, default)
    raise ConfigurationError(
        [Problem(message="this variable sets a key of something that is not a table", field=name)]
    )


def _assign(container: Any, key: str | int, value: Any, name: str) -> None:
    if isinstance(container, list) and isinstance(key, int):
        _step_into(container, key, None, name)
        container[key] = value
    elif isinstance(container, dict):
        container[key] = value
    else:
        raise ConfigurationError(
            [
                Problem(
                    message="this variable sets a key of something that is not a table", field=name
                )
            ]
        )


def _value(text: str) -> Any:
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (json.JSONDecodeError, RecursionError):
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
    """The keys of the table at `location`, as the models declare them."""
    kind: Any = Settings
    for part in location:
        kind = _kind_inside(kind, part)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {field.alias or name for name, field in kind.model_fields.items()}
    return set()


def _kind_inside(kind: Any, part: str | int) -> Any:
    """The type of the item `part` in a value of type `kind`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        inner: Any = fields[str(part)].annotation
    elif get_origin(kind) is dict:
        inner = get_args(kind)[1]
    else:
        inner = get_args(kind)[0]
    return get_args(inner)[0] if get_origin(inner) in (Union, UnionType) else inner
