"""Mail providers: their servers, and how one signs in there, by the domain of an address.

Data, each entry with its evidence: the page on which the provider (or where said, somebody
else) writes it. What could not be evidenced is left out: then DNS is asked, and the person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from mailbridge.inbox.account import Tls

IMAPS_PORT = 993
"""IMAP with TLS from the first byte (RFC 8314, section 3.2)."""


class SignIn(Enum):
    """How the provider lets a program in."""

    PASSWORD = "password"  # noqa: S105  (a kind of sign-in)
    """The password of the mailbox."""
    OAUTH = "oauth"
    """OAuth 2 alone."""
    OAUTH_OR_APP_PASSWORD = "either"  # noqa: S105
    """OAuth 2, or a password made for this program alone."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is read."""

    host: str
    port: int = IMAPS_PORT
    tls: Tls = Tls.IMPLICIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider."""

    name: str
    server: Server
    sign_in: SignIn
    advice: str
    """What a person must do there before a program may sign in; one or two sentences."""
    domains: frozenset[str] = frozenset()
    """At which everybody has an address with it."""
    exchangers: tuple[str, ...] = ()
    """Ends of the names in MX records of domains that it serves, on whole labels."""
    evidence: tuple[str, ...]


PROVIDERS = (
    Provider(
        name="Microsoft 365",
        server=Server("outlook.office365.com"),
        sign_in=SignIn.OAUTH,
        advice="Passwords no longer open an IMAP connection there: the inbox needs a sign-in "
        "(`mailbridge login`), and IMAP must be allowed for the mailbox.",
        domains=frozenset({"outlook.com"}),
        exchangers=("mail.protection.outlook.com", "mx.microsoft"),
        evidence=(
            "https://technet.microsoft.com/en-us/library/dn551174(v=exchg.150).aspx",
            "https://support.microsoft.com/en-us/office/pop-imap-and-smtp-settings-8361e398-8af4-4e97-b147-6c6c4ac95353",
            # The MX names, not from Microsoft:
            "https://c7solutions.com/2024/02/what-is-mx-microsoft",
        ),
    ),
    Provider(
        name="Google",
        server=Server("imap.gmail.com"),
        sign_in=SignIn.OAUTH_OR_APP_PASSWORD,
        advice="The account's own password is not taken: sign in (`mailbridge login`), or make an "
        "app password at https://myaccount.google.com/apppasswords (needs 2-step verification).",
        domains=frozenset({"gmail.com", "googlemail.com"}),
        exchangers=("aspmx.l.google.com", "smtp.google.com"),
        evidence=(
            "https://developers.google.com/gmail/imap",
            # App passwords and MX names, not from Google:
            "https://cloud-captains.com/en/article/whitepaper-imap-setup-google-workspace/",
            "https://corspot.com/2026/02/25/new-mx-records-for-using-gmail-with-google-workspace/",
        ),
    ),
    Provider(
        name="Infomaniak",
        server=Server("mail.infomaniak.com"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the e-mail address, not that of the Infomaniak account.",
        exchangers=("mta-gw.infomaniak.ch",),
        evidence=(
            "https://www.infomaniak.com/en/support/faq/admin2/email-service?i=2",
            "https://www.infomaniak.com/en/support/faq/admin2/email-service?i=5",
            "https://www.infomaniak.com/en/support/faq/search?page=3&q=dns",
        ),
    ),
    Provider(
        name="Swisscom (Bluewin)",
        server=Server("imaps.bluewin.ch"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the mailbox.",
        domains=frozenset({"bluewin.ch"}),
        evidence=(
            "http://www.swisscom.ch/content/swisscom/en/res/hilfe/loesung/alle-server-einstellungen-fuer-mail-auf-dem-pc.html",
        ),
    ),
    Provider(
        name="mail.ch",
        server=Server("imap.mail.ch"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the mailbox.",
        domains=frozenset({"mail.ch"}),
        evidence=("https://mail.ch/en/help/messages/external_e-mail_clients/pop3-imap_settings",),
    ),
)


def domain_of(address: str) -> str:
    """Give the domain of an e-mail address, lower case; empty where it is none."""
    return address.rpartition("@")[2].strip().rstrip(".").lower() if "@" in address else ""


def find_provider(domain: str, exchangers: Iterable[str] = ()) -> Provider | None:
    """Find who serves a domain: its own, or by the names in its MX records."""
    names = [name.rstrip(".").lower() for name in exchangers]
    for provider in PROVIDERS:
        if domain in provider.domains:
            return provider
    for provider in PROVIDERS:
        for name in names:
            if any(name == end or name.endswith("." + end) for end in provider.exchangers):
                return provider
    return None
