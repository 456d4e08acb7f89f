"""What the contestants meet: mailboxes on a real Dovecot, and the sandbox lead API.

Both are on loopback, the API in a process of its own. Mails are put into
the Maildir as a delivery agent would, then Dovecot is asked once for the mailbox, so that
no contestant pays for indexing what another finds indexed.
"""

import imaplib
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from bench.job import SENT_KEYWORD, Job
from tests.servers.dovecot import Dovecot, running_dovecot

API_KEY = "bench-key"
"""Known to the sandbox alone."""
SANDBOX = """
import sys
from mailbridge.sandbox.server import Sandbox
with Sandbox(key=sys.argv[1]) as sandbox:
    print(sandbox.url, flush=True)
    sys.stdin.read()
"""


def start_dovecot() -> AbstractContextManager[Dovecot]:
    """Run Dovecot as it comes: the tests have it leave out fsync, a mail server would not."""
    return running_dovecot(extra="mail_fsync = optimized")


def make_job(server: Dovecot, user: str, api_url: str, folder: Path) -> Job:
    """Say what a contestant is to do with a user's mailbox; its record goes into `folder`."""
    return Job(
        host=server.host,
        port=server.imaps,
        ca_file=server.ca_file,
        user=user,
        password=server.password,
        api_url=api_url,
        api_key=API_KEY,
        ledger=str(folder / "ledger.sqlite"),
    )


def open_inbox(server: Dovecot, user: str) -> imaplib.IMAP4_SSL:
    """Log in and select the mailbox."""
    context = ssl.create_default_context(cafile=server.ca_file)
    inbox = imaplib.IMAP4_SSL(server.host, server.imaps, ssl_context=context, timeout=120)
    inbox.login(user, server.password)
    inbox.select("INBOX")
    return inbox


def fill_mailbox(server: Dovecot, user: str, mails: Iterable[bytes], *, flags: str = "") -> None:
    """Make a mailbox that holds `mails`, with CRLF line ends, already indexed.

    `flags` are those of a Maildir file name; lower-case letters stand for keywords, `a`
    for MailbridgeSent.
    """
    with open_inbox(server, user):
        pass  # Dovecot makes the Maildir at the first login
    maildir = server.maildir(user)
    owner = maildir.stat()
    keywords = maildir / "dovecot-keywords"
    keywords.write_text(f"0 {SENT_KEYWORD}\n", encoding="ascii")
    os.chown(keywords, owner.st_uid, owner.st_gid)
    now = int(time.time())
    for number, mail in enumerate(mails):
        size = len(mail)
        path = f"{maildir}/cur/{now}.M{number:06d}.bench,S={size},W={size}:2,{flags}"
        with open(path, "wb") as file:  # noqa: PTH123 - a hundred thousand of them
            file.write(mail)
        os.chown(path, owner.st_uid, owner.st_gid)
    with open_inbox(server, user):
        pass


def count_marked(server: Dovecot, user: str) -> int:
    """Return how many mails bear the mark of a lead that was accepted."""
    with open_inbox(server, user) as inbox:
        return len(inbox.uid("SEARCH", "KEYWORD", SENT_KEYWORD)[1][0].split())


class Api:
    """The sandbox lead API, as the bench sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        """To which a lead is POSTed."""

    def received(self) -> Counter[tuple[str, str]]:
        """Return how often each pair of reference and e-mail address was accepted."""
        with urllib.request.urlopen(urljoin(self.url, "/leads")) as answer:  # noqa: S310
            stored: list[dict[str, Any]] = json.load(answer)
        leads = [each["lead"] for each in stored]
        return Counter((lead["property_reference"], lead["sender_email"]) for lead in leads)


@contextmanager
def start_api(log: Path) -> Iterator[Api]:
    """Run the sandbox in a process of its own; closing its input ends it."""
    command = [sys.executable, "-c", SANDBOX, API_KEY]
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        yield Api(process.stdout.readline().decode().strip())
