"""No log and no list shows what stands in mails: all fixtures, every failure, at debug level."""

import html
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlencode

import pytest

from mailbridge.inbox.account import Account
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import MailRecord
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli, end
from tests.servers.mailbox import Mailbox

FIXTURES = Path(__file__).parents[2] / "fixtures"
KEY = "kite-7f3a-key-of-the-tests"

# A word that the product says of itself, and that a visitor of a fixture is called, too.
OUR_OWN = {"marketing", "test", "vente", "mail", "lead", "sent"}


class Echo(BaseHTTPRequestHandler):
    """A lead API that says back what it was sent, each time in another way."""

    protocol_version = "HTTP/1.1"
    count = 0
    stop_after = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        lead = json.loads(body)
        type(self).count += 1
        answer = type(self).count % 8
        if type(self).count in (1, 2):  # each ends the pass: one 5xx, one refused key
            answer = 8 + type(self).count
        said = "; ".join(f"{k} {v} is wrong" for k, v in lead.items())
        spoken = {
            0: (422, {"success": False, "errors": [f"{k}: {v}" for k, v in lead.items()]}),
            1: (400, lead),
            2: (200, {"success": False, "message": said}),
            3: (200, {"success": True, "id": f"r{self.count}", "message": said}),
            4: (409, {"error": {"sent": lead}}),
            9: (500, {"message": said, "key": self.headers["X-API-KEY"]}),
            10: (401, {"message": f"{self.headers['X-API-KEY']} is no key; {said}"}),
        }
        status, content = spoken.get(answer, (400, None))
        text = json.dumps(content, ensure_ascii=bool(self.count % 2)).encode()
        if answer == 5:
            text = f"<html><body><p>{html.escape(said)}</p></body></html>".encode()
        elif answer == 6:
            text = said.encode()
        elif answer == 7:
            status, text = 302, b""
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"/again?{urlencode(lead)}")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as it is called
        pass


@contextmanager
def echoing() -> Iterator[str]:
    Echo.count = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def set_log(config: Path, style: str, file: str) -> None:
    text = config.read_text().split("log:\n")[0]
    config.write_text(f"{text}log:\n  level: debug\n  format: {style}\n  file: {file}\n")


def personal(mail: MailRecord) -> Iterator[str]:
    """Every value of the mail that is somebody's: subject, text, what was found and sent."""
    yield mail.subject
    yield from (line.strip() for line in mail.text.splitlines() if len(line.strip()) > 25)
    for lead in mail.leads:
        for key, value in lead.payload.items():
            if key.startswith("sender_") and isinstance(value, str):
                yield from (value, *value.splitlines())
        for name, found in lead.fields.items():
            if name.startswith("sender_"):
                yield from (found["value"], *found["raw"].splitlines())


def leaks(told: str, values: set[str]) -> set[str]:
    low = told.casefold()
    return {
        value
        for value in values
        if value.casefold() in low
        and re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", low)
    }


@pytest.mark.timeout(420)
def test_no_personal_value_in_any_log_or_list(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    mails = sorted(FIXTURES.glob("*/*.eml"))
    for file in mails:
        mailbox.append(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    mailbox.append(b"\x00\xff no mail at all anna@example.org")
    told = ""
    with echoing() as url:
        config = cli.configure(account, api, start="2000-01-01", forwarders='["@example.org"]')
        config.write_text(config.read_text().replace(api.url, url))
        cli.environ["REALFORCE_KEY"] = KEY
        # The first pass ends with a 5xx, the second with a refused key, the third goes through.
        for turn, style in enumerate(("text", "json", "text")):
            set_log(config, style, f"{turn}.log")
            done = cli.run("run", "--once")
            assert done.returncode in (0, 1), done.stdout + done.stderr
            told += done.stdout + done.stderr
        assert Echo.count > 50
        cli.environ["MAIL_PASSWORD"] = "wrong-password-of-the-tests"
        set_log(config, "json", "3.log")
        daemon = cli.start("run")
        try:
            wait_for(cli.folder / "3.log", "inbox not polled")
        finally:
            code, said = end(daemon)
        assert code == 0, said
        told += said
        cli.environ["MAIL_PASSWORD"] = account.password
    for words in (
        ("status",),
        ("mails", "--limit", "1000"),
        ("resolve", "1", "2", "3", "--sent"),
        ("retry", "--outcome", "rejected"),
        ("forget",),
        ("forget", "--phone", "+41790000001"),
        ("check",),
    ):
        done = cli.run(*words)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        told += done.stdout + done.stderr
    with Ledger.read_only(f"sqlite:///{cli.folder / 'ledger.db'}") as ledger:
        known = [ledger.mail(m.id) for m in ledger.mails(limit=1000)]
    assert len(known) == len(mails) + 1
    values = {value.strip() for mail in known if mail for value in personal(mail)}
    values = {v for v in values if len(v) > 3 and v.casefold() not in OUR_OWN} | {
        KEY,
        account.password,
        "wrong-password-of-the-tests",
        "anna@example.org",
    }
    assert len(values) > 300
    logs = {file.name: file.read_text("utf-8") for file in sorted(cli.folder.glob("*.log"))}
    assert set(logs) == {"0.log", "1.log", "2.log", "3.log"}
    assert "mail decided" in logs["0.log"]
    assert all(json.loads(line)["event"] for line in logs["1.log"].splitlines())
    for name, log in logs.items():
        assert leaks(log, values) == set(), name
    assert leaks(told, values) == set()


def wait_for(file: Path, word: str) -> None:
    """Until the word stands in the file, half a minute at most."""
    end_at = monotonic() + 30
    while monotonic() < end_at:
        if file.exists() and word in file.read_text("utf-8"):
            return
        sleep(0.05)
    raise AssertionError(f"{word} never came")
