"""Marking: keywords, else folders, else nothing; always the last effect on a mail.

Everything here may be repeated after a crash: a mail that has its mark keeps it,
and one that has been moved counts as gone.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, islice

from mailbridge.inbox import faults, folders
from mailbridge.inbox.faults import Declined, UidValidityChanged
from mailbridge.inbox.marks import Abilities, Mark, Marked, Marking, Place
from mailbridge.inbox.session import Session

SET_SIZE = 100
"""UIDs in one command: far cheaper than one by one, and never too long a line."""


def find_abilities(session: Session, folder: str) -> Abilities:
    """Find out what can be done in this folder; it is opened for writing to learn that."""
    try:
        opened = session.select(folder)
    except Declined as exc:
        if exc.code != "READ-ONLY":
            raise folders.explain(session, folder, exc) from exc
        opened = None
    has = session.capabilities
    return Abilities(
        capabilities=tuple(sorted(has)),
        writable=opened is not None,
        keywords=opened is not None and opened.keywords,
        move="MOVE" in has,
        uidplus="UIDPLUS" in has,
        idle="IDLE" in has,
    )


def resolve(session: Session, folder: str, wanted: Marking) -> Marking:
    """Choose the marking; what is asked for by name and cannot be done is refused."""
    if wanted is Marking.LEDGER:
        return wanted
    able = find_abilities(session, folder)
    if wanted is Marking.AUTO:
        if able.keywords:
            return Marking.KEYWORDS
        return Marking.FOLDERS if able.folders else Marking.LEDGER
    if wanted is Marking.KEYWORDS and not able.keywords:
        missing = "allows no own keywords (no \\* in PERMANENTFLAGS)"
    elif wanted is Marking.FOLDERS and not able.folders:
        missing = "can move no mail on its own (neither MOVE nor UIDPLUS)"
    else:
        return wanted
    if not able.writable:
        missing = "lets this user only read it"
    raise faults.refused(
        session.account,
        f"`marking: {wanted}` cannot be done in folder {folder}: the server {missing}."
        " Set `marking: auto`.",
    )


def mark_mails(
    session: Session,
    folder: str,
    uidvalidity: int,
    marks: Mapping[Mark, Sequence[int]],
    marking: Marking,
    targets: Mapping[Mark, str],
    *,
    seen: bool,
) -> Marked:
    r"""Give each mail its mark, and `\Seen` where that is asked for."""
    asked = {mark: list(dict.fromkeys(uids)) for mark, uids in marks.items() if uids}
    if marking is Marking.LEDGER and not seen:
        return Marked(done=frozenset(chain.from_iterable(asked.values())))
    if not asked:
        return Marked()
    opened = folders.open_for_marking(session, folder)
    if opened.uidvalidity != uidvalidity:
        raise UidValidityChanged(
            f"{session.account.place}: folder {folder} was made anew on the server"
            f" (UIDVALIDITY {uidvalidity} before, {opened.uidvalidity} now)."
        )
    done: set[int] = set()
    gone: set[int] = set()
    moved: dict[int, Place] = {}
    for mark, uids in asked.items():
        target = _target(session, folder, mark, marking, targets)
        for start in range(0, len(uids), SET_SIZE):
            some = uids[start : start + SET_SIZE]
            there = session.existing(some)
            if there and seen:
                _store(session, there, add=[r"\Seen"])
            if there and marking is Marking.KEYWORDS:
                others = [other.keyword for other in Mark if other is not mark]
                _store(session, there, add=[mark.keyword], remove=others)
            if there and target is not None:
                places = _move(session, there, target)
                moved |= places
            still = there if target is not None else session.existing(some)
            done |= still
            gone |= set(some) - still
    return Marked(done=frozenset(done), gone=frozenset(gone), moved=moved)


def _target(
    session: Session, folder: str, mark: Mark, marking: Marking, targets: Mapping[Mark, str]
) -> str | None:
    """Say where to move to; None where the mail stays. A missing folder is made."""
    if marking is not Marking.FOLDERS or mark not in targets:
        return None
    target = folders.translate(session, targets[mark])
    if target == folder:
        return None
    folders.ensure(session, target)
    return target


def _store(
    session: Session, uids: frozenset[int], *, add: Sequence[str], remove: Sequence[str] = ()
) -> None:
    """Set first, then remove: a crash between leaves two marks, never none."""
    for name, flags in (("add_flags", add), ("remove_flags", remove)):
        if not flags:
            continue
        try:
            with session.exchange("marking mails") as client:
                # Silent: an answer that holds MODSEQ only would raise KeyError.
                getattr(client, name)(sorted(uids), flags, silent=True)
        except Declined as exc:
            if exc.code != "EXPUNGEISSUED":  # some are gone, the others are marked
                raise


def _move(session: Session, uids: frozenset[int], target: str) -> dict[int, Place]:
    ordered = sorted(uids)
    session.response("COPYUID")  # forget an older one
    doing = f"moving mails to folder {target}"
    if "MOVE" in session.capabilities:
        with session.exchange(doing) as client:
            client.move(ordered, target)
        return _places(session, uids, target)
    with session.exchange(doing) as client:
        client.copy(ordered, target)
    places = _places(session, uids, target)
    _store(session, uids, add=[r"\Deleted"])
    with session.exchange(doing) as client:
        client.uid_expunge(ordered)  # these alone, never what somebody else deleted
    return places


def _places(session: Session, uids: frozenset[int], target: str) -> dict[int, Place]:
    """Read the new places out of COPYUID, `uidvalidity old-set new-set` (RFC 4315, section 3)."""
    words = (session.response("COPYUID") or b"").split()
    if len(words) != 3 or not words[0].isdigit():
        return {}
    pairs = zip(_members(words[1], len(uids)), _members(words[2], len(uids)), strict=False)
    return {old: Place(target, int(words[0]), new) for old, new in pairs if old in uids}


def _members(uid_set: bytes, most: int) -> list[int]:
    """List the members of a UID set in order, at most so many; none where it is no set."""
    ranges = []
    for piece in uid_set.split(b","):
        ends = piece.split(b":")
        if not all(end.isdigit() for end in ends) or len(ends) > 2:
            return []
        low, high = sorted((int(ends[0]), int(ends[-1])))
        ranges.append(range(low, high + 1))
    return list(islice(chain.from_iterable(ranges), most))
