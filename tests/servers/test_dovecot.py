"""Where Dovecot is missing, tests say what to install, and fail in CI."""

import shutil

import pytest

from tests.conftest import needs_dovecot
from tests.servers.dovecot import MISSING, running_dovecot


def test_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(FileNotFoundError, match="apt-get install dovecot-imapd dovecot-lmtpd"):
        running_dovecot().__enter__()


def test_it_may_only_be_missing_outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install"):
        needs_dovecot(FileNotFoundError(MISSING))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install"):
        needs_dovecot(FileNotFoundError(MISSING))
