"""Mails of known shape, for tests that fetch them."""

from email.message import EmailMessage


def plain(subject: str, text: str = "Bonjour\n") -> bytes:
    """A mail of one text part."""
    mail = EmailMessage()
    mail["From"] = "Portal <inquiries@example.org>"
    mail["To"] = "office@example.com"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{subject}@example.org>"
    mail.set_content(text)
    return mail.as_bytes().replace(b"\n", b"\r\n")


def with_attachments(subject: str, *, octets: int) -> bytes:
    """Text and HTML, a small XML, an attached mail, a text file, a picture of that size."""
    mail = EmailMessage()
    mail["From"] = "Portal <inquiries@example.org>"
    mail["Subject"] = subject
    mail.set_content("Text: Élodie schreibt über die Wohnung\n")
    mail.add_alternative("<p>HTML: Élodie</p>", subtype="html", cte="base64")
    mail.add_attachment(b"<lead/>", maintype="application", subtype="xml", filename="lead.xml")
    inner = EmailMessage()
    inner["Subject"] = "attached"
    inner.set_content("inner text\n")
    mail.add_attachment(inner)
    mail.add_attachment("a file\n", filename="notes.txt")
    mail.add_attachment(
        bytes(i % 251 for i in range(octets)),
        maintype="image",
        subtype="jpeg",
        filename="plan.jpg",
    )
    return mail.as_bytes().replace(b"\n", b"\r\n")
