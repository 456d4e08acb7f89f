"""`oauth:`: what each provider needs, and what is said where something is missing."""

import re
from pathlib import Path

import pytest

from mailbridge.documents.oauth import FLOWS
from mailbridge.documents.settings import OAuthSettings, Settings, load_settings
from mailbridge.errors import BadDocument

GUIDE = Path(__file__).parents[2] / "docs" / "sign-in.md"
MICROSOFT = "provider: microsoft, tenant: example.org, client_id: a"
OTHER = (
    "provider: other, client_id: a, scopes: [b], token_endpoint: 'https://example.org/t', "
    "authorization_endpoint: 'https://example.org/a'"
)
ENVIRON = {"OAUTH_SECRET": "hunter2"}


def load(folder: Path, oauth: str, more: str = "") -> Settings:
    file = folder / "config.yaml"
    inbox = f"name: main, host: imap.example.org, user: u{more}"
    file.write_text(f"inboxes:\n- {{{inbox}, oauth: {{{oauth}}}}}\n" if oauth else inbox)
    return load_settings(file, ENVIRON)


def read(folder: Path, oauth: str) -> OAuthSettings:
    found = load(folder, oauth).inboxes[0].oauth
    assert found is not None
    return found


def complaint(folder: Path, oauth: str, more: str = "") -> str:
    with pytest.raises(BadDocument) as caught:
        load(folder, oauth, more)
    return str(caught.value).replace(f"{folder}/", "")


def test_the_first_flow_is_the_default(tmp_path: Path) -> None:
    assert read(tmp_path, MICROSOFT).flow == FLOWS["microsoft"][0] == "device"
    assert read(tmp_path, OTHER).flow == FLOWS["other"][0] == "consent"
    google = "provider: google, client_id: a, client_secret: {env: OAUTH_SECRET}"
    assert read(tmp_path, google).flow == FLOWS["google"][0] == "consent"


def test_a_secret_is_looked_up_and_never_shown(tmp_path: Path) -> None:
    found = read(tmp_path, f"{MICROSOFT}, flow: application, client_secret: {{env: OAUTH_SECRET}}")
    assert found.client_secret is not None
    assert found.client_secret.reveal() == "hunter2"
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("oauth", "expected"),
    [
        (
            "provider: microsoft, client_id: a",
            (
                "inboxes.0.oauth.tenant: The key 'tenant' is missing, which provider: microsoft "
                "with flow: device needs. Add a line 'tenant: …'. microsoft: the directory "
                "(tenant), its id or its domain."
            ),
        ),
        (
            f"{MICROSOFT}, flow: consent",
            (
                "inboxes.0.oauth.flow: provider: microsoft has no flow: consent. "
                "Write 'flow: device' or 'flow: application'."
            ),
        ),
        (
            f"{MICROSOFT}, token_endpoint: 'https://example.org/t'",
            (
                "inboxes.0.oauth.token_endpoint: provider: microsoft with flow: device has no "
                "'token_endpoint'. Remove it. Allowed here: authority, client_id, flow, provider, "
                "scopes, tenant."
            ),
        ),
        (
            f"{MICROSOFT}, authority: 'http://login.example.org'",
            (
                "inboxes.0.oauth.authority: The address is not encrypted: http:// is for this "
                "machine (localhost) only. Write https://."
            ),
        ),
        (
            "provider: micrsoft, client_id: a",
            (
                "inboxes.0.oauth.provider: 'micrsoft' stands where one of microsoft, google, other "
                "is wanted. Did you mean 'microsoft'?"
            ),
        ),
        (
            "provider: microsoft, tenant: 'a/b', client_id: a",
            (
                "inboxes.0.oauth.tenant: 'a/b' is no tenant. Write its id, as "
                "00000000-0000-0000-0000-000000000000, or its domain, as example.org."
            ),
        ),
        (
            f"{OTHER}, scope: b",
            "inboxes.0.oauth.scope: Unknown key 'scope'. Did you mean 'scopes'?",
        ),
        (
            OTHER.replace("[b]", "['b c']"),
            (
                "inboxes.0.oauth.scopes.0: 'b c' is no scope. Write each scope as an entry of its "
                "own: [one, two]."
            ),
        ),
        (
            "provider: google, flow: service_account, key: {file: none.json}",
            (
                "inboxes.0.oauth.key.file: The secret's file 'none.json' cannot be used. There is "
                "no such file. Check the path."
            ),
        ),
    ],
)
def test_complaints(tmp_path: Path, oauth: str, expected: str) -> None:
    assert expected in complaint(tmp_path, oauth)


def test_password_or_oauth(tmp_path: Path) -> None:
    both = complaint(tmp_path, MICROSOFT, more=", password: x")
    assert "inboxes.0.password: The inbox has both 'password' and 'oauth'. Remove one" in both
    file = tmp_path / "config.yaml"
    file.write_text("inboxes:\n- {name: main, host: imap.example.org, user: u}\n")
    with pytest.raises(BadDocument) as caught:
        load_settings(file, {})
    assert "config.yaml:2:3: inboxes.0.password: The key 'password' is missing. Add" in str(
        caught.value
    )
    assert "docs/sign-in.md" in str(caught.value)


def test_a_wrong_oauth_is_no_missing_password(tmp_path: Path) -> None:
    assert "password" not in complaint(tmp_path, "provider: microsoft")


def blocks() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


def test_the_guide_shows_each_provider() -> None:
    assert len(blocks()) == 5


@pytest.mark.parametrize("block", blocks())
def test_what_the_guide_shows_is_right(tmp_path: Path, block: str) -> None:
    (tmp_path / "config.yaml").write_text(block)
    (tmp_path / "service-account.json").write_text("{}")
    settings = load_settings(tmp_path / "config.yaml", ENVIRON)
    assert settings.inboxes[0].oauth is not None


@pytest.mark.parametrize("provider", FLOWS)
def test_the_guide_names_each_flow(provider: str) -> None:
    text = GUIDE.read_text("utf-8")
    assert f"`{provider}`" in text
    assert [flow for flow in FLOWS[provider] if f"`{flow}`" not in text] == []
