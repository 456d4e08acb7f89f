"""What the settings say, read out for each room: the only one who knows them all.

The faces (`cli`, `web`) ask here and decide nothing about how a thing is made; the daemon
is put together in `assembly`.
"""

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from mailbridge import access, log
from mailbridge.decision import Decision, Policy
from mailbridge.delivery.forms import Outlet
from mailbridge.documents.aliasfile import read_aliases
from mailbridge.documents.destinations import (
    AnyDestination,
    AnyNamed,
)
from mailbridge.documents.exposure import exposed_secrets, plain_secrets
from mailbridge.documents.located import parse
from mailbridge.documents.secrets import Secret
from mailbridge.documents.settings import (
    InboxSettings,
    Settings,
    load_settings,
    missing_for_run,
)
from mailbridge.documents.source import read_text
from mailbridge.documents.values import Surroundings
from mailbridge.documents.wording import UnfitError
from mailbridge.erasure import Retention
from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.inbox.account import Account, Tls
from mailbridge.inbox.marks import Mark, Marking
from mailbridge.leads.aliases import NONE, Alias, Aliases
from mailbridge.leads.catalogue import Catalogue
from mailbridge.leads.preparation import Policy as LeadPolicy
from mailbridge.listings import ListingIndex, Refresher, Source
from mailbridge.message.limits import Limits
from mailbridge.message.providers import is_public
from mailbridge.places import CONFIG_VARIABLE, find_config, usual_config, usual_state
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT_NAME, Recipient
from mailbridge.routes import find_destinations, find_outlets, find_unknown_portals
from mailbridge.rulefiles import own_portals, rule_files, shipped_portals
from mailbridge.rules.compilation import unite
from mailbridge.rules.forwarding import ANYONE, Forwarders, name_forwarders
from mailbridge.rules.judgement import Portals, gather
from mailbridge.rules.portal import Portal
from mailbridge.targets import OnUnknown, with_known_targets
from mailbridge.watch import Watch

if TYPE_CHECKING:
    from mailbridge.signin.application import ApplicationTokens
    from mailbridge.signin.keeper import PersonTokens


AnySecret = TypeVar("AnySecret", bound=Secret)


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
            usual = usual_config()
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

    @property
    def rules_folder(self) -> Path | None:
        """Where the user's rule files are, or will be: as set, or `portals` beside the settings."""
        return self.settings.rules or (self.file.parent / "portals" if self.file else None)

    def _rule_paths(self) -> Iterator[Path]:
        standing = self.rules_folder
        if standing and self.settings.rules is None and not standing.is_dir():
            standing = None  # nobody has made it yet
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
        return with_known_targets(decision, self.catalogue, self.on_unknown)

    @property
    def catalogue(self) -> Catalogue | None:
        """The CRM's lists as they are known now; None where they are not."""
        return self.listing_index.catalogue() if self.listing_index else None

    @property
    def on_unknown(self) -> OnUnknown:
        """What becomes of a lead whose property those lists do not have."""
        return OnUnknown(self.settings.listings.unknown_reference)

    def with_secrets(self, inbox: InboxSettings) -> InboxSettings:
        """Give an inbox with its secrets looked up, and no other's. Raises BadDocument."""
        place = f"inboxes.{self.settings.inboxes.index(inbox)}"
        password = inbox.password and self._look_up(inbox.password, f"{place}.password")
        oauth = inbox.oauth
        if oauth:
            at = f"{place}.oauth"
            proof = oauth.client_secret and self._look_up(
                oauth.client_secret, f"{at}.client_secret"
            )
            key = oauth.key and self._look_up(oauth.key, f"{at}.key")
            oauth = oauth.model_copy(update={"client_secret": proof, "key": key})
        return inbox.model_copy(update={"password": password, "oauth": oauth})

    def _look_up(self, secret: AnySecret, where: str) -> AnySecret:
        """Look up one secret, for a command that needs no other. Raises BadDocument."""
        around = Surroundings(Path(self.file or "").absolute().parent, os.environ, _read_keyring)
        try:
            return secret.looked_up(around)
        except UnfitError as unfit:
            problem = Problem(
                str(self.file),
                key=".".join((where, *map(str, unfit.at))),
                code=unfit.code,
                text=unfit.text,
                remedy=unfit.remedy,
            )
            raise BadDocument([problem]) from None

    @property
    def state_folder(self) -> Path:
        """Where mailbridge keeps what it must not lose: beside the ledger's file."""
        url = self.settings.ledger.url
        if url and url.startswith("sqlite:///"):
            return Path(url.removeprefix("sqlite:///")).parent
        return usual_state()

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
        """Where the ledger is, password included. Raises BadDocument where that is not there."""
        wanted = self.settings.ledger
        if not wanted.url:
            return f"sqlite:///{usual_state() / 'ledger.db'}"
        if wanted.password is None:
            return wanted.url
        # Commands that need no other secret look up none, but into the ledger they must look.
        known = wanted.password.known
        password = wanted.password if known else self._look_up(wanted.password, "ledger.password")
        scheme, _, rest = wanted.url.partition("://")
        user, _, place = rest.rpartition("@")
        return f"{scheme}://{user}:{quote(password.reveal(), safe='')}@{place}"

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
            *access.exposed_tokens(self.settings.inboxes, self.state_folder / "tokens", file),
        )
