"""[lint] in newsletter.toml: another severity for a rule, checked by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.config.loading import load_settings
from newsletter.errors import ConfigurationError
from newsletter.pipeline.check import check
from newsletter.pipeline.init import init
from tests.factories.issues import DUE


def problems_of(folder: Path, table: str) -> dict[str | None, str | None]:
    """Fields and fixes of what `check` says about a site with this table."""
    init(folder, now=DUE)
    file = folder / "newsletter.toml"
    file.write_text(file.read_text() + f"\n[lint]\n{table}\n")
    return {problem.field: problem.fix for problem in check(folder, {}, now=DUE)}


def test_known_rules_pass(tmp_path: Path) -> None:
    """A rule by its name, with one of three severities."""
    fields = problems_of(tmp_path, 'tracking = "blocking"\nhttps = "off"')
    assert not [field for field in fields if field and field.startswith("lint")]
    assert load_settings(tmp_path, {}).lint == {"tracking": "blocking", "https": "off"}


def test_unknown_rule_is_named(tmp_path: Path) -> None:
    """A rule that lint lacks is named, with the nearest it has."""
    assert problems_of(tmp_path, 'traking = "off"')["lint.traking"] == "did you mean `tracking`?"


def test_the_laws_rules_stay(tmp_path: Path) -> None:
    """What must be in every mail cannot be turned off."""
    assert "lint.unsubscribe" in problems_of(tmp_path, 'unsubscribe = "off"')


def test_unknown_severity_is_an_error(tmp_path: Path) -> None:
    """There are three severities."""
    init(tmp_path, now=DUE)
    file = tmp_path / "newsletter.toml"
    file.write_text(file.read_text() + '\n[lint]\nhttps = "error"\n')
    with pytest.raises(ConfigurationError) as caught:
        load_settings(tmp_path, {})
    assert caught.value.problem.field == "lint.https"
