"""Where Dovecot is missing, tests say what to install."""

import shutil

import pytest

from tests.conftest import needs_dovecot
from tests.servers.dovecot import MISSING, running_dovecot


def test_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(FileNotFoundError, match="apt-get install dovecot-imapd dovecot-lmtpd"):
        running_dovecot().__enter__()


def test_without_it_a_test_is_skipped_and_says_what_to_install() -> None:
    with pytest.raises(pytest.skip.Exception, match="apt-get install"):
        needs_dovecot(FileNotFoundError(MISSING))
