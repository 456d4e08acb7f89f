"""The conversation in which a token logs in, octet by octet, with servers that say what we wrote.

Against a real mail server: tests/signin/test_dovecot.py.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import BrokenOff, LoginRefused
from mailbridge.inbox.imap import connect
from tests.servers.scripted import Script, Wire, running_script, talk

LocalAccount = Callable[..., Account]
WHY = {"status": "invalid_token", "scope": "mail", "token": "first-token"}


@dataclass
class Purse:
    """Tokens in the order in which they are given."""

    tokens: list[str] = field(default_factory=lambda: ["first-token", "second-token"])
    login: str = "1"
    refused: list[str] = field(default_factory=list)

    def current(self) -> str:
        return self.tokens[0]

    def renewed(self, refused: str) -> str:
        self.refused.append(refused)
        return self.tokens[1]


def server(capabilities: str, *ends: str, say: str | None = None) -> Script:
    """Greets, and ends each AUTHENTICATE with the next of `ends`, after a challenge for NO."""
    challenge = base64.b64encode((say if say is not None else json.dumps(WHY)).encode()).decode()
    rest = list(ends)

    def script(wire: Wire) -> None:
        wire.say("* OK at your service\n")
        while True:
            tag, command = wire.hear()
            if command == "CAPABILITY":
                wire.say(f"* CAPABILITY IMAP4rev1 {capabilities}\n{tag} OK done\n")
            elif command.startswith("AUTHENTICATE "):
                if len(command.split()) == 2:
                    wire.say("+ \n")
                    wire.hear()
                end = rest.pop(0)
                if end.startswith("NO"):
                    wire.say(f"+ {challenge}\n")
                    wire.hear()
                if end == "EOF":
                    return
                wire.say(f"{tag} {end}\n")
            elif command == "LOGOUT":
                wire.say(f"* BYE see you\n{tag} OK done\n")
                return
            else:
                raise AssertionError(command)

    return script


def said(heard: list[str]) -> list[str]:
    """The client's words after CAPABILITY, decoded where they are base64."""
    return [line for line in heard if "CAPABILITY" not in line and "LOGOUT" not in line]


def plain(encoded: str) -> str:
    return base64.b64decode(encoded).decode()


def test_xoauth2_with_the_first_words_in_the_command(local_account: LocalAccount) -> None:
    script = server("AUTH=PLAIN AUTH=XOAUTH2 SASL-IR", "OK done")
    with running_script(script) as there:
        account = replace(local_account(there.port), tokens=Purse(), user="a@example.org")
        connect(account).close()
    (command,) = said(there.heard)
    mechanism, words = command.split()[2:]
    assert mechanism == "XOAUTH2"
    # https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
    assert plain(words) == "user=a@example.org\x01auth=Bearer first-token\x01\x01"


def test_xoauth2_where_the_server_asks_first(local_account: LocalAccount) -> None:
    with running_script(server("AUTH=XOAUTH2", "OK done")) as there:
        connect(replace(local_account(there.port), tokens=Purse())).close()
    command, words = said(there.heard)
    assert command.split()[1:] == ["AUTHENTICATE", "XOAUTH2"]
    assert plain(words) == "user=office\x01auth=Bearer first-token\x01\x01"


def test_oauthbearer_is_taken_where_there_are_both(local_account: LocalAccount) -> None:
    script = server("AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR", "OK done")
    with running_script(script) as there:
        account = replace(local_account(there.port), tokens=Purse(), user="a=b,c@example.org")
        connect(account).close()
    mechanism, words = said(there.heard)[0].split()[2:]
    assert mechanism == "OAUTHBEARER"
    # RFC 7628, section 4.1, with the name as RFC 5801, section 4, has it.
    assert plain(words) == (
        f"n,a=a=3Db=2Cc@example.org,\x01host=127.0.0.1\x01port={there.port}"
        "\x01auth=Bearer first-token\x01\x01"
    )


def test_a_long_token_does_not_go_into_the_command(local_account: LocalAccount) -> None:
    long = "t" * 7000
    with running_script(server("AUTH=XOAUTH2 SASL-IR", "OK done")) as there:
        connect(replace(local_account(there.port), tokens=Purse([long]))).close()
    command, words = said(there.heard)
    assert command.endswith("AUTHENTICATE XOAUTH2")
    assert long in plain(words)


@pytest.mark.parametrize(
    ("mechanism", "answer"),
    [
        ("XOAUTH2", ""),  # "The client sends an empty response" (Google)
        ("OAUTHBEARER", "AQ=="),  # RFC 7628, section 3.2.3
    ],
)
@pytest.mark.parametrize("initial", ["", " SASL-IR"])
def test_the_challenge_with_the_error_is_answered_and_another_token_tried(
    local_account: LocalAccount, mechanism: str, answer: str, initial: str
) -> None:
    purse = Purse()
    script = server(f"AUTH={mechanism}{initial}", "NO denied", "OK done")
    with running_script(script) as there:
        connect(replace(local_account(there.port), tokens=purse)).close()
    assert purse.refused == ["first-token"]
    words = said(there.heard)
    assert words[1 if initial else 2] == answer
    assert "second-token" in plain(words[-1].split()[-1])


def test_two_refusals_are_told_without_a_token(local_account: LocalAccount) -> None:
    purse = Purse()
    script = server("AUTH=XOAUTH2", "NO denied first-token", "NO second-token is bad")
    with running_script(script) as there:
        account = replace(local_account(there.port), tokens=purse)
        with pytest.raises(LoginRefused) as caught:
            connect(account)
    assert "refused the login of office with a token that the provider has just given" in str(
        caught.value
    )
    assert "… is bad (status invalid_token)" in str(caught.value)
    assert "-token" not in str(caught.value).replace("invalid_token", "")
    assert purse.refused == ["first-token"]


@pytest.mark.parametrize("say", ["", "no JSON", "[]", '{"status": 7}', '{"status": "a b"}', "\xff"])
def test_a_challenge_that_says_nothing(local_account: LocalAccount, say: str) -> None:
    script = server("AUTH=XOAUTH2", "NO denied", "NO denied", say=say)
    with (
        running_script(script) as there,
        pytest.raises(LoginRefused, match=r"given: denied\. Check"),
    ):
        connect(replace(local_account(there.port), tokens=Purse()))


def test_a_passing_refusal_is_tried_again_later(local_account: LocalAccount) -> None:
    purse = Purse()
    with (
        running_script(server("AUTH=XOAUTH2", "NO [UNAVAILABLE] busy")) as there,
        pytest.raises(InboxUnreachable, match="this will pass"),
    ):
        connect(replace(local_account(there.port), tokens=purse))
    assert purse.refused == []


def test_a_bad_answer_is_a_refusal(local_account: LocalAccount) -> None:
    with (
        running_script(server("AUTH=XOAUTH2", "BAD what", "BAD what")) as there,
        pytest.raises(LoginRefused, match="what"),
    ):
        connect(replace(local_account(there.port), tokens=Purse()))


def test_a_connection_that_ends_is_no_refusal(local_account: LocalAccount) -> None:
    purse = Purse()
    with (
        running_script(server("AUTH=XOAUTH2", "EOF")) as there,
        pytest.raises(InboxUnreachable) as caught,
    ):
        connect(replace(local_account(there.port), tokens=purse))
    assert not isinstance(caught.value, BrokenOff)
    assert purse.refused == []


def test_a_server_without_either_never_sees_the_token(local_account: LocalAccount) -> None:
    with (
        running_script(talk({}, capabilities="IMAP4rev1 AUTH=PLAIN")) as there,
        pytest.raises(InboxRefused, match="offers neither OAUTHBEARER nor XOAUTH2"),
    ):
        connect(replace(local_account(there.port), tokens=Purse()))
    assert [line.split()[1] for line in there.heard] == ["CAPABILITY"]


def test_a_user_cannot_end_the_field(local_account: LocalAccount) -> None:
    account = replace(local_account(1), tokens=Purse(), user="a\x01auth=Bearer x")
    with pytest.raises(InboxRefused, match="control character"):
        connect(account)


def test_who_has_no_token_does_not_trouble_the_server(local_account: LocalAccount) -> None:
    class Empty(Purse):
        def current(self) -> str:
            raise InboxRefused("none")

    with pytest.raises(InboxRefused, match="none"):
        connect(replace(local_account(1), tokens=Empty()))  # port 1: nobody is there
