"""How mail programs mark that a mail is forwarded or answered: lines and subjects.

One pattern for each program and language. Sources: the patterns of
crisp-oss/email-forward-parser, and mails written by the programs themselves.
Must not read the header block below; that is `forward_header`.
"""

import re
from dataclasses import dataclass
from enum import Enum

_LONGEST = 600
"""Characters of a line that are looked at."""


class Intent(Enum):
    """What a subject says of its mail."""

    FORWARD = "forward"
    REPLY = "reply"
    UNSAID = "unsaid"


# Outlook, Gmail, Thunderbird and Apple Mail, the outermost prefix: `TR: Re: …` is a
# forward of a reply. `Réf` and `Rif` are left out: they also begin a reference number.
_PREFIXES = {
    **dict.fromkeys(["fw", "fwd"], Intent.FORWARD),  # EN, and Gmail, Apple, Thunderbird anywhere
    **dict.fromkeys(["tr", "trans", "wg", "i", "rv"], Intent.FORWARD),  # Outlook: FR, DE, IT, ES
    **dict.fromkeys(["re", "ré", "rép"], Intent.REPLY),  # everywhere; FR
    **dict.fromkeys(["aw", "antw", "antwort", "r", "sv"], Intent.REPLY),  # DE, IT, Scandinavia
}
# A gateway's `[EXTERN]` may stand first; some programs count: `Re[2]:`, `RE (3) :`.
_PREFIX = re.compile(
    r"\s*(?:\[[^\[\]]{1,40}\]\s*){0,3}([^\W\d_]{1,8})(?: ?[\[(]\d{1,3}[\])])? {0,2}[:：]"
)


def read_intent(subject: str) -> Intent:
    """Say what the outermost prefix of a subject means."""
    found = _PREFIX.match(subject)
    return _PREFIXES.get(found[1].casefold(), Intent.UNSAID) if found else Intent.UNSAID


def without_prefix(subject: str) -> str:
    """Return what follows the outermost prefix of a subject."""
    found = _PREFIX.match(subject)
    return subject[found.end() :].strip() if found else subject


@dataclass(frozen=True, slots=True)
class Separator:
    """A line between what the forwarder wrote and the header block."""

    client: str
    language: str
    """Empty where the line is the same in every language."""
    pattern: re.Pattern[str]
    ends: bool = True
    """False where the block may follow on the same line."""
    replies: bool = False
    """Whether the program separates answers in the same way."""


def _dashed(words: str, least: int, most: int) -> re.Pattern[str]:
    dashes = f"-{{{least},{most}}}"
    return re.compile(rf"{dashes} ?{words} ?{dashes}(?!-)", re.IGNORECASE)


def _sentence(words: str) -> re.Pattern[str]:
    return re.compile(rf"{words} ?:", re.IGNORECASE)


SEPARATORS = (
    # Gmail, any language: English since 2018, before that the reader's language.
    Separator("gmail", "", _dashed("(?-i:Forwarded message)", 8, 10)),
    Separator("gmail", "fr", _dashed("Message transféré", 9, 10)),
    Separator("gmail", "de", _dashed("Weitergeleitete Nachricht", 9, 10)),
    Separator("gmail", "it", _dashed("Messaggio inoltrato", 9, 10)),
    Separator("gmail", "es", _dashed("Mensaje reenviado", 9, 10)),
    # Thunderbird
    Separator("thunderbird", "fr", _dashed("Message transféré", 8, 8)),
    Separator("thunderbird", "de", _dashed("Weitergeleitete Nachricht", 8, 8)),
    Separator("thunderbird", "it", _dashed("Messaggio inoltrato", 8, 8)),
    Separator("thunderbird", "en", _dashed("Forwarded Message", 8, 8)),
    Separator("thunderbird", "es", _dashed("Mensaje reenviado", 8, 8)),
    # Yahoo: in its text part the whole block follows on the same line.
    Separator("yahoo", "fr", _dashed("(?:Message transmis|Message transféré)", 5, 7), ends=False),
    Separator("yahoo", "de", _dashed("Weitergeleitete Nachricht", 5, 7), ends=False),
    Separator("yahoo", "it", _dashed("Messaggio inoltrato", 5, 7), ends=False),
    Separator("yahoo", "en", _dashed("Forwarded Message", 5, 7), ends=False),
    Separator("yahoo", "es", _dashed("Mensaje reenviado", 5, 7), ends=False),
    # Zimbra; in DE, IT and EN like Yahoo
    Separator("zimbra", "fr", _dashed("Mail transféré", 5, 5)),
    # Apple Mail, and where it differs Mail on iOS
    Separator("apple-mail", "fr", _sentence("Début du message (?:réexpédié|transféré)")),
    Separator("apple-mail", "de", _sentence("Anfang der weitergeleiteten (?:Nachricht|E-Mail)")),
    Separator("apple-mail", "it", _sentence("Inizio (?:del )?messaggio inoltrato")),
    Separator("apple-mail", "en", _sentence("Begin forwarded message")),
    Separator("apple-mail", "es", _sentence("Inicio del mensaje reenviado")),
    # Outlook, classic, plain text; with blanks and more dashes Samsung Mail, IONOS, Roundcube
    Separator(
        "outlook-classic", "fr", _dashed("Message (?:d['’]origine|original)", 4, 12), replies=True
    ),
    Separator(
        "outlook-classic",
        "de",
        _dashed("(?:Ursprüngliche Nachricht|Original-?Nachricht)", 4, 12),
        replies=True,
    ),
    Separator("outlook-classic", "it", _dashed("Messaggio originale", 4, 12), replies=True),
    Separator("outlook-classic", "en", _dashed("Original Message", 4, 12), replies=True),
    Separator("outlook-classic", "es", _dashed("Mensaje original", 4, 12), replies=True),
    # Outlook on the web and on the phone: 32 underscores, and nothing but them
    Separator("outlook-web", "", re.compile(r"_{20,80}$"), replies=True),
)

_MAILBOX = (
    r"(?P<sender>(?:[«\"“„'][^<>\n]{0,200}?[»\"”“'] ?)?<[^<>\n]{3,200}(?:<[^<>\n]{3,200}>)?>)"
)
_DATE = r"(?P<date>[^«\"“„<>\n]{6,60}?),? ?"


# Most lines are none: spare them the patterns.
_BEGINNING = re.compile(
    r"-{4,12} ?(?:Forwarded|Message|Weitergeleitete|Messaggio|Mensaje|Mail|Ursprüngliche|Original)"
    r"|_{20}|Début du|Anfang der|Inizio|Inicio|Begin",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Attribution:
    """The line of Outlook 2019 for the Mac, which is the one of an answer elsewhere."""

    language: str
    pattern: re.Pattern[str]


_ATTRIBUTIONS = (
    _Attribution("fr", re.compile(rf"Le {_DATE}{_MAILBOX} a écrit ?:$")),
    _Attribution("de", re.compile(rf"Am {_DATE}schrieb {_MAILBOX} ?:$")),
    _Attribution("it", re.compile(rf"Il giorno {_DATE}{_MAILBOX} ha scritto ?:$")),
    _Attribution("en", re.compile(rf"On {_DATE}{_MAILBOX} wrote ?:$")),
    _Attribution("es", re.compile(rf"El {_DATE}{_MAILBOX} escribió ?:$")),
)


@dataclass(frozen=True, slots=True)
class Attribution:
    """What such a line says, as written."""

    language: str
    sender: str
    date: str


def read_separator(line: str) -> tuple[Separator, int] | None:
    """Read a line without its quote marks; also tell where in it the separator ends."""
    if not _BEGINNING.match(line):
        return None
    for separator in SEPARATORS:
        found = separator.pattern.match(line, 0, _LONGEST)
        if found and not (separator.ends and line[found.end() :].strip()):
            return separator, found.end()
    return None


def read_attribution(line: str) -> Attribution | None:
    """Read a line without its quote marks, or two that belong together."""
    if len(line) > _LONGEST or "<" not in line:
        return None
    for one in _ATTRIBUTIONS:
        if found := one.pattern.match(line):
            return Attribution(one.language, found["sender"], found["date"].strip())
    return None
