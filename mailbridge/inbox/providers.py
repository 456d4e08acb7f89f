"""Mail providers: their servers, and how one signs in there, by the domain of an address.

Data, each entry with its evidence: the page on which the provider (or where said, somebody
else) writes it; ISPDB is the database from which Thunderbird fills in servers. What could not
be evidenced is left out: then DNS is asked, and the person.
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
    APP_PASSWORD = "app_password"  # noqa: S105
    """A password made for programs; the mailbox's own is refused."""
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
    servers: tuple[str, ...] = ()
    """Ends of the names of other servers that it has, where only the customer knows which."""
    evidence: tuple[str, ...]

    def serves_at(self, host: str) -> bool:
        """Whether mail may be read there."""
        return host.lower() == self.server.host or _ends(host, self.servers)


_ISPDB = "https://github.com/thunderbird/autoconfig/blob/master/ispdb/"
_NAME = "If the address is not taken as login name, its part before the @ is."
_ALLOW = "Access by IMAP must be allowed once in the mailbox's settings on its web page."

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
    Provider(
        name="OVHcloud",
        server=Server("ssl0.ovh.net"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the mailbox. This is the server of an MX Plan; Email Pro "
        "and Exchange have others, which the control panel names.",
        exchangers=("mail.ovh.net",),
        servers=("ovh.net",),
        evidence=(
            "https://github.com/ovh/docs/blob/15e2c4622d6382294b4690141952a4f9fbe70d70/pages/web_cloud/domains/dns_zone_mx/guide.en-gb.md",
            "https://github.com/ovh/docs/blob/12f1f7f8463fa8f28afe6107cd1fcece394fb315/pages/web_cloud/email_and_collaborative_solutions/mx_plan/email_generalities/guide.en-gb.md",
        ),
    ),
    Provider(
        name="IONOS (1&1)",
        server=Server("imap.1und1.de"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the mailbox.",
        domains=frozenset({"online.de", "onlinehome.de"}),
        exchangers=("kundenserver.de", "schlund.de"),
        servers=("ionos.de", "ionos.fr", "ionos.com", "ionos.co.uk"),
        evidence=(
            f"{_ISPDB}1und1.de.xml",
            "https://ionos.fr/assistance/email/mise-en-place-demail-made-in-germany/serveur-entrant",
        ),
    ),
    Provider(
        name="STRATO",
        server=Server("imap.strato.de"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the mailbox.",
        exchangers=("rzone.de",),
        evidence=(
            f"{_ISPDB}strato.de.xml",
            "https://www.strato.de/faq/mail/externes-e-mail-programm-mit-strato-e-mail-adresse-nutzen/",
        ),
    ),
    Provider(
        name="Orange",
        server=Server("imap.orange.fr"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the mailbox.",
        domains=frozenset({"orange.fr", "wanadoo.fr"}),
        evidence=(f"{_ISPDB}orange.fr.xml",),
    ),
    Provider(
        name="Free",
        server=Server("imap.free.fr"),
        sign_in=SignIn.PASSWORD,
        advice=f"The password is that of the mailbox. {_NAME}",
        domains=frozenset({"free.fr"}),
        evidence=(
            f"{_ISPDB}free.fr.xml",
            "https://assistance.free.fr/articles/configurer-de-maniere-avancee-mon-logiciel-de-messagerie-609",
        ),
    ),
    Provider(
        name="GMX",
        server=Server("imap.gmx.net"),
        sign_in=SignIn.PASSWORD,
        advice=_ALLOW,
        domains=frozenset({"gmx.net", "gmx.de", "gmx.ch", "gmx.at"}),
        evidence=(
            f"{_ISPDB}gmx.net.xml",
            "https://hilfe.gmx.net/pop-imap/imap/imap-serverdaten.html",
            "https://hilfe.gmx.net/pop-imap/einschalten.html",
        ),
    ),
    Provider(
        name="GMX",
        server=Server("imap.gmx.com"),
        sign_in=SignIn.PASSWORD,
        advice=_ALLOW,
        domains=frozenset({"gmx.com", "gmx.fr", "gmx.it", "gmx.co.uk", "gmx.es", "gmx.li"}),
        evidence=(f"{_ISPDB}gmx.com.xml",),
    ),
    Provider(
        name="WEB.DE",
        server=Server("imap.web.de"),
        sign_in=SignIn.PASSWORD,
        advice=f"{_ALLOW} {_NAME}",
        domains=frozenset({"web.de"}),
        evidence=(
            f"{_ISPDB}web.de.xml",
            "https://hilfe.web.de/pop-imap/imap/imap-serverdaten.html",
            "https://hilfe.web.de/pop-imap/einschalten.html",
        ),
    ),
    Provider(
        name="Telekom (t-online.de)",
        server=Server("secureimap.t-online.de"),
        sign_in=SignIn.APP_PASSWORD,
        advice="The password of the web page is not taken: set an e-mail password at "
        "https://www.telekom.de/hilfe/apps-dienste/e-mail/programme/passwort-verwalten first.",
        domains=frozenset({"t-online.de", "magenta.de"}),
        evidence=(
            f"{_ISPDB}t-online.de.xml",
            "https://www.telekom.de/hilfe/apps-dienste/e-mail/einstellungen/posteingang-postausgang-server",
        ),
    ),
    Provider(
        name="freenet",
        server=Server("mx.freenet.de"),
        sign_in=SignIn.PASSWORD,
        advice=_ALLOW,
        domains=frozenset({"freenet.de"}),
        evidence=(
            f"{_ISPDB}freenet.de.xml",
            "https://kundenservice.freenet.de/faq/e-mail-client-mail/pop3-imap-und-smtp-aktivieren/",
        ),
    ),
    Provider(
        name="mailbox.org",
        server=Server("imap.mailbox.org"),
        sign_in=SignIn.PASSWORD,
        advice="The password is that of the mailbox; with two-factor authentication, an "
        "application password made in its settings.",
        domains=frozenset({"mailbox.org"}),
        evidence=(
            f"{_ISPDB}mailbox.org.xml",
            "https://kb.mailbox.org/de/privat/e-mail/e-mail-konfiguration/",
        ),
    ),
    Provider(
        name="iCloud",
        server=Server("imap.mail.me.com"),
        sign_in=SignIn.APP_PASSWORD,
        advice="The password of the Apple account is not taken: make an app-specific password at "
        f"https://account.apple.com (needs two-factor authentication). {_NAME}",
        domains=frozenset({"icloud.com", "me.com", "mac.com"}),
        evidence=(
            f"{_ISPDB}me.com.xml",
            # App passwords, not from Apple:
            "https://support.postbox-inc.com/hc/en-us/articles/202200110-Setting-up-iCloud-Me-or-Mac",
            "https://xenocept.com/docs/email-setup/icloud.html",
        ),
    ),
    Provider(
        name="Yahoo",
        server=Server("imap.mail.yahoo.com"),
        sign_in=SignIn.APP_PASSWORD,
        advice="The password of the account is not taken: make an app password on its page "
        "“Account security”.",
        domains=frozenset({"yahoo.com", "yahoo.fr", "yahoo.de", "yahoo.it", "yahoo.co.uk"}),
        evidence=(
            f"{_ISPDB}yahoo.com.xml",
            "https://help.yahoo.com/kb/generate-manage-rd-party-passwords-sln15241.html",
        ),
    ),
)


def domain_of(address: str) -> str:
    """Give the domain of an e-mail address, lower case; empty where it is none."""
    return address.rpartition("@")[2].strip().rstrip(".").lower() if "@" in address else ""


def find_provider(domain: str, exchangers: Iterable[str] = ()) -> Provider | None:
    """Find who serves a domain: its own, or by the names in its MX records."""
    names = tuple(exchangers)
    for provider in PROVIDERS:
        if domain in provider.domains:
            return provider
    for provider in PROVIDERS:
        if any(_ends(name, provider.exchangers) for name in names):
            return provider
    return None


def _ends(name: str, ends: Iterable[str]) -> bool:
    """Whether a name is one of these, or lies below one; letters' case does not count."""
    name = name.rstrip(".").lower()
    return any(name == end or name.endswith("." + end) for end in ends)
