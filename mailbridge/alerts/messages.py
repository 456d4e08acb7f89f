"""The words of an alert: what is wrong, what it means, what to do, naming the command. Pure.

Ids, counts, names of portals and inboxes: never a personal value, and nothing that a
mail or a server said.
"""

import shlex
from dataclasses import dataclass

from mailbridge.alerts.causes import Kind
from mailbridge.alerts.telling import Telling
from mailbridge.ledger.standing import Alert

TEST = "mailbridge: a test"


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel gets; plain text."""

    title: str
    body: str
    good: bool
    """Whether it is good news; channels may show it by a colour."""


def compose(alert: Alert, telling: Telling) -> Message:
    """Put an alert into words."""
    title, body = (_OVER if telling is Telling.OVER else _BEGUN)[Kind(alert.kind)](alert)
    return Message(f"mailbridge: {title}", body, telling is Telling.OVER)


def trial_message() -> Message:
    """Say that the channel works."""
    return Message(TEST, "Alerts of mailbridge will arrive here. Nothing is wrong.", good=True)


def _review(alert: Alert) -> tuple[str, str]:
    some = _count(alert.count, "mail waits", "mails wait")
    return (
        f"{some} for review",
        (
            f"{some} for a person: no lead was sent, or it is not known whether it arrived.\n"
            "See them with: mailbridge mails --review\n"
            "What each lacks, and what to do: mailbridge show ID\n"
            "Once its lead is entered by hand: mailbridge resolve ID --sent"
        ),
    )


def _review_over(_alert: Alert) -> tuple[str, str]:
    return "nothing is left for review", "No mail waits for a person any more."


def _silent(alert: Alert) -> tuple[str, str]:
    found = alert.detail
    return (
        f"{alert.portal} is silent",
        (
            f"No inquiry of {alert.portal} has come to the inbox {alert.inbox} for "
            f"{_hours(found['hours'])}. In the same hours of the {found['spans']} "
            f"{_spans(found['hours'])} before there were {_range(found['least'], found['most'])}.\n"
            "Ask whether the portal still sends its inquiries to this address, and look into the "
            "mailbox's spam folder and filters.\n"
            f"What came last: mailbridge mails --portal {alert.portal}\n"
            "Its mails may also come from a new sender: mailbridge mails --outcome unmatched"
        ),
    )


def _silent_over(alert: Alert) -> tuple[str, str]:
    return (
        f"{alert.portal} sends again",
        f"An inquiry of {alert.portal} has come to the inbox {alert.inbox}.",
    )


def _layout(alert: Alert) -> tuple[str, str]:
    found = alert.detail
    return (
        f"inquiries of {alert.portal} are incomplete",
        (
            f"{found['broken']} of the last {found['latest']} inquiries of {alert.portal} are "
            f"incomplete; of the {found['past']} before them it was {found['past_broken']}. "
            "The portal has probably changed the layout of its mails.\n"
            "Enter these inquiries by hand: mailbridge mails --outcome incomplete "
            f"--portal {alert.portal}\n"
            "What is missing: mailbridge show ID\n"
            "Once the rule is mended: mailbridge retry --outcome incomplete"
        ),
    )


def _layout_over(alert: Alert) -> tuple[str, str]:
    return (
        f"inquiries of {alert.portal} are complete again",
        f"The newest inquiries of {alert.portal} are as complete as they used to be.",
    )


def _slow(alert: Alert) -> tuple[str, str]:
    return (
        f"a rule of {alert.portal} takes too long",
        (
            f"A pattern of the rule {alert.portal} ran out of its time, so that "
            f"{_count(alert.count, 'mail is', 'mails are')} for review and was not sent.\n"
            f"Which pattern: mailbridge mails --outcome unreadable --portal {alert.portal}\n"
            "Mend the pattern, or raise limits.pattern_time; then: "
            "mailbridge retry --outcome unreadable"
        ),
    )


def _slow_over(alert: Alert) -> tuple[str, str]:
    return (
        f"the rule of {alert.portal} is quick enough",
        f"No mail of {alert.portal} waits any more because of a pattern's time.",
    )


def _inbox(alert: Alert) -> tuple[str, str]:
    return (
        f"the inbox {alert.inbox} cannot be read",
        (
            f"The inbox {alert.inbox} cannot be read, so its inquiries do not arrive. Mail stays "
            "where it is and is read when the inbox can be reached again.\n"
            "Why: mailbridge status\n"
            "To try it: mailbridge check --online"
        ),
    )


def _inbox_over(alert: Alert) -> tuple[str, str]:
    return (
        f"the inbox {alert.inbox} is read again",
        f"The inbox {alert.inbox} can be read again. What arrived meanwhile has been read.",
    )


def _sign_in(alert: Alert) -> tuple[str, str]:
    return (
        f"somebody must sign in to the inbox {alert.inbox}",
        (
            f"The provider no longer lets mailbridge into the inbox {alert.inbox}, so its "
            "inquiries do not arrive: the sign-in has ended or was withdrawn. Mail stays where it "
            "is and is read afterwards.\n"
            f"On mailbridge's machine run: mailbridge login {shlex.quote(alert.inbox)}\n"
            "Nothing need be started anew.\n"
            "Why: mailbridge status"
        ),
    )


def _sign_in_over(alert: Alert) -> tuple[str, str]:
    return (
        f"somebody has signed in to the inbox {alert.inbox}",
        f"The inbox {alert.inbox} can be read again. What arrived meanwhile has been read.",
    )


def _key(alert: Alert) -> tuple[str, str]:
    who = _destination(alert)
    where = f"the key of {who}" if alert.destination else "destination.key"
    title = f"{who} refuses the key" if alert.destination else "the API key is refused"
    return (
        title,
        (
            f"{_begin(who)} refuses the {'' if alert.destination else 'API '}key, so no lead "
            "arrives there. All are kept and wait.\n"
            f"Put a valid key where {where} says, and start mailbridge anew.\n"
            "To send without waiting for the next try: mailbridge retry --outcome deferred"
        ),
    )


def _key_over(alert: Alert) -> tuple[str, str]:
    who = _destination(alert)
    title = f"{who} accepts the key" if alert.destination else "the API key is accepted"
    key = "key" if alert.destination else "API key"
    return title, f"{_begin(who)} accepts the {key} again; leads arrive."


def _waiting(alert: Alert) -> tuple[str, str]:
    some, who = _count(alert.count, "lead waits", "leads wait"), _destination(alert)
    return (
        f"{some} for {who}",
        (
            f"{_begin(who)} has not taken all leads for an hour: {some}. They are kept and tried "
            "again, and go out by themselves, the oldest first.\n"
            "What it answered: mailbridge status"
        ),
    )


def _waiting_over(alert: Alert) -> tuple[str, str]:
    who = _destination(alert)
    return f"{who} takes leads again", f"No lead waits for {who} any more."


def _gone(alert: Alert) -> tuple[str, str]:
    some, who = _count(alert.count, "lead waits", "leads wait"), _named(alert)
    return (
        f"{some} for {who}, which is not in the settings",
        (
            f"The settings no longer name {who}, or name another kind of destination so. {some} "
            "for it; they are kept and sent nowhere else.\n"
            "Put it back into the settings, or enter them by hand: mailbridge status, mailbridge "
            "mails --outcome deferred, mailbridge resolve ID --sent"
        ),
    )


def _gone_over(alert: Alert) -> tuple[str, str]:
    who = _named(alert)
    return f"no lead waits for {who} in vain", f"No lead waits any more for {who}."


def _destination(alert: Alert) -> str:
    return f"destination {alert.destination}" if alert.destination else "Realforce"


def _named(alert: Alert) -> str:
    return f"destination {alert.destination or 'default'}"


def _begin(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _rules(alert: Alert) -> tuple[str, str]:
    some = _count(alert.count, "mistake", "mistakes")
    return (
        "rule files hold mistakes",
        (
            f"Rule files were changed and hold {some}. The rules before stay in use, and leads "
            "go on by them. A restart would not come up before this is mended.\n"
            "Where, and what to write instead: mailbridge rules check\n"
            "Once they are right they are taken up by themselves."
        ),
    )


def _rules_over(_alert: Alert) -> tuple[str, str]:
    return "the rule files are right again", "The rule files are right, and in use."


_BEGUN = {
    Kind.REVIEW: _review,
    Kind.PORTAL_SILENT: _silent,
    Kind.PORTAL_LAYOUT: _layout,
    Kind.PATTERN_SLOW: _slow,
    Kind.INBOX_DOWN: _inbox,
    Kind.SIGN_IN: _sign_in,
    Kind.KEY_REFUSED: _key,
    Kind.LEADS_WAITING: _waiting,
    Kind.RULES_WRONG: _rules,
    Kind.DESTINATION_GONE: _gone,
}
_OVER = {
    Kind.REVIEW: _review_over,
    Kind.PORTAL_SILENT: _silent_over,
    Kind.PORTAL_LAYOUT: _layout_over,
    Kind.PATTERN_SLOW: _slow_over,
    Kind.INBOX_DOWN: _inbox_over,
    Kind.SIGN_IN: _sign_in_over,
    Kind.KEY_REFUSED: _key_over,
    Kind.LEADS_WAITING: _waiting_over,
    Kind.RULES_WRONG: _rules_over,
    Kind.DESTINATION_GONE: _gone_over,
}


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _hours(hours: int) -> str:
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def _spans(hours: int) -> str:
    return "weeks" if hours < 7 * 24 else "spans of time as long"


def _range(least: int, most: int) -> str:
    return f"{least}" if least == most else f"{least} to {most}"
