"""A mailbox full of portals' inquiries, the same at every call.

The layouts are those of homegate.ch, immoscout24.ch and immobilier.ch; names, sentences
and references are invented and addresses end in example.org. Sizes and transfer encodings
follow what agencies' inboxes hold: 28 KB in the median, nearly all of it HTML that
no rule needs, 70 % quoted-printable, 18 % base64, the rest 8bit.
"""

import base64
import binascii
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime

from bench.wording import FRENCH, WORDINGS

MEDIAN_SIZE = 28_000
"""Bytes of a whole mail, as it lies on the server."""
NOISE = 0.05
"""Share of mails that are no inquiry."""
FIRST_DATE = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One mail with the lead that must come of it."""

    raw: bytes
    """With CRLF line ends."""
    message_id: str
    """Without angle brackets."""
    reference: str = ""
    """The property reference expected; empty where no lead may be sent."""
    email: str = ""
    """The enquirer's address expected."""


@dataclass(frozen=True, slots=True)
class Person:
    """An invented enquirer."""

    first: str
    last: str
    email: str
    phone: str
    """As typed; empty for most."""
    message: str


FIRSTS = "Aline Beat Céline Dario Élodie Fabio Gisèle Hannes Inès Jürg Karin Léo Mirjam Noé Olga"
LASTS = "Ambühl Berset Crausaz Dällenbach Emery Favre Gübeli Hürlimann Imesch Jäggi Küng Lüthi"
STREETS = ("Chemin du Verger", "Rue des Tilleuls", "Lindenweg", "Via ai Salici", "Bachstrasse")
TOWNS = ("1260 Nyon", "1700 Fribourg", "3011 Bern", "6900 Lugano", "8400 Winterthur", "1950 Sion")


def make_corpus(count: int = 1_000, *, seed: int = 20_261_101) -> list[Sample]:
    """Return `count` mails; the same for the same arguments, on every machine."""
    # Not for secrets: what is wanted is the same mail at every call.
    chance = random.Random(seed)  # noqa: S311
    return [_make_sample(chance, number) for number in range(count)]


def _make_sample(chance: random.Random, number: int) -> Sample:
    if chance.random() < NOISE:
        return _make_noise(chance, number)
    if chance.random() < 0.28:
        return _make_immobilier(chance, number)
    return _make_smg(chance, number)


def _make_smg(chance: random.Random, number: int) -> Sample:
    """Homegate and ImmoScout24: the block stands in the text part alone, entities and all."""
    name, domain = chance.choices(
        (("Homegate", "homegate.ch"), ("ImmoScout24", "immoscout24.ch")), weights=(2, 1)
    )[0]
    words = chance.choices(WORDINGS, weights=(5, 3, 1, 1))[0]
    person = _invent_person(chance, number, words.sentences)
    triple = chance.choice(
        (
            (f"R{number % 40}", "H2", f"{number:05d}"),
            (f"B{number % 9}", "", f"{number:05d}"),
            ("", "", f"{chance.randbytes(3).hex()}.{number:05d}"),
        )
    )
    listing = f"https://www.{domain}/{words.path}/{4_000_000_000 + number}"
    phone = f"{words.phone} {person.phone}\n" if person.phone else ""
    text = (
        f"{words.recipient}\nRégie du Verger SA\n{words.property}\n"
        f"{words.reference} [{'.'.join(triple)}]\n{listing}\n"
        f"{chance.choice(STREETS)} {chance.randint(1, 90)}\n{chance.choice(TOWNS)}\n"
        f"{words.person}\n{words.first} {person.first}\n{words.last} {person.last}\n"
        f"{words.email} {person.email}\n{phone}{words.message}\n"
        + person.message.replace("'", "&#x27;")
        + "\n"
    )
    heading = f"<h1>{words.subject}: {person.first}</h1><p><a href='{listing}'>{listing}</a></p>"
    message_id = f"{number:06d}.bench.smg@{domain}"
    raw = _compose(
        chance,
        number,
        message_id=message_id,
        sender=f"{name} <interested@{domain}>",
        subject=words.subject,
        text=text,
        html=lambda size: _make_page(chance, heading, size),
    )
    reference = ".".join(piece for piece in triple if piece)
    return Sample(raw=raw, message_id=message_id, reference=reference, email=person.email)


def _make_immobilier(chance: random.Random, number: int) -> Sample:
    """immobilier.ch: HTML alone, cells that are never closed, the reference in the subject."""
    person = _invent_person(chance, number, FRENCH)
    reference = f"{chance.choice(('LOCATION', 'VENTE'))}_VRG_{number:05d}"
    message_id = f"{number:06d}.bench@immobilier.ch"
    rows = (
        f"<h2>Infos client :</h2>\n<table><tr><td>Nom<td>{person.last}"
        f"<tr><td>Prénom<td>{person.first}"
        f'<tr><td>E-mail<td><a href="mailto:{person.email}">{person.email}</a>'
        "<tr><td>Demande<td>Organiser une visite"
        f"<tr><td>Message<td>{person.message.replace(chr(10), '<br>')}</table>\n"
    )
    raw = _compose(
        chance,
        number,
        message_id=message_id,
        sender='"immobilier.ch" <mail@immobilier.ch>',
        subject=f"Demande de contact provenant d’immobilier.ch - {reference}",
        text="",
        html=lambda size: _make_page(chance, rows, size),
    )
    return Sample(raw=raw, message_id=message_id, reference=reference, email=person.email)


def _make_noise(chance: random.Random, number: int) -> Sample:
    """Newsletters and alerts of the portals, and mail that is nobody's inquiry."""
    sender, subject = chance.choice(
        (
            ("Homegate News <news@email.homegate.ch>", "Nos conseils pour vos annonces"),
            ('"immobilier.ch" <mail@immobilier.ch>', "Votre alerte immobilière"),
            ("Atelier Peinture <devis@example.com>", "Devis pour la cage d'escalier"),
        )
    )
    message_id = f"{number:06d}.bench.noise@example.com"
    raw = _compose(
        chance,
        number,
        message_id=message_id,
        sender=sender,
        subject=subject,
        text="Bonjour,\n\n" + "\n".join(chance.sample(FRENCH, 3)) + "\n",
        html=lambda size: _make_page(chance, f"<h1>{subject}</h1>", size),
    )
    return Sample(raw=raw, message_id=message_id)


def _invent_person(chance: random.Random, number: int, sentences: tuple[str, ...]) -> Person:
    return Person(
        first=chance.choice(FIRSTS.split()),
        last=chance.choice(LASTS.split()),
        email=f"visitor-{number:06d}@example.org",
        phone=f"+41 79 000 {number // 100 % 100:02d} {number % 100:02d}"
        if chance.random() < 0.2
        else "",
        message="\n".join(chance.choices(sentences, k=chance.randint(3, 18))),
    )


def _make_page(chance: random.Random, content: str, size: int) -> str:
    """Wrap `content` in the styles, tracked links and listings that make such mails big."""
    page = [
        "<!DOCTYPE html>\n<html><head><meta charset='utf-8'><title>Portal</title>\n<style>\n",
        *(f".c{n} {{ margin: 0 {n}px; color: #33475b; font: {n}px Arial }}\n" for n in range(24)),
        "</style></head>\n<body style='margin:0;background:#f4f4f4'>\n<!-- content -->\n",
        content,
    ]
    length = sum(map(len, page))
    while length < size:
        card = _make_card(chance)
        page.append(card)
        length += len(card)
    return "".join(page) + "<p class='c9'>Das Team – l’équipe</p>\n</body></html>\n"


def _make_card(chance: random.Random) -> str:
    """One listing of the kind that portals add below an inquiry, about 900 characters."""
    link = f"https://click.example.net/t/{chance.randbytes(48).hex()}"
    return (
        "<table role='presentation' width='100%' cellpadding='0' cellspacing='0' "
        "style='border-collapse:collapse;font-family:Helvetica,Arial,sans-serif'>\n"
        f"<tr><td class='c4' style='padding:12px 16px'><a href='{link}'>"
        f"<img src='{link}/image.jpg' width='240' height='160' alt='' style='display:block'></a>"
        f"</td>\n<td class='c8' style='padding:12px 16px;font-size:14px;line-height:20px'>"
        f"<strong>{chance.randint(2, 6)}½ pièces, {chance.randint(40, 160)}&nbsp;m²</strong><br>\n"
        f"CHF {chance.randint(900, 4800)}.&ndash; par mois, {chance.choice(TOWNS)}<br>\n"
        f"<a href='{link}' style='color:#e50065;text-decoration:none'>Découvrir l’objet</a>"
        "</td></tr></table>\n"
    )


def _compose(
    chance: random.Random,
    number: int,
    *,
    message_id: str,
    sender: str,
    subject: str,
    text: str,
    html: Callable[[int], str],
) -> bytes:
    """Put headers and parts together; without `text` the mail is HTML alone."""
    encoding, encode, growth = chance.choices(
        (
            ("quoted-printable", _encode_quoted, 1.08),
            ("base64", base64.encodebytes, 1.37),
            ("8bit", bytes, 1.0),
        ),
        weights=(70, 18, 12),
    )[0]
    size = min(max(chance.lognormvariate(0, 0.35), 0.3), 4) * MEDIAN_SIZE
    page = html(int(size / growth) - 3_000)
    head = _make_headers(chance, number, message_id, sender, subject)

    def part(subtype: str, content: str) -> bytes:
        fields = (
            f'Content-Type: text/{subtype}; charset="utf-8"\n'
            f"Content-Transfer-Encoding: {encoding}\n\n"
        )
        return fields.encode() + encode(content.encode())

    if text:
        boundary = f"=_bench_{number:06d}"
        raw = (
            head
            + f'Content-Type: multipart/alternative; boundary="{boundary}"\n\n'.encode()
            + b"".join(
                f"--{boundary}\n".encode() + each + b"\n"
                for each in (part("plain", text), part("html", page))
            )
            + f"--{boundary}--\n".encode()
        )
    else:
        raw = head + part("html", page)
    return raw.replace(b"\n", b"\r\n")


def _encode_quoted(content: bytes) -> bytes:
    return binascii.b2a_qp(content, istext=True)


def _make_headers(
    chance: random.Random, number: int, message_id: str, sender: str, subject: str
) -> bytes:
    domain = sender.rpartition("@")[2].rstrip(">")
    date = format_datetime(FIRST_DATE + timedelta(minutes=number))
    signature = base64.b64encode(chance.randbytes(256)).decode()
    folded = "\n ".join(signature[at : at + 70] for at in range(0, len(signature), 70))
    encoded = subject if subject.isascii() else Header(subject, "utf-8").encode(linesep="\n")
    return (
        f"Return-Path: <bounces@{domain}>\n"
        "Delivered-To: agency@example.net\n"
        f"Received: from out.{domain} (out.{domain} [192.0.2.31])\n"
        f" by mx1.example.net with ESMTPS id q{number:06d}; {date}\n"
        f"Authentication-Results: mx1.example.net; dkim=pass header.d={domain};\n"
        f" spf=pass smtp.mailfrom={domain}; dmarc=pass header.from={domain}\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;\n"
        f" h=from:to:subject:date:message-id; b={folded}\n"
        f"Date: {date}\nFrom: {sender}\n"
        "To: =?utf-8?q?R=C3=A9gie?= du Verger SA <agency@example.net>\n"
        f"Subject: {encoded}\nMessage-ID: <{message_id}>\nMIME-Version: 1.0\n"
    ).encode()
