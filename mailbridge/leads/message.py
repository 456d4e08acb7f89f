"""What goes out as `sender_message`: the visitor's text, then our block.

The lead API has no field for the portal, the language or the wishes, and may lose
an address without a word; so a short labelled block below the text repeats them.
The block is written, never read back: a visitor's line that looks like it means
nothing, and ours is always the last.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

BLOCK_START = "--"
"""Stands alone on the line above the block, as above a signature."""

Line = tuple[str, str]
"""A key of `_LABELS` and the value to show, one line."""

_LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fr": {
            "email": "E-mail :",
            "number": "Téléphone :",
            "relay": "Adresse relais du portail, différente pour chaque demande :",
            "email_written": "E-mail, tel qu’écrit :",
            "number_written": "Téléphone, tel qu’écrit :",
            "portal": "Portail :",
            "salutation": "Civilité :",
            "company": "Société :",
            "address": "Adresse :",
            "language": "Langue :",
            "request": "Demande :",
            "wishes": "Souhaits :",
            "listing_number": "N° d’annonce :",
            "listing_link": "Annonce :",
        },
        "de": {
            "email": "E-Mail:",
            "number": "Telefon:",
            "relay": "Weiterleitungsadresse des Portals, für jede Anfrage eine andere:",
            "email_written": "E-Mail, wie geschrieben:",
            "number_written": "Telefon, wie geschrieben:",
            "portal": "Portal:",
            "salutation": "Anrede:",
            "company": "Firma:",
            "address": "Adresse:",
            "language": "Sprache:",
            "request": "Anliegen:",
            "wishes": "Wünsche:",
            "listing_number": "Inserat-Nr.:",
            "listing_link": "Inserat:",
        },
        "it": {
            "email": "E-mail:",
            "number": "Telefono:",
            "relay": "Indirizzo di inoltro del portale, diverso per ogni richiesta:",
            "email_written": "E-mail, come scritta:",
            "number_written": "Telefono, come scritto:",
            "portal": "Portale:",
            "salutation": "Appellativo:",
            "company": "Ditta:",
            "address": "Indirizzo:",
            "language": "Lingua:",
            "request": "Richiesta:",
            "wishes": "Desideri:",
            "listing_number": "N. annuncio:",
            "listing_link": "Annuncio:",
        },
        "en": {
            "email": "E-mail:",
            "number": "Phone:",
            "relay": "Relay address of the portal, another for each inquiry:",
            "email_written": "E-mail, as written:",
            "number_written": "Phone, as written:",
            "portal": "Portal:",
            "salutation": "Salutation:",
            "company": "Company:",
            "address": "Address:",
            "language": "Language:",
            "request": "Request:",
            "wishes": "Wishes:",
            "listing_number": "Listing no.:",
            "listing_link": "Listing:",
        },
    }
)

_LANGUAGES = (
    ("fr", ("fr",)),
    ("de", ("de", "all", "ted", "ger")),
    ("it", ("it",)),
    ("en", ("en", "angl", "ingl")),
)
"""How a language's name begins in any of the four: `Französisch`, `tedesco`, `de-CH`."""

_SPOKEN = MappingProxyType(
    {"CH": "fr", "FR": "fr", "BE": "fr", "LU": "fr", "MC": "fr"}
    | {"DE": "de", "AT": "de", "LI": "de"}
    | {"IT": "it", "SM": "it"}
)
"""Language of the labels where the mail names none; elsewhere English."""


def choose_language(named: str, region: str) -> str:
    """Language of the labels: the inquiry's where it is one of ours, else the country's."""
    lower = named.strip().casefold()
    for language, beginnings in _LANGUAGES:
        if lower.startswith(beginnings):
            return language
    return _SPOKEN.get(region.strip().upper(), "en")


def compose_message(text: str, lines: Sequence[Line], language: str) -> str:
    """Join the text and the block; without lines there is no block."""
    labels = _LABELS[language]
    block = [f"{labels[key]} {value}" for key, value in lines if value]
    if not block:
        return text
    start = f"{text}\n\n" if text else ""
    return start + "\n".join((BLOCK_START, *block))
