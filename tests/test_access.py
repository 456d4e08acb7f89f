"""From the settings to what speaks to a provider: each way its own, and its addresses."""

from dataclasses import replace
from pathlib import Path

import pytest

from mailbridge import access
from mailbridge.documents.settings import InboxSettings, load_settings
from mailbridge.signin.application import ApplicationTokens
from mailbridge.signin.endpoints import Endpoints
from mailbridge.signin.google import GoogleConsent, ServiceAccount
from mailbridge.signin.keeper import PersonTokens
from mailbridge.signin.microsoft import Microsoft

MICROSOFT = "provider: microsoft, tenant: example.org, client_id: a"
SECRET = "client_secret: {env: OAUTH_SECRET}"
OTHER = (
    "provider: other, client_id: a, scopes: [b, c], token_endpoint: 'https://example.org/t', "
    "authorization_endpoint: 'https://example.org/a', device_endpoint: 'https://example.org/d'"
)


def read(folder: Path, oauth: str, user: str = "u@example.org") -> InboxSettings:
    (folder / "key.json").write_text("{}\n")
    file = folder / "config.yaml"
    file.write_text(
        f"inboxes:\n- {{name: main, host: imap.example.org, user: {user}, oauth: {{{oauth}}}}}\n"
    )
    return load_settings(file, {"OAUTH_SECRET": "hunter2"}).inboxes[0]


@pytest.mark.parametrize(
    ("oauth", "provider", "tokens"),
    [
        (MICROSOFT, Microsoft, PersonTokens),
        (f"{MICROSOFT}, flow: application, {SECRET}", Microsoft, ApplicationTokens),
        (f"provider: google, client_id: a, {SECRET}", GoogleConsent, PersonTokens),
        (
            "provider: google, flow: service_account, key: {file: key.json}",
            ServiceAccount,
            ApplicationTokens,
        ),
        (OTHER, Endpoints, PersonTokens),
        (f"{OTHER}, flow: device, {SECRET}", Endpoints, PersonTokens),
    ],
)
def test_each_way_has_its_provider(
    tmp_path: Path, oauth: str, provider: type, tokens: type
) -> None:
    inbox = read(tmp_path, oauth)
    assert inbox.oauth is not None
    made = access.make_provider(inbox, inbox.oauth)
    assert isinstance(made, provider)
    assert isinstance(access.make_tokens(inbox, inbox.oauth, tmp_path), tokens)
    assert "hunter2" not in repr(made)
    assert list(tmp_path.glob("*.lock")) == []


def test_google_is_asked_at_its_own_addresses(tmp_path: Path) -> None:
    inbox = read(tmp_path, f"provider: google, client_id: a, {SECRET}")
    assert inbox.oauth is not None
    made = access.make_provider(inbox, inbox.oauth)
    assert isinstance(made, GoogleConsent)
    # https://developers.google.com/identity/protocols/oauth2/native-app
    assert made.endpoints.authorization == "https://accounts.google.com/o/oauth2/v2/auth"
    assert made.endpoints.token == "https://oauth2.googleapis.com/token"
    assert made.client_secret == "hunter2"


def test_a_national_cloud(tmp_path: Path) -> None:
    more = "authority: 'https://login.microsoftonline.us', scopes: ['https://mail.example.us/x']"
    inbox = read(tmp_path, f"{MICROSOFT}, {more}")
    assert inbox.oauth is not None
    made = access.make_provider(inbox, inbox.oauth)
    assert isinstance(made, Microsoft)
    assert made.authority == "https://login.microsoftonline.us"
    assert made.scopes == ("https://mail.example.us/x",)
    assert replace(made, scopes=())._person_scopes == (
        "https://outlook.office.com/IMAP.AccessAsUser.All",
    )


def test_tokens_belong_to_one_registration_and_user(tmp_path: Path) -> None:
    inboxes = [
        read(tmp_path, MICROSOFT),
        read(tmp_path, MICROSOFT, user="v@example.org"),
        read(tmp_path, MICROSOFT.replace("client_id: a", "client_id: b")),
        read(tmp_path, MICROSOFT.replace("example.org", "example.com")),
        read(tmp_path, f"{MICROSOFT}, authority: 'https://login.example.org'"),
        read(tmp_path, OTHER),
        read(tmp_path, OTHER.replace("org/t", "org/u")),
        read(tmp_path, OTHER.replace("[b, c]", "[b]")),
    ]
    marks = {access.fingerprint(i, i.oauth) for i in inboxes if i.oauth}
    assert len(marks) == len(inboxes)
    again = read(tmp_path, f"{MICROSOFT}, flow: device")
    assert again.oauth is not None
    assert access.fingerprint(again, again.oauth) in marks
