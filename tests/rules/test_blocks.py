"""What the rules make of structured blocks, alone and beside the mail's text."""

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.cli.dryrun import Preview, as_json
from mailbridge.decision import Decision, Policy, decide
from mailbridge.documents.located import parse
from mailbridge.errors import BadDocument
from mailbridge.inbox.mail import Mail
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Cursor
from mailbridge.message.message import Message
from mailbridge.message.reader import read
from mailbridge.outcomes import Outcome
from mailbridge.recording import Origin, record
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.inquiry import Inquiry
from mailbridge.rules.judgement import Inquired, NoInquiry, Portals, Verdict, gather, judge

WHEN = datetime(2026, 11, 3, 8, 15, tzinfo=UTC)
RULES = """
portal: portal.example
evidence: reconstructed
region: DE
match: {from: '@portal.example'}
blocks: [objektanfrage, openimmo, lead_metadata]
sections:
  message: {start: '^Nachricht:', free_text: true}
fields:
  sender_firstname: {label: Vorname}
  sender_lastname: {label: Nachname}
  sender_name: {label: Name}
  sender_email: [{label: E-Mail}, {in: reply_to}]
  sender_number: {label: Telefon}
  sender_message: {in: message, take: section}
  listing_number: {label: Nummer}
  property_reference: [{label: Objekt}, {in: subject, pattern: 'Ref (\\S+)'}]
require: [property_reference, [sender_email, sender_number]]
"""
BLOCKS_LINE = "rules.yaml:6:"


def portals(rules: str = RULES) -> Portals:
    return gather([compile_portal(parse(rules, "rules.yaml"))])


PORTALS = portals()


def mail(
    *files: str,
    text: str = "Die Daten liegen bei.",
    html: str = "",
    subject: str = "Anfrage",
    reply_to: str = "",
) -> bytes:
    message = EmailMessage()
    message["From"] = "Portal <anfrage@portal.example>"
    message["To"] = "agency@example.net"
    message["Subject"] = subject
    message["Date"] = format_datetime(WHEN)
    message["Message-ID"] = "<1@portal.example>"
    if reply_to:
        message["Reply-To"] = reply_to
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for number, file in enumerate(files, start=1):
        name = f"file{number}.xml"
        message.add_attachment(file.encode(), maintype="application", subtype="xml", filename=name)
    return message.as_bytes()


def verdict_on(raw: bytes, known: Portals = PORTALS) -> Verdict:
    message = read(raw)
    assert isinstance(message, Message)
    return judge(message, known)


def inquiries(raw: bytes, known: Portals = PORTALS) -> tuple[Inquiry, ...]:
    verdict = verdict_on(raw, known)
    assert isinstance(verdict, Inquired), verdict
    return verdict.inquiries


def only(raw: bytes, known: Portals = PORTALS) -> Inquiry:
    (inquiry,) = inquiries(raw, known)
    return inquiry


def values(inquiry: Inquiry) -> dict[str, str]:
    return {name: found.value for name, found in inquiry.fields.items()}


def elements(**said: str) -> str:
    return "".join(f"<{name}>{text}</{name}>" for name, text in said.items())


def openimmo(*objekte: str) -> str:
    return f"<openimmo_feedback>{''.join(objekte)}</openimmo_feedback>"


def objekt(reference: str, *persons: str) -> str:
    inside = "".join(f"<interessent>{person}</interessent>" for person in persons)
    return f"<objekt><oobj_id>{reference}</oobj_id>{inside}</objekt>"


IDA = elements(
    vorname="Ida", nachname="Linde", tel="0171 3920001", email="ida@example.org", anfrage="Frei?"
)
ONE = openimmo(objekt("HB-1", IDA))


def test_openimmo_fills_the_fields() -> None:
    person = elements(
        anrede="Frau", vorname="Ida", nachname="Linde", firma="Linde KG", strasse="Weg 2",
        plz="10115", ort="Berlin", tel="", mobil="0171 3920001", email="ida@example.org",
        bevorzugt="EMAIL", wunsch="BESICHTIGUNG", anfrage="Ist es frei?",
    ) + elements(bevorzugt="TEL", wunsch="RUNDGANG")  # fmt: skip
    file = openimmo(
        "<objekt><portal_obj_id>1500</portal_obj_id><oobj_id>HB-1</oobj_id>"
        "<expose_url>https://portal.example/1500</expose_url><strasse>Hof 1</strasse>"
        f"<ort>Bremen</ort><interessent>{person}</interessent></objekt>"
    )
    inquiry = only(mail(file))
    assert values(inquiry) == {
        "sender_firstname": "Ida",
        "sender_lastname": "Linde",
        "sender_email": "ida@example.org",
        "sender_number": "0171 3920001",
        "sender_message": "Ist es frei?",
        "salutation": "Frau",
        "company": "Linde KG",
        "address": "Weg 2, 10115 Berlin",
        "property_reference": "HB-1",
        "listing_number": "1500",
        "listing_link": "https://portal.example/1500",
        "wishes": "Besichtigung, RUNDGANG; Antwort per E-Mail oder Telefon",
    }
    assert inquiry.problems == ()
    assert inquiry.require == (("property_reference",), ("sender_email", "sender_number"))
    assert inquiry.region == "DE"
    number, reference = inquiry.fields["sender_number"], inquiry.fields["property_reference"]
    assert number.source == "openimmo:file1.xml#objekt[1]/interessent[1]/mobil"
    assert reference.source == "openimmo:file1.xml#objekt[1]/oobj_id"
    assert number.span is None
    assert reference.raw == "HB-1"
    assert reference.pattern == BLOCKS_LINE + "25"


def test_objektanfrage_fills_the_fields() -> None:
    file = (
        "<objektanfrage><objekt><o_refnr>RH-1</o_refnr><o_maklernr>9</o_maklernr>"
        "<o_link>https://portal.example/2h7</o_link></objekt><interessent>"
        + elements(
            i_anrede="Herr", i_vorname="Otto", i_name="Prell", i_strasse="Gasse 2", i_ort="Ulm",
            i_tel="030 23125001", i_mobil="0171 3920002", i_email="o@example.org", i_info="Hof?",
        )
        + "</interessent></objektanfrage>"
    )  # fmt: skip
    inquiry = only(mail(file, ONE))
    assert values(inquiry) == {
        "sender_firstname": "Otto",
        "sender_lastname": "Prell",
        "sender_email": "o@example.org",
        "sender_number": "030 23125001",
        "sender_message": "Hof?",
        "salutation": "Herr",
        "address": "Gasse 2, Ulm",
        "property_reference": "RH-1",
        "listing_link": "https://portal.example/2h7",
    }
    found = inquiry.fields
    assert found["sender_email"].source == "objektanfrage:file1.xml#interessent[1]/i_email"
    assert found["property_reference"].source == "objektanfrage:file1.xml#objekt[1]/o_refnr"
    assert found["property_reference"].pattern == BLOCKS_LINE + "10"


def meta(**said: str) -> str:
    said = {"lead_information_version": "1.0", **said}
    tags = "".join(f"<meta name='{name}' content='{text}'>" for name, text in said.items())
    return f"<html><body><p>Hallo</p>{tags}</body></html>"


def test_lead_metadata_fills_the_fields() -> None:
    html = meta(lead_type="Renter", lead_name="Ada Ahorn", lead_email="ada@example.org",
                lead_phone="+41 79 000 00 11", lead_mls="77", lead_message="Frei?",
                lead_assigned_agent_email="agent@example.com")  # fmt: skip
    inquiry = only(mail(html=html, subject="Ref K-2"))
    assert values(inquiry) == {
        "sender_name": "Ada Ahorn",
        "sender_email": "ada@example.org",
        "sender_number": "+41 79 000 00 11",
        "sender_message": "Frei?",
        "request": "Renter",
        "listing_number": "77",
        "property_reference": "K-2",
    }
    assert inquiry.fields["sender_email"].source == "lead_metadata:html#lead_email"
    assert inquiry.fields["property_reference"].source == "subject"


def test_the_rule_says_which_blocks_count_and_in_which_order() -> None:
    html = meta(lead_email="ada@example.org", lead_name="Ada Ahorn")

    def who(blocks: str) -> str:
        rules = RULES.replace("[objektanfrage, openimmo, lead_metadata]", blocks)
        return values(only(mail(ONE, html=html), portals(rules))).get("sender_email", "")

    assert who("[openimmo, lead_metadata]") == "ida@example.org"
    assert who("[lead_metadata, openimmo]") == "ada@example.org"
    assert who("[objektanfrage]") == ""
    assert who("[]") == ""


def test_a_rule_that_extends_has_the_others_blocks() -> None:
    child = "portal: child.example\nextend: portal.example\nmatch: {from: '@portal.example'}\n"
    base = RULES.replace("'@portal.example'", "'@base.example'")
    known = gather([compile_portal(parse(text, "rules.yaml")) for text in (base, child)])
    assert values(only(mail(ONE), known))["property_reference"] == "HB-1"


@pytest.mark.parametrize("wrong", ["blocks: [openimo]", "blocks: openimmo", "over_blocks: [name]"])
def test_words_that_are_none_are_told(wrong: str) -> None:
    rules = RULES.replace("blocks: [objektanfrage, openimmo, lead_metadata]", wrong)
    with pytest.raises(BadDocument) as told:
        portals(rules)
    assert told.value.problems[0].line == 6


def test_the_next_path_is_taken_where_a_value_does_not_fit() -> None:
    person = elements(nachname="A", tel="-", mobil="0171 3920001", email="keine Angabe")
    inquiry = only(mail(openimmo(objekt("HB-1", person))))
    assert values(inquiry)["sender_number"] == "0171 3920001"
    assert "sender_email" not in inquiry.fields


def test_an_address_is_taken_out_of_what_stands_around_it() -> None:
    person = elements(email="Ida Linde &lt;ida@example.org&gt;")
    found = only(mail(openimmo(objekt("HB-1", person)))).fields["sender_email"]
    assert (found.value, found.raw) == ("ida@example.org", "Ida Linde <ida@example.org>")


def test_the_portals_own_address_is_no_visitors() -> None:
    person = elements(nachname="A", email="noreply@portal.example")
    assert "sender_email" not in only(mail(openimmo(objekt("HB-1", person)))).fields


def test_a_company_stands_for_a_surname_where_nobody_is_named() -> None:
    nobody = openimmo(objekt("HB-1", elements(firma="Linde KG", email="a@example.org")))
    assert values(only(mail(nobody)))["sender_lastname"] == "Linde KG"
    named = values(only(mail(nobody, text="Vorname: Ida\n")))
    assert "sender_lastname" not in named
    assert named["sender_firstname"] == "Ida"


def test_each_property_and_person_is_an_inquiry() -> None:
    bo = elements(nachname="Buche", email="bo@example.org")
    file = openimmo(objekt("A-1", IDA, bo), objekt("B-2"), objekt("C-3", IDA))
    text = "Nachname: Sonstwer\nTelefon: 030 23125009\nObjekt: X-9\nNachricht:\nText"
    found = inquiries(mail(file, "<openimmo_feedback>", text=text, reply_to="x@example.com"))
    assert [
        (i.fields["property_reference"].value, i.fields["sender_lastname"].value) for i in found
    ] == [("A-1", "Linde"), ("A-1", "Buche"), ("C-3", "Linde")]
    # The text is about one of them at most, so it fills nothing.
    assert "sender_number" not in found[1].fields
    assert "sender_message" not in found[1].fields
    assert [[p.code for p in i.problems] for i in found] == [["block-malformed"], [], []]


def test_several_files_are_read_and_the_same_once() -> None:
    other = openimmo(objekt("B-2", IDA))
    found = inquiries(mail(ONE, other, ONE))
    assert [i.fields["property_reference"].value for i in found] == ["HB-1", "B-2"]
    assert len(inquiries(mail(ONE, ONE))) == 1


def test_the_text_fills_what_a_block_leaves_open() -> None:
    person = elements(nachname="Linde", email="ida@example.org")
    file = openimmo(f"<objekt><interessent>{person}</interessent></objekt>")
    text = "Vorname: Ida\nNachname: LINDE\nTelefon: 0171 3920001\nNachricht:\nFrei?\n"
    inquiry = only(mail(file, text=text, subject="Ref K-2", reply_to="relay@example.com"))
    assert values(inquiry) == {
        "sender_firstname": "Ida",
        "sender_lastname": "Linde",
        "sender_email": "ida@example.org",
        "sender_number": "0171 3920001",
        "sender_message": "Frei?",
        "property_reference": "K-2",
    }
    assert inquiry.fields["sender_number"].source == "text"
    assert inquiry.problems == ()


def test_names_come_whole_from_one_side() -> None:
    both = openimmo(objekt("HB-1", IDA))
    assert "sender_name" not in only(mail(both, text="Name: Frau Ida Linde\n")).fields
    html = meta(lead_name="Ida Linde", lead_email="ida@example.org")
    named = values(only(mail(html=html, text="Vorname: Ida\nNachname: Linde\nObjekt: A\n")))
    assert named["sender_name"] == "Ida Linde"
    assert "sender_lastname" not in named
    nameless = openimmo(objekt("HB-1", elements(email="ida@example.org")))
    assert values(only(mail(nameless, text="Name: Ida Linde\n")))["sender_name"] == "Ida Linde"


@pytest.mark.parametrize(
    ("text", "differing"),
    [
        ("Nachname: Ulme", "sender_name"),
        ("Name: Ida Ulme", "sender_name"),
        ("E-Mail: other@example.org", "sender_email"),
        ("E-Mail: da@example.org", "sender_email"),
        ("Telefon: 0171 3920009", "sender_number"),
        ("Telefon: 112 34", "sender_number"),
        ("Objekt: HB-2", "property_reference"),
        ("Nachricht:\nDarf ich kommen?", "sender_message"),
        ("Nummer: 1501", "listing_number"),
    ],
)
def test_where_block_and_text_disagree_the_field_is_named(text: str, differing: str) -> None:
    file = ONE.replace("<oobj_id>", "<portal_obj_id>1500</portal_obj_id><oobj_id>")
    alone = only(mail(file))
    inquiry = only(mail(file, text=text))
    (problem,) = inquiry.problems
    assert problem.code == "block-disagrees"
    assert f" {differing};" in problem.text
    assert values(inquiry) == values(alone)
    assert not any(value in str(problem) for value in (*values(inquiry).values(), "1501", "Ulme"))


@pytest.mark.parametrize(
    "text",
    [
        "Nachname: LINDE",
        "Name: Frau Ida Linde",
        "E-Mail: Ida@Example.org",
        "Telefon: +49 171/392 0001",
        "Telefon: 0171 3920002",
        "Objekt: hb-1",
        "Nachricht:\nFrei ?\nGesendet über das Portal",
        "Nachricht:\nFr",
    ],
)
def test_other_ways_to_write_the_same_are_no_disagreement(text: str) -> None:
    file = ONE.replace("</tel>", "</tel><mobil>0171 3920002</mobil>")
    assert only(mail(file, text=text, reply_to="relay@example.com")).problems == ()


def test_a_text_that_disagrees_fills_nothing() -> None:
    person = elements(nachname="Linde", tel="0171 3920001")
    text = "E-Mail: ulme@example.org\nNachname: Ulme\n"
    inquiry = only(mail(openimmo(objekt("HB-1", person)), text=text))
    assert "sender_email" not in inquiry.fields
    assert [p.code for p in inquiry.problems] == ["block-disagrees"]


def test_a_rule_can_believe_the_subject_more() -> None:
    known = portals(RULES + "over_blocks: [property_reference]\n")
    person = elements(nachname="Linde", email="ida@example.org")
    file = openimmo(objekt("HB-1", person))
    inquiry = only(mail(file, subject="Ref K-2", text="Telefon: 0171 3920001"), known)
    assert values(inquiry)["property_reference"] == "K-2"
    assert inquiry.fields["property_reference"].source == "subject"
    # Of the same inquiry all the same, or the rule would be of no use.
    assert values(inquiry)["sender_number"] == "0171 3920001"
    (problem,) = inquiry.problems
    assert "property_reference; the text counts" in problem.text
    agreed = only(mail(file, subject="Ref HB-1"), known)
    assert agreed.problems == ()
    assert values(only(mail(file), known))["property_reference"] == "HB-1"
    several = inquiries(
        mail(openimmo(objekt("A", IDA), objekt("B", IDA)), subject="Ref K-2"), known
    )
    assert [i.fields["property_reference"].value for i in several] == ["A", "B"]


TEXT = "Nachname: Ulme\nE-Mail: u@example.org\nObjekt: HB-7\nNachricht:\nFrei?"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("<openimmo_feedback><objekt>", "block-malformed"),
        ("<!DOCTYPE a><openimmo_feedback/>", "block-refused"),
        ("<openimmo_feedback><objekt/></openimmo_feedback>", "block-without-person"),
        ("<kml/>", None),
    ],
)
def test_the_text_is_read_where_no_block_can_be(file: str, code: str | None) -> None:
    inquiry = only(mail(file, text=TEXT))
    assert values(inquiry)["sender_email"] == "u@example.org"
    assert [p.code for p in inquiry.problems] == ([code] if code else [])


REPORT = "<openimmo_feedback><fehlerliste><fehler/></fehlerliste></openimmo_feedback>"


def test_a_report_on_an_upload_is_no_inquiry() -> None:
    verdict = verdict_on(mail(REPORT, subject="Ref K-2", text=TEXT))
    assert isinstance(verdict, NoInquiry)
    assert "upload" in verdict.where
    assert decide(mail(REPORT), None, PORTALS, Policy()).outcome is Outcome.IGNORED


def test_a_report_beside_an_inquiry_hides_nothing() -> None:
    assert len(inquiries(mail(REPORT, ONE))) == 1
    assert len(inquiries(mail(REPORT, "<openimmo_feedback>", text=TEXT))) == 1
    without = portals(RULES.replace("openimmo, ", ""))
    assert len(inquiries(mail(REPORT, text=TEXT), without)) == 1


# From here on as the daemon does it.


def decided(raw: bytes) -> Decision:
    return decide(raw, WHEN, PORTALS, Policy())


def test_parts_are_numbered_and_each_is_a_lead_of_its_own() -> None:
    bo = elements(vorname="Bo", nachname="Buche", email="bo@example.org", anfrage="Wann?")
    decision = decided(mail(openimmo(objekt("A-1", IDA, bo), objekt("C-3", IDA))))
    assert decision.outcome is Outcome.LEAD
    assert [
        (w.part, w.prepared.lead.property_reference, w.prepared.lead.sender_email)
        for w in decision.wanted
    ] == [
        (1, "A-1", "ida@example.org"),
        (2, "A-1", "bo@example.org"),
        (3, "C-3", "ida@example.org"),
    ]
    assert len({w.prepared.fingerprint for w in decision.wanted}) == 3
    lines = [json.loads(json.dumps(line)) for line in as_json(Preview("a.eml", decision))]
    assert [line["part"] for line in lines] == [1, 2, 3]
    assert [line["lead"]["property_reference"] for line in lines] == ["A-1", "A-1", "C-3"]
    assert [line["outcome"] for line in lines] == ["lead"] * 3
    assert lines[1]["fields"]["sender_email"] == {
        "value": "bo@example.org",
        "raw": "bo@example.org",
        "source": "openimmo:file1.xml#objekt[1]/interessent[2]/email",
        "span": None,
        "pattern": BLOCKS_LINE + "25",
    }


def test_one_part_that_lacks_something_keeps_the_mail_for_a_person() -> None:
    decision = decided(mail(openimmo(objekt("A-1", IDA, elements(nachname="Stumm")))))
    assert decision.outcome is Outcome.INCOMPLETE
    assert [w.prepared.complete for w in decision.wanted] == [True, False]


def stored(raw: bytes, decision: Decision, folder: Path) -> str:
    """Everything that the ledger keeps of the mail, but the mail itself."""
    kept = Mail(folder="INBOX", uidvalidity=1, uid=1, raw=raw, received=WHEN,
                flags=frozenset(), size=len(raw))  # fmt: skip
    cursor = Cursor(inbox="sales", folder="INBOX", uidvalidity=1, next_uid=2, fresh_from=1,
                    backlog_since=None, first_started=WHEN)  # fmt: skip
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        record(ledger, Origin("sales", timedelta(days=1)), [(kept, decision)], cursor, WHEN)
        (mail_id,) = [one.id for one in ledger.mails(limit=10)]
        found = ledger.mail(mail_id)
    assert found is not None
    return repr(found)


SECRETS = ("4.321", "Angestellt", "geprüft", "drei Personen", "11.12.1971")
TAILS = (
    (
        "Weitere Daten zum Interessenten; Haushaltsgröße: drei Personen; Haushaltsnettoeinkommen: "
        "4.321 Euro; Anstellungsverhältnis: Angestellt; SCHUFA-Bonitätscheck: geprüft;"
    ),
    (
        "Geburtsdatum: 11.12.1971\nBeschäftigungsstatus: Angestellt\nHaushaltsgröße: drei Personen"
        "\nNettohaushaltseinkommen: 4.321 Euro"
    ),
)


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("kind", ["block", "text", "html", "disagreeing"])
def test_the_self_disclosure_reaches_nothing(tail: str, kind: str, tmp_path: Path) -> None:
    person = elements(nachname="Linde", email="ida@example.org", anfrage=f"Frei?\n\n{tail}")
    text = f"Nachname: Linde\nE-Mail: ida@example.org\nObjekt: HB-1\nNachricht:\nFrei?\n\n{tail}\n"
    html = "<br>".join(f"<p>{text}</p>".splitlines())
    raw = {
        "block": mail(openimmo(objekt("HB-1", person))),
        "text": mail("<openimmo_feedback>", text=text),
        "html": mail(html=html),
        "disagreeing": mail(openimmo(objekt("HB-1", person)), text=text.replace("Frei", "Offen")),
    }[kind]
    decision = decided(raw)
    assert decision.outcome is Outcome.LEAD
    (wanted,) = decision.wanted
    assert wanted.inquiry.fields["sender_message"].value == "Frei?"
    kept = repr(
        (decision.wanted, decision.problems, decision.reading, [*as_json(Preview("a", decision))])
    ) + stored(raw, decision, tmp_path)
    assert "Frei?" in kept
    assert not [secret for secret in SECRETS if secret in kept]


def test_the_self_disclosure_is_in_the_mails_that_the_test_before_reads() -> None:
    raw = mail(openimmo(objekt("HB-1", elements(anfrage=TAILS[1]))))
    message = read(raw)
    assert isinstance(message, Message)
    assert "11.12.1971" in message.attachments[0].content.decode()


def test_a_text_without_blocks_in_the_rule_stays_as_it_is() -> None:
    text = f"Nachname: Ulme\nNachricht:\nFrei?\n{TAILS[1]}\n"
    for blocks in ("[]", "[lead_metadata]"):
        rules = RULES.replace("[objektanfrage, openimmo, lead_metadata]", blocks)
        assert "11.12.1971" in values(only(mail(text=text), portals(rules)))["sender_message"]


def test_cells_beyond_the_cut_are_gone() -> None:
    html = (
        "<table><tr><td>Nachname:</td><td>Ulme</td></tr><tr><td>Objekt:</td><td>HB-7</td></tr>"
        "<tr><td>Geburtsdatum:</td><td>11.12.1971</td></tr><tr><td>E-Mail:</td>"
        "<td>late@example.org</td></tr></table>"
    )
    inquiry = only(mail(html=html, text="-"))
    assert values(inquiry) == {"sender_lastname": "Ulme", "property_reference": "HB-7"}


@given(
    st.lists(
        st.sampled_from(
            [
                *["Nachname: Linde\n", "Nachname: Ulme\n", "Name: Ida\n", "Telefon: 030 231250\n"],
                *["E-Mail: a@example.org\n", "Objekt: HB-1\n", "Nachricht:\n", "Text\n", "\n"],
            ]
        )
    ).map("".join),
    st.lists(st.sampled_from([IDA, elements(nachname="Ulme"), elements(firma="K"), ""])),
)
def test_the_block_always_wins_and_nobody_is_lost(text: str, persons: list[str]) -> None:
    found = inquiries(mail(openimmo(objekt("HB-1", *persons)), text=text))
    told = list(dict.fromkeys(person for person in persons if person))
    assert len(found) == max(1, len(told))
    for inquiry, person in zip(found, told, strict=False):
        assert inquiry.fields["property_reference"].value == "HB-1"
        if person is IDA:
            assert values(inquiry)["sender_email"] == "ida@example.org"
