"""Inboxes attended to as the daemon does it, on real servers, with delivery beside it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from mailbridge.daemon.pulse import Pulse
from mailbridge.daemon.push import RENEWAL
from mailbridge.daemon.rounds import Rounds
from mailbridge.inbox.account import Account
from tests.bridge.conftest import Builder, Rig, api, build, decider, portals
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import Proxy, before_dovecot

__all__ = ["api", "build", "decider", "portals"]

HOUR = 3600.0
SECONDS = 30.0


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[Proxy]:
    """What stands between us and Dovecot."""
    with before_dovecot(dovecot) as proxy:
        yield proxy


@pytest.fixture
def proxied(account: Account, proxy: Proxy) -> Account:
    """`account` by way of the proxy."""
    return replace(account, port=proxy.port, timeout=30.0)


@contextmanager
def attending(rigs: Sequence[Rig], *, renewal: float = RENEWAL) -> Iterator[Rounds]:
    """Attend to these inboxes, polled once an hour; a defect fails the test."""
    faults: list[BaseException] = []
    stopping = threading.Event()
    sending = threading.Lock()  # the daemon has one thread for it

    def send() -> None:
        with sending:
            if rigs[0].dispatch.deliver(stopping.is_set):
                rounds.mark()

    rounds = Rounds(
        {rig.bridge.name: rig.bridge for rig in rigs},
        {rig.bridge.name: HOUR for rig in rigs},
        prepare=lambda: None,
        recorded=send,
        stopping=stopping.is_set,
        fail=faults.append,
        pulse=Pulse(),
        renewal=renewal,
    )
    rounds.start()
    try:
        for rig in rigs:
            rounds.poll(rig.bridge.name)
        yield rounds
    finally:
        stopping.set()
        rounds.close()
    assert not faults, faults


@pytest.fixture
def rig(build: Builder, proxied: Account, mailbox: Mailbox) -> Rig:
    """An inbox that nobody has polled yet, by way of the proxy."""
    return build(proxied, mailbox)
