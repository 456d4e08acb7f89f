"""config.example.yaml says what the shapes say: every setting, its default, its meaning."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import jsonschema
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mailbridge.documents.located import Document, parse
from mailbridge.documents.settings import (
    AlertSettings,
    DestinationSettings,
    InboxSettings,
    LeadSettings,
    LedgerSettings,
    LimitSettings,
    ListingSettings,
    LogSettings,
    MonitoringSettings,
    RetentionSettings,
    Settings,
    WebSettings,
    load_settings,
)
from mailbridge.documents.shape import json_schema

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
ENVIRON = {"MAIL_PASSWORD": "p", "REALFORCE_KEY": "k"}
GROUPS: dict[tuple[str | int, ...], type[BaseModel]] = {
    (): Settings,
    ("inboxes", 0): InboxSettings,
    ("destination",): DestinationSettings,
    ("leads",): LeadSettings,
    ("listings",): ListingSettings,
    ("ledger",): LedgerSettings,
    ("alerts",): AlertSettings,
    ("retention",): RetentionSettings,
    ("limits",): LimitSettings,
    ("monitoring",): MonitoringSettings,
    ("web",): WebSettings,
    ("log",): LogSettings,
}


def uncommented() -> str:
    """A '#' without a blank after it hides a setting."""
    return re.sub(r"^( *)#(?=\w)", r"\1", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)


def fields() -> Iterator[tuple[tuple[str | int, ...], FieldInfo]]:
    for path, model in GROUPS.items():
        for name, info in model.model_fields.items():
            yield (*path, name), info


@pytest.fixture(scope="module")
def document() -> Document:
    return parse(uncommented(), "example")


def test_it_loads_once_the_secrets_are_there() -> None:
    settings = load_settings(EXAMPLE, ENVIRON)
    assert settings.inboxes[0].host == "imap.example.org"
    password = settings.inboxes[0].password
    assert password is not None
    assert password.reveal() == "p"


def test_what_it_hides_are_the_defaults(tmp_path: Path) -> None:
    shown = tmp_path / "config.yaml"
    shown.write_text(uncommented(), "utf-8")
    assert load_settings(shown, ENVIRON) == load_settings(EXAMPLE, ENVIRON)


def test_what_it_shows_is_the_least_that_is_needed() -> None:
    visible = load_settings(EXAMPLE, ENVIRON)
    for path, model in GROUPS.items():
        group: Any = visible
        for step in path:
            group = group[step] if isinstance(step, int) else getattr(group, step)
        written = group.model_fields_set
        required = {n for n, f in model.model_fields.items() if f.is_required()}
        if model is Settings:
            hidden = {"rules", "destinations", "portal_destinations"}
            assert written == {*Settings.model_fields} - hidden
        elif model is DestinationSettings:
            assert written == {"key"}
        elif model is InboxSettings:
            assert written == required | {"password"}
        else:
            assert written == required


def test_it_holds_every_setting_and_no_other(document: Document) -> None:
    for path, model in GROUPS.items():
        group = document.value(path)
        assert isinstance(group, dict)
        assert list(group) == list(model.model_fields), f"order and names of {path}"


@pytest.mark.parametrize(("path", "info"), [pytest.param(p, f, id=str(p[-1])) for p, f in fields()])
def test_each_is_explained_in_the_words_of_its_shape(
    document: Document, path: tuple[str | int, ...], info: FieldInfo
) -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    above = document.key_place(path)[0] - 2
    words: list[str] = []
    while above >= 0 and (found := re.fullmatch(r" *# (.+)", lines[above])):
        words.insert(0, found[1])
        above -= 1
    assert " ".join(words) == info.description


@pytest.mark.parametrize(("path", "info"), [pytest.param(p, f, id=str(p[-1])) for p, f in fields()])
def test_each_choice_is_named(path: tuple[str | int, ...], info: FieldInfo) -> None:
    if get_origin(info.annotation) is Literal:
        assert [c for c in get_args(info.annotation) if c not in (info.description or "")] == []


def test_the_schema_for_editors_accepts_it(document: Document) -> None:
    schema = json_schema(Settings)
    jsonschema.Draft202012Validator.check_schema(schema)
    every = schema["$defs"]["InboxSettings"]["properties"]["every"]
    assert every["default"] == "1m"
    assert schema["$defs"]["WebSettings"]["properties"]["listen"]["default"] == "127.0.0.1:8026"
    data = typed(document.data)
    jsonschema.validate(data, schema)
    assert not jsonschema.Draft202012Validator(schema).is_valid({**data, "loging": {}})


def typed(written: Any) -> Any:
    """What an editor's YAML reader makes of the texts."""
    if isinstance(written, dict):
        return {k: typed(v) for k, v in written.items()}
    if isinstance(written, list):
        return [typed(v) for v in written]
    if isinstance(written, str) and written.isdigit():
        return int(written)
    return {"true": True, "false": False}.get(written, written) if written else written
