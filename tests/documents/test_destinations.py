"""Destinations in config.yaml: each kind has its own keys, and mistakes are told in full."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mailbridge.documents.destinations import (
    AgencySettings,
    DestinationSettings,
    NamedAgency,
    NamedRealforce,
    NamedWebhook,
    WebhookSettings,
)
from mailbridge.documents.exposure import plain_secrets
from mailbridge.documents.located import parse
from mailbridge.documents.settings import load_settings, missing_for_run
from mailbridge.errors import BadDocument

ENVIRON = {
    "P": "secret",
    "K": "key-1",
    "S": "0123456789abcdef",
    "SHORT": "01234",
    "BAD": "k é",
}
INBOX = "inboxes: [{name: main, host: h.example.org, user: u, password: {env: P}%s}]\n"
HOOK = "{name: crm, kind: webhook, url: 'https://crm.example.org/', secret: {env: S}}"


def load(folder: Path, text: str) -> Any:
    (folder / "config.yaml").write_text(text, "utf-8")
    return load_settings(folder / "config.yaml", ENVIRON)


def complaints(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        load(folder, text)
    return [str(problem).replace(f"{folder}/config.yaml:", "") for problem in caught.value.problems]


def test_all_kinds_by_name(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        INBOX % ", destination: crm"
        + "destinations:\n"
        + f"  - {HOOK}\n"
        + "  - {name: office, kind: realforce_agency, key: {env: K}, agency_id: 42,"
        + " gateway_ids: {homegate.ch: 7}}\n"
        + "  - {name: second, key: {env: K}}\n"
        + "portal_destinations: {homegate.ch: office, immobilier.ch: default}\n",
    )
    hook, office, second = settings.destinations
    assert isinstance(hook, NamedWebhook)
    assert (hook.name, hook.url, hook.without_target) == ("crm", "https://crm.example.org/", "send")
    assert isinstance(office, NamedAgency)
    assert office.url == "https://agency.realforce.ch/api/leads/create"
    assert (office.agency_id, dict(office.gateway_ids)) == (42, {"homegate.ch": "7"})
    assert isinstance(second, NamedRealforce)
    assert second.url == "https://leads.realforce.ch/api/v1/lead"
    assert settings.inboxes[0].destination == "crm"
    assert settings.portal_destinations == {"homegate.ch": "office", "immobilier.ch": "default"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("log:\n", DestinationSettings),
        ("destination:\n", DestinationSettings),
        ("destination: {kind: realforce}", DestinationSettings),
        ("destination: {kind: realforce_agency, key: k, agency_id: 3}", AgencySettings),
        (
            "destination: {kind: webhook, url: 'http://localhost:1/', secret: {env: S}}",
            WebhookSettings,
        ),
    ],
)
def test_the_default_may_be_of_any_kind(tmp_path: Path, text: str, kind: type[BaseModel]) -> None:
    assert type(load(tmp_path, text).destination) is kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "destination: {kind: web_hook}",
            (
                "1:21: destination.kind: 'web_hook' is no kind of destination. "
                "Write one of realforce, realforce_agency, webhook."
            ),
        ),
        (
            "destinations: [{name: crm, kind: email}]",
            (
                "1:34: destinations.0.kind: 'email' is no kind of destination. "
                "Write one of realforce, realforce_agency, webhook."
            ),
        ),
        (
            "destination: {agency_id: 3}",
            "1:15: destination.agency_id: The key 'agency_id' does not go together with the others",
        ),
        (
            (
                "destinations: [{name: crm, kind: webhook, url: 'https://a.example/',"
                " secret: {env: S}, key: k}]"
            ),
            "1:88: destinations.0.key: The key 'key' does not go together with the others here.",
        ),
        (
            "destinations: [{name: crm, kind: webhook, secret: {env: S}}]",
            (
                "1:16: destinations.0.url: The key 'url' is missing. "
                "Add 'url: https://crm.example.org/leads'."
            ),
        ),
        (
            (
                "destinations: [{name: crm, kind: webhook, url: 'http://crm.example.org/',"
                " secret: {env: S}}]"
            ),
            (
                "1:48: destinations.0.url: The address is not encrypted: http:// is for this "
                "machine (localhost) only. Write https://."
            ),
        ),
        (
            (
                "destinations: [{name: crm, kind: webhook, url: 'https://a.example/',"
                " secret: {env: SHORT}}]"
            ),
            (
                "1:78: destinations.0.secret: The secret has less than 16 characters. "
                "Make one with: openssl rand -hex 32"
            ),
        ),
        (
            "destinations: [{name: crm, key: {env: BAD}}]",
            "1:33: destinations.0.key: The key holds a blank or a character that is not ASCII.",
        ),
        (
            "destinations: [{name: crm}]",
            "1:16: destinations.0.key: The key 'key' is missing.",
        ),
        (
            "destinations: [{kind: realforce_agency, name: o, key: k, agency_id: many}]",
            "1:69: destinations.0.agency_id: 'many' stands where a whole number is wanted.",
        ),
        (
            f"destinations: [{HOOK}, {HOOK}]",
            "destinations.1.name: Two destinations are called 'crm'.",
        ),
        (
            "destinations: [{name: default, key: k}]",
            (
                "1:23: destinations.0.name: 'default' is the destination below 'destination:'. "
                "Take another name."
            ),
        ),
        (
            "destinations: [{name: my crm, key: k}]",
            "1:23: destinations.0.name: 'my crm' is no name for a destination.",
        ),
        (
            INBOX % ", destination: crn" + f"destinations: [{HOOK}]",
            (
                "inboxes.0.destination: There is no destination 'crn'. Write one of default, crm, "
                "or add it below 'destinations:'."
            ),
        ),
        (
            f"destinations: [{HOOK}]\nportal_destinations: {{homegate.ch: mrc}}",
            "2:36: portal_destinations.homegate.ch: There is no destination 'mrc'.",
        ),
        (
            "destinations: {name: crm}",
            "1:15: destinations: A group of 'key: value' lines stands where a list is wanted.",
        ),
        (
            "destinations: [crm]",
            "1:16: destinations.0: 'crm' stands where a group of 'key: value' lines is wanted.",
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, expected: str) -> None:
    [told] = complaints(tmp_path, text)
    assert expected in told


def test_the_lead_apis_key_is_needed_only_where_leads_go_there(tmp_path: Path) -> None:
    elsewhere = INBOX % ", destination: crm" + f"destinations: [{HOOK}]\n"
    assert missing_for_run(load(tmp_path, elsewhere), "c") == ()
    for also in (
        INBOX % "" + f"destinations: [{HOOK}]\n",
        elsewhere + "portal_destinations: {homegate.ch: default}\n",
    ):
        [problem] = missing_for_run(load(tmp_path, also), "c")
        assert problem.key == "destination.key"


def test_plain_secrets_are_told_wherever_they_stand(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "destination: {kind: webhook, url: 'https://a.example/', secret: 0123456789abcdef}\n"
        "destinations:\n"
        "  - {name: a, key: k}\n"
        "  - {name: b, kind: realforce_agency, agency_id: 1, key: k,"
        " proxy: 'http://u:p@proxy.example.org:1'}\n",
    )
    assert [problem.key for problem in plain_secrets(settings, "c")] == [
        "destination.secret",
        "destinations.0.key",
        "destinations.1.key",
        "destinations.1.proxy",
    ]


# docs/destinations.md shows every key of each kind, as config.example.yaml does

DOCUMENT = (Path(__file__).parents[2] / "docs" / "destinations.md").read_text("utf-8")
KINDS = {"realforce": NamedRealforce, "realforce_agency": NamedAgency, "webhook": NamedWebhook}


def shown() -> Iterator[tuple[str, str]]:
    """The kinds and the settings that the document shows of each."""
    for block in re.findall(r"```yaml\n(destinations:\n.*?)```", DOCUMENT, re.DOTALL):
        yield re.search(r"kind: (\w+)", block)[1], block  # type: ignore[index]


def test_the_document_shows_each_kind() -> None:
    assert [kind for kind, _ in shown()] == list(KINDS)


@pytest.mark.parametrize(("kind", "block"), list(shown()))
def test_the_document_shows_every_key_with_its_default(
    tmp_path: Path, kind: str, block: str
) -> None:
    whole = re.sub(r"^( *)#(?=\w)", r"\1", block, flags=re.MULTILINE)
    model = KINDS[kind]
    group = parse(whole, "docs").value(["destinations", 0])
    assert isinstance(group, dict)
    assert list(group) == list(model.model_fields)
    environ = {
        "REALFORCE_KEY": "k", "REALFORCE_AGENCY_KEY": "k", "WEBHOOK_SECRET": "0123456789abcdef",
    }  # fmt: skip
    for text in (whole, block):
        (tmp_path / "config.yaml").write_text(text, "utf-8")
        load_settings(tmp_path / "config.yaml", environ)
    least = load_settings(tmp_path / "config.yaml", environ).destinations[0]
    (tmp_path / "config.yaml").write_text(whole, "utf-8")
    assert load_settings(tmp_path / "config.yaml", environ).destinations[0] == least
    lines = whole.splitlines()
    for name, info in model.model_fields.items():
        at = next(n for n, line in enumerate(lines) if re.match(rf"[ -]*{name}:", line))
        words: list[str] = []
        while found := re.fullmatch(r" *# (.+)", lines[at - 1 - len(words)]):
            words.insert(0, found[1])
        assert " ".join(words) == info.description
