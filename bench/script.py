"""What an in-house script does: imap-tools, re and requests, one mail after the other.

As such scripts are usually written: each mail is fetched, sent and flagged by itself and there
is no record but the flag. Two choices are in the script's favour: it keeps one
requests.Session (many call requests.post, which connects anew for each lead), and it
leaves \\Seen alone. It verifies TLS.

Run: `python -m bench.script JOB`.
"""

import html
import re
import ssl
import sys

import requests
from imap_tools import AND, MailBox, MailMessage

from bench.job import SENT_KEYWORD, Job

SMG_SENDERS = ("interested@homegate.ch", "interested@immoscout24.ch")


def run(job: Job) -> None:
    """Send every lead in the mailbox and mark its mail."""
    context = ssl.create_default_context(cafile=job.ca_file)
    session = requests.Session()
    session.headers["X-API-KEY"] = job.api_key
    with MailBox(job.host, job.port, timeout=30, ssl_context=context).login(
        job.user, job.password
    ) as mailbox:
        for mail in mailbox.fetch(AND(no_keyword=SENT_KEYWORD), mark_seen=False):
            lead = read_lead(mail)
            if lead is None:
                continue
            session.post(job.api_url, json=lead, timeout=30).raise_for_status()
            mailbox.flag(mail.uid or "", SENT_KEYWORD, value=True)


def read_lead(mail: MailMessage) -> dict[str, str | int] | None:
    """Return what to POST, or None for a mail that is no inquiry."""
    if mail.from_ in SMG_SENDERS:
        found = read_smg(html.unescape(mail.text.replace("\r\n", "\n")))
    elif mail.from_ == "mail@immobilier.ch" and "Demande de contact" in mail.subject:
        found = read_immobilier(mail.subject, mail.html)
    else:
        return None
    lead: dict[str, str | int] = {name: value for name, value in found.items() if value}
    lead["date"] = int(mail.date.timestamp())
    return lead


def read_smg(text: str) -> dict[str, str]:
    """homegate.ch and immoscout24.ch, four languages."""
    head, message = re.split(
        r"(?m)^(?:Ton message|Deine Nachricht|Your message|Il tuo messaggio)$", text, maxsplit=1
    )
    return {
        "property_reference": ".".join(filter(None, search(r"\[([^\]]+)\]", head).split("."))),
        "sender_firstname": search(r"^(?:Prénom|Vorname|First name|Nome): (.+)$", head),
        "sender_lastname": search(r"^(?:Nom|Name|Cognome): (.+)$", head),
        "sender_email": search(r"^E-?[Mm]ail: (\S+)$", head),
        "sender_number": search(r"^(?:Téléphone|Telefon|Phone|Telefono): (.+)$", head),
        "sender_message": message.strip(),
    }


def read_immobilier(subject: str, page: str) -> dict[str, str]:
    """immobilier.ch: reference in the subject, the rest in cells that are never closed."""
    return {
        "property_reference": search(r" - (\S+)$", subject),
        "sender_firstname": search(r"<td>Prénom<td>([^<]*)", page),
        "sender_lastname": search(r"<td>Nom<td>([^<]*)", page),
        "sender_email": search(r'href="mailto:([^"]+)"', page),
        "sender_message": search(r"(?s)<td>Message<td>(.*?)</table>", page).replace("<br>", "\n"),
    }


def search(pattern: str, text: str) -> str:
    """Return the pattern's first group, or nothing."""
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else ""


if __name__ == "__main__":
    run(Job.read(sys.argv[1]))
