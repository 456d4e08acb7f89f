"""The demo's mail server starts, serves one user, and leaves nothing behind."""

import os
import sys

import pytest
from imapclient import IMAPClient

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.mailserver import running_mailserver


def test_one_user_with_an_empty_inbox_until_the_end() -> None:
    with running_mailserver() as server:
        with IMAPClient(server.host, server.port, ssl=False, timeout=10) as client:
            client.login(server.user, server.password)
            assert client.list_folders() == [((b"\\HasNoChildren",), b"/", "INBOX")]
            assert client.select_folder("INBOX")[b"EXISTS"] == 0
        assert server.password not in repr(server)
        os.kill(server.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_two_at_once() -> None:
    with running_mailserver() as one, running_mailserver() as two:
        assert one.port != two.port


def test_without_pymap_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymap", None)
    with pytest.raises(MailbridgeError, match=r"pip install 'mailbridge\[demo\]'"):
        running_mailserver().__enter__()
