"""What this room's tests share."""

from collections.abc import Callable

import pytest

from mailbridge.inbox.account import Account, Tls
from tests.conftest import on_each_server

__all__ = ["pytest_generate_tests"]

pytest_generate_tests = on_each_server


@pytest.fixture
def local_account() -> Callable[..., Account]:
    """Makes an account for a scripted server on this port, over plain loopback."""

    def make(port: int, *, timeout: float = 30.0, deadline: float = 60.0) -> Account:
        return Account(
            name="sales",
            host="127.0.0.1",
            port=port,
            tls=Tls.NONE,
            user="office",
            password="hush",
            timeout=timeout,
            deadline=deadline,
        )

    return make
