"""The words of the header block above a forwarded mail, by program and language.

A new program or language is a line here. Sources: the patterns of
crisp-oss/email-forward-parser, and mails written by the programs themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a line of the block tells."""

    SENDER = "sender"
    DATE = "date"
    TO = "to"
    SUBJECT = "subject"
    REPLY_TO = "reply_to"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of one program in one language, several divided by a bar."""

    language: str
    sender: str
    date: str
    to: str
    cc: str
    subject: str
    reply_to: str = ""
    other: str = ""


# Yahoo: its text part has sender, To, Cc, date and subject on one line, in this order.
YAHOO = (
    Labels("fr", "De", "Envoyé", "À", "Cc", "Objet"),
    Labels("de", "Von", "Gesendet", "An", "CC", "Betreff"),
    Labels("it", "Da", "Inviato", "A", "Cc", "Oggetto"),
    Labels("en", "From", "Sent", "To", "Cc", "Subject"),
    Labels("es", "De", "Enviado", "Para", "CC", "Asunto"),
)
PROGRAMS = (
    # Gmail: all but the first in English
    Labels("fr", "De", "Date", "To", "Cc", "Subject"),
    Labels("de", "Von", "Date", "To", "Cc", "Subject"),
    Labels("it", "Da", "Date", "To", "Cc", "Subject"),
    Labels("en", "From", "Date", "To", "Cc", "Subject"),
    Labels("es", "De", "Date", "To", "Cc", "Subject"),
    # Outlook; on the web in English whatever the language
    Labels("fr", "De", "Envoyé|Envoyé le|Date", "À|A", "Cc|Cci", "Objet", "", "Importance"),
    Labels("de", "Von", "Gesendet|Gesendet am|Datum", "An", "Cc|Bcc", "Betreff", "", "Priorität"),
    Labels("it", "Da", "Inviato|Inviato il|Data", "A", "Cc|Ccn", "Oggetto", "", "Priorità"),
    Labels("en", "From", "Sent|Date", "To", "Cc|Bcc", "Subject", "", "Importance"),
    Labels("es", "De", "Enviado|Enviado el|Fecha", "Para", "CC|CCO", "Asunto", "", "Importancia"),
    # Outlook names the attachments below
    Labels("fr", "De", "", "", "", "", "", "Pièces jointes|Pièce jointe"),
    Labels("de", "Von", "", "", "", "", "", "Anlagen|Anlage|Wichtigkeit"),
    Labels("it", "Da", "", "", "", "", "", "Allegati|Allegato|Importanza"),
    Labels("en", "From", "", "", "", "", "", "Attachments|Attachment"),
    # Apple Mail and iOS
    Labels("fr", "De", "Date", "À", "Cc", "Objet", "Répondre à"),
    Labels("de", "Von", "Datum", "An", "Kopie", "Betreff", "Antwort an"),
    Labels("it", "Da", "Data", "A", "Cc", "Oggetto", "Rispondi a"),
    Labels("en", "From", "Date", "To", "Cc", "Subject", "Reply-To"),
    Labels("es", "De", "Fecha", "Para", "Cc", "Asunto", "Responder a"),
    # Thunderbird
    Labels("fr", "De", "Date", "Pour", "Copie à", "Sujet", "Répondre à|Réponse à"),
    Labels("de", "Von", "Datum", "An", "Kopie (CC)", "Betreff", "Antwort an"),
    Labels("it", "Mittente", "Data", "A", "CC", "Oggetto", "Rispondi a"),
    Labels("en", "From", "Date", "To", "CC", "Subject", "Reply-To"),
    Labels("es", "De", "Fecha", "Para", "CC", "Asunto", "Responder a"),
    *YAHOO,
)


def _index() -> tuple[Mapping[str, Kind], Mapping[str, tuple[str, ...]]]:
    """Return what each label means, and the languages in which it is used."""
    kinds: dict[str, Kind] = {}
    languages: dict[str, tuple[str, ...]] = {}
    for one in PROGRAMS:
        written = (
            (Kind.SENDER, one.sender),
            (Kind.DATE, one.date),
            (Kind.TO, one.to),
            (Kind.SUBJECT, one.subject),
            (Kind.REPLY_TO, one.reply_to),
            (Kind.OTHER, one.cc),
            (Kind.OTHER, one.other),
        )
        for kind, words in written:
            for word in filter(None, words.split("|")):
                key = word.casefold()
                kinds[key] = kind
                languages[key] = tuple(dict.fromkeys((*languages.get(key, ()), one.language)))
    return kinds, languages


KINDS, LANGUAGES = _index()
SENDER_LABELS = tuple(sorted({one.sender for one in PROGRAMS}))
