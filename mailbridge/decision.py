"""Decide what becomes of a mail: bytes in, a decision out. The heart, and pure.

Dry-run, the daemon and the tests all call `decide`. It must not know of clocks,
files, servers or the ledger; what the ledger knows is handed to `without_doubles`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from mailbridge.delivery.forms import Outlet, write_lead
from mailbridge.delivery.webhook_payload import MailFacts
from mailbridge.leads.aliases import NONE, Aliases, apply_aliases
from mailbridge.leads.preparation import Origin, Prepared, prepare
from mailbridge.leads.preparation import Policy as LeadPolicy
from mailbridge.ledger.records import History
from mailbridge.message.authentication import authenticates, tell
from mailbridge.message.identity import identify
from mailbridge.message.limits import Limits
from mailbridge.message.message import Message, Unreadable
from mailbridge.message.providers import is_public
from mailbridge.message.reader import read
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.recipient import Recipient
from mailbridge.rules.extraction import Reading
from mailbridge.rules.forwarding import NOT_ALLOWED, Forwarders, Opened, open_and_judge
from mailbridge.rules.inquiry import Inquiry
from mailbridge.rules.judgement import (
    Contested,
    Distrusted,
    Inquired,
    NoInquiry,
    Portals,
    TooSlow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that the settings say about deciding."""

    limits: Limits = field(default_factory=Limits)
    leads: LeadPolicy = field(default_factory=LeadPolicy)
    """What a lead looks like; `without_target` is each destination's own."""
    outlet: Outlet = field(default_factory=Outlet)
    """Where the inbox's leads go."""
    by_portal: Mapping[str, Outlet] = field(default_factory=dict)
    """Where those of a portal go, whatever the inbox."""
    own_domains: frozenset[str] = frozenset()
    """The agency's own; an address there is never the enquirer's."""
    forwarders: Forwarders = field(default_factory=Forwarders)
    """Whose forwarded mails are opened; nobody's unless said."""
    authentication_server: str = ""
    """The receiving server whose Authentication-Results are believed (RFC 8601)."""
    aliases: Aliases = NONE
    """What portals call the agency's properties, where a person wrote that down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One inquiry of the mail, and the lead that came of it."""

    part: int
    inquiry: Inquiry
    prepared: Prepared
    payload: Mapping[str, Any]
    """As it would be POSTed."""
    outlet: Outlet
    """Where, and in which form."""
    facts: MailFacts
    duplicate_of: int | None = None
    """Id of the lead in the ledger that is the same inquiry."""

    @property
    def to(self) -> Recipient:
        """Where it goes."""
        return self.outlet.to

    def rewritten(self, inquiry: Inquiry, prepared: Prepared) -> "Wanted":
        """Give the same with another lead, written anew for where it goes."""
        written = write_lead(self.outlet.form, prepared, inquiry.portal, self.facts)
        return replace(self, inquiry=inquiry, prepared=prepared, payload=written.payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one mail."""

    outcome: Outcome
    """`lead` where something is to be sent."""
    identity: str
    message: Message | Unreadable
    portal: str = ""
    problems: tuple[Problem, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    inside: Message | None = None
    """The portal's mail where it was forwarded in `message`; spans and `reading` are its."""
    reading: Reading | None = None
    """The text that the rule saw, with its sections."""
    duplicate_of: int | None = None
    """Id of the mail in the ledger that is the same mail."""
    slow: str = ""
    """Where the pattern stands that ran out of its time, `file:line:column`; empty for none."""


def decide(
    raw: bytes,
    received: datetime | None,
    portals: Portals,
    policy: Policy,
    signed: frozenset[str] = frozenset(),
) -> Decision:
    """Say what becomes of a mail, by its bytes and when it was received alone.

    `signed` are the domains whose DKIM signature on it was verified, where that is asked for.
    """
    message = read(raw, policy.limits)
    if isinstance(message, Unreadable):
        return Decision(
            outcome=Outcome.UNREADABLE,
            identity=sha256(raw).hexdigest(),
            message=message,
            problems=message.problems,
        )
    return decide_read(message, received, portals, policy, signed)


def decide_read(
    message: Message,
    received: datetime | None,
    portals: Portals,
    policy: Policy,
    signed: frozenset[str] = frozenset(),
) -> Decision:
    """Say what becomes of a mail that was read already: whoever tries many rules reads it once.

    It depends on `portals` by what `portals.of` answers alone.
    """
    identity, slow = identify(message), ""
    authenticated = authenticates(message, policy.authentication_server, signed)
    opened = open_and_judge(
        message, portals, policy.forwarders, policy.limits, authenticated=authenticated
    )
    problems, verdict = (*message.problems, *opened.problems), opened.verdict
    match verdict:
        case Inquired():
            return _decide_inquired(verdict, opened, message, identity, received, policy)
        case NoInquiry():
            outcome, portal = Outcome.IGNORED, verdict.portal.name
            problem = Problem(code="ignored-by", text=f"No inquiry: {verdict.where} says so.")
        case Distrusted() if NOT_ALLOWED in opened.problems:
            return Decision(
                outcome=Outcome.UNTRUSTED,
                identity=identity,
                message=message,
                portal=verdict.portal.name,
                problems=problems,
            )
        case Distrusted():
            outcome, portal = Outcome.UNTRUSTED, verdict.portal.name
            problem = _distrust(message, policy.authentication_server)
        case TooSlow():
            outcome, portal = Outcome.UNREADABLE, verdict.portal.name
            slow = verdict.where
            problem = Problem(
                code="pattern-timeout",
                text=f"The pattern at {verdict.where} ran out of its time on this mail.",
                remedy="Mend the pattern (nested quantifiers?) or raise limits.pattern_time.",
            )
        case Contested():
            names = ", ".join(portal.name for portal in verdict.portals)
            outcome, portal = Outcome.AMBIGUOUS, ""
            problem = Problem(
                code="several-portals",
                text=f"The rules of {names} apply and find different things.",
                remedy="Make their match: exclude each other.",
            )
        case _:
            # Attached by a colleague and beyond a limit: it may well be an inquiry.
            return Decision(
                outcome=Outcome.UNREADABLE if opened.beyond else Outcome.UNMATCHED,
                identity=identity,
                message=message,
                problems=problems,
            )
    return Decision(
        outcome=outcome,
        identity=identity,
        message=message,
        portal=portal,
        problems=(*problems, problem),
        inside=opened.message if opened.by else None,
        slow=slow,
    )


def _decide_inquired(
    verdict: Inquired,
    opened: Opened,
    message: Message,
    identity: str,
    received: datetime | None,
    policy: Policy,
) -> Decision:
    origin = Origin(
        subject=opened.message.subject,
        date=opened.message.date,
        received=received,
        own_domains=policy.own_domains | {a.domain for a in opened.by if not is_public(a.domain)},
        own_addresses=frozenset(a.address for a in opened.by),
    )
    outlet = policy.by_portal.get(verdict.portal.name, policy.outlet)
    leads = replace(policy.leads, without_target=outlet.without_target)
    wanted, problems = [], [*message.problems, *opened.problems]
    complete = opened.whole
    texts = _own_texts(verdict, origin.subject) if policy.aliases.all else ()
    for part, inquiry in enumerate(verdict.inquiries, start=1):
        inquiry = apply_aliases(inquiry, texts, policy.aliases)
        prepared = prepare(inquiry, origin, leads)
        facts = MailFacts(
            identity=identity,
            part=part,
            message_id=message.message_id,
            subject=opened.message.subject,
        )
        written = write_lead(outlet.form, prepared, inquiry.portal, facts)
        problems += [*inquiry.problems, *prepared.problems, *written.problems]
        complete = complete and prepared.complete and written.complete
        wanted.append(
            Wanted(
                part=part,
                inquiry=inquiry,
                prepared=prepared,
                payload=written.payload,
                outlet=outlet,
                facts=facts,
            )
        )
    return Decision(
        outcome=Outcome.LEAD if complete else Outcome.INCOMPLETE,
        identity=identity,
        message=message,
        portal=verdict.portal.name,
        problems=tuple(problems),
        wanted=tuple(wanted),
        inside=opened.message if opened.by else None,
        reading=verdict.reading,
    )


def _own_texts(verdict: Inquired, subject: str) -> Sequence[str]:
    """Give what the portal itself wrote; nothing where the text is about several properties."""
    if len(verdict.inquiries) > 1:
        return ()
    reading = verdict.reading
    message = verdict.inquiries[0].fields.get("sender_message")
    visitors = [(s.start, s.end) for s in reading.sections.values() if s.free_text]
    if message and message.span and message.source == reading.part:
        visitors.append(message.span)
    own, at = [subject], 0
    for start, end in sorted(visitors):
        own.append(reading.text[at : max(at, start)])
        at = max(at, end)
    return (*own, reading.text[at:])


def _distrust(message: Message, server: str) -> Problem:
    if not server:
        return Problem(
            code="no-authentication-server",
            text="The rule demands an authenticated sender, but no server is trusted to say so.",
            remedy="In the inbox's settings, name your mail server in authentication_server:, or "
            "set verify_dkim: true.",
        )
    return Problem(
        code="not-authenticated",
        text=f"{message.sender.domain} did not pass DMARC or DKIM: {tell(message, server)}.",
        remedy="Look at the mail; if it is genuine, enter the lead by hand.",
    )


_TAKEN_CARE_OF = {Outcome.SENT, Outcome.DUPLICATE, Outcome.DEFERRED, Outcome.IN_DOUBT}
"""Outcomes after which the same mail must not be sent again."""


def without_doubles(decision: Decision, history: History) -> Decision:
    """Take out what the ledger has already: the same mail, or the same inquiry.

    The same mail (by identity) is never sent twice, wherever it turns up again;
    the same inquiry (by fingerprint, within the window that the history covers)
    is recorded and not sent again. What never led to a lead is decided anew: a
    person who puts a mail back into the inbox wants just that.
    """
    if decision.outcome is not Outcome.LEAD:
        return decision
    known = history.mails.get(decision.identity)
    if known is not None and known.outcome in _TAKEN_CARE_OF:
        problem = Problem(code="same-mail", text=f"The same mail as {known.id} ({known.outcome}).")
        return replace(
            decision,
            outcome=Outcome.DUPLICATE,
            problems=(*decision.problems, problem),
            wanted=(),
            duplicate_of=known.id,
        )
    wanted, problems = [], list(decision.problems)
    for one in decision.wanted:
        lead = history.leads.get(one.prepared.fingerprint)
        if lead is not None:
            problems.append(
                Problem(code="same-inquiry", text=f"The same inquiry as mail {lead.mail}.")
            )
            one = replace(one, duplicate_of=lead.id)
        wanted.append(one)
    doubles = all(one.duplicate_of is not None for one in wanted)
    return replace(
        decision,
        outcome=Outcome.DUPLICATE if doubles else Outcome.LEAD,
        problems=tuple(problems),
        wanted=tuple(wanted),
    )


def unfetched(reason: str) -> Decision:
    """Decide on a mail that the server has and does not hand over."""
    problem = Problem(code="not-fetched", text=reason)
    return Decision(
        outcome=Outcome.UNREADABLE,
        identity="",
        message=Unreadable(problems=(problem,)),
        problems=(problem,),
    )


def undecided(raw: bytes, reason: str) -> Decision:
    """Keep a mail for a person that could not be decided; `reason` says why."""
    problem = Problem(
        code="undecided", text=reason, remedy="Look at the mail and enter the lead by hand."
    )
    return Decision(
        outcome=Outcome.UNREADABLE,
        identity=sha256(raw).hexdigest(),
        message=Unreadable(problems=(problem,)),
        problems=(problem,),
    )


def known_by_mark(decision: Decision) -> Decision:
    """Take a mail that is marked as sent for sent: the second safety when the ledger is lost."""
    if decision.outcome is not Outcome.LEAD:
        return decision
    problem = Problem(code="marked-sent", text="The mail bears the mark of a lead that was sent.")
    return replace(
        decision,
        outcome=Outcome.DUPLICATE,
        problems=(*decision.problems, problem),
        wanted=(),
    )


def doubted_by_mark(decision: Decision, history: History) -> Decision:
    """Leave to a person a mail that is marked for review and that the ledger does not know.

    The ledger was lost since: its lead may have been in doubt, or entered by hand.
    """
    if decision.outcome is not Outcome.LEAD or decision.identity in history.mails:
        return decision
    problem = Problem(
        code="marked-review",
        text="The mail bears the mark for review, and the ledger does not know why: its lead may "
        "have been sent.",
        remedy="Look in the CRM; if it is not there, `mailbridge retry` sends it.",
    )
    return replace(
        decision, outcome=Outcome.IN_DOUBT, problems=(*decision.problems, problem), wanted=()
    )
