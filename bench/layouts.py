"""Invented layouts of inquiry mails, and as many mails of each as are wanted.

`drafting/development` is what the drafting was written with; `drafting/held_out` was
written before it and is only ever measured. A layout is a text file: a head of a few
lines, `---`, and the body, in which `{first}` and the like are filled in. A line that
begins with `?phone` is there only where the visitor gave a phone.

The visitors are hostile as visitors are: labels, headings and addresses of others stand
in what they write, phones come in every style, and optional values are missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape
from pathlib import Path

from mailbridge.leads.phones import read_phone

FOLDER = Path(__file__).parent / "drafting"
MAILS = 9
"""Of each layout; the first three are what may be drafted from."""
EXAMPLES = 3

_PEOPLE = {
    "de": "Jonas|Keller;Anna-Lena|Wüst;Mehmet|Öztürk;Sabine|von Aesch;Karl|Meier;Ute|Böhm;"
    "Nils|Groß;Petra|Zurbriggen;Lea|Hofer",
    "fr": "Maëlle|Perrochet;Jean-Luc|Abgrall;Inès|Le Dantec;Côme|Barbier;Aïcha|Benali;"
    "Luc|d'Orval;Zoé|Martin;Hugo|Roussel;Élise|Caron",
    "it": "Chiara|Bernasconi;Nicolò|De Luca;Ornella|Scolari;Luca|Ferri;Anna|D'Amico;"
    "Paolo|Conti;Elisa|Galli;Marco|Riva;Sara|Villa",
    "en": "Gareth|Ollerenshaw;Aoife|O'Brien;Priya|Patel;Tom|Hughes;Mary-Jane|Cole;"
    "Ian|McKay;Ruth|Lewis;Adam|Wood;Zara|Khan",
    "es": "Itziar|Etxeberria Ruiz;José|García Gómez;Núria|Puig;Luis|de la Fuente;Ana|Vidal;"
    "Pablo|Ibáñez;Rocío|Prieto;Iker|Sanz;Eva|Lara",
    "nl": "Sanne|de Vries;Pieter|van den Berg;Fatima|El Idrissi;Joost|Bakker;Anouk|Smit;"
    "Daan|Visser;Eva|Mulder;Bram|Kok;Lotte|Dekker",
    "pl": "Łukasz|Wójcik;Agnieszka|Kowalska;Michał|Zieliński;Ewa|Dąbrowska;Jan|Lis;"
    "Zofia|Król;Piotr|Wrona;Maja|Sowa;Adam|Sikora",
    "pt": "João|Gonçalves;Inês|da Silva;Tiago|Pacheco;Rita|Nunes;Luís|Sá;"
    "Marta|Antunes;Rui|Faria;Sofia|Reis;Hugo|Pires",
}
_MAILBOXES = (
    "{f}.{l}@example.org",
    "{l}{n}@example.com",
    "{f}_{l}@mail.example.net",
    "kontakt{n}@example.org",
    "{l}.{f}+immo@example.com",
    "{f}{l}@example.net",
    "x{n}y@example.org",
    "{f}-{l}@example.co.example.com",
    "{f}.{l}.{n}@example.org",
)
_PHONES = {
    "DE": "0171 3920042;+49 171 3920043;0171/3920044;+49 (0)171 392 00 45;0049 171 3920046;"
    "01713920047;+49-171-3920048;0171-3920049;+491713920040",
    "CH": "079 000 00 41;+41 79 000 00 42;0041 79 000 00 43;+41 (0)79 000 00 44;079/000 00 45;"
    "0790000046;+41790000047;079 000 00 48;+41 79 000 00 49",
    "FR": "06 39 98 00 41;+33 6 39 98 00 42;06.39.98.00.43;+33 (0)6 39 98 00 44;0639980045;"
    "0033639980046;06-39-98-00-47;+33639980048;06 39 98 00 49",
    "IT": "347 000 0041;+39 347 000 0042;347/0000043;3470000044;0039 347 0000045;"
    "+39 3470000046;347-0000047;347.000.0048;+393470000049",
    "GB": "07700 900441;+44 7700 900442;07700900443;+44 (0)7700 900444;0044 7700 900445;"
    "07700-900446;+447700900447;(07700) 900448;07700 900449",
    "ES": "612 000 041;+34 612 000 042;612000043;0034 612 000 044;+34612000045;"
    "612-000-046;612 00 00 47;612.000.048;+34 612000049",
    "NL": "06 12345041;+31 6 12345042;06-12345043;0031612345044;+31 (0)6 12345045;"
    "0612345046;+31612345047;06 12 34 50 48;06 12345049",
    "PL": "512 000 041;+48 512 000 042;512000043;0048 512 000 044;+48512000045;"
    "512-000-046;512 00 00 47;+48 512000048;512 000 049",
    "PT": "912 000 041;+351 912 000 042;912000043;00351 912 000 044;+351912000045;"
    "912-000-046;912 00 00 47;+351 912000048;912 000 049",
}
_REFERENCES = (
    "B-12",
    "VLR.0087",
    "2026/417",
    "A1.B2.0003",
    "HB 2291",
    "MW310",
    "0451",
    "X_77-c",
    "K7-9",
)
# ruff: noqa: E501  (one line for each language)
_GREETINGS = {
    "de": ("Guten Tag", "ist das Objekt noch frei?", "Freundliche Grüße", "Nachricht", "E-Mail", "Telefon", "Referenz"),
    "fr": ("Bonjour", "le bien est-il encore disponible ?", "Cordialement", "Message", "E-mail", "Téléphone", "Référence"),
    "it": ("Buongiorno", "l'immobile è ancora libero?", "Cordiali saluti", "Messaggio", "Email", "Telefono", "Riferimento"),
    "en": ("Hello", "is the property still available?", "Kind regards", "Message", "Email", "Phone", "Reference"),
    "es": ("Buenos días", "¿sigue disponible el inmueble?", "Un saludo", "Mensaje", "Correo", "Teléfono", "Referencia"),
    "nl": ("Goedemiddag", "is de woning nog beschikbaar?", "Met vriendelijke groet", "Bericht", "E-mail", "Telefoon", "Referentie"),
    "pl": ("Dzień dobry", "czy oferta jest aktualna?", "Pozdrawiam", "Wiadomość", "E-mail", "Telefon", "Numer oferty"),
    "pt": ("Bom dia", "o imóvel ainda está disponível?", "Com os melhores cumprimentos", "Mensagem", "Email", "Telefone", "Referência"),
}  # fmt: skip
_TITLES = ("Villa 7.5", "Loft 88 m²", "Duplex 4P", "Casa 3", "Attika 120", "Studio 21", "T2 54 m2")
_TOWNS = ("Genève 1204", "Bern 3011", "Lugano 6900", "Lyon 69003", "Leeds LS1", "Porto 4000")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of a layout, and what is in it."""

    raw: bytes
    values: dict[str, str]
    """Fields of a lead to what must be found; the phone as E.164; absent ones are left out."""
    given: dict[str, str]
    """The same as a person would say it with `--field`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A portal's invented layout."""

    name: str
    language: str
    region: str
    sender: str
    reply_to: str
    subject: str
    part: str
    body: str

    def mails(self) -> list[Mail]:
        """Make its mails; always the same ones."""
        return [self._mail(number) for number in range(MAILS)]

    def _mail(self, number: int) -> Mail:
        values = self._values(number)
        has_phone = number not in (4, 7)
        if not has_phone:
            values["phone"] = ""
        body = "\n".join(_lines(self.body, has_phone=has_phone))
        mail = EmailMessage()
        mail["From"] = self.sender.format(**values)
        if self.reply_to:
            mail["Reply-To"] = self.reply_to.format(**values)
        mail["To"] = "leads@agency.example"
        mail["Subject"] = self.subject.format(**values)
        mail["Message-ID"] = f"<{self.name}-{number}@bench.example>"
        mail["Date"] = f"Tue, {number + 3:02} Nov 2026 08:15:22 +0000"
        html = {key: escape(value).replace("\n", "<br>\n") for key, value in values.items()}
        if self.part == "html":
            mail.set_content(body.format(**html), subtype="html", charset="utf-8")
        else:
            mail.set_content(body.format(**values), charset="utf-8")
            if self.part == "both":
                shown = escape(body).replace("\n", "<br>\n").format(**html)
                mail.add_alternative(
                    f"<html><body>{shown}</body></html>", subtype="html", charset="utf-8"
                )
        laid_out = self.body + self.subject + self.reply_to
        expected = {
            "sender_firstname": values["first"],
            "sender_lastname": values["last"],
            "sender_email": values["email"] if "{email}" in laid_out else self._relay(values),
            "sender_number": read_phone(values["phone"], self.region).number
            if "{phone}" in laid_out
            else "",
            "sender_message": values["message"],
            "property_reference": values["ref"] if "{ref}" in laid_out else "",
        }
        given = {**expected, "sender_number": values["phone"] * bool(expected["sender_number"])}
        return Mail(
            mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
            {name: value for name, value in expected.items() if value},
            {name: value for name, value in given.items() if value},
        )

    def _relay(self, values: dict[str, str]) -> str:
        return self.sender.format(**values).rpartition("<")[2].rstrip(">")

    def _values(self, number: int) -> dict[str, str]:
        first, last = _PEOPLE[self.language].split(";")[number].split("|")
        plain = [_ascii(first), _ascii(last)]
        return {
            "first": first,
            "last": last,
            "full": f"{first} {last}",
            "email": _MAILBOXES[number].format(f=plain[0], l=plain[1], n=number + 41),
            "phone": _PHONES[self.region].split(";")[number],
            "ref": _REFERENCES[number],
            "listing": str(4_018_223 + number * 977),
            "title": _TITLES[number % len(_TITLES)],
            "price": f"{310 + 35 * number} 000",
            "city": _TOWNS[number % len(_TOWNS)].split()[0],
            "zip": _TOWNS[number % len(_TOWNS)].split()[1],
            "agency": "Agence du Lac",
            "token": f"{number + 7:x}k2{number * 37 + 11}q",
            "message": self._message(number, first, last),
        }

    def _message(self, number: int, first: str, last: str) -> str:
        hello, question, bye, message, email, phone, reference = _GREETINGS[self.language]
        match number:
            case 0:
                return f"{hello},\n{question}\n{bye}\n{first} {last}"
            case 1:
                return f"{hello},\n{question}\n{email}: other@example.com\n{phone}: 000 111 22 33"
            case 2:
                return f"{hello}\n\n{question}\n\n{bye}"
            case 3:
                return f"{reference}: Z-99\n{message}:\n{question}"
            case 5:
                return f"{hello}: {question} (2 + 1)\n--\n{first}"
            case 6:
                return f"{question}\n\n{email}\nother@example.com\n{phone}\n+41 79 000 00 99\n{bye}"
            case 8:
                return f"{bye}\n{message}\n«{question}» \\d+ [x] {{y}} $1"
            case _:
                return question


def layouts(group: str) -> Iterator[Layout]:
    """Read the layouts of `development` or `held_out`."""
    for file in sorted((FOLDER / group).glob("*.txt")):
        head, _, body = file.read_text("utf-8").partition("\n---\n")
        words = dict(line.split(": ", 1) for line in head.splitlines())
        yield Layout(
            name=file.stem,
            language=words["language"],
            region=words["region"],
            sender=words["from"],
            reply_to=words.get("reply-to", ""),
            subject=words["subject"],
            part=words["part"],
            body=body,
        )


def _lines(body: str, *, has_phone: bool) -> Iterator[str]:
    for line in body.splitlines():
        if not line.startswith("?phone"):
            yield line
        elif has_phone:
            yield line.removeprefix("?phone").removeprefix(" ")


def _ascii(text: str) -> str:
    plain = text.lower().translate(
        str.maketrans("äöüéèëïîçàáíóúñłżćńśąęôâìòùãõ", "aoueeeiicaaiounlzcnsaeoaiouao")
    )
    return "".join(c for c in plain if c.isascii() and c.isalnum())
