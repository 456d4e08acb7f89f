"""What one text of one example holds: whose value stands where, how sure, and why.

Must not write rules; that is `anchors`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from mailbridge.message.message import Address, Body, Message
from mailbridge.rules.drafting.claim import NAMES, Claim, Sighting
from mailbridge.rules.drafting.closings import (
    brands_of,
    is_closing,
    is_heading,
    is_recipient,
    is_signature,
)
from mailbridge.rules.drafting.draft import Sureness
from mailbridge.rules.drafting.framing import find_frame
from mailbridge.rules.drafting.locating import locate
from mailbridge.rules.drafting.looks import EMAIL, PHONE, TRIPLE
from mailbridge.rules.drafting.naming import find_name
from mailbridge.rules.drafting.pairs import Pair, Style, find_pairs, lines_of
from mailbridge.rules.drafting.subjects import find_in_subject
from mailbridge.rules.drafting.words import Hold, Kind, is_agencys, is_family_first
from mailbridge.rules.labels import Span
from mailbridge.rules.portal import fold


def look(message: Message, part: str, body: Body, given: Mapping[str, str]) -> Sighting:
    """Find what one text of a mail holds; `given` are values that a person knows."""
    text = fold(body.text)
    cells: dict[int, int] = {}
    for begin, end in body.cells:
        cells[begin] = max(end, cells.get(begin, 0))
    brands = brands_of(message.sender)
    pairs = find_pairs(text, cells)
    words = given.get("sender_message", "")
    place = locate(text, fold(words), Kind.MESSAGE) if words else None
    frame = find_frame(text, pairs, cells, brands, place)
    return claim_all(
        Sighting(message, part, text, cells, pairs, (), frame, {}, brands=brands), given
    )


def claim_all(sighting: Sighting, given: Mapping[str, str]) -> Sighting:
    """Find the values outside of the visitor's words; those given win."""
    claims: dict[str, Claim] = {}
    missing: list[str] = []
    if sighting.frame:
        frame = sighting.frame
        claims["sender_message"] = Claim("sender_message", frame.span, frame.sureness, frame.why)
    sighting = _with_pairs(sighting, -1)
    _claim_given(sighting, given, claims, missing)
    tail = _find_tail(sighting)
    if tail >= 0 and all(claim.span[1] <= tail for claim in claims.values()):
        sighting = _with_pairs(sighting, tail)
    pairs = sighting.pairs
    _claim_address(sighting, claims)
    _claim_names(sighting, claims)
    _claim_phone(sighting, claims)
    unsure = _claim_reference(sighting, claims)
    for pair in pairs:
        if pair.kind in {Kind.SALUTATION, Kind.COMPANY} and pair.value and _is_signed(pair):
            claims.setdefault(pair.kind.value, _by_label(pair.kind.value, pair))
    if not any(name in claims for name in NAMES):
        _claim_bare_name(sighting, claims)
    return replace(sighting, claims=claims, unsure=unsure, missing=tuple(missing))


def _with_pairs(sighting: Sighting, tail: int) -> Sighting:
    sighting = replace(sighting, tail=tail)
    pairs = [pair for pair in sighting.all_pairs if sighting.trusted(pair.at)]
    labels = tuple(dict.fromkeys(pair.label for pair in pairs if pair.label))
    return replace(sighting, pairs=pairs, labels=labels)


def _find_tail(sighting: Sighting) -> int:
    """Give where the portal signs below the visitor's words; -1 where neither is found."""
    if sighting.frame is None:
        return -1
    for line in lines_of(sighting.text):
        below = line.start >= sighting.frame.span[1]
        if below and is_signature(line.text, sighting.brands):
            return line.start
    return -1


def _is_signed(pair: Pair) -> bool:
    return pair.style in {Style.BESIDE, Style.CELL, Style.BELOW}


def _claim_given(
    sighting: Sighting,
    given: Mapping[str, str],
    claims: dict[str, Claim],
    missing: list[str],
) -> None:
    given = dict(given)
    first, last = given.get("sender_firstname", ""), given.get("sender_lastname", "")
    if first and last:
        for whole, family_first in ((f"{first} {last}", False), (f"{last} {first}", True)):
            span = _place(sighting, whole, Kind.NAME)
            apart = any(
                p.value and sighting.text[slice(*p.value)] in (first, last) for p in sighting.pairs
            )
            if span and not apart:
                claims["sender_name"] = Claim(
                    "sender_name", span, Sureness.GIVEN, "given", _pair_at(sighting, span),
                    family_first,
                )  # fmt: skip
                del given["sender_firstname"], given["sender_lastname"]
                break
    for name, value in given.items():
        if not value or name in claims:
            continue
        if name == "sender_message":
            missing.append(name)
            continue
        kind = Kind(name) if name in {kind.value for kind in Kind} else Kind.OTHER
        span = _place(sighting, value, kind)
        if span is None:
            missing.append(name)
            continue
        claims[name] = Claim(name, span, Sureness.GIVEN, "given", _pair_at(sighting, span))


def _pair_at(sighting: Sighting, span: Span) -> Pair | None:
    return next((p for p in sighting.pairs if p.value and p.value[0] == span[0]), None)


def _place(sighting: Sighting, value: str, kind: Kind) -> Span | None:
    """Find a given value: best where a label of its kind stands, then anywhere trusted."""
    value = fold(value)
    family = {Kind.FIRST, Kind.LAST, Kind.NAME, Kind.GIVEN_OR_FULL, Kind.FAMILY_OR_FULL}
    wanted = (
        family if kind in family else {kind, Kind.LISTING} if kind is Kind.REFERENCE else {kind}
    )
    labelled = [p for p in sighting.pairs if p.value and p.style is not Style.AFTER]
    labelled.sort(key=lambda pair: pair.kind not in wanted)
    for pair in labelled:
        assert pair.value is not None  # noqa: S101  (chosen so)
        within = sighting.text[slice(*pair.value)]
        found = locate(within, value, kind)
        if found == (0, len(within)):
            return pair.value
    start = 0
    while found := locate(sighting.text, value, kind, start):
        if sighting.trusted(found[0]):
            return found
        start = found[1]
    return None


def _by_label(name: str, pair: Pair, sureness: Sureness = Sureness.SURE) -> Claim:
    assert pair.value is not None  # noqa: S101  (callers look)
    if pair.style in {Style.AFTER, Style.COLUMN}:
        sureness = min(sureness, Sureness.LIKELY, key=_ORDER.index)
    return Claim(name, pair.value, sureness, f"the label '{pair.label}'", pair)


_ORDER = [Sureness.MISSING, Sureness.UNSURE, Sureness.LIKELY, Sureness.SURE, Sureness.GIVEN]


def _first(
    sighting: Sighting, kind: Kind, fit: Callable[[Pair], bool], near: int = 0
) -> Pair | None:
    """Give the pair of a kind that stands nearest; those in the portal's closing last."""
    fitting = [
        p
        for p in sighting.pairs
        if p.kind is kind and p.value and fit(p) and not is_agencys(p.label)
    ]
    fitting.sort(key=lambda p: abs(p.at - near))
    fitting.sort(key=lambda p: is_closing(_line_at(sighting.text, p.at), sighting.brands))
    fitting.sort(key=lambda p: p.style is Style.AFTER and len(p.label.split()) > 2)
    agency = list(agency_spans(sighting.text))
    fitting.sort(key=lambda p: any(start <= p.at < end for start, end in agency))
    return fitting[0] if fitting else None


def agency_spans(text: str) -> Iterator[Span]:
    """Give the stretches that tell of the agency itself: to a blank line or the next heading."""
    start = None
    for line in lines_of(text):
        if start is None and is_recipient(line.text):
            start = line.start
        elif start is not None and (line.blank or is_heading(line.text)):
            yield start, line.start
            start = None


def _line_at(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[at : end if end >= 0 else len(text)]


def _claim_names(sighting: Sighting, claims: dict[str, Claim]) -> None:
    if any(name in claims for name in NAMES):
        return
    email = claims.get("sender_email")
    near = email.span[0] if email else 0
    found = {kind: _first(sighting, kind, lambda _: True, near) for kind in _NAME_KINDS}
    given, family = found[Kind.FIRST], found[Kind.LAST]
    if family and not given:
        given = found[Kind.GIVEN_OR_FULL] or found[Kind.FAMILY_OR_FULL]
    if given and not family:
        family = found[Kind.FAMILY_OR_FULL]
    if given and family and given is not family:
        claims["sender_firstname"] = _by_label("sender_firstname", given)
        claims["sender_lastname"] = _by_label("sender_lastname", family)
        return
    if given or family:
        name = "sender_firstname" if given else "sender_lastname"
        claims[name] = _by_label(name, given or family)  # type: ignore[arg-type]
        return
    for kind in (Kind.NAME, Kind.FAMILY_OR_FULL, Kind.GIVEN_OR_FULL):
        if pair := found[kind]:
            claim = _by_label("sender_name", pair)
            backward = kind is Kind.NAME and is_family_first(pair.label)
            claims["sender_name"] = replace(
                claim,
                family_first=backward,
                sureness=Sureness.LIKELY if backward else claim.sureness,
            )
            return


_NAME_KINDS = (Kind.FIRST, Kind.LAST, Kind.NAME, Kind.GIVEN_OR_FULL, Kind.FAMILY_OR_FULL)


def is_portals(message: Message, address: str) -> bool:
    """Tell whether an address is the portal's or the agency's: no visitor's."""
    domain = address.rpartition("@")[2].lower()
    own = message.sender.domain
    same = domain == own or domain.endswith(f".{own}") or own.endswith(f".{domain}")
    return same or any(address.lower() == to.address.lower() for to in message.to)


def _claim_address(sighting: Sighting, claims: dict[str, Claim]) -> None:
    if "sender_email" in claims:
        return

    def fit(pair: Pair) -> bool:
        assert pair.value is not None  # noqa: S101  (asked of those with a value)
        found = EMAIL.search(sighting.text[slice(*pair.value)])
        return found is not None and not is_portals(sighting.message, found.group())

    if pair := _first(sighting, Kind.EMAIL, fit):
        claim = _by_label("sender_email", pair)
        start = claim.span[0]
        match = EMAIL.search(sighting.text, *claim.span)
        whole = match is not None and match.start() == start
        claims["sender_email"] = claim if whole or not match else replace(claim, span=match.span())
        return
    for match in EMAIL.finditer(sighting.text):
        line = _line_at(sighting.text, sighting.text.rfind("\n", 0, match.start()) + 1)
        if (
            sighting.trusted(match.start())
            and not is_portals(sighting.message, match.group())
            and not is_closing(line, sighting.brands)
            and not _is_agencys(sighting, match.start())
        ):
            pair = _pair_at(sighting, match.span())
            claims["sender_email"] = Claim(
                "sender_email", match.span(), Sureness.LIKELY,
                f"the label '{pair.label}' and the look of an address" if pair
                else "the first address that is not the portal's", pair,
            )  # fmt: skip
            return


def _claim_phone(sighting: Sighting, claims: dict[str, Claim]) -> None:
    if "sender_number" in claims:
        return
    text = sighting.text
    if pair := _first(sighting, Kind.PHONE, lambda p: not _closes(sighting, p.at)):
        claims["sender_number"] = _by_label("sender_number", pair)
        return
    email = claims.get("sender_email")
    lines = lines_of(text)
    near = -1
    if email:
        near = next((n for n, line in enumerate(lines) if line.end >= email.span[1]), -1)
    for number, line in enumerate(lines):
        match = PHONE.search(line.text)
        alone = match and sum(c.isdigit() for c in match.group()) >= 8
        if (
            match
            and alone
            and sighting.trusted(line.start)
            and not is_closing(line.text, sighting.brands)
            and not _is_agencys(sighting, line.start)
            and (near >= 0 and abs(number - near) <= 3)
        ):
            span = (line.start + match.start(), line.start + match.end())
            claims["sender_number"] = Claim(
                "sender_number", span, Sureness.LIKELY, "a number beside the address",
                _pair_at(sighting, span),
            )  # fmt: skip
            return


def _is_agencys(sighting: Sighting, at: int) -> bool:
    """Tell whether a place lies on a line whose label names somebody else than the visitor."""
    start = sighting.text.rfind("\n", 0, at) + 1
    return any(pair.at == start and is_agencys(pair.label) for pair in sighting.pairs)


def _closes(sighting: Sighting, at: int) -> bool:
    return is_closing(_line_at(sighting.text, at), sighting.brands)


def _claim_reference(sighting: Sighting, claims: dict[str, Claim]) -> tuple[Claim, ...]:
    """Claim the agency's reference where its label leaves no doubt; give the doubtful ones."""
    name = "property_reference"
    loose = [
        Claim("listing_number", p.value, Sureness.UNSURE, _MAYBE.format(p.label), p)
        for p in sighting.pairs
        if p.kind is Kind.LISTING
        and p.value
        and any(c.isdigit() for c in sighting.text[slice(*p.value)])
    ]
    if name in claims:
        return tuple(loose)
    found: dict[Hold, list[Pair]] = {hold: [] for hold in Hold}
    for pair in sighting.pairs:
        if (
            pair.kind is Kind.REFERENCE
            and pair.value
            and pair.hold
            and not _closes(sighting, pair.at)
        ):
            found[pair.hold].append(pair)
    for hold in Hold:
        distinct = {sighting.text[slice(*p.value)] for p in found[hold] if p.value}
        if len(distinct) == 1:
            sureness = Sureness.LIKELY if hold is Hold.LOOSE else Sureness.SURE
            claims[name] = _by_label(name, found[hold][0], sureness)
            return tuple(loose)
        if distinct:
            doubtful = [
                Claim(name, p.value, Sureness.UNSURE, _SEVERAL.format(len(distinct)), p)
                for p in found[hold]
                if p.value
            ]
            return (*doubtful, *loose)
    _claim_in_sentence(sighting, claims)
    return tuple(loose)


def _claim_in_sentence(sighting: Sighting, claims: dict[str, Claim]) -> None:
    """Claim a reference that a word for it announces in the portal's own sentence."""
    labelled = {pair.at for pair in sighting.pairs}
    for line in lines_of(sighting.text):
        if not sighting.trusted(line.start) or line.start in labelled:
            continue
        if is_closing(line.text, sighting.brands):
            continue
        if found := find_in_subject(line.text):
            span = (line.start + found[0], line.start + found[1])
            why = "a word for it stands before it in a sentence"
            name = "property_reference"
            claims[name] = Claim(name, span, Sureness.LIKELY, why)
            return
    if (triple := TRIPLE.search(sighting.text)) and sighting.trusted(triple.start()):
        why = "it is written as the IDX export writes its references"
        name = "property_reference"
        claims[name] = Claim(name, triple.span(), Sureness.LIKELY, why)


_MAYBE = "'{}' may be the portal's own number, not the agency's"
_SEVERAL = "{} labels could be the reference's"


def _claim_bare_name(sighting: Sighting, claims: dict[str, Claim]) -> None:
    email = claims.get("sender_email")
    address = sighting.value(email) if email else _reply_address(sighting.message)
    blocked = [sighting.frame.span] if sighting.frame else []
    found = find_name(sighting.text, blocked, address, email.span if email else None)
    if found:
        span, why = found
        claims["sender_name"] = Claim(
            "sender_name", span, Sureness.LIKELY, why, _pair_at(sighting, span)
        )


def _reply_address(message: Message) -> str:
    found: Iterator[Address] = (a for a in message.reply_to if not is_portals(message, a.address))
    return next((a.address for a in found), "")
