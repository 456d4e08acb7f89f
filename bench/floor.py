"""The hand-written floor: the least that a careful person would write for this one job.

One connection, mails fetched a hundred at a time, the standard library's fastest parser, eight
patterns, one kept-alive connection to the API. As careful as the job allows: TLS is verified,
each lead is committed as `sending` before its POST and as `sent` after it (two commits, SQLite
in WAL mode, synchronous as it comes, FULL: a ledger is durable when power fails too, which is
part of the job), and mails are marked last, in sets. What it leaves out is what mailbridge is
for: rule files, any other layout or language, evidence, retries, duplicates, dry-run, bad
input.

Run: `python -m bench.floor JOB`.
"""

import email
import html
import http.client
import imaplib
import json
import re
import sqlite3
import ssl
import sys
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from urllib.parse import urlsplit

from bench.job import SENT_KEYWORD, Job

BATCH = 100
"""Mails in one FETCH and in one STORE."""
SMG = re.compile(r"^interested@(homegate|immoscout24)\.ch$")
SMG_REFERENCE = re.compile(r"^[^\W\d_]+: \[([^\]]+)\]$", re.MULTILINE)
SMG_FIRST = re.compile(r"^(?:Prénom|Vorname|First name|Nome): (.+)$", re.MULTILINE)
SMG_LAST = re.compile(r"^(?:Nom|Name|Cognome): (.+)$", re.MULTILINE)
SMG_EMAIL = re.compile(r"^E-?[Mm]ail: (\S+@\S+)$", re.MULTILINE)
SMG_PHONE = re.compile(r"^(?:Téléphone|Telefon|Phone|Telefono): (.+)$", re.MULTILINE)
SMG_MESSAGE = re.compile(r"^(?:Ton message|Deine Nachricht|Your message|Il tuo messaggio)$", re.M)
IMMOBILIER_SUBJECT = re.compile(r"^Demande de contact provenant d[’']immobilier\.ch - (\S+)$")
IMMOBILIER_CELLS = re.compile(
    r"<td>Nom<td>(?P<last>[^<]*)<tr><td>Prénom<td>(?P<first>[^<]*)"
    r'<tr><td>E-mail<td><a href="mailto:(?P<email>[^"]+)">.*?'
    r"<td>Message<td>(?P<message>.*?)</table>",
    re.DOTALL,
)

Payload = dict[str, str | int]


def run(job: Job) -> None:
    """Send every lead in the mailbox and mark its mail."""
    target = urlsplit(job.api_url)
    api = http.client.HTTPConnection(target.netloc, timeout=30)
    headers = {"X-API-KEY": job.api_key, "Content-Type": "application/json"}
    ledger = sqlite3.connect(job.ledger, isolation_level=None)
    ledger.execute("PRAGMA journal_mode=WAL")
    ledger.execute("CREATE TABLE lead (message_id TEXT PRIMARY KEY, uid INTEGER, state TEXT)")
    context = ssl.create_default_context(cafile=job.ca_file)
    with imaplib.IMAP4_SSL(job.host, job.port, ssl_context=context, timeout=30) as inbox:
        inbox.login(job.user, job.password)
        inbox.select("INBOX")
        found = inbox.uid("SEARCH", "UNKEYWORD", SENT_KEYWORD)[1][0].split()
        for start in range(0, len(found), BATCH):
            uids = found[start : start + BATCH]
            sent = []
            for uid, raw in fetch(inbox, uids):
                mail = email.message_from_bytes(raw)
                payload = read_lead(mail)
                if payload is None:
                    continue
                key = mail["Message-ID"]
                ledger.execute("INSERT INTO lead VALUES (?, ?, 'sending')", (key, int(uid)))
                api.request("POST", target.path, json.dumps(payload).encode(), headers)
                answer = api.getresponse()
                body = answer.read()
                if answer.status // 100 != 2:
                    raise RuntimeError(f"the API answered {answer.status}: {body[:200]!r}")
                ledger.execute("UPDATE lead SET state='sent' WHERE message_id=?", (key,))
                sent.append(uid)
            if sent:
                inbox.uid("STORE", b",".join(sent).decode(), "+FLAGS.SILENT", SENT_KEYWORD)
    ledger.close()


def fetch(inbox: imaplib.IMAP4, uids: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield UID and bytes of each mail, without touching \\Seen."""
    _, parts = inbox.uid("FETCH", b",".join(uids).decode(), "(BODY.PEEK[])")
    for part in parts:
        if isinstance(part, tuple):
            yield part[0].split()[2], part[1]


def read_lead(mail: Message) -> Payload | None:
    """Return what to POST, or None for a mail that is no inquiry."""
    sender = parseaddr(mail["From"])[1]
    if SMG.match(sender):
        found = read_smg(decode_part(mail, "text/plain"))
    elif sender == "mail@immobilier.ch":
        subject = str(make_header(decode_header(mail["Subject"])))
        found = read_immobilier(subject, mail)
    else:
        return None
    if found is None:
        return None
    payload: Payload = {name: value for name, value in found.items() if value}
    payload["date"] = int(parsedate_to_datetime(mail["Date"]).timestamp())
    return payload


def read_smg(text: str) -> dict[str, str] | None:
    """homegate.ch and immoscout24.ch, four languages."""
    head, message = SMG_MESSAGE.split(html.unescape(text), maxsplit=1)
    values = [p.search(head) for p in (SMG_REFERENCE, SMG_FIRST, SMG_LAST, SMG_EMAIL, SMG_PHONE)]
    reference, first, last, address, phone = (v.group(1).strip() if v else "" for v in values)
    if not reference or not address:
        return None
    return {
        "property_reference": ".".join(piece for piece in reference.split(".") if piece),
        "sender_firstname": first,
        "sender_lastname": last,
        "sender_email": address,
        "sender_number": phone.replace(" ", ""),
        "sender_message": message.strip(),
    }


def read_immobilier(subject: str, mail: Message) -> dict[str, str] | None:
    """immobilier.ch: reference in the subject, the rest in cells that are never closed."""
    reference = IMMOBILIER_SUBJECT.match(subject)
    cells = reference and IMMOBILIER_CELLS.search(decode_part(mail, "text/html"))
    if not reference or not cells:
        return None
    return {
        "property_reference": reference.group(1),
        "sender_firstname": html.unescape(cells["first"]),
        "sender_lastname": html.unescape(cells["last"]),
        "sender_email": cells["email"],
        "sender_message": html.unescape(cells["message"].replace("<br>", "\n")),
    }


def decode_part(mail: Message, content_type: str) -> str:
    """Return the first part of that type as text."""
    for part in mail.walk():
        if part.get_content_type() == content_type:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content.decode(part.get_content_charset("utf-8")).replace("\r\n", "\n")
    return ""


if __name__ == "__main__":
    run(Job.read(sys.argv[1]))
