"""E-mail addresses: valid, the visitor's, or not sent."""

import pytest

from mailbridge.leads.emails import Email, is_relay, is_valid, read_email


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("nora@example.org", "nora@example.org"),
        (" Nora.Muster@EXAMPLE.Org\n", "Nora.Muster@example.org"),
        ("nora+immo@mail.example.org", "nora+immo@mail.example.org"),
        ("o'muster@example.org", "o'muster@example.org"),
        ("<nora@example.org>", "nora@example.org"),
        ("Nora Muster <nora@example.org>", "nora@example.org"),
        ("mailto:nora@example.org", "nora@example.org"),
        ("MAILTO:nora@example.org?subject=Visite&body=x", "nora@example.org"),
        ("mailto:nora%2Bimmo%40example.org", "nora+immo@example.org"),
        ("mailto:nora@example.org%0a", "nora@example.org"),
        ("nora@example.org?subject=Visite", "nora@example.org"),
        ("nora@example.org <mailto:nora@example.org>", "nora@example.org"),
        ("[nora@example.org](mailto:nora@example.org)", "nora@example.org"),
        ("nora@example.org <https://example.org/x>", "nora@example.org"),
        ("nora@example.org.", "nora@example.org"),
        ("nora@example.org,", "nora@example.org"),
        ("(nora@example.org)", "nora@example.org"),
        ("«nora@example.org»", "nora@example.org"),
        ("'nora@example.org'", "nora@example.org"),
        ("nora@müller.example", "nora@müller.example"),
        ("nora@xn--mller-kva.example", "nora@xn--mller-kva.example"),
        ("nora@пример.example", "nora@пример.example"),
        ("noreplyman@example.org", "noreplyman@example.org"),
    ],
)
def test_an_address_is_taken_out_of_its_wrapping(written: str, address: str) -> None:
    assert read_email(written).address == address


@pytest.mark.parametrize(
    "written",
    [
        "nora",
        "@",
        "nora@",
        "@example.org",
        "nora@example",
        "nora@.org",
        "nora@example..org",
        "nora@-example.org",
        "nora@exa_mple.org",
        "nora@example.o1",
        "nora@[192.0.2.1]",
        "no ra@example.org",
        "nora..m@example.org",
        ".nora@example.org",
        "nora.@example.org",
        "nöra@example.org",
        '"nora"@example.org',
        "nora@muster@example.org",
        "nora%40example.org",
        "nora (at) example.org",
        "nora@example.org\r\nBcc: max@example.org",
        "nora\x00@example.org",
        "nora@exa\tmple.org",
        "mailto:nora%0d%0aBcc:max@example.org",
        "x" * 65 + "@example.org",
        "nora@" + "x" * 64 + ".org",
        "nora@" + "x." * 126 + "org",
        "nora@exa\ufffdmple.org",
    ],
)
def test_what_is_no_address_is_kept_as_written(written: str) -> None:
    read = read_email(written)
    assert read.address == ""
    assert read.noted
    assert not set(read.noted) & set("\r\n\t\x00")
    assert read.problem is not None
    assert read.problem.code == "bad-email"


@pytest.mark.parametrize(
    "written",
    [
        "nora@example.org; max@example.org",
        "nora@example.org, max@example.net",
        "nora@example.org ou max@example.org",
        "nora@example.org / max@example.org",
        "<nora@example.org>, <max@example.org>",
        "max@example.org <mailto:nora@example.org>",
        "noreply@example.org, nora@example.org",
    ],
)
def test_of_several_addresses_the_first_good_one_is_taken_and_all_noted(written: str) -> None:
    assert read_email(written) == Email("nora@example.org", written)


@pytest.mark.parametrize(
    "address",
    [
        "noreply@mail.portal.example",
        "no-reply@portal.example",
        "No_Reply@example.org",
        "no.reply+123@example.org",
        "noreply-77@example.org",
        "donotreply@example.org",
        "mailer-daemon@example.org",
        "ne-pas-repondre@example.org",
        "interested@portal.example",
        "contact@PORTAL.example",
    ],
)
def test_the_portals_own_address_is_nobodys(address: str) -> None:
    read = read_email(address, portal="portal.example")
    assert (read.address, read.noted) == ("", "")
    assert read.problem is not None
    assert read.problem.code == "portal-email"


@pytest.mark.parametrize("address", ["desk@agency.example", "desk@mail.Agency.example"])
def test_the_agencys_own_address_is_not_the_visitors(address: str) -> None:
    read = read_email(address, own_domains={"agency.example"})
    assert read.address == ""
    assert read.problem is not None
    assert read.problem.code == "own-email"


def test_own_domains_are_compared_by_whole_labels() -> None:
    read = read_email("nora@notagency.example", own_domains={"agency.example", ""})
    assert read == Email("nora@notagency.example")


def test_a_relay_address_at_the_portals_domain_is_a_way_to_answer() -> None:
    address = "k7x2@portal.example"
    relays = ("portal.example",)
    assert read_email(address, portal="portal.example", relay_domains=relays) == Email(address)
    assert is_relay(address, relays)
    assert is_relay("k7x2@reply.portal.example", relays)
    assert not is_relay("nora@example.org", relays)
    assert not is_relay("", relays)


def test_an_empty_field_is_no_problem() -> None:
    assert read_email(" \n") == Email("")


def test_limits_of_length_are_those_of_the_standard() -> None:
    assert is_valid("x" * 64, "example.org")
    assert not is_valid("x" * 65, "example.org")
    assert is_valid("x", f"{'y' * 63}.org")
    assert not is_valid("x", f"{'y' * 64}.org")
    assert is_valid("x", "y." * 125 + "org")
    assert not is_valid("x", "y." * 126 + "org")
