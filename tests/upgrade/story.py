"""What a version's installation lived through before its ledger was frozen, told by mails."""

from tests.mails import inquiry, mail, newsletter, private

SENT, INCOMPLETE, DEFERRED = "sent", "incomplete", "deferred"


def homes(number: int) -> bytes:
    """An inquiry that only the user's own rule of that version reads."""
    text = (
        f"Reference: H-{number}\n\nContact:\nFirst name: Prune\nName: Essai\n"
        f"Mail: homes{number}@example.org\nPhone: +41 79 000 00 {number:02}\n\n"
        "Message:\nMay I see it?\n"
    )
    return mail("leads@homes.example", "Inquiry", text, f"homes-{number}")


def settled() -> list[bytes]:
    """Mails that were sent, ignored, nobody's, or kept for review."""
    return [
        *(inquiry(1), homes(2), newsletter(), private()),
        inquiry(3, email=None),  # incomplete
        inquiry(1).replace(b"inquiry-1@", b"inquiry-1-again@"),  # a duplicate
    ]


def waiting() -> list[bytes]:
    """Mails whose leads waited for a destination that was down."""
    return [inquiry(4), homes(5)]
