"""Inquiry mails for tests, made as needed; the shipped portals' own cases are in fixtures/."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

WHEN = datetime(2026, 11, 3, 8, 15, 22, tzinfo=UTC)


def inquiry(number: int = 1, *, reference: str = "A1.B2.0003", email: str | None = "") -> bytes:
    """An inquiry in homegate's layout; each number is another visitor's."""
    address = f"visitor{number}@example.org" if email == "" else email
    lines = [
        "Destinataire:",
        "Agence de la Fontaine",
        "Objet d'intérêt:",
        f"Référence: [{reference}]",
        "https://www.homegate.ch/louer/4000000001",
        "Chemin du Test 1",
        "1200 Genève",
        "La personne suivante est intéressée:",
        f"Prénom: Prune{number}",
        "Nom: Essai",
        *([f"E-mail: {address}"] if address else []),
        "Ton message",
        f"Bonjour, la visite numéro {number} est-elle possible ?",
    ]
    return mail("interested@homegate.ch", "Nouvelle demande", "\n".join(lines), f"inquiry-{number}")


VISITORS = ("Anouk Delavigne", "Lea Muster", "Luc Exemple", "Jonas Beispiel", "Margrit Oberholzer",
            "Colette Barras", "Urs Vorlage", "Sylvie Modele", "Beat Fiktiv")  # fmt: skip


def visitor(number: int) -> bytes:
    """An inquiry of somebody with a name, for pictures."""
    first, last = VISITORS[(number - 1) % len(VISITORS)].split()
    raw = inquiry(number, email=f"{first}.{last}@example.org".lower())
    raw = raw.replace(f"Prune{number}".encode(), first.encode()).replace(b"Essai", last.encode())
    numbered = f"visite num\xe9ro {number} est-elle".encode()
    assert numbered in raw
    return raw.replace(numbered, f"visite le {number % 28 + 1} d\xe9cembre est-elle".encode())


def newsletter() -> bytes:
    """A mail of a portal that is no inquiry."""
    return mail("news@email.homegate.ch", "Newsletter", "Les prix en novembre", "newsletter")


def private() -> bytes:
    """A mail that is nobody's."""
    return mail("friend@example.com", "Lunch?", "At noon, as always?", "private")


def mail(sender: str, subject: str, text: str, name: str) -> bytes:
    """Any mail, with CRLF line ends."""
    message = EmailMessage()
    message["From"] = f"Sender <{sender}>"
    message["To"] = "leads@agency.example"
    message["Subject"] = subject
    message["Date"] = format_datetime(WHEN)
    message["Message-ID"] = f"<{name}@test.example>"
    message.set_content(text, charset="utf-8")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
