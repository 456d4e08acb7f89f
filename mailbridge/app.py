"""Everything built from the settings: the only constructor of things that do I/O.

The faces (`cli`, `daemon`) ask here and decide nothing about how a thing is made.
"""

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import platformdirs

import mailbridge
from mailbridge import access, log
from mailbridge.alerts.channels import Channel, is_installed, make_channels
from mailbridge.alerts.telling import Patience
from mailbridge.alerts.watch import Alerts
from mailbridge.bridge import Bridge
from mailbridge.daemon.daemon import Daemon
from mailbridge.daemon.delivering import IDLE
from mailbridge.daemon.pulse import Attendant, Pulse, TimedDestination
from mailbridge.decider import Decider
from mailbridge.decision import Decision, Policy
from mailbridge.delivery.agency import Agency
from mailbridge.delivery.exchange import Way
from mailbridge.delivery.forms import Outlet
from mailbridge.delivery.realforce import Realforce
from mailbridge.delivery.retry import OnDoubt
from mailbridge.delivery.retry import Policy as RetryPolicy
from mailbridge.delivery.webhook import Webhook
from mailbridge.dispatch import Dispatch, now
from mailbridge.documents.aliasfile import read_aliases
from mailbridge.documents.destinations import (
    AgencySettings,
    AnyDestination,
    AnyNamed,
    DestinationSettings,
)
from mailbridge.documents.located import parse
from mailbridge.documents.settings import (
    InboxSettings,
    Settings,
    exposed_secrets,
    load_settings,
    missing_for_run,
    plain_secrets,
)
from mailbridge.documents.source import read_text
from mailbridge.documents.values import Surroundings
from mailbridge.documents.wording import UnfitError
from mailbridge.erasure import Retention
from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.inbox.account import Account, Tls
from mailbridge.inbox.marks import Mark, Marking
from mailbridge.leads.aliases import NONE, Alias, Aliases
from mailbridge.leads.preparation import Policy as LeadPolicy
from mailbridge.ledger.ledger import Ledger
from mailbridge.listings import ListingIndex, Refresher, Source
from mailbridge.message.limits import Limits
from mailbridge.message.providers import is_public
from mailbridge.monitoring.systemd import find_notifier
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT_NAME, Recipient
from mailbridge.routes import find_destinations, find_outlets, find_unknown_portals
from mailbridge.rulebook import Rulebook
from mailbridge.rules.compilation import compile_portal, unite
from mailbridge.rules.forwarding import ANYONE, Forwarders, name_forwarders
from mailbridge.rules.judgement import Portals, gather
from mailbridge.rules.portal import Portal
from mailbridge.targets import OnUnknown, with_known_targets
from mailbridge.watch import Watch

if TYPE_CHECKING:
    from mailbridge.signin.application import ApplicationTokens
    from mailbridge.signin.keeper import PersonTokens

CONFIG_VARIABLE = "MAILBRIDGE_CONFIG"
SHIPPED = "mailbridge/portals"
"""How messages name the folder of the shipped rule files."""


def find_config(given: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Find the settings file: as given, by $MAILBRIDGE_CONFIG, here, or among the user's (XDG)."""
    if given:
        return given
    if named := environ.get(CONFIG_VARIABLE):
        return Path(named)
    usual = (Path("config.yaml"), platformdirs.user_config_path("mailbridge") / "config.yaml")
    return next((path for path in usual if path.is_file()), None)


def new_config(given: Path | None, environ: Mapping[str, str]) -> Path:
    """Say where new settings are written: as given, by $MAILBRIDGE_CONFIG, or the user's (XDG)."""
    named = environ.get(CONFIG_VARIABLE)
    usual = platformdirs.user_config_path("mailbridge") / "config.yaml"
    return given or (Path(named) if named else usual)


def example_settings() -> str:
    """Give config.example.yaml: in the wheel, or beside the package in a checkout."""
    package = Path(mailbridge.__file__).parent
    inside = package / "config.example.yaml"
    return read_text(inside if inside.is_file() else package.parent / "config.example.yaml")


def shipped_portals(seconds: float) -> tuple[Portal, ...]:
    """Compile the rule files that come with mailbridge."""
    texts = {
        item.name: item.read_text(encoding="utf-8")
        for item in files("mailbridge.portals").iterdir()
        if item.name.endswith(".yaml")
    }
    return tuple(
        compile_portal(parse(texts[name], f"{SHIPPED}/{name}"), seconds) for name in sorted(texts)
    )


def shipped_cases() -> Path:
    """Give the folder of the shipped portals' cases: in the wheel, or beside it in a checkout."""
    package = Path(mailbridge.__file__).parent
    inside = package / "fixtures"
    return inside if inside.is_dir() else package.parent / "fixtures"


def own_portals(path: Path, seconds: float) -> tuple[Portal, ...]:
    """Compile the user's rule files: one, or all of a folder.

    Raises BadDocument with the problems of every file, or where a folder holds none.
    """
    portals: list[Portal] = []
    problems: list[Problem] = []
    for file in rule_files(path):
        try:
            portals.append(compile_portal(parse(read_text(file), str(file)), seconds))
        except BadDocument as bad:
            problems += bad.problems
    if not portals and not problems:
        problems.append(
            Problem(
                str(path),
                code="no-rule-file",
                text="This folder holds no rule file (NAME.yaml).",
                remedy="Check the path.",
            )
        )
    if problems:
        raise BadDocument(problems)
    return tuple(portals)


def rule_files(path: Path) -> Iterator[Path]:
    """Give the rule files at a path: itself, or those in a folder (cases lie deeper).

    What is hidden is none: editors and archives leave such files beside others.
    """
    if not path.is_dir():
        yield path
        return
    yield from sorted(p for p in path.iterdir() if _is_rule_file(p))


def _is_rule_file(path: Path) -> bool:
    suited = path.suffix in {".yaml", ".yml"} and not path.name.startswith(".")
    return suited and path.is_file()


def _read_keyring(name: str) -> str | None:
    """Read an entry of the user's keyring; the library takes its time to import."""
    from mailbridge.signin import ring

    return ring.read_secret(name)


def _forwarders_of(inbox: InboxSettings) -> tuple[str, ...]:
    if inbox.forwarders is not None:
        return inbox.forwarders
    domain = inbox.user.rpartition("@")[2] if "@" in inbox.user else ""
    # At a provider's domain everybody else would be allowed as well.
    own = inbox.user if is_public(domain) else f"@{domain}"
    return (own,) if domain else ()


@dataclass
class App:
    """mailbridge as one settings file describes it; each part is made when first asked for."""

    settings: Settings = field(default_factory=Settings)
    file: Path | None = None
    rules: tuple[Path, ...] = ()
    """Rule files or folders beyond those of the settings; the later wins."""
    _tokens: "dict[str, PersonTokens | ApplicationTokens]" = field(default_factory=dict, init=False)

    @classmethod
    def load(cls, given: Path | None, *, secrets: bool, rules: Sequence[Path] = ()) -> "App":
        """Read the settings, or take the defaults where there is no file.

        `secrets` says whether passwords and keys are needed; without, none is looked
        up. Raises BadDocument.
        """
        gc.freeze()  # what was imported until now stays: the collector need not look at it
        gc.enable()
        file = find_config(given, os.environ)
        if file is None:
            return cls(rules=tuple(rules))
        settings = load_settings(file, os.environ if secrets else None, _read_keyring)
        return cls(settings=settings, file=file, rules=tuple(rules))

    def require_inboxes(self) -> None:
        """Raise MailbridgeError where no inbox is set."""
        self.require_file()
        if not self.settings.inboxes:
            raise BadDocument(missing_for_run(self.settings, str(self.file))[:1])

    def require(self) -> None:
        """Raise MailbridgeError where something is missing that watching and sending need."""
        self.require_file()
        if problems := missing_for_run(self.settings, str(self.file)):
            raise BadDocument(problems)

    def require_file(self) -> None:
        """Raise MailbridgeError where there are no settings."""
        if self.file is None:
            usual = platformdirs.user_config_path("mailbridge") / "config.yaml"
            raise MailbridgeError(
                "No settings file was found. `mailbridge init` makes one, or copy "
                f"config.example.yaml to {usual} (or name yours with --config or "
                f"${CONFIG_VARIABLE})."
            )

    def configure_log(self) -> None:
        """Send events where the settings say. Raises BadDocument where that cannot be written."""
        wanted = self.settings.log
        try:
            log.configure(wanted.level, wanted.format, wanted.file)
        except OSError as error:
            problem = Problem(
                str(self.file),
                key="log.file",
                code="not-writable",
                text=f"The log {wanted.file} cannot be written ({error.strerror}).",
                remedy="Name a file in a folder that this user may write.",
            )
            raise BadDocument([problem]) from None

    @cached_property
    def portals(self) -> Portals:
        """All portals in use, the user's over the shipped ones. Raises BadDocument."""
        return self.compile_portals()

    def compile_portals(self) -> Portals:
        """Compile all portals from what the files say now. Raises BadDocument."""
        seconds = self.settings.limits.pattern_time.total_seconds()
        united: Sequence[Portal] = shipped_portals(seconds)
        try:
            for path in self._rule_paths():
                united = unite(united, own_portals(path, seconds))
        except OSError as error:
            problem = Problem(
                str(error.filename),
                code="unreadable-file",
                text=f"This folder of rule files cannot be read ({error.strerror}).",
                remedy="Give the user under whom mailbridge runs the right to read it.",
            )
            raise BadDocument([problem]) from None
        if problems := find_unknown_portals(
            self.settings, {p.name for p in united}, str(self.file)
        ):
            raise BadDocument(problems)
        return gather(united)

    def rule_files(self) -> tuple[Path, ...]:
        """Name the user's rule files as they are now; of a path that is missing, itself.

        Raises OSError where a folder cannot be read.
        """
        return tuple(file for path in self._rule_paths() for file in rule_files(path))

    def _rule_paths(self) -> Iterator[Path]:
        standing = self.settings.rules
        if standing is None and self.file and (beside := self.file.parent / "portals").is_dir():
            standing = beside  # it came after the settings were read
        # The folder of the settings may still be empty; one named on the command line may not.
        if standing and any(rule_files(standing)):
            yield standing
        yield from self.rules

    @cached_property
    def aliases(self) -> Aliases:
        """The user's table of what portals call the properties. Raises BadDocument."""
        file = self.settings.listings.aliases
        if file is None:
            return NONE
        return Aliases(
            tuple(
                Alias(
                    reference=one.reference,
                    portal=one.portal or "",
                    number=one.number or "",
                    address=one.address or "",
                    where=where,
                )
                for one, where in read_aliases(parse(read_text(file), str(file)))
            )
        )

    @cached_property
    def listing_index(self) -> ListingIndex | None:
        """The local index of the CRM's lists; None where no key is set."""
        wanted = self.settings.listings
        if wanted.key is None:
            return None
        return ListingIndex(
            self.state_folder / "listings.json",
            Source(listings=wanted.url, promotions=wanted.promotions_url),
        )

    def refresher(self) -> Refresher | None:
        """Make what reads the CRM's lists; None where no key is set."""
        wanted = self.settings.listings
        if wanted.key is None or self.listing_index is None:
            return None
        return Refresher(
            self.listing_index, wanted.key.reveal(), self.settings.destination.proxy, wanted.every
        )

    def know_targets(self, decision: Decision) -> Decision:
        """Hold a decision's references against the CRM's lists, where there are any."""
        if self.listing_index is None:
            return decision
        unknown = OnUnknown(self.settings.listings.unknown_reference)
        return with_known_targets(decision, self.listing_index.catalogue(), unknown)

    def with_secrets(self, inbox: InboxSettings) -> InboxSettings:
        """Give an inbox with its secrets looked up, and no other's. Raises BadDocument."""
        around = Surroundings(Path(self.file or "").absolute().parent, os.environ, _read_keyring)
        at = self.settings.inboxes.index(inbox)
        password, oauth = inbox.password, inbox.oauth
        try:
            where = "password"
            password = password and password.looked_up(around)
            if oauth:
                where = "oauth.client_secret"
                proof = oauth.client_secret and oauth.client_secret.looked_up(around)
                where = "oauth.key"
                key = oauth.key and oauth.key.looked_up(around)
                oauth = oauth.model_copy(update={"client_secret": proof, "key": key})
        except UnfitError as unfit:
            problem = Problem(
                str(self.file),
                key=".".join(("inboxes", str(at), where, *map(str, unfit.at))),
                code=unfit.code,
                text=unfit.text,
                remedy=unfit.remedy,
            )
            raise BadDocument([problem]) from None
        return inbox.model_copy(update={"password": password, "oauth": oauth})

    @property
    def state_folder(self) -> Path:
        """Where mailbridge keeps what it must not lose: beside the ledger's file."""
        path = self.ledger_url.removeprefix("sqlite:///")
        if path != self.ledger_url:
            return Path(path).parent
        return platformdirs.user_state_path("mailbridge")

    def tokens(self, inbox: InboxSettings) -> "PersonTokens | ApplicationTokens | None":
        """Give the tokens by which an inbox logs in, always the same; None with a password."""
        if inbox.oauth is None:
            return None
        if inbox.name not in self._tokens:
            folder = self.state_folder / "tokens"
            self._tokens[inbox.name] = access.make_tokens(inbox, inbox.oauth, folder)
        return self._tokens[inbox.name]

    def signed_out(self) -> frozenset[str]:
        """Name the inboxes to which a person must sign in, as far as was seen."""
        return frozenset(name for name, tokens in self._tokens.items() if tokens.wants_login)

    @property
    def ledger_url(self) -> str:
        """Where the ledger is, password included."""
        wanted = self.settings.ledger
        if not wanted.url:
            return f"sqlite:///{platformdirs.user_state_path('mailbridge') / 'ledger.db'}"
        if wanted.password is None:
            return wanted.url
        scheme, _, rest = wanted.url.partition("://")
        user, _, place = rest.rpartition("@")
        return f"{scheme}://{user}:{quote(wanted.password.reveal(), safe='')}@{place}"

    def policy(self, inbox: InboxSettings | None = None) -> Policy:
        """Say how mails of an inbox are decided; without one, mails from files."""
        settings = self.settings
        domain = inbox.user.rpartition("@")[2].lower() if inbox and "@" in inbox.user else ""
        return Policy(
            limits=Limits(**settings.limits.model_dump(exclude={"pattern_time"})),
            leads=LeadPolicy(
                default_region=settings.leads.default_region,
                contact_block=settings.leads.contact_block,
                details_block=settings.leads.details_block,
            ),
            outlet=self.outlets[(inbox.destination if inbox else None) or DEFAULT_NAME],
            by_portal={
                portal: self.outlets[name] for portal, name in settings.portal_destinations.items()
            },
            own_domains=frozenset() if is_public(domain) else frozenset({domain} - {""}),
            forwarders=self._forwarders(inbox),
            authentication_server=inbox.authentication_server or "" if inbox else "",
            aliases=self.aliases,
        )

    def _forwarders(self, inbox: InboxSettings | None) -> Forwarders:
        """Say whose forwards count: the inbox's choice; for files that of all, or anyone's."""
        inboxes = (inbox,) if inbox else self.settings.inboxes
        if not inboxes:
            return ANYONE
        return name_forwarders(one for inbox in inboxes for one in _forwarders_of(inbox))

    def account(self, inbox: InboxSettings) -> Account:
        """Say how an inbox is reached."""
        return Account(
            name=inbox.name,
            host=inbox.host,
            port=inbox.port,
            tls=Tls(inbox.tls),
            ca_file=str(inbox.ca_file) if inbox.ca_file else None,
            user=inbox.user,
            password=inbox.password.reveal() if inbox.password else "",
            tokens=self.tokens(inbox),
            timeout=inbox.timeout.total_seconds(),
            deadline=inbox.deadline.total_seconds(),
            batch=inbox.batch,
            size_limit=self.settings.limits.mail_size,
        )

    def watch(self, inbox: InboxSettings) -> Watch:
        """Say what is done with an inbox."""
        return Watch(
            account=self.account(inbox),
            policy=self.policy(inbox),
            folders=inbox.folders,
            marking=Marking(inbox.marking),
            mark_folders={Mark.SENT: inbox.sent_folder, Mark.REVIEW: inbox.review_folder},
            mark_seen=inbox.mark_seen,
            verify_dkim=inbox.verify_dkim,
            start=datetime.combine(inbox.start, time()).astimezone() if inbox.start else None,
            duplicate_window=self.settings.leads.duplicate_window,
        )

    @cached_property
    def outlets(self) -> Mapping[str, Outlet]:
        """Say by name what a lead looks like for each destination."""
        return find_outlets(self.settings)

    @cached_property
    def destinations(self) -> Mapping[Recipient, AnyDestination | AnyNamed]:
        """Name the destinations that leads can be sent to."""
        return find_destinations(self.settings)

    def client(self, wanted: AnyDestination | AnyNamed) -> Realforce | Agency | Webhook:
        """Make the client of a destination."""
        way = Way(
            url=wanted.url,
            timeouts=(wanted.connect_timeout.total_seconds(), wanted.read_timeout.total_seconds()),
            deadline=(wanted.connect_timeout + wanted.read_timeout).total_seconds(),
            ca_file=str(wanted.ca_file) if wanted.ca_file else None,
            proxy=wanted.proxy,
        )
        if isinstance(wanted, DestinationSettings):
            return Realforce(way, wanted.key.reveal() if wanted.key else "")
        if isinstance(wanted, AgencySettings):
            return Agency(way, wanted.key.reveal())
        return Webhook(way, wanted.secret.reveal())

    def _dispatch(
        self, ledger: Ledger, pulse: Pulse, to: Recipient, wanted: AnyDestination | AnyNamed
    ) -> Dispatch:
        retry = RetryPolicy(
            doubt=OnDoubt(wanted.on_doubt), doubt_wait=wanted.doubt_wait.total_seconds()
        )
        return Dispatch(ledger, TimedDestination(self.client(wanted), pulse, to), retry, to)

    @contextmanager
    def daemon(self, ledger: Ledger) -> Iterator[Daemon]:
        """Put the daemon together on an open ledger, with what ends with it. Raises BadDocument."""
        self.require()
        inboxes = self.settings.inboxes
        pulse = Pulse()
        rulebook = Rulebook(self, pulse.note_rules)
        with Decider(rulebook.portals) as decider:
            rulebook.take_up = decider.renew
            yield Daemon(
                bridges=[
                    Bridge(self.watch(inbox), ledger, decider, know_targets=self.know_targets)
                    for inbox in inboxes
                ],
                intervals=[inbox.every for inbox in inboxes],
                ledger=ledger,
                dispatches=[
                    self._dispatch(ledger, pulse, to, one) for to, one in self.destinations.items()
                ],
                retention=self.retention,
                alerts=self.alerts(ledger, lambda: len(rulebook.problems)),
                rulebook=rulebook,
                refresher=self.refresher(),
                pulse=pulse,
                attendant=self._monitor(pulse, ledger),
            )

    def channels(self) -> list[Channel]:
        """Make the channels that alerts go to. Raises BadDocument where one cannot be made."""
        addresses = [address.reveal() for address in self.settings.alerts.to]
        if not addresses:
            return []
        if not is_installed():
            problem = Problem(
                str(self.file),
                key="alerts.to",
                code="missing-library",
                text="Alerts need the library Apprise, which is not installed.",
                remedy="Run `pip install 'mailbridge[alerts]'`, or remove the addresses.",
            )
            raise BadDocument([problem])
        channels, bad = make_channels(addresses)
        if bad:
            raise BadDocument(
                Problem(
                    str(self.file),
                    key=f"alerts.to.{place}",
                    code="bad-address",
                    # Not quoted: it is a secret.
                    text="Apprise makes nothing of this address.",
                    remedy="Write it as Apprise's documentation says for the service, for example "
                    "mailtos://USER:PASSWORD@example.org?to=office@example.org.",
                )
                for place in bad
            )
        return channels

    def alerts(self, ledger: Ledger, bad_rules: Callable[[], int]) -> Alerts | None:
        """Put the alerts together; None where nobody is to be told. Raises BadDocument.

        `bad_rules` tells how many problems the rule files have that are not in use for that.
        """
        wanted = self.settings.alerts
        if not wanted.to:
            return None
        return Alerts(
            ledger=ledger,
            inboxes=[inbox.name for inbox in self.settings.inboxes],
            channels=self.channels(),
            bad_rules=bad_rules,
            destinations=tuple(self.destinations),
            patience=Patience(inbox_down=wanted.inbox_down_after, over=wanted.over_after),
            signed_out=self.signed_out,
        )

    def _monitor(self, pulse: Pulse, ledger: Ledger) -> Attendant | None:
        """Make what looks after the daemon, where somebody wants to be told."""
        listen = self.settings.monitoring.listen
        notifier = find_notifier(os.environ, os.getpid())
        if not listen and not notifier:
            return None
        # A web server takes its time to import, and no other command needs it.
        from mailbridge.monitoring.health import InboxLimits
        from mailbridge.monitoring.health import Limits as HealthLimits
        from mailbridge.monitoring.monitor import Monitor, look_interval

        exchange = max(
            (one.connect_timeout + one.read_timeout).total_seconds()
            for one in self.destinations.values()
        )
        limits = HealthLimits(
            inboxes={
                inbox.name: InboxLimits(
                    every=inbox.every.total_seconds(), deadline=inbox.deadline.total_seconds()
                )
                for inbox in self.settings.inboxes
            },
            delivery=max(IDLE, exchange),
            scheduler=look_interval(notifier),
        )
        address = (listen.host, listen.port) if listen else None
        return Monitor(pulse, ledger, limits, notifier=notifier, address=address, clock=now)

    @property
    def retention(self) -> Retention:
        """Say how long contents stay in the ledger."""
        wanted = self.settings.retention
        return Retention(wanted.contents, wanted.review)

    def warnings(self) -> tuple[Problem, ...]:
        """Name what works and should not stay so."""
        if self.file is None:
            return ()
        file = str(self.file)
        return (
            *plain_secrets(self.settings, file),
            *exposed_secrets(self.settings, file),
            *self._exposed_tokens(),
        )

    def _exposed_tokens(self) -> Iterator[Problem]:
        for at, inbox in enumerate(self.settings.inboxes):
            if inbox.oauth is None:
                continue
            store = access.make_store(inbox, self.state_folder / "tokens")
            if store.exposed:
                yield Problem(
                    str(self.file),
                    key=f"inboxes.{at}.oauth",
                    code="readable-secret",
                    text=f"Others may read the tokens in {str(store.file)!r}.",
                    remedy=f"Run: chmod 600 {store.file}",
                )
