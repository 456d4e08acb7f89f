"""Where an address' mail is read, asked of a DNS server on loopback."""

import socket

import pytest

from mailbridge.inbox import discovery
from mailbridge.inbox.account import Tls
from mailbridge.inbox.discovery import SystemDns, discover
from mailbridge.inbox.providers import PROVIDERS, Server, SignIn, domain_of, find_provider
from tests.servers.dns import Zone, running_dns


def found(address: str, zone: Zone) -> tuple[Server | None, str, bool]:
    with running_dns(zone) as server, pytest.MonkeyPatch.context() as patient:
        patient.setattr(discovery, "_SECONDS", 60.0)
        answer = discover(address, SystemDns(server))
    if answer is None:
        return None, "", False
    return answer.server, answer.provider.name if answer.provider else "", answer.foreign


def test_a_providers_own_domain_needs_no_dns() -> None:
    assert found("a@bluewin.ch", {}) == (
        *(Server("imaps.bluewin.ch", 993, Tls.IMPLICIT), "Swisscom (Bluewin)", False),
    )
    assert found("a@GMAIL.com", {})[1] == "Google"


@pytest.mark.parametrize(
    ("exchanger", "provider"),
    [
        ("agency-example.mail.protection.outlook.com.", "Microsoft 365"),
        ("agency-example.a-v1.mx.microsoft.", "Microsoft 365"),
        ("ALT1.ASPMX.L.GOOGLE.COM.", "Google"),
        ("smtp.google.com.", "Google"),
        ("mta-gw.infomaniak.ch.", "Infomaniak"),
        ("mx1.mail.ovh.net.", "OVHcloud"),
        ("mx00.kundenserver.de.", "IONOS (1&1)"),
        ("smtpin.rzone.de.", "STRATO"),
    ],
)
def test_a_domain_of_ones_own_is_recognised_by_mx(exchanger: str, provider: str) -> None:
    zone = {("agency.example.", "MX"): [f"0 {exchanger}"]}
    assert found("leads@agency.example", zone)[1] == provider


@pytest.mark.parametrize(
    "exchanger", ["evil-mail.protection.outlook.com.evil.example.", "xmta-gw.infomaniak.ch."]
)
def test_a_look_alike_in_mx_is_nobodys(exchanger: str) -> None:
    assert found("a@agency.example", {("agency.example.", "MX"): [f"0 {exchanger}"]})[1] == ""


def test_srv_the_preferred_server_with_tls_first() -> None:
    zone = {
        ("_imaps._tcp.agency.example.", "SRV"): [
            "20 1 993 second.agency.example.",
            "10 1 10993 first.agency.example.",
        ],
        ("_imap._tcp.agency.example.", "SRV"): ["1 1 143 plain.agency.example."],
    }
    assert found("a@agency.example", zone) == (
        *(Server("first.agency.example", 10993, Tls.IMPLICIT), "", False),
    )


def test_srv_without_tls_from_the_start_means_starttls_and_never_none() -> None:
    zone = {
        ("_imaps._tcp.agency.example.", "SRV"): ["0 0 0 ."],
        ("_imap._tcp.agency.example.", "SRV"): ["1 1 143 mail.agency.example."],
    }
    assert found("a@agency.example", zone)[0] == Server("mail.agency.example", 143, Tls.STARTTLS)


@pytest.mark.parametrize(
    ("host", "foreign"),
    [
        ("mail.agency.example", False),
        ("agency.example", False),
        ("mail.hoster.example", True),
        ("mail.notagency.example", True),
    ],
)
def test_a_server_of_another_domain_is_told(host: str, foreign: bool) -> None:
    zone = {("_imaps._tcp.agency.example.", "SRV"): [f"1 1 993 {host}."]}
    assert found("a@agency.example", zone) == (Server(host, 993), "", foreign)


def test_nothing_known_is_nothing() -> None:
    assert found("a@agency.example", {}) == (None, "", False)
    assert found("no address", {}) == (None, "", False)
    assert found("a@" + "x" * 300, {}) == (None, "", False)


def test_no_dns_is_no_answer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert SystemDns(("127.0.0.1", port)).exchangers("agency.example") == []


def test_every_provider_has_its_evidence_advice_and_tls() -> None:
    for provider in PROVIDERS:
        assert provider.evidence
        assert all(url.startswith(("https://", "http://")) for url in provider.evidence)
        assert provider.advice.endswith((".", "(needs 2-step verification)."))
        assert provider.server.tls is not Tls.NONE
        assert provider.domains or provider.exchangers
        if provider.sign_in in (SignIn.OAUTH, SignIn.OAUTH_OR_APP_PASSWORD):
            assert "mailbridge login" in provider.advice
        if provider.sign_in is SignIn.APP_PASSWORD:
            assert "is not taken" in provider.advice


def test_no_domain_is_at_two_providers() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))


def test_a_provider_may_have_more_servers_than_one() -> None:
    ovh = find_provider("agency.example", ["mx2.mail.ovh.net"])
    assert ovh is not None
    assert ovh.serves_at("ssl0.ovh.net")
    assert ovh.serves_at("pro1.mail.OVH.net")
    assert not ovh.serves_at("notovh.net")


def test_domains_and_names() -> None:
    assert domain_of("A@Example.ORG.") == "example.org"
    assert domain_of("nobody") == ""
    assert find_provider("") is None
    assert find_provider("agency.example", []) is None
