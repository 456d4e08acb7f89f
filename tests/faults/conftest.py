"""Installations to break."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.faults.installation import Installation, Setup, installed
from tests.ledger.conftest import postgresql
from tests.servers.dovecot import Dovecot

__all__ = ["postgresql"]

Install = Callable[[Setup], Installation]


@pytest.fixture
def install(tmp_path: Path, dovecot: Dovecot) -> Iterator[Install]:
    """Make an installation on Dovecot, SQLite and the sandbox; one in a test."""
    with ExitStack() as stack:

        def make(setup: Setup) -> Installation:
            made: AbstractContextManager[Installation] = installed(tmp_path, dovecot, setup)
            return stack.enter_context(made)

        yield make
