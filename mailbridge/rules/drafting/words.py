"""What portals call things in eight languages: the kind of value that a label announces.

Knows words only; where a label stands and what its value looks like is `pairs`.
Languages: FR, DE, IT, EN, ES, NL, PL, PT. Words are kept without accents and in small
letters, as `plain` writes them; stems end with `*`.
"""

import unicodedata
from enum import StrEnum

import regex


class Kind(StrEnum):
    """What a label announces; the first seven are fields of the same name."""

    FIRST = "sender_firstname"
    LAST = "sender_lastname"
    NAME = "sender_name"
    EMAIL = "sender_email"
    PHONE = "sender_number"
    MESSAGE = "sender_message"
    REFERENCE = "property_reference"
    GIVEN_OR_FULL = "given or full"
    """`Nome`, `Nombre`, `Imię`: the given name beside a family name, else all of it."""
    FAMILY_OR_FULL = "family or full"
    """`Name`, `Nom`: the family name beside a given name, else all of it."""
    LISTING = "listing_number"
    """A number that may be the portal's own."""
    SALUTATION = "salutation"
    COMPANY = "company"
    OTHER = "other"
    """Any other thing that inquiry mails tell: price, rooms, town."""


class Hold(StrEnum):
    """How well a word for a reference holds."""

    OWN = "own"
    """The agency's by its words: `Ihre Objektnummer`, `Vs. riferimento`."""
    PLAIN = "plain"
    """`Référence`."""
    LOOSE = "loose"
    """`Objekt-Nr.`, `Numer oferty`: mostly the agency's."""


_LETTERS = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "’": "'", "&": " "})
_BETWEEN = regex.compile(r"[^\p{L}\p{N}]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FILLERS = _set(
    """
    votre vos ton son sa ses leur le la les l de du des d un une notre ihr ihre ihrer ihres dein
    deine der die das des den dem von vom zur zum eines einer your the of a an his her their my
    suo sua il lo i gli della dello dei del di tuo tua vostro vostra su sus tu el los las uw
    jouw het van een zijn haar twoj twoja panstwa pana pani klienta seu sua o os as do da dos
    das client cliente clients customer kunde kunden kundin klant visitor visiteur utente
    utilizador contact kontakt contatto contacto contato contactpersoon interessent
    interessenten interessentin prospect demandeur acquereur acheteur locataire sender absender
    afzender mittente remitente expediteur enquirer applicant buyer lead user person persona
    personne anfragenden optional facultatif optionnel opzionale opcional optioneel opcjonalnie
    """
)
_OWN = _set(
    """
    votre vos ihr ihre ihrer your vostro vostra vs vtro tuo tua su tu uw jouw panstwa twoj twoja
    sua seu agence agency agent agenzia agencia makler maklers anbieter biurze biura interne
    interna interno internal intern eigene pro kantoor mandat annonceur inserzionista
    """
)

_AGENCY = _set(
    """
    office bureau buro agence agency agent agentur agenzia agencia makler maklers maklerin anbieter
    biuro biura kantoor makelaar imobiliaria inmobiliaria conseiller conseillere advisor adviser
    berater beraterin betreuer betreuerin vermieter consultant consulente asesor consultor
    doradca adviseur landlord owner proprietaire eigentumer
    """
)
"""Others than the visitor who have a name, an address and a phone in such mails."""

_WORDS: tuple[tuple[Kind, str], ...] = (
    (
        Kind.EMAIL,
        (
            "mail email mailadres* emailadres* mailadress* emailadress* courriel mel correo "
            "correio "
            "kontaktmail kundenmail *email *mail electronique elettronica electronico eletronico "
            "elektronische"
        ),
    ),
    (
        Kind.PHONE,
        (
            "tel tel* telephon* telefon* telefoon* phone* mobile mobil mobiltel* mobilnummer "
            "mobilnr "
            "movil cell cellulare cellular celular handy handynr handynummer natel portable gsm "
            "telemovel komork* komorka ruckruf* rueckruf* festnetz* whatsapp mobiel* fisso "
            "rufnummer "
            "callback *telefon *telefonnummer *phone"
        ),
    ),
    (
        Kind.FIRST,
        (
            "prenom prenoms vorname vornamen voornaam firstname forename givenname "
            "prenome primeironome"
        ),
    ),
    (
        Kind.LAST,
        (
            "nachname nachnamen familienname zuname surname lastname familyname cognome apellido "
            "apellidos achternaam nazwisko apelido apelidos sobrenome patronyme zunamen"
        ),
    ),
    (Kind.GIVEN_OR_FULL, "nome nombre imie"),
    (Kind.FAMILY_OR_FULL, "nom name noms names naam"),
    (
        Kind.NAME,
        (
            "nominativo fullname kontaktname kontaktperson ansprechpartner identite identity "
            "interlocuteur kundenname absendername namens"
        ),
    ),
    (
        Kind.SALUTATION,
        "anrede civilite title salutation aanhef trattamento tratamiento zwrot",
    ),
    (Kind.COMPANY, "firma societe company azienda empresa bedrijf unternehmen entreprise"),
    (
        Kind.MESSAGE,
        (
            "message messages nachricht nachrichtentext mitteilung mitteilungen messaggio mensaje "
            "mensagem bericht wiadomosc wiadomosci commentaire* comment comments kommentar* "
            "commento "
            "commenti comentario* bemerkung* anmerkung* opmerking* uwagi uwaga tresc observac* "
            "remarque* remarks note notes notiz* frage fragen question questions pregunta* domanda "
            "pergunta vraag vragen pytanie anfragetext testo texte text texto tekst wrote escribio "
            "schreibt schrieb ecrit ecrivit scrive scritto schreef escreveu napisal* demande "
            "anfrage richiesta enquiry inquiry consulta aanvraag zapytanie pedido freitext"
        ),
    ),
)
_REFERENCE = "ref reference references referenz* referencia riferimento riferim rif referencja "
_REFERENCE += "referentie* referenc* refer sygnatura referens propref refnr refnummer kennziffer"
_LOOSE = "objekt objektnr objektnummer objektid objectnummer objekts immobilie inmueble immobile "
_LOOSE += "imovel property bien oferty oferta offre mandat dossier expose oggetto objet woning"
_LISTING = "annonce annonces anzeige anzeigen anzeigennummer inserat inserate inserats annuncio "
_LISTING += "anuncio listing ad advert advertisement ogloszenia ogloszenie advertentie portal "
_LISTING += "scout inseratnummer inseratsnummer code codice codigo id kod angebot angebots"
_NUMBER = _set(
    """
    nr no n num numero nummer number numer id code codice codigo kod nro kennung scout
    """
)
_THINGS = _set(
    """
    preis kaufpreis miete mietpreis kaltmiete prix loyer price rent prezzo canone precio renta
    prijs vraagprijs huurprijs cena czynsz preco renda budget zimmer pieces rooms locali
    habitaciones kamers pokoje quartos flache wohnflache surface size superficie superficie
    oppervlakte powierzchnia area ort stadt ville town city comune citta ciudad localidad plaats
    woonplaats miasto miejscowosc localidade cidade concelho plz postcode zip cap cp codepostal
    postleitzahl strasse rue street via calle straat ulica rua adresse address indirizzo
    direccion adres morada endereco lien link url date datum data fecha uhrzeit heure time ora
    hora titel titre titolo titulo tytul objekttyp type tipo typ land pays country paese pais
    kraj fax quelle source betreff subject oggetto asunto onderwerp temat assunto sprache langue
    language lingua idioma taal jezyk immobilie inserat annonce annuncio anuncio property objekt
    inmueble imovel immobile woning bien einzug verfugbarkeit financement finanzierung
    haushaltsgrosse beruf alter region canton kanton telefonzeiten rueckrufzeit wunschtermin
    termin besichtigung visite visita bezichtiging
    """
)
_NEWS = _set(
    """
    neue neuer neues nouveau nouvelle new nuovo nuova nuevo nueva nieuw nieuwe nowa nowe nowy
    novo nova recu received ricevuto recibido ontvangen otrzymali recebeu erhalten eingegangen
    tienes hai haben avez have hebt masz tem sie vous you via bitte please merci danke answer
    antworten reply repondre rispondi responder contesta beantwoorden odpowiedz responda
    """
)
_MOST_WORDS = 7


def plain(label: str) -> str:
    """Write a label without accents, capitals and signs, one blank between words."""
    text = unicodedata.normalize("NFKD", label.casefold().translate(_LETTERS))
    text = "".join(c for c in text if not unicodedata.combining(c))
    return _BETWEEN.sub(" ", text).strip()


def kind_of(label: str) -> Kind | None:
    """Say what a label announces; None where it is none that is known."""
    words = plain(label).split()
    if not words or len(words) > _MOST_WORDS or "@" in label:
        return None  # an address is a value, though `mail.example.net` has a word for one
    kept = [word for word in words if word not in _FILLERS] or words
    if len(words) > 1:  # `first name`, `nome próprio`, `e mail`
        kind = _joined(words)
        if kind:
            return kind
    for kind, known in _PREPARED:
        if any(_among(word, known) for word in kept):
            if kind is Kind.MESSAGE and (set(words) & _NEWS or hold_of(label)):
                break
            return kind
    if hold_of(label):
        return Kind.REFERENCE
    if _is_number(words) and (_has(kept, _PREPARED_LISTING) or len(kept) == 1):
        return Kind.LISTING
    return Kind.OTHER if any(word in _THINGS for word in words) else None


def hold_of(label: str) -> Hold | None:
    """Say how well a label holds for the agency's own reference; None where it does not."""
    words = plain(label).split()
    own = any(word in _OWN for word in words)
    if _has(words, _PREPARED_REFERENCE):
        return Hold.OWN if own else Hold.PLAIN
    if _is_number(words) and _has(words, _PREPARED_LOOSE):
        if own:
            return Hold.OWN
        return None if "id" in words or _has(words, _PREPARED_LISTING) else Hold.LOOSE
    return None


def _joined(words: list[str]) -> Kind | None:
    text = " ".join(words)
    given = regex.search(
        r"\b(?:first|given|fore) ?names?\b|\bnom[be]?r?e? proprio\b|\bnombre de pila\b"
        r"|\bprimeiro nome\b|\bnome di battesimo\b",
        text,
    )
    family = regex.search(
        r"\b(?:last|family|sur) ?names?\b|\bnom de famille\b|\bnome de familia\b|\bultimo nome\b",
        text,
    )
    both = regex.search(
        r"\b(?:full|complete) name\b|\bnom complet\b|\bnome completo\b|\bnombre completo\b"
        r"|\bvolledige naam\b|\bvor und nachname\b|\bname vorname\b|\bvoor en achternaam\b",
        text,
    )
    kinds = {kind for word in words for kind, known in _NAMES if _among(word, known)}
    if both or len(kinds) > 1:
        return Kind.NAME
    if given:
        return Kind.FIRST
    return Kind.LAST if family else None


def is_family_first(label: str) -> bool:
    """Tell whether a label for a full name names the family name first: `Nom et prénom`.

    It must name both: `Full name` and `Nom complet` say nothing of the order.
    """
    kinds = [
        next((kind for kind, known in _NAMES if _among(word, known)), None)
        for word in plain(label).split()
    ]
    named = [kind for kind in kinds if kind]
    given = {Kind.FIRST, Kind.GIVEN_OR_FULL} & set(named)
    return bool(given) and named[0] in {Kind.LAST, Kind.FAMILY_OR_FULL}


def is_agencys(label: str) -> bool:
    """Tell whether a label names whose contact data follow, and that is not the visitor."""
    return any(word in _AGENCY for word in plain(label).split())


def _is_number(words: list[str]) -> bool:
    return any(word in _NUMBER or word.endswith(("nummer", "nr", "number", "id")) for word in words)


def _has(words: list[str], known: tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]) -> bool:
    return any(_among(word, known) for word in words)


def _among(word: str, known: tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]) -> bool:
    whole, begins, ends = known
    return word in whole or word.startswith(begins) or word.endswith(ends)


def _prepare(words: str) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    listed = words.split()
    return (
        frozenset(word for word in listed if "*" not in word),
        tuple(word[:-1] for word in listed if word.endswith("*")),
        tuple(word[1:] for word in listed if word.startswith("*")),
    )


_PREPARED = tuple((kind, _prepare(words)) for kind, words in _WORDS)
_NAMES = tuple(
    (kind, known)
    for kind, known in _PREPARED
    if kind in {Kind.FIRST, Kind.LAST, Kind.GIVEN_OR_FULL, Kind.FAMILY_OR_FULL}
)
_PREPARED_REFERENCE = _prepare(_REFERENCE)
_PREPARED_LOOSE = _prepare(_LOOSE)
_PREPARED_LISTING = _prepare(_LISTING)
