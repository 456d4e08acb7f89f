"""What makes two mails the same mail."""

from datetime import UTC
from hashlib import sha256

from mailbridge.message.message import Message


def identify(message: Message) -> str:
    """Return the identity of a message: 64 hexadecimal digits.

    Over Message-ID, date, sender's address, subject and canonical text. A copy
    in another folder or account, or the same mail delivered twice, differs in
    its UID, its Received fields and often in its transfer encoding, so none of
    those count. The Message-ID alone is not enough: portals leave it out or
    reuse it. The text alone is not either: a visitor may well ask twice.
    """
    body = message.text if message.text is not None else message.html
    date = message.date.astimezone(UTC).isoformat() if message.date is not None else ""
    values = (
        message.message_id,
        date,
        message.sender.address,
        message.subject,
        body.text if body is not None else "",
    )
    digest = sha256()
    for value in values:
        data = value.encode()
        # Each with its length: no two lists of values give the same bytes.
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()
