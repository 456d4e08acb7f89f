"""Rules drafted from literal mails: what is found, what is left to a person, what is told."""

from collections.abc import Mapping

import pytest

from mailbridge.message.message import Message
from mailbridge.rules.advice import advise
from mailbridge.rules.drafting.draft import Draft, Example, Sureness
from mailbridge.rules.drafting.writing import draft
from mailbridge.rules.examination import examine, exercised, rules_of
from mailbridge.rules.judgement import Inquired, gather, judge
from tests.rules.making import a_message, a_portal, values

LAYOUT = """\
Hello Lakeside Lettings,

you have an inquiry.

Name: {name}
E-mail: {email}
Phone: 079 000 00 41
Your reference: {reference}
Listing ID: 4018223

Message:
{message}

Kind regards,
The Homes team
"""


def mail(
    name: str = "Ann Other",
    email: str = "ann.other@example.org",
    reference: str = "B-12",
    message: str = "May I come on Monday?",
) -> Message:
    text = LAYOUT.format(name=name, email=email, reference=reference, message=message)
    return a_message(text.strip(), sender="leads@homes.example", name="Homes")


def drafted(*messages: Message, **given: str) -> Draft:
    first = Example(messages[0], given)
    return draft("homes.example", [first, *(Example(one) for one in messages[1:])])


def found_by(made: Draft, message: Message) -> Mapping[str, str]:
    verdict = judge(message, gather([a_portal(made.rule)]))
    assert isinstance(verdict, Inquired)
    return values(verdict.inquiries[0].fields)


def sureness(made: Draft, field: str) -> Sureness:
    return next(note.sureness for note in made.notes if note.field == field)


def test_another_mail_of_the_layout_is_read_and_its_message_leaks_nothing() -> None:
    hostile = "See below.\nE-mail: other@example.com\nYour reference: Z-9\n\nMessage:\nReally?"
    other = mail("Bea Next", "bea@example.org", "A1.B2", hostile)
    assert found_by(drafted(mail()), other) == {
        "sender_name": "Bea Next",
        "sender_email": "bea@example.org",
        "sender_number": "079 000 00 41",
        "sender_message": hostile,
        "property_reference": "A1.B2",
    }


def test_the_file_is_as_a_person_writes_it() -> None:
    assert (
        drafted(mail()).rule
        == """\
portal: homes.example
evidence: partial
about: 'Drafted by mailbridge from one mail; other forms were not seen.'
match:
  from: leads@homes.example
# Newsletters and search alerts of the same sender can be ignored, once a case shows one:
# ignore:
#   - subject: '(?i)newsletter|alerte|suchauftrag|ricerca salvata|alert|alerta|zoekopdracht'
sections:
  message:
    start: '^Message:$'
    free_text: true
footer: '^Kind regards,$\\s+^The Homes team$'
labels: Listing ID    # no field reads them
fields:
  sender_name: {label: Name}
  sender_email: {label: E-mail}
  sender_number: {label: Phone}
  sender_message: {in: message, take: section}
  property_reference: {label: Your reference}
require: [property_reference, [sender_email, sender_number]]
"""
    )


def test_every_pattern_is_exercised_and_no_advice_is_needed() -> None:
    message = mail()
    portal = a_portal(drafted(message).rule)
    done = exercised(examine(message, portal))
    assert [rule for rule in rules_of(portal) if rule.where not in done] == []
    assert advise(portal) == ()


def test_a_number_that_may_be_the_portals_is_never_guessed() -> None:
    text = (
        "Name: Ann Other\nE-mail: ann@example.org\nAnzeigen-ID: 4018223\n\nNachricht:\nNoch frei?"
    )
    made = drafted(a_message(text, sender="leads@homes.example"))
    assert "property_reference" not in found_by(made, a_message(text, sender="leads@homes.example"))
    assert (
        "# If this is the agency's own number: property_reference: {label: Anzeigen-ID}"
        in made.rule
    )
    assert sureness(made, "property_reference") is Sureness.UNSURE
    assert "require: [sender_email]" in made.rule


def test_of_several_references_none_is_guessed_and_a_person_says_which() -> None:
    text = "E-mail: ann@example.org\nReference: 778\nProperty ref: B-12"
    message = a_message(text, sender="leads@homes.example")
    assert "property_reference" not in found_by(drafted(message), message)
    made = drafted(message, property_reference="B-12")
    assert found_by(made, message)["property_reference"] == "B-12"
    assert sureness(made, "property_reference") is Sureness.GIVEN


def test_what_a_person_says_wins_over_what_is_recognised() -> None:
    made = drafted(
        mail(), property_reference="4018223", sender_firstname="Ann", sender_lastname="Other"
    )
    found = found_by(made, mail())
    assert found["property_reference"] == "4018223"
    assert found["sender_name"] == "Ann Other"


def test_a_value_that_does_not_stand_in_the_mail_is_told() -> None:
    text = "E-mail: ann@example.org\nName: Ann Other"
    made = drafted(a_message(text, sender="leads@homes.example"), property_reference="B-12")
    assert sureness(made, "property_reference") is Sureness.MISSING


def test_a_phone_is_given_in_any_writing() -> None:
    made = drafted(mail(), sender_number="+41 79 000 00 41")
    assert found_by(made, mail())["sender_number"] == "079 000 00 41"


def test_several_examples_agree_on_where_the_message_ends() -> None:
    text = "E-mail: {}@example.org\n\nMessage:\n{}\n\nOne click and it is sold\nAnswer today"
    messages = [
        a_message(text.format(name, words), sender="leads@homes.example")
        for name, words in [
            ("ann", "Is it free?"),
            ("bea", "Hello,\nis it quiet?"),
            ("cy", "Price?"),
        ]
    ]
    other = a_message(text.format("dee", "A cellar?"), sender="leads@homes.example")
    assert found_by(drafted(*messages), other)["sender_message"] == "A cellar?"


def test_labels_of_all_examples_are_taken() -> None:
    english = a_message(
        "E-mail: ann@example.org\nPhone: 079 000 00 41", sender="leads@homes.example"
    )
    german = a_message("E-Mail-Adresse: bea@example.org", sender="leads@homes.example")
    made = drafted(english, german)
    assert "sender_email: {label: [E-mail, E-Mail-Adresse]}" in made.rule
    assert found_by(made, german)["sender_email"] == "bea@example.org"


def test_the_agencys_own_lines_are_not_the_visitors() -> None:
    text = (
        "Destinataire : Agence du Lac\nE-mail : agence@example.net\n\nCoordonnées\n"
        "Nom : Ann Other\nE-mail : ann@example.org"
    )
    message = a_message(text, sender="leads@homes.example")
    made = drafted(message)
    assert found_by(made, message)["sender_email"] == "ann@example.org"
    assert "  contact:\n    start: '^Coordonnées$'" in made.rule


def test_html_tables_and_columns() -> None:
    html = (
        "<p>Contact</p><table><tr><td>Nome</td><td>Email</td><td>Tel</td></tr><tr><td>{}</td>"
        "<td>{}</td><td>{}</td></tr></table><p>Messaggio:</p><p>{}</p>"
    )
    first = html.format("Ann Other", "ann@example.org", "079 000 00 41", "Libero?")
    other = html.format("Bea Next", "bea@example.org", "", "Quando?")
    made = drafted(a_message(html=first, sender="leads@homes.example"))
    assert found_by(made, a_message(html=other, sender="leads@homes.example")) == {
        "sender_name": "Bea Next",
        "sender_email": "bea@example.org",
        "sender_message": "Quando?",
    }


def test_a_relay_and_the_name_in_from() -> None:
    message = a_message(
        "“Is it still free?”\n\nRef: B-12", sender="c7k2q9@talk.homes.example", name="Ann via Homes"
    )
    made = drafted(message)
    assert "from: '@talk.homes.example'" in made.rule
    assert "relay: talk.homes.example" in made.rule
    found = found_by(made, message)
    assert found["sender_email"] == "c7k2q9@talk.homes.example"
    assert found["sender_name"] == "Ann"


def test_reply_to_is_the_address_where_the_text_has_none() -> None:
    message = a_message(
        "Name: Ann Other\nMessage: Free?", sender="no@homes.example", reply_to=["ann@example.org"]
    )
    made = drafted(message)
    assert "sender_email: {in: reply_to}" in made.rule
    assert found_by(made, message)["sender_email"] == "ann@example.org"


def test_a_public_provider_needs_more_than_the_sender() -> None:
    made = drafted(a_message("E-mail: ann@example.org\nReference: B-12", sender="site@gmail.com"))
    assert "body: '^Reference'" in made.rule


def test_a_triple_is_cleaned() -> None:
    message = a_message(
        "E-mail: a@example.org\nRéférence: [B7..1120]", sender="leads@homes.example"
    )
    assert found_by(drafted(message), message)["property_reference"] == "B7.1120"


def test_the_reference_in_the_subject() -> None:
    def about(reference: str) -> Message:
        return a_message(
            "E-mail: ann@example.org", sender="leads@homes.example", subject=f"Ref. {reference} new"
        )

    made = drafted(about("B-12"))
    assert found_by(made, about("X/9"))["property_reference"] == "X/9"


@pytest.mark.parametrize("text", ["", "Hello", "\n\n", "x" * 5000])
def test_a_mail_without_anything_gives_a_file_that_is_one(text: str) -> None:
    made = drafted(a_message(text or None, sender=""))
    assert a_portal(made.rule).name == "homes.example"
    assert {note.sureness for note in made.notes} <= {Sureness.UNSURE, Sureness.MISSING}


def written(text: str, reply_to: str = "") -> Message:
    return a_message(
        text, sender="leads@homes.example", name="Homes", reply_to=[reply_to] if reply_to else ()
    )


def test_a_full_name_is_not_turned_around() -> None:
    made = drafted(written("Full name .... Ann Other\nE-mail .... ann@example.org"))
    assert "name_order" not in made.rule
    both = drafted(written("Nom et prénom : Other Ann\nE-mail : ann@example.org"))
    assert "name_order: family_first" in both.rule


def test_the_agencys_own_address_and_phone_are_never_the_visitors() -> None:
    made = drafted(
        written(
            "Listed by\nOffice phone: 020 7946 0100\nOffice email: sales@lake.example.com\n\n"
            "Interested: somebody\nWrite to: ann@example.org"
        )
    )
    assert "Office" not in made.rule.partition("fields:")[2]


def test_an_address_with_a_word_for_mail_in_its_domain_is_a_value() -> None:
    text = "E-Mail-Adresse\tann@mail.example.net\nTelefon\t+41 79 000 00 41"
    html = "".join(
        f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in (x.split("\t") for x in text.split("\n"))
    )
    message = a_message("", html=f"<table>{html}</table>", sender="leads@homes.example")
    found = found_by(drafted(message), message)
    assert found["sender_email"] == "ann@mail.example.net"


@pytest.mark.parametrize(
    "closing", ["DATOS DEL ANUNCIO\n\nPRECIO: 100\nREF. INMUEBLE: {}", "> Your listing:\nRef {}"]
)
def test_the_message_ends_above_the_next_heading(closing: str) -> None:
    head = "> Message:" if closing.startswith(">") else "COMENTARIOS:\n"
    layout = "NOMBRE: {}\nEMAIL: {}\n\n" + head + "\n{}\n\n" + closing
    first = written(layout.format("Ann Other", "ann@example.org", "May I come?", "B-12"))
    other = written(layout.format("Bea Next", "bea@example.org", "Is it\n\nfree?", "C-13"))
    assert found_by(drafted(first), other)["sender_message"] == "Is it\n\nfree?"


def test_most_examples_overrule_what_one_visitor_wrote() -> None:
    layout = "You have mail.\n\n{}\n\nAnswer here : {}\nCall here : {}"
    first = written(layout.format("Is it free?", "ann@example.org", "079 000 00 41"))
    second = written(layout.format("E-mail: other@example.com", "bea@example.org", "079 000 00 42"))
    third = written(layout.format("May I come?", "cleo@example.org", "079 000 00 43"))
    made = drafted(first, second, third)
    assert found_by(made, second)["sender_email"] == "bea@example.org"


def test_without_a_message_the_way_to_answer_is_safer_than_a_label() -> None:
    layout = "You have mail.\n\n{}\n\nE-mail: {}"
    first = written(layout.format("Is it free?", "ann@example.org"), "ann@example.org")
    made = drafted(first)
    other = written(
        layout.format("E-mail: other@example.com", "bea@example.org"), "bea@example.org"
    )
    assert found_by(made, other)["sender_email"] == "bea@example.org"
    note = next(note for note in made.notes if note.field == "sender_message")
    assert (note.sureness, "say it with --field" in note.why) == (Sureness.MISSING, True)
