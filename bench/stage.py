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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.dovecot import Dovecot

from bench.job import SENT_KEYWORD

PASSWORD = "bench-password"
API_KEY = "bench-key"
"""Known to the sandbox alone."""
HOST = "localhost"


def open_inbox(server: Dovecot, user: str) -> imaplib.IMAP4_SSL:
    """Log in and select the mailbox."""
    context = ssl.create_default_context(cafile=str(server.ca_file))
    inbox = imaplib.IMAP4_SSL(HOST, server.imaps_port, ssl_context=context, timeout=120)
    inbox.login(user, PASSWORD)
    inbox.select("INBOX")
    return inbox


def fill_mailbox(server: Dovecot, user: str, mails: Iterable[bytes], *, flags: str = "") -> None:
    """Make a mailbox that holds `mails`, with CRLF line ends, already indexed.

    `flags` are those of a Maildir file name; lower-case letters stand for keywords, `a`
    for MailbridgeSent.
    """
    server.add_user(user, PASSWORD)
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
        with urllib.request.urlopen(self.url.rsplit("/api/")[0] + "/leads") as answer:  # noqa: S310
            leads: list[dict[str, Any]] = json.load(answer)
        return Counter((lead["property_reference"], lead["sender_email"]) for lead in leads)


@contextmanager
def start_api(log: Path) -> Iterator[Api]:
    """Run the sandbox in a process of its own and stop it at the end."""
    command = [sys.executable, "-c", "from mailbridge.sandbox.server import main; main()"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output)  # noqa: S603
        assert process.stdout is not None
        try:
            yield Api(process.stdout.readline().decode().strip())
        finally:
            process.terminate()
            process.wait()
