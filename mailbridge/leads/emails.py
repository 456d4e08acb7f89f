"""The visitor's e-mail address: whether it is one, and whether it is the visitor's.

Syntax only: no address is looked up, and a wrong one is never mended by guessing.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote

from mailbridge.leads.characters import fold
from mailbridge.problems import Problem

BAD_EMAIL = Problem(
    code="bad-email",
    text="What stands in the place of the visitor's e-mail address is not an e-mail address.",
)
PORTAL_EMAIL = Problem(
    code="portal-email",
    text="The e-mail address found is the portal's own, at which the visitor cannot be reached.",
)
OWN_EMAIL = Problem(
    code="own-email",
    text="The e-mail address found is the agency's own, not the visitor's.",
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")

_NOBODY = re.compile(
    r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer[-_.]?daemon|(?:ne[-_.]?)?pas[-_.]?repondre"
    r"|nicht[-_.]?antworten|keine[-_.]?antwort|non[-_.]?rispondere)(?:[-_.+0-9].*)?"
)
"""Local parts behind which nobody reads."""

_BRACKETED = re.compile(r"<([^<>]*)>|\]\(([^()]*)\)")
"""`Name <address>`, `text <mailto:…>`, `[text](mailto:…)`."""
_BETWEEN = re.compile(r"[\s,;|]+")
_JOINING = frozenset({"ou", "oder", "or", "o", "et", "und", "and", "e", "y", "/", "-", "–", "&"})
_OPENING, _CLOSING = "<([{«“„\"'", ">)]}»”“\"'.,;:!?"


@dataclass(frozen=True, slots=True)
class Email:
    """What was read from the field `sender_email`."""

    address: str
    """Valid and the visitor's, or empty; the domain in lower case."""
    noted: str = ""
    """The field as written, where it holds more than the address or none."""
    problem: Problem | None = None


def read_email(
    written: str,
    *,
    portal: str = "",
    own_domains: Collection[str] = (),
    own_addresses: Collection[str] = (),
    relay_domains: Collection[str] = (),
) -> Email:
    """Read the first address of the field that can be the visitor's.

    `portal` is the site's name: an address at exactly that domain is the portal's,
    unless it is one of `relay_domains`. `own_domains` are the agency's, each with
    its subdomains; `own_addresses` are single ones, whatever their case.
    """
    text = written.strip()
    if not text:
        return Email("")
    if _CONTROL.search(text):
        return Email("", fold(text), BAD_EMAIL)
    refusal: Problem | None = None
    own = {address.casefold() for address in own_addresses}
    candidates = [_strip(c) for c in _candidates(fold(text))]
    for candidate in candidates:
        local, _, domain = candidate.rpartition("@")
        domain = domain.lower()
        if not is_valid(local, domain):
            continue
        if _lies_in(domain, own_domains) or f"{local}@{domain}".casefold() in own:
            refusal = OWN_EMAIL
        elif _NOBODY.fullmatch(local.lower()) or (
            domain == portal.lower() and not _lies_in(domain, relay_domains)
        ):
            refusal = refusal or PORTAL_EMAIL
        else:
            several = len({c.casefold() for c in candidates}) > 1
            return Email(f"{local}@{domain}", fold(text) if several else "")
    return Email("", "", refusal) if refusal else Email("", fold(text), BAD_EMAIL)


def is_relay(address: str, relay_domains: Collection[str]) -> bool:
    """Whether the portal passes on what is sent to this address."""
    return _lies_in(address.rpartition("@")[2], relay_domains)


def is_valid(local: str, domain: str) -> bool:
    """Whether both halves can stand in a mail (RFC 5321, section 4.1.2; RFC 5890 for IDN).

    Narrower than the RFC where only mistakes live: no quoted local parts, no
    address literals, no letters beyond ASCII before the `@`, and a top-level domain.
    """
    if len(local) > 64 or len(domain) > 253 or not _LOCAL.fullmatch(local):
        return False
    try:
        labels = domain.encode("idna").decode("ascii").lower().split(".")
    except UnicodeError:
        return False
    return (
        len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and _TOP_LABEL.fullmatch(labels[-1]) is not None
    )


def _candidates(text: str) -> list[str]:
    bracketed = [inner or target for inner, target in _BRACKETED.findall(text)]
    words = [word for word in _BETWEEN.split(_BRACKETED.sub(" ", text)) if word]
    if bracketed:
        return [*bracketed, *(word for word in words if "@" in word)]
    addresses = [w for w in words if "@" in w or w.lower().startswith("mailto:")]
    # `jean dupont@example.org` is a mistake of which half an address must not remain.
    strangers = any(w not in addresses and w.lower() not in _JOINING for w in words)
    return [] if strangers else addresses


def _strip(candidate: str) -> str:
    bare = candidate.strip().lstrip(_OPENING).rstrip(_CLOSING)
    if bare.lower().startswith("mailto:"):
        return unquote(bare[len("mailto:") :].partition("?")[0]).strip()
    local, at, domain = bare.partition("@")
    return f"{local}{at}{domain.partition('?')[0]}".rstrip(_CLOSING)


def _lies_in(domain: str, domains: Collection[str]) -> bool:
    """Whether the domain is one of these or below it; whole labels only."""
    return any(domain == d.lower() or domain.endswith(f".{d.lower()}") for d in domains if d)
