"""A person's own view on a mailbox: what tests put there, and what they find.

By imapclient directly, so that nothing of mailbridge checks itself.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from imapclient import IMAPClient


class Mailbox:
    """One connection of a mail program."""

    def __init__(self, client: IMAPClient) -> None:
        self.client = client

    def append(
        self,
        raw: bytes,
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        received: datetime | None = None,
    ) -> int:
        """Put a mail there; its UID."""
        said = self.client.append(folder, raw, tuple(flags), received)
        found = re.search(rb"\[APPENDUID \d+ (\d+)\]", said)
        assert found is not None, said
        return int(found[1])

    def flags(self, folder: str = "INBOX") -> dict[int, set[str]]:
        r"""Each mail's flags by UID, without `\Recent`."""
        self.client.select_folder(folder, readonly=True)
        found = self.client.get_flags(self.client.search("ALL"))
        shown = {uid: {flag.decode() for flag in flags} for uid, flags in found.items()}
        return {uid: flags - {r"\Recent"} for uid, flags in shown.items()}

    def marks(self) -> dict[str, str]:
        """Each mail's mark, by keyword or folder, by the name in its Message-ID; "" for none."""
        found: dict[str, str] = {}
        for folder, moved in (("INBOX", ""), ("Leads/Sent", "sent"), ("Leads/Review", "review")):
            if not self.client.folder_exists(folder):
                continue
            self.client.select_folder(folder, readonly=True)
            rows = self.client.fetch(self.client.search("ALL"), ["FLAGS", "ENVELOPE"])
            for row in rows.values():
                name = row[b"ENVELOPE"].message_id.decode().strip("<>").partition("@")[0]
                keywords = [f.decode() for f in row[b"FLAGS"] if f.startswith(b"Mailbridge")]
                found[name] = " ".join(k.removeprefix("Mailbridge").lower() for k in keywords)
                found[name] = found[name] or moved
        return found

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """The subjects in the order of arrival."""
        self.client.select_folder(folder, readonly=True)
        uids = self.client.search("ALL")
        found = self.client.fetch(uids, ["ENVELOPE"])
        return [found[uid][b"ENVELOPE"].subject.decode() for uid in uids]

    def folders(self) -> set[str]:
        """Names of all folders, as the server spells them."""
        return {name for _, _, name in self.client.list_folders()}

    def subscribed(self) -> set[str]:
        return {name for _, _, name in self.client.list_sub_folders()}

    def add_flags(self, uids: Iterable[int], flags: Iterable[str], folder: str = "INBOX") -> None:
        self.client.select_folder(folder)
        self.client.add_flags(list(uids), list(flags), silent=True)

    def delete(self, uids: Iterable[int], folder: str = "INBOX") -> None:
        """Delete for good."""
        self.client.select_folder(folder)
        self.client.delete_messages(list(uids), silent=True)
        self.expunge(uids)

    def expunge(self, uids: Iterable[int]) -> None:
        """Remove what is marked as deleted in the selected folder."""
        self.client.uid_expunge(list(uids))

    def move(self, uids: Iterable[int], target: str, folder: str = "INBOX") -> None:
        self.client.select_folder(folder)
        self.client.move(list(uids), target)

    def make_anew(self, folder: str) -> None:
        """Delete a folder and make it again: its UIDVALIDITY changes."""
        self.client.select_folder("INBOX")
        self.client.delete_folder(folder)
        self.client.create_folder(folder)

    def empty(self) -> None:
        """As on the first day: no mail, no folder but INBOX."""
        uids = self.flags()
        if uids:
            self.delete(uids)
        for flags, _, name in self.client.list_folders():
            if name != "INBOX" and rb"\Noselect" not in flags:
                self.client.delete_folder(name)
