"""Folders: their names as the server spells them, and making a missing one."""

import difflib
from collections.abc import Sequence

from mailbridge.errors import InboxError
from mailbridge.inbox import faults
from mailbridge.inbox.faults import Declined, UidValidityChanged
from mailbridge.inbox.session import Opened, Session


def open_for_reading(session: Session, folder: str) -> Opened:
    """EXAMINE; the error for a missing folder names the nearest that exists."""
    try:
        return session.examine(folder)
    except Declined as exc:
        raise explain(session, folder, exc) from exc


def stay_for_reading(session: Session, folder: str, uidvalidity: int) -> Opened:
    """Be in the folder, for reading: whoever took the last answer may have left it.

    Raises UidValidityChanged where it is no longer the folder that was meant.
    """
    opened = session.opened
    if opened is None or opened.folder != folder or opened.writable:
        opened = open_for_reading(session, folder)
    if opened.uidvalidity != uidvalidity:
        raise UidValidityChanged(
            f"{session.account.place}: folder {folder} was made anew on the"
            f" server (UIDVALIDITY {uidvalidity} before, {opened.uidvalidity} now)."
        )
    return opened


def open_for_marking(session: Session, folder: str) -> Opened:
    """SELECT, with the same errors."""
    try:
        return session.select(folder)
    except Declined as exc:
        raise explain(session, folder, exc) from exc


def explain(session: Session, folder: str, error: Declined) -> InboxError:
    """Tell "there is no such folder" from "it may not be opened"."""
    session.uses.clear()  # the folder may have another name by now
    names = list_names(session)
    if folder in names or folder.startswith("\\"):
        return error
    near = _nearest(folder, names)
    remedy = f"Did you mean {near}?" if near else f"There are: {', '.join(names[:12])}."
    return faults.refused(session.account, f"there is no folder {folder}. {remedy}")


def list_names(session: Session) -> list[str]:
    """All folders that can be opened, as the server spells them."""
    with session.exchange("listing the folders") as client:
        found = client.list_folders()
    return [name for flags, _, name in found if rb"\noselect" not in {f.lower() for f in flags}]


def translate(session: Session, folder: str) -> str:
    """`Leads/Sent` as this server spells it: `INBOX.Leads.Sent` on some.

    In the settings `/` always separates levels. The server's separator and the
    prefix of the user's own folders come from NAMESPACE (RFC 2342) or LIST.
    """
    faults.check_folder_name(session.account, folder)
    prefix, separator = _namespace(session)
    if not separator:
        return folder
    name = folder.replace("/", separator)
    if not prefix or (name + separator).upper().startswith(prefix.upper()):
        return name
    return prefix + name


def ensure(session: Session, folder: str) -> None:
    """Create the folder where it is missing, and subscribe to it so that people see it."""
    with session.exchange(f"looking for folder {folder}") as client:
        # A `*` or `%` in the name finds others too.
        if any(name == folder for _, _, name in client.list_folders("", folder)):
            return
    with session.exchange(f"creating folder {folder}") as client:
        client.create_folder(folder)
    with session.exchange(f"subscribing to folder {folder}") as client:
        client.subscribe_folder(folder)


def _namespace(session: Session) -> tuple[str, str]:
    if "NAMESPACE" in session.capabilities:
        with session.exchange("the names of its folders") as client:
            personal = client.namespace().personal
            if personal:
                prefix, separator = personal[0]
                return str(prefix), str(separator or "")
    with session.exchange("the separator of its folders") as client:
        listed = client.list_folders("", "")
        separator = listed[0][1].decode("ascii") if listed and listed[0][1] else ""
    return "", separator


def _nearest(folder: str, names: Sequence[str]) -> str | None:
    """By the whole name, else by its last level, in any case of letters."""
    lowered = {name.lower(): name for name in names}
    last = {name.lower().replace(".", "/").rpartition("/")[2]: name for name in names}
    for known, wanted in ((lowered, folder.lower()), (last, folder.lower().rpartition("/")[2])):
        found = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
        if found:
            return known[found[0]]
    return None
