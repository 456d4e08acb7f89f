"""From an inquiry to a lead: the values brought into the API's form and judged.

Pure: what the mail says of itself comes in as `Origin`, what the user decided as
`Policy`. What is wrong comes out as problems, whose texts never hold a value of
the visitor's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailbridge.leads.characters import fold, join_lines, keep_blanks, keep_lines
from mailbridge.leads.dates import choose_date
from mailbridge.leads.emails import Email, is_relay, read_email
from mailbridge.leads.fingerprint import fingerprint
from mailbridge.leads.lead import Lead
from mailbridge.leads.message import Line, choose_language, compose_message
from mailbridge.leads.names import NameOrder, clean_names, split_name
from mailbridge.leads.phones import Phone, read_phone
from mailbridge.leads.requirements import TARGETS, WithoutTarget, find_missing
from mailbridge.problems import Problem
from mailbridge.rules.inquiry import Inquiry

DETAILS = (
    "salutation",
    "company",
    "address",
    "language",
    "request",
    "wishes",
    "listing_number",
    "listing_link",
)
"""Fields of an inquiry that the API has no field for, in the order of our block."""

NO_MESSAGE = Problem(
    code="no-message",
    text="The visitor wrote no message; the mail's subject stands in its place.",
)
NO_CONTACT = Problem(
    code="missing-contact",
    text="The mail gives neither a usable e-mail address nor a usable phone number of the visitor.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the mail says of itself, beside the inquiry in it."""

    subject: str = ""
    date: datetime | None = None
    """From the Date header of the portal's own mail, or of its forwarded block."""
    received: datetime | None = None
    """IMAP INTERNALDATE; None for a file."""
    own_domains: frozenset[str] = frozenset()
    """The agency's mail domains: never the visitor's, subdomains included."""
    own_addresses: frozenset[str] = frozenset()
    """The agency's addresses at domains that others use as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the user decided about leads."""

    default_region: str = "CH"
    """ISO 3166-1 alpha-2, where the portal's rule names none."""
    contact_block: bool = True
    """Repeat address and number below the message."""
    details_block: bool = True
    """Tell below the message what the API has no field for."""
    without_target: WithoutTarget = WithoutTarget.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A lead as it would be sent, and whether it may be."""

    lead: Lead
    """With what was found; `date` is 0 where there is none."""
    complete: bool
    """False: a person must look; one of the problems says why."""
    fingerprint: str
    """Same inquiry, same fingerprint; means something only where complete."""
    problems: tuple[Problem, ...] = ()
    """Those found here; `Inquiry.problems` are not repeated."""
    text: str = ""
    """The visitor's own words, without our block; empty where there are none."""
    details: Mapping[str, str] = field(default_factory=dict)
    """By name of `DETAILS`: what the lead API has no field for, on one line each."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """What else is to be known of the contact: `relay`, `email_written`, `number_written`."""


def prepare(inquiry: Inquiry, origin: Origin, policy: Policy) -> Prepared:
    """Bring the inquiry into the form of the lead API, and say what is missing."""
    region = inquiry.region or policy.default_region
    given, family = _read_names(inquiry)
    email = read_email(
        _value(inquiry, "sender_email"),
        portal=inquiry.portal,
        own_domains=origin.own_domains,
        own_addresses=origin.own_addresses,
        relay_domains=inquiry.relay_domains,
    )
    phone = read_phone(_value(inquiry, "sender_number"), region)
    text = keep_lines(_value(inquiry, "sender_message")).strip()
    details = {name: line for name in DETAILS if (line := _read_detail(inquiry, name))}
    remarks = _read_remarks(inquiry, email, phone)
    lines = _contact_lines(email, phone) if policy.contact_block else []
    if policy.details_block:
        lines += [*remarks.items(), ("portal", fold(inquiry.portal)), *details.items()]
    language = choose_language(details.get("language", ""), region)
    targets = {name: value for name in TARGETS if (value := _read_target(inquiry, name))}
    target = targets if len(targets) == 1 else {}  # contradicting ones are not chosen from
    dating = choose_date(origin.date, origin.received)
    lead = Lead(
        sender_message=compose_message(text or fold(origin.subject), lines, language),
        date=dating.seconds or 0,
        sender_firstname=given,
        sender_lastname=family,
        sender_email=email.address,
        sender_number=phone.number,
        **target,
    )
    usable = {*details, *targets, *_usable_fields(lead, text)}
    missing = find_missing(inquiry.require, usable, policy.without_target)
    notes = [p for p in (email.problem, phone.problem) if p]
    if not text:
        notes.append(NO_MESSAGE)
    if not (lead.sender_email or lead.sender_number) and not _is_told(missing, NO_CONTACT):
        notes.append(NO_CONTACT)
    return Prepared(
        lead=lead,
        complete=not missing and dating.seconds is not None and bool(lead.sender_message),
        fingerprint=fingerprint(inquiry.portal, lead, text),
        problems=tuple(dict.fromkeys((*missing, *dating.problems, *notes))),
        text=text,
        details=details,
        remarks=remarks,
    )


def _is_told(problems: Sequence[Problem], problem: Problem) -> bool:
    return any(p.code == problem.code for p in problems)


def _value(inquiry: Inquiry, name: str) -> str:
    found = inquiry.fields.get(name)
    return found.value if found else ""


def _read_target(inquiry: Inquiry, name: str) -> str:
    target = keep_blanks(_value(inquiry, name))
    return target if any(c.isalnum() for c in target) else ""  # `-` stands for none


def _read_detail(inquiry: Inquiry, name: str) -> str:
    return join_lines(_value(inquiry, name), ", ")


def _read_names(inquiry: Inquiry) -> tuple[str, str]:
    """Take the fields of their own; the full name fills what they leave open."""
    given, family = clean_names(
        _value(inquiry, "sender_firstname"), _value(inquiry, "sender_lastname")
    )
    if not (given and family):
        family_first = inquiry.name_order == NameOrder.FAMILY_FIRST
        order = NameOrder.FAMILY_FIRST if family_first else NameOrder.GIVEN_FIRST
        names = split_name(_value(inquiry, "sender_name"), order)
        given, family = given or names[0], family or names[1]
    if not (given or family):
        family = _read_detail(inquiry, "company")
    return given, family


def _contact_lines(email: Email, phone: Phone) -> list[Line]:
    return [("email", email.address), ("number", phone.number)]


def _read_remarks(inquiry: Inquiry, email: Email, phone: Phone) -> dict[str, str]:
    found = {
        "relay": email.address if is_relay(email.address, inquiry.relay_domains) else "",
        "email_written": email.noted,
        "number_written": phone.noted,
    }
    return {name: value for name, value in found.items() if value}


def _usable_fields(lead: Lead, text: str) -> list[str]:
    """Names of the visitor's fields that were found and can be used."""
    said = {
        "sender_firstname": lead.sender_firstname,
        "sender_lastname": lead.sender_lastname,
        "sender_name": lead.sender_firstname or lead.sender_lastname,
        "sender_email": lead.sender_email,
        "sender_number": lead.sender_number,
        "sender_message": text,
    }
    return [name for name, value in said.items() if value]
