"""`dry-run --save`: the mails that were seen, kept as files to test rules with.

Never overwrites: a file that is there already and says something else stays.
"""

import os
from pathlib import Path

from mailbridge.anonymity.anonymiser import Anonymiser, Refused
from mailbridge.cli.gathering import Gathered
from mailbridge.cli.output import complain
from mailbridge.decision import Decision
from mailbridge.errors import MailbridgeError
from mailbridge.message.message import Message
from mailbridge.rules.judgement import Portals

_DIGITS = 16
"""Of a mail's identity in the name of its file: enough to tell any two mails apart."""


class Corpus:
    """A folder of mails, each under a name that is the same in every run."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made by `open`."""
        self._folder = folder
        self._saved = self._known = self._failed = 0

    def open(self, portals: Portals) -> None:  # noqa: ARG002  (for AnonymousCorpus)
        """Make the folder, readable by its user alone. Raises MailbridgeError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise MailbridgeError(
                f"{self._folder}: mails cannot be saved there ({error.strerror}). "
                "Name a folder that this user may write."
            ) from None

    def keep(self, gathered: Gathered, decision: Decision) -> None:
        """Write one mail; complain where that cannot be. Raises MailbridgeError."""
        if gathered.fault:
            self._fail(gathered.source, gathered.fault)
            return
        self._write(gathered.source, decision, gathered.raw)

    def tell(self) -> int:
        """Say on standard error what was saved; give 1 where a mail was not, else 0."""
        known = f", {self._known} there already" if self._known else ""
        failed = f", {self._failed} not" if self._failed else ""
        count = f"{self._saved} mail{'' if self._saved == 1 else 's'}"
        complain(f"{count} saved in {self._folder}{known}{failed}.")
        return 1 if self._failed else 0

    def _fail(self, source: str, reason: str) -> None:
        self._failed += 1
        complain(f"{source}: not saved: {reason}")

    def _write(self, source: str, decision: Decision, raw: bytes) -> None:
        file = self._folder / _name(decision)
        try:
            # Made anew or not at all, whoever else writes there.
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if file.read_bytes() == raw:
                self._known += 1
            else:
                self._fail(source, f"{file} is there and says something else. Move it away first.")
            return
        except OSError as error:
            raise MailbridgeError(f"{file}: cannot be written ({error.strerror}).") from None
        with open(handle, "wb") as opened:  # noqa: PTH123  (a descriptor has no path)
            opened.write(raw)
        self._saved += 1


class AnonymousCorpus(Corpus):
    """The same without the people in the mails."""

    def open(self, portals: Portals) -> None:
        """Make the folder, and know the rules by which a mail is looked at afterwards."""
        super().open(portals)
        self._guessed = 0
        self._anonymiser = Anonymiser(portals)

    def keep(self, gathered: Gathered, decision: Decision) -> None:
        """Write the mail with everybody in it replaced, or nothing."""
        if gathered.fault:
            self._fail(gathered.source, gathered.fault)
            return
        made = self._anonymiser.anonymise(gathered.raw, gathered.received, gathered.policy)
        if isinstance(made, Refused):
            self._fail(gathered.source, made.reason)
        else:
            self._write(gathered.source, decision, made.raw)
            self._guessed += not decision.wanted

    def tell(self) -> int:
        """Say, too, of how many mails no rule knows who is in them."""
        code = super().tell()
        if self._guessed:
            complain(
                f"In {self._guessed} of them no rule found a visitor; names were replaced as far "
                "as they were recognised. Read them before you give them away."
            )
        return code


def _name(decision: Decision) -> str:
    """Name a mail by its day and its identity: what is in it cannot be read off that."""
    message = decision.message
    date = message.date if isinstance(message, Message) else None
    day = f"{date:%Y%m%d}" if date else "undated"
    return f"{day}-{decision.identity[:_DIGITS]}.eml"
