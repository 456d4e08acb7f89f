"""How portals end their mails: lines that are the portal's, not the visitor's.

Must not decide where a message ends; that is `framing`.
"""

import regex

from mailbridge.message.message import Address
from mailbridge.rules.drafting.words import plain

_CLOSING = regex.compile(
    r"^(?:-{2,}|_{3,}|={3,}|\*{3,})$"
    r"|^(?:mailto|tel):\S+$"
    r"|^\W*(?:ende?|fin|fine|einde|koniec|fim)(?: \S+)? (?:nachricht|message|messaggio|mensaje"
    r"|bericht|wiadomości|mensagem)\W*$"
    r"|©|\(c\) ?20\d\d|\bcopyright\b"
    r"|\b(?:l[’']équipe|(?:ihr|euer|dein|das) \S+[- ]?team|il team|lo staff|the \S+( \S+)? team"
    r"|el equipo|het \S+ ?team|team van|zespół|a equipa|a equipe)\b"
    r"|\b(?:désabonner|désinscrire|abmelden|abbestellen|unsubscribe|disiscriver|darse de baja"
    r"|cancelar (?:a )?(?:suscripción|subscrição)|uitschrijven|afmelden|wypisz)"
    r"|^(?:(?:cet e-?mail|ce message|cet envoi|le présent)\b"
    r".*\b(?:envoyé|adressé|généré|automatique)"
    r"|(?:diese|dieser?) (?:e-?mail|nachricht)\b.*\b(?:wurde|ist|erhalten|gesendet|automatisch)"
    r"|sie erhalten diese|quest[ao] (?:e-?mail|messaggio)\b.*\b(?:inviat|generat|automatic)"
    r"|this (?:e-?mail|message|enquiry) (?:was|has been|is)\b|you (?:are receiving|received) this"
    r"|thank you for (?:advertising|using|choosing)|to (?:change|manage) your"
    r"|este (?:correo|e-?mail|mensaje|mensagem)\b.*\b(?:enviado|generado|gerado|automátic)"
    r"|esta mensagem\b.*\b(?:enviada|gerada|automátic)|gracias por (?:confiar|anunciar|usar)"
    r"|obrigado por|merci (?:de votre confiance|d'utiliser|d’utiliser)"
    r"|grazie per (?:aver|la fiducia)|vielen dank,? (?:dass|für ihr vertrauen)"
    r"|(?:deze e-?mail|dit bericht|dit is een)\b.*\b(?:verzonden|verstuurd|automatisch)"
    r"|bedankt voor uw vertrouwen|(?:ta wiadomość|wiadomość)\b.*\b(?:wysłan|wygenerowan)"
    r"|dziękujemy za"
    r"|(?:répondre|répondez|antworten sie|jetzt antworten|reply|rispondi|responder|responda"
    r"|contesta|beantwoord|odpowiedz)\b.{0,60}$"
    r"|(?:conseil|tipp?|hinweis|consiglio|consejo|let op|wskazówka|dica) ?:)",
    regex.IGNORECASE,
)
_GREETING = regex.compile(
    r"^(?:(?:bien |très )?cordialement|(?:meilleures |sincères )?salutations"
    r"|bonne journée|à bientôt"
    r"|mit (?:freundlichen|besten) grü(?:ß|ss)en|freundliche grü(?:ß|ss)e"
    r"|beste grü(?:ß|ss)e|viele grü(?:ß|ss)e|cordiali saluti|distinti saluti|un saluto"
    r"|(?:kind |best |warm )?regards|yours (?:sincerely|faithfully)|best wishes|thanks|thank you"
    r"|un (?:cordial )?saludo|saludos|atentamente|met vriendelijke groet(?:en)?|hartelijke groet"
    r"|pozdrawiamy|z poważaniem|com os melhores cumprimentos|(?:os )?melhores cumprimentos"
    r"|atenciosamente|cumprimentos)\b[,.!]?$",
    regex.IGNORECASE,
)
_SIGN = regex.compile(r"-{2,}$|_{3,}$|©|\(c\) ?20\d\d|copyright\b", regex.IGNORECASE)
_LONGEST_SIGNATURE = 60
_SERVICE = regex.compile(
    r"\b(?:service client|kundendienst|kundenservice|customer (?:service|care)|hotline|helpdesk"
    r"|assistenza|servizio clienti|atención al cliente|klantenservice|obsługa klienta"
    r"|apoio ao cliente|support|impressum|mentions légales|privacy|datenschutz|postfach|agb|cgu)\b",
    regex.IGNORECASE,
)
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "ac", "gov"})
_GENERIC = frozenset(
    """
    info contact kontakt noreply mail email portal immo immobilien immobilier immobiliare casa
    home homes house haus maison wohnung property www leads lead message nachricht messaggio
    """.split()  # noqa: SIM905  (a table of words)
)


_HEADING = regex.compile(
    r"^(?:(?:ses|vos|leurs?) coordonnées|coordonnées\b.*|(?:ihre |seine )?kontaktdaten.*"
    r"|kontaktangaben"
    r"|contact (?:details|information)|dati (?:di contatto|del cliente|personali)|recapiti.*"
    r"|datos (?:de contacto|personales).*|contactgegevens.*|gegevens.*|dane kontaktowe.*"
    r"|dados (?:de contacto|pessoais).*"
    r"|(?:le |votre |notre )?(?:bien|annonce)(?: concernée?)?|rappel (?:de l'annonce|du bien)"
    r"|(?:ihre? |das |zum )?(?:objekt|immobilie|inserat|anzeige)(?:daten|details)?"
    r"|(?:the |your )?(?:property|listing)(?: details)?|(?:l'|il )?(?:immobile|annuncio)"
    r"|(?:tu |su |el )?(?:anuncio|inmueble)|(?:uw |de )?(?:woning|object|advertentie)"
    r"|(?:dane )?(?:nieruchomości?|oferta|oferty)|(?:o |seu )?(?:imóvel|anúncio)) ?:?$",
    regex.IGNORECASE,
)


def is_heading(line: str) -> bool:
    """Tell whether a line stands over contact details or the property."""
    written = line.strip()
    return len(written) <= 50 and bool(_HEADING.match(written))


_RECIPIENT = regex.compile(
    r"^(?:destinataire|empfänger|destinatario|destinatário|recipient|ontvanger|odbiorca|an|à|to"
    r"|(?:votre |ihre? |your |vostra |tu |uw |sua )?"
    r"(?:agence|agentur|makler|anbieter"
    r"|agency|agent|agenzia|agencia|inmobiliaria|kantoor|makelaar|biuro|imobiliária))"
    r"\b ?:?(?:\t|$|[^:\n]{0,60}$)",
    regex.IGNORECASE,
)


def is_recipient(line: str) -> bool:
    """Tell whether a line names the agency to which the mail goes."""
    return bool(_RECIPIENT.match(line.strip()))


def brands_of(sender: Address) -> tuple[str, ...]:
    """Give the words by which a portal names itself: of its display name and its domain."""
    name = sender.name.rpartition(" via ")[2]
    labels = sender.domain.split(".")
    above = labels[:-2] if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else labels[:-1]
    main = above[-1] if above else ""
    words = [plain(name)] if len(plain(name)) > 3 else []
    return tuple(
        dict.fromkeys(w for w in (*words, plain(main)) if len(w) > 3 and w not in _GENERIC)
    )


def is_closing(line: str, brands: tuple[str, ...]) -> bool:
    """Tell whether a line is one that portals write and visitors do not."""
    written = line.strip()
    if not written or len(written) > 300:
        return False
    if _CLOSING.search(written) or _SERVICE.search(written):
        return True
    words = f" {plain(written)} "
    joined = words.replace(" ", "")
    return any(f" {brand} " in words or (len(brand) > 6 and brand in joined) for brand in brands)


def is_signature(line: str, brands: tuple[str, ...]) -> bool:
    """Tell whether a line is the portal's name, its copyright, or the rule above them."""
    written = line.strip()
    if _SIGN.match(written):
        return True
    words = plain(written)
    named = any(f" {brand} " in f" {words} " for brand in brands)
    return named and len(written) <= _LONGEST_SIGNATURE and "://" not in written


def is_greeting(line: str) -> bool:
    """Tell whether a line is a closing formula, which portals and visitors write alike."""
    return bool(_GREETING.match(line.strip()))
