"""Fixtures that more than one room's tests need: the mail servers."""

import os
import secrets
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from imapclient import IMAPClient

from mailbridge.inbox.account import Account, Tls
from mailbridge.sandbox.mailserver import MailServer, running_mailserver
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.microsoft365 import SPECIAL_USE, Microsoft365, running_microsoft365

if "PYTEST_XDIST_WORKER" in os.environ:
    # Traced is what runs here: the pure rooms. What tests start is not, since to trace it
    # takes time, and a disk that a test has filled has no room for it either.
    os.environ.pop("COVERAGE_PROCESS_START", None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets what it starts in the background ignore Ctrl-C, and so would what tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Shared machines pause: how long one example takes says nothing. Hypothesis does so in CI itself.
settings.register_profile(
    "shared", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared")

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """In CI nothing is left out: a test that is skipped there, for whatever reason, fails."""
    return without_skips((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Iterator[None]:
    """The same for whole modules."""
    return without_skips((yield))


def without_skips(report: R) -> R:
    if report.skipped and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"In CI no test is skipped: {reason}"
    return report


def needs_dovecot(error: FileNotFoundError) -> None:
    """Skip what cannot run without Dovecot."""
    pytest.skip(str(error))


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real Dovecot: keywords, MOVE, UIDPLUS; TLS with a CA of its own."""
    try:
        with running_dovecot() as server:
            yield server
    except FileNotFoundError as exc:
        needs_dovecot(exc)


@pytest.fixture(scope="session")
def dotted_dovecot() -> Iterator[Dovecot]:
    """A Dovecot whose folders are called `INBOX.Leads.Sent`, and that offers no MOVE."""
    extra = "imap_capability = IMAP4rev1 UIDPLUS NAMESPACE UNSELECT LITERAL+"
    try:
        with running_dovecot(separator=".", prefix="INBOX.", extra=extra) as server:
            yield server
    except FileNotFoundError as exc:
        needs_dovecot(exc)


def account_on(server: Dovecot) -> Account:
    """An account that nobody has used, with an empty INBOX, over TLS."""
    return Account(
        name="sales",
        host=server.host,
        port=server.imaps,
        tls=Tls.IMPLICIT,
        ca_file=server.ca_file,
        user=f"u{secrets.token_hex(6)}",
        password=server.password,
        timeout=30.0,
        deadline=60.0,
    )


def mailbox_on(server: Dovecot, account: Account) -> Iterator[Mailbox]:
    """That account's mailbox as its owner sees it."""
    with IMAPClient("127.0.0.1", server.imap, ssl=False, timeout=30.0) as client:
        client.login(account.user, account.password)
        yield Mailbox(client)


SERVERS = ("dovecot", "microsoft365")


def on_each_server(metafunc: pytest.Metafunc) -> None:
    """Run what needs `account` on each server; for a room's `pytest_generate_tests`."""
    if "account" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("dovecot"):
        metafunc.parametrize("account", SERVERS, indirect=True)


@pytest.fixture(scope="session")
def microsoft365(dovecot: Dovecot) -> Iterator[Microsoft365]:
    """Microsoft 365 on Dovecot's mailboxes; what a test has it do, it does to other tests' too."""
    with running_microsoft365(dovecot) as service:
        yield service


@pytest.fixture
def account(dovecot: Dovecot, request: pytest.FixtureRequest) -> Account:
    """An account that nobody has used, over TLS; on Dovecot, where a room asks for no other."""
    made = account_on(dovecot)
    if getattr(request, "param", "dovecot") == "dovecot":
        return made
    with IMAPClient("127.0.0.1", dovecot.imap, ssl=False, timeout=30.0) as client:
        client.login(made.user, made.password)
        for folder in SPECIAL_USE:
            client.create_folder(folder)
    return replace(made, port=request.getfixturevalue("microsoft365").port)


@pytest.fixture
def mailbox(dovecot: Dovecot, account: Account) -> Iterator[Mailbox]:
    """The mailbox of `account` as its owner sees it."""
    yield from mailbox_on(dovecot, account)


@pytest.fixture
def dotted_account(dotted_dovecot: Dovecot) -> Account:
    """An account on the Dovecot with dots, over STARTTLS."""
    return replace(account_on(dotted_dovecot), port=dotted_dovecot.imap, tls=Tls.STARTTLS)


@pytest.fixture
def dotted_mailbox(dotted_dovecot: Dovecot, dotted_account: Account) -> Iterator[Mailbox]:
    """The mailbox of `dotted_account`."""
    yield from mailbox_on(dotted_dovecot, dotted_account)


@pytest.fixture(scope="session")
def pymap() -> Iterator[MailServer]:
    """The demo's mail server: no keywords, so that mails are moved."""
    with running_mailserver() as server:
        yield server


@pytest.fixture
def pymap_account(pymap: MailServer) -> Account:
    """The one account of pymap, over plain loopback; empty where `pymap_mailbox` is used."""
    return Account(
        name="demo",
        host=pymap.host,
        port=pymap.port,
        tls=Tls.NONE,
        user=pymap.user,
        password=pymap.password,
        timeout=30.0,
        deadline=60.0,
    )


@pytest.fixture
def pymap_mailbox(pymap_account: Account) -> Iterator[Mailbox]:
    """Its mailbox, emptied first: there is but one user."""
    with IMAPClient(pymap_account.host, pymap_account.port, ssl=False, timeout=30.0) as client:
        client.login(pymap_account.user, pymap_account.password)
        mailbox = Mailbox(client)
        mailbox.empty()
        yield mailbox
