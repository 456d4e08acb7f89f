"""Each limit of `limits:`: its outcome, its problem and the setting to change, and memory.

By `decide` with the defaults; what concerns fetching by the real inbox. The limits' edges
are tested where they are checked (tests/message, tests/inbox).
"""

import re
import subprocess
import sys
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from mailbridge.decision import Policy, decide
from mailbridge.documents.settings import LimitSettings
from mailbridge.inbox.account import Account
from mailbridge.ledger.records import MailRecord
from mailbridge.message.limits import Limits
from mailbridge.outcomes import Outcome
from mailbridge.rules.forwarding import name_forwarders
from mailbridge.rules.judgement import Portals, gather
from tests.bridge.conftest import Builder, Rig
from tests.mails import inquiry
from tests.rules.making import a_portal
from tests.servers.mailbox import Mailbox

pytestmark = pytest.mark.dovecot  # what a mail costs here is the same from every server


def of_type(kind: str, body: bytes) -> bytes:
    """An inquiry of homegate's with another body."""
    kept = [
        line for line in inquiry().split(b"\r\n\r\n")[0].split(b"\r\n") if b"Content" not in line
    ]
    return b"\r\n".join([*kept, b"Content-Type: " + kind.encode(), b"", body])


def with_headers(more: bytes) -> bytes:
    return more + inquiry()


def multipart(levels: int, parts: int) -> bytes:
    kind, body = "text/plain", b"x"
    for level in range(levels):
        part = f"--b{level}\r\nContent-Type: {kind}\r\n\r\n".encode() + body + b"\r\n"
        kind, body = f"multipart/mixed; boundary=b{level}", part * parts + f"--b{level}--".encode()
    return of_type(kind, body)


BEYOND = {
    "mail_size": of_type("application/pdf", b"JVBE\r\n" * 900_000),
    "header_size": with_headers(b"X: " + b"y" * 300_000 + b"\r\n"),
    "header_fields": with_headers(b"X: y\r\n" * 1_001),
    "parts": multipart(1, 10_000),
    "nesting": multipart(21, 1),
    "text_size": of_type("text/html", b"<!-- " + b"x" * 2_000_000 + b" -->"),
    "text_length": of_type("text/plain", b"x" * 1_000_001),
    "html_tags": of_type("text/html", b"<div>" * 20_001),
}  # fmt: skip
ALSO = {
    "an endless line": ("text_length", of_type("text/plain", b"x" * 1_900_000)),
    "an endless header line": ("header_size", b"From: a@example.org\r\nX: " + b"y" * 4_000_000),
    "folds without end": ("header_size", with_headers(b"X:" + b"\r\n y" * 1_000_000 + b"\r\n")),
    "a million tags": ("text_size", of_type("text/html", b"<b>" * 1_000_000)),
    "nested HTML": ("html_tags", of_type("text/html", b"<b><i>" * 100_000)),
    "base64 that grows": ("text_length", of_type(
        "text/plain\r\nContent-Transfer-Encoding: base64", b"QUFB" * 600_000)),
    "quoted-printable that grows": ("text_size", of_type(
        "text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
        b"\xe9=41" * 1_200_000)),
    "parts without end": ("parts", of_type("multipart/mixed; boundary=b", b"--b\r\n" * 900_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", BEYOND)
def test_a_mail_beyond_a_limit_is_kept_and_the_setting_is_named(
    portals: Portals, name: str
) -> None:
    decision = decide(BEYOND[name], None, portals, Policy())
    assert decision.outcome is Outcome.UNREADABLE
    [problem] = decision.problems
    assert problem.code == "limit-" + name.replace("_", "-")
    assert f"raise limits.{name}." in problem.remedy
    assert f"{getattr(Limits(), name):,}" in problem.text


@pytest.mark.parametrize("name", ALSO)
def test_so_are_other_ways_to_be_too_much(portals: Portals, name: str) -> None:
    limit, raw = ALSO[name]
    decision = decide(raw, None, portals, Policy())
    assert [problem.code for problem in decision.problems] == ["limit-" + limit.replace("_", "-")]
    assert decision.outcome.for_review


def test_every_limit_is_in_the_table_and_the_settings_agree() -> None:
    written = LimitSettings().model_dump()
    assert written.pop("pattern_time").total_seconds() == 0.2
    assert set(BEYOND) == set(written)
    assert Limits(**written) == Limits()
    assert Account(name="", host="", port=1, user="", password="").size_limit == Limits().mail_size


def test_a_pattern_without_end_costs_its_mail_and_says_where_it_stands() -> None:
    rules = """portal: slow.example
evidence: seen
match: {from: interested@homegate.ch}
fields:
  sender_email: {pattern: '^((?:a|aa)+)$'}
"""
    portals = gather([a_portal(rules, "slow.yaml")])
    raw = of_type("text/plain", b"a" * 5_000 + b"b")
    decision = decide(raw, None, portals, Policy())
    assert decision.outcome is Outcome.UNREADABLE
    [problem] = decision.problems
    assert problem.code == "pattern-timeout"
    assert "slow.yaml:5:" in problem.text
    assert "raise limits.pattern_time." in problem.remedy


def test_a_forwarded_mail_beyond_a_limit_is_for_review_not_for_the_bin(portals: Portals) -> None:
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["Subject"] = "colleague@agency.example", "Fwd: inquiry"
    outer.set_content("see below")
    outer.add_attachment(message_from_bytes(BEYOND["html_tags"], policy=SMTP))
    ours = Policy(forwarders=name_forwarders(["@agency.example"]))
    decision = decide(outer.as_bytes(), None, portals, ours)
    assert decision.outcome is Outcome.UNREADABLE
    assert [problem.code for problem in decision.problems] == ["limit-html-tags"]
    stranger = decide(outer.as_bytes(), None, portals, Policy())
    assert stranger.outcome is Outcome.UNMATCHED


def padded(number: int, octets: int) -> bytes:
    """An inquiry with an attachment."""
    mail = message_from_bytes(inquiry(number), policy=SMTP)
    assert isinstance(mail, EmailMessage)
    pattern = bytes(n % 251 for n in range(251 * 16))
    content = pattern * (octets * 3 // 4 // len(pattern))
    mail.add_attachment(content, maintype="image", subtype="png", filename="plan.png")
    return mail.as_bytes()


def test_through_the_inbox_the_next_mail_goes_on(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    """Over limits.mail_size: read without attachments; where that is not enough, kept."""
    rig = build(replace(account, size_limit=100_000), mailbox)
    rig.pass_once()
    mailbox.append(padded(1, 300_000))
    mailbox.append(of_type("text/plain", b"line\r\n" * 750_000))
    mailbox.append(BEYOND["parts"])
    mailbox.append(BEYOND["header_size"])
    mailbox.append(inquiry(2))
    rig.pass_once()
    assert rig.outcomes == ["sent", "unreadable", "unreadable", "unreadable", "sent"]
    kept = [mail for mail in rig.mails if mail.outcome is Outcome.UNREADABLE]
    assert [_setting(mail) for mail in kept] == ["mail_size", "mail_size", "header_size"]


def _setting(mail: MailRecord) -> str:
    [problem] = mail.problems
    return str(re.findall(r"raise limits\.(\w+)\.", str(problem))[0])


def test_many_large_mails_for_review_are_recorded_in_steps(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailbridge import bridge

    monkeypatch.setattr(bridge, "MOST_HELD", 130_000)
    for number in range(6):
        rig.mailbox.append(inquiry(number, email=None) + b"\r\n" + b"x\r\n" * 20_000)
    steps: list[int] = []
    rig.bridge.poll(lambda: steps.append(len(rig.mails)))
    assert steps == [2, 4, 6]
    assert all(rig.ledger.mail(mail.id).raw for mail in rig.mails)  # type: ignore[union-attr]


# Memory. Each run is a process of its own: what it takes at its most (VmHWM) against the
# same run on small mails.

ADDED_MB = 30
MEASURE = """
import re, sys
from pathlib import Path
from mailbridge.rulefiles import shipped_portals
from mailbridge.decision import Policy, decide
from mailbridge.inbox.account import Account
from mailbridge.inbox.files import mails_in
from mailbridge.inbox.imap import connect
from mailbridge.rules.judgement import Portals, gather

portals, policy = gather(shipped_portals(0.2)), Policy()

def mails(words):
    if words[0] == "file":
        yield from (mail.raw for mail in mails_in(Path(words[1]), policy.limits.mail_size))
        return
    _, host, port, ca, user, password = words
    account = Account(name="a", host=host, port=int(port), ca_file=ca, user=user, password=password)
    with connect(account) as inbox:
        uids = inbox.new_uids("INBOX", 1)
        for mail in inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, uids):
            yield getattr(mail, "raw", b"")

found = mails(sys.argv[1:])
outcomes = [decide(raw, None, portals, policy).outcome if raw else "none" for raw in found]
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(int(peak[1]) / 1000, *outcomes)
"""


def measure(*words: str) -> tuple[float, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *words], capture_output=True, text=True, timeout=100,
        check=True,
    )  # fmt: skip
    peak, *outcomes = done.stdout.split()
    return float(peak), outcomes


def large_mails(octets: int) -> dict[str, bytes]:
    return {
        "attachment": padded(1, octets),
        "line": of_type("text/plain", b"x" * octets),
    }


def test_a_mail_of_50_mb_in_the_inbox_adds_little_memory(
    account: Account, mailbox: Mailbox
) -> None:
    words = (account.host, str(account.port), str(account.ca_file), account.user, account.password)
    for raw in large_mails(50_000).values():
        mailbox.append(raw)
    small, outcomes = measure("imap", *words)
    assert outcomes == ["lead", "incomplete"]
    mailbox.empty()
    for raw in large_mails(50_000_000).values():
        mailbox.append(raw)
    large, outcomes = measure("imap", *words)
    assert outcomes == ["lead", "none"]
    assert large - small < ADDED_MB


@pytest.mark.parametrize("name", ["one.eml", "box"])
def test_a_mail_of_50_mb_in_a_file_adds_little_memory(tmp_path: Path, name: str) -> None:
    def run(octets: int) -> tuple[float, list[str]]:
        file = tmp_path / name
        mails = large_mails(octets)
        if name == "box":
            file.write_bytes(b"".join(b"From x\r\n" + raw + b"\r\n\r\n" for raw in mails.values()))
        else:
            file.write_bytes(mails["attachment"])
        return measure("file", str(file))

    small, _ = run(50_000)
    large, outcomes = run(50_000_000)
    assert outcomes == ["lead", "none"][: len(outcomes)]
    assert large - small < ADDED_MB
