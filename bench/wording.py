"""The words of the layout that homegate.ch and immoscout24.ch share, and what visitors write.

Headings and labels are the portals' own as far as they are known; the reference's label is known
in French alone. The sentences are invented.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """A language of the layout that homegate.ch and immoscout24.ch share."""

    subject: str
    path: str
    """Part of the listing's URL."""
    recipient: str
    property: str
    reference: str
    person: str
    first: str
    last: str
    email: str
    phone: str
    message: str
    sentences: tuple[str, ...]


FRENCH = (
    "Bonjour, votre annonce m'intéresse beaucoup.",
    "L'appartement serait-il libre dès le 1er mars ?",
    "Je souhaiterais le visiter un soir de semaine, après 18 heures.",
    "Nous sommes un couple sans enfant, avec un chat très calme.",
    "Les charges comprennent-elles le chauffage et l'eau chaude ?",
    "Est-il possible de louer une place de parc à proximité ?",
    "Mon dossier est complet : fiches de salaire et extrait de l'office des poursuites.",
    "Merci d'avance de votre réponse, avec mes salutations les meilleures.",
)
GERMAN = (
    "Guten Tag, Ihr Inserat gefällt mir sehr gut.",
    "Ist die Wohnung ab dem 1. März noch frei?",
    "Ich würde sie gern unter der Woche nach 18 Uhr besichtigen.",
    "Wir sind ein ruhiges Paar ohne Kinder und rauchen nicht.",
    "Sind die Heizkosten in den Nebenkosten enthalten?",
    "Gibt es einen Veloraum und einen Keller für zwei Paar Skier?",
    "Freundliche Grüsse und besten Dank für Ihre Rückmeldung.",
)
ENGLISH = (
    "Hello, I came across your listing this morning.",
    "Would the flat be available from the first of March?",
    "I could come for a viewing on any weekday after six.",
    "We are moving from abroad – my employer will act as guarantor.",
    "Does the rent include heating and the laundry room?",
    "Kind regards, and thank you for your time.",
)
ITALIAN = (
    "Buongiorno, il vostro annuncio mi interessa molto.",
    "L'appartamento sarebbe libero dal primo marzo?",
    "Potrei visitarlo una sera della settimana, dopo le 18.",
    "Le spese comprendono il riscaldamento e l'acqua calda?",
    "C'è la possibilità di affittare anche un posto auto?",
    "Resto in attesa di una vostra risposta, cordiali saluti.",
)
WORDINGS = (
    Wording(
        "Nouvelle demande",
        "louer",
        "Destinataire:",
        "Objet d&#x27;intérêt:",
        "Référence:",
        "La personne suivante est intéressée:",
        "Prénom:",
        "Nom:",
        "E-mail:",
        "Téléphone:",
        "Ton message",
        FRENCH,
    ),
    Wording(
        "Neue Anfrage",
        "mieten",
        "Empfänger:",
        "Objekt von Interesse:",
        "Referenz:",
        "Folgende Person ist interessiert:",
        "Vorname:",
        "Name:",
        "E-Mail:",
        "Telefon:",
        "Deine Nachricht",
        GERMAN,
    ),
    Wording(
        "New enquiry",
        "rent",
        "Recipient:",
        "Property of interest:",
        "Reference:",
        "The following person is interested:",
        "First name:",
        "Name:",
        "Email:",
        "Phone:",
        "Your message",
        ENGLISH,
    ),
    Wording(
        "Nuova richiesta",
        "affittare",
        "Destinatario:",
        "Oggetto d’interesse:",
        "Riferimento:",
        "La seguente persona è interessata:",
        "Nome:",
        "Cognome:",
        "E-mail:",
        "Telefono:",
        "Il tuo messaggio",
        ITALIAN,
    ),
)
