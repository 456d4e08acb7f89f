"""The hand-written floor for push: IDLE, and for each mail what `bench.floor` does, at once.

No reconnect, no renewal, no other inbox, nothing that came while it was away.

Run: `python -m bench.idle_floor JOB`.
"""

import http.client
import imaplib
import json
import sqlite3
import ssl
import sys
from email import message_from_bytes
from urllib.parse import urlsplit

from bench.floor import fetch, read_lead
from bench.job import SENT_KEYWORD, Job


def run(job: Job) -> None:
    """Send what arrives until the server ends the connection."""
    target = urlsplit(job.api_url)
    api = http.client.HTTPConnection(target.netloc, timeout=30)
    headers = {"X-API-KEY": job.api_key, "Content-Type": "application/json"}
    ledger = sqlite3.connect(job.ledger, isolation_level=None)
    ledger.execute("PRAGMA journal_mode=WAL")
    ledger.execute("PRAGMA synchronous=NORMAL")
    ledger.execute("CREATE TABLE lead (uid INTEGER PRIMARY KEY, state TEXT)")
    context = ssl.create_default_context(cafile=job.ca_file)
    with imaplib.IMAP4_SSL(job.host, job.port, ssl_context=context, timeout=60) as inbox:
        inbox.login(job.user, job.password)
        inbox.select("INBOX")
        following = 1
        while True:
            wait(inbox)
            for uid, raw in fetch(inbox, [b"%d:*" % following]):
                payload = read_lead(message_from_bytes(raw))
                following = int(uid) + 1
                if payload is None:
                    continue
                ledger.execute("INSERT INTO lead VALUES (?, 'sending')", (int(uid),))
                api.request("POST", target.path, json.dumps(payload).encode(), headers)
                api.getresponse().read()
                ledger.execute("UPDATE lead SET state='sent' WHERE uid=?", (int(uid),))
                inbox.uid("STORE", uid.decode(), "+FLAGS.SILENT", SENT_KEYWORD)


def wait(inbox: imaplib.IMAP4_SSL) -> None:
    """IDLE until a mail arrives."""
    inbox.send(b"wait IDLE\r\n")
    while b" EXISTS" not in inbox.readline():
        pass
    inbox.send(b"DONE\r\n")
    while not inbox.readline().startswith(b"wait OK"):
        pass


if __name__ == "__main__":
    run(Job.read(sys.argv[1]))
