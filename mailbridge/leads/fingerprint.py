"""The fingerprint: the same inquiry again, directly or forwarded, has the same one."""

import hashlib
import json
import unicodedata

from mailbridge.leads.lead import Lead


def fingerprint(portal: str, lead: Lead, message: str) -> str:
    """Return a SHA-256 in hex over portal, contact, target and the visitor's own text.

    `message` is given apart because `lead.sender_message` also holds our blocks,
    which change with the settings. The contact is the e-mail address, else the
    number, else the name. The date is left out: it differs from copy to copy, as
    do line breaks and blanks, which are folded.
    """
    name = f"{lead.sender_firstname} {lead.sender_lastname}"
    contact = lead.sender_email or lead.sender_number or name
    target = next(
        (
            [kind, _fold(value)]
            for kind, value in (
                ("property_reference", lead.property_reference),
                ("property_id", lead.property_id),
                ("promotion_id", lead.promotion_id),
            )
            if value
        ),
        [],
    )
    parts = [_fold(portal), _fold(contact), target, _fold_blanks(message)]
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def _fold_blanks(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _fold(text: str) -> str:
    return _fold_blanks(text).casefold()
