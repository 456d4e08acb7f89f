"""Questions about a sign-in without a password (OAuth 2), for `init`.

What each way needs stands in `documents.oauth`. Must not sign in.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from mailbridge.cli.answers import Answers, Inbox, OAuth, explain
from mailbridge.cli.asking import ask, ask_secret, ask_secret_or_nothing, choose
from mailbridge.cli.output import complain, say
from mailbridge.documents.oauth import FLOWS, NEEDED
from mailbridge.documents.template import quote
from mailbridge.errors import BadDocument
from mailbridge.inbox.providers import domain_of, find_provider
from mailbridge.signin.libraries import require

_LIBRARIES = {"microsoft": "msal", "google": "google.auth"}
_BY_HOST = {"outlook.office365.com": "microsoft", "imap.gmail.com": "google"}
_HEADINGS = {
    "microsoft": "Microsoft 365",
    "google": "Google",
    "other": "Another provider",
}
_WAYS = {
    "microsoft": "device: a person signs in once, with a code. application: no person, but an "
    "administrator and a secret that expires.",
    "google": "consent: a person signs in once, in a browser. service_account: no person, but an "
    "administrator (Workspace) and a key file.",
    "other": "consent: a person signs in once, in a browser. device: the same, with a code.",
}
_QUESTIONS = {
    "tenant": "Directory (tenant): its ID or its domain",
    "client_id": "Client ID (of the registered application)",
    "authorization_endpoint": "Address of the page on which a person consents",
    "device_endpoint": "Address where a device code is had",
    "token_endpoint": "Address where tokens are had",
    "scopes": "Scopes, with blanks between them",
    "key": "File of the account's key (JSON)",
}


def ask_oauth(file: Path, inbox: Inbox) -> Inbox:
    """Ask for what `oauth:` needs until it makes settings. Raises MailbridgeError."""
    provider = _BY_HOST.get(inbox.server.host) or choose(
        "Whose sign-in is it", tuple(FLOWS), _guess(inbox.user)
    )
    if library := _LIBRARIES.get(provider):
        require(library)
    say(
        "mailbridge must be registered there first. docs/sign-in.md, "
        f'"{_HEADINGS[provider]}", says how, and where each of the following is found.'
    )
    known: dict[str, str] = {}
    while True:
        inbox = replace(inbox, oauth=_ask_keys(provider, inbox, known))
        try:
            Answers(inbox).app(file)
        except BadDocument as bad:
            complain(explain(bad))
            say("Once more, then; an empty answer takes what stands in brackets.")
        else:
            return inbox


def _guess(user: str) -> str:
    found = find_provider(domain_of(user))
    return _BY_HOST.get(found.server.host, "other") if found else "other"


def _ask_keys(provider: str, inbox: Inbox, known: dict[str, str]) -> OAuth:
    """Ask for the keys; `known` has the answers of the last time, and gets those of this one."""
    flows = FLOWS[provider]
    say(_WAYS[provider])
    known["flow"] = flow = choose("How does it sign in", flows, known.get("flow", flows[0]))
    keys = {"provider": provider, "flow": flow}
    secret = ""
    for key in NEEDED[provider, flow]:
        if key == "client_secret":
            secret = ask_secret("Client secret (not shown)")
            continue
        usual = _usual_tenant(inbox) if key == "tenant" else ""
        answer = ask(_QUESTIONS[key], known.get(key, usual), _CHECKS.get(key))
        known[key] = answer
        keys[key] = _WRITTEN.get(key, quote)(answer)
    if provider == "other":
        secret = ask_secret_or_nothing("Client secret (not shown); nothing where there is none")
    return OAuth(keys, secret)


def _usual_tenant(inbox: Inbox) -> str:
    domain = domain_of(inbox.user)
    # Everybody's domain is nobody's directory.
    return "" if find_provider(domain) else domain


def _write_key(answer: str) -> str:
    return f"{{file: {quote(str(_key_file(answer)))}}}"


def _write_scopes(answer: str) -> str:
    return json.dumps(answer.split())


def _key_file(answer: str) -> Path:
    return Path(answer).expanduser().absolute()


def _check_key(answer: str) -> str:
    try:
        held = json.loads(_key_file(answer).read_bytes())
    except (OSError, ValueError, RuntimeError):
        return "No JSON can be read there. Write the path of the key file that Google gave."
    return "" if isinstance(held, dict) else "This file holds no key of a service account."


def _check_address(answer: str) -> str:
    return "" if answer.startswith(("https://", "http://")) else "An address begins with https://."


_WRITTEN: Mapping[str, Callable[[str], str]] = {"key": _write_key, "scopes": _write_scopes}
_CHECKS: Mapping[str, Callable[[str], str]] = {
    "key": _check_key,
    **{f"{name}_endpoint": _check_address for name in ("authorization", "device", "token")},
}
