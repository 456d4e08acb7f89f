"""What the portals' rules say of a mail, or of the mail that was forwarded in it.

Goes inward until a portal's sender is found. Whose forwards are believed is the
user's choice; what a header block looks like is `message.forwarded`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mailbridge.message.forwarded import Forward, unwrap_all
from mailbridge.message.limits import Limits
from mailbridge.message.message import Address, Message
from mailbridge.problems import Problem
from mailbridge.rules.judgement import (
    Distrusted,
    Inquired,
    Nobodys,
    NoInquiry,
    Portals,
    Verdict,
    judge,
)
from mailbridge.rules.portal import Sender

NOT_ALLOWED = Problem(
    code="forwarder-not-allowed",
    text="A portal's mail was forwarded here by a sender whose forwards are not accepted.",
    remedy="If the sender is one of yours, add the address to the inbox's forwarders:.",
)
NOTHING_KNOWN = Problem(
    code="forwarded-unknown",
    text="A mail was forwarded, but no known portal is its sender.",
    remedy="If it is an inquiry, enter the lead by hand, or write a rule for its sender.",
)
SEVERAL = Problem(
    code="several-forwarded",
    text="Several inquiries are attached to one mail; only the first one was read.",
    remedy="Forward each of them in a mail of its own.",
)


@dataclass(frozen=True, slots=True)
class Forwarders:
    """Whose forwarded mails are opened."""

    senders: tuple[Sender, ...] | None = ()
    """None: everybody's."""

    def allow(self, address: Address) -> bool:
        """Whether a mail from this sender may forward inquiries."""
        return self.senders is None or any(s.matches(address) for s in self.senders)


ANYONE = Forwarders(None)


def name_forwarders(written: Iterable[str]) -> Forwarders:
    """Make the choice of addresses and `@domains`, as the settings have them."""
    return Forwarders(tuple(Sender(one) for one in written))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the rules say, and of which mail."""

    message: Message
    """The mail judged: the one received, or one forwarded in it."""
    verdict: Verdict
    by: tuple[Address, ...] = ()
    """Who forwarded it, from the outside; empty where the portal sent it here."""
    problems: tuple[Problem, ...] = field(default=())
    beyond: tuple[Problem, ...] = ()
    """The limits that kept mails attached to it from being read; among `problems` too."""

    @property
    def whole(self) -> bool:
        """Whether no further inquiry is left unread."""
        return SEVERAL not in self.problems and not self.beyond


def open_and_judge(
    message: Message,
    portals: Portals,
    forwarders: Forwarders,
    limits: Limits,
    *,
    authenticated: bool | None = None,
) -> Opened:
    """Judge a mail by its sender's portal, else the portal's mail that was forwarded in it.

    `authenticated` is what is known of the mail received. It counts for the mail
    inside as well: that one is only as good as who forwarded it.
    """
    direct = Opened(message=message, verdict=judge(message, portals, authenticated=authenticated))
    if portals.of(message):
        return direct
    way: list[Forward] = []
    for forward in unwrap_all(message, limits):
        way.append(forward)
        known = [one for one in (forward.inner, *forward.beside) if portals.of(one)]
        if known:
            return _judge_inside(
                direct, way, known, portals, forwarders, authenticated=authenticated
            )
    if way and all(forwarders.allow(forward.by) for forward in way):
        beyond = _beyond(way)
        return Opened(
            message=message,
            verdict=direct.verdict,
            problems=beyond or (NOTHING_KNOWN,),
            beyond=beyond,
        )
    return direct


def _beyond(way: Iterable[Forward]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problem for forward in way for problem in forward.beyond))


def _judge_inside(
    direct: Opened,
    way: list[Forward],
    known: list[Message],
    portals: Portals,
    forwarders: Forwarders,
    *,
    authenticated: bool | None,
) -> Opened:
    verdicts = [(one, judge(one, portals, authenticated=authenticated)) for one in known]
    inquiring = [pair for pair in verdicts if not isinstance(pair[1], NoInquiry | Nobodys)]
    inner, verdict = (inquiring or verdicts)[0]
    if not all(forwarders.allow(forward.by) for forward in way):
        if isinstance(verdict, Nobodys):
            return direct
        # An inquiry is for review, not for the bin: it may well be a colleague's forward.
        shut = Distrusted(verdict.portal) if isinstance(verdict, Inquired) else Nobodys()
        return Opened(message=direct.message, verdict=shut, problems=(NOT_ALLOWED,))
    beyond = _beyond(way)
    problems = [*inner.problems, _told(way, forwarders), *beyond]
    if len(inquiring) > 1:
        problems.append(SEVERAL)
    return Opened(
        message=inner,
        verdict=verdict,
        by=tuple(forward.by for forward in way),
        problems=tuple(problems),
        beyond=beyond,
    )


def _told(way: list[Forward], forwarders: Forwarders) -> Problem:
    ways = ", then ".join(forward.how for forward in way)
    text = f"Forwarded ({ways}); sender, subject and date are those of the mail inside."
    if forwarders.senders is None:
        text = (
            f"Forwarded ({ways}); sender, subject and date are those of the mail inside. "
            "Whether the forwarder may do so was not checked: no inbox's settings say."
        )
    return Problem(code="forwarded", text=text)
