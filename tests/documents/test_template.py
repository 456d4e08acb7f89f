"""The example filled in: comments stay, values stand where they belong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.documents.located import parse
from mailbridge.documents.settings import parse_settings
from mailbridge.documents.template import fill, quote
from mailbridge.places import example_settings

VALUES = {
    ("inboxes", "host"): "mail.agency.example",
    ("inboxes", "port"): "143",
    ("inboxes", "tls"): "starttls",
    ("destination", "url"): quote("https://crm.example/api"),
}


def test_what_is_filled_in_is_what_is_read() -> None:
    text = fill(example_settings(), VALUES)
    settings = parse_settings(text, Path("config.yaml"), None)
    [inbox] = settings.inboxes
    assert (inbox.host, inbox.port, inbox.tls) == ("mail.agency.example", 143, "starttls")
    assert settings.destination.url == "https://crm.example/api"


def test_every_comment_stays_but_how_to_fill_it_in() -> None:
    text, example = fill(example_settings(), VALUES), example_settings()
    told = [line for line in example.splitlines() if line.lstrip().startswith("# ")]
    kept = [line for line in told if line in text.splitlines()]
    assert len(told) - len(kept) == 5
    assert "Copy this file" not in text
    assert "# Every setting is here." in text


def test_a_setting_that_is_not_there_is_a_defect() -> None:
    with pytest.raises(KeyError):
        fill(example_settings(), {("inboxes", "hots"): "x"})


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_line_of_text_is_read_as_written(text: str) -> None:
    assert parse(f"key: {quote(text)}\n", "x").data == {"key": text}
