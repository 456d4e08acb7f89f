"""The bridge's own rig, and an audit of its inbox over a connection of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import pytest

from mailbridge.audit.finding import Count, Finding, Report
from mailbridge.audit.mailbox import Audited, audit_inbox
from mailbridge.inbox.imap import connect
from tests.bridge.conftest import Rig, api, build, decider, portals, rig

__all__ = ["api", "build", "decider", "portals", "rig"]


@dataclass(frozen=True)
class Result:
    """One audit."""

    folders: list[Audited]

    @property
    def findings(self) -> list[Finding]:
        return [finding for one in self.folders for finding in one.report.findings]

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    def counts(self, folder: str = "INBOX") -> dict[Count, int]:
        return dict(self.report(folder).counts)

    def report(self, folder: str = "INBOX") -> Report:
        return next(one.report for one in self.folders if one.folder == folder)

    def marked_by(self, folder: str = "INBOX") -> object:
        return next(one.marked_by for one in self.folders if one.folder == folder)


Auditor = Callable[..., Result]


@pytest.fixture
def audit() -> Auditor:
    def run(
        rig: Rig,
        since: datetime | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Result:
        def progress(portions: Iterable[list[int]], _what: str) -> Iterable[list[int]]:
            for portion in portions:
                meanwhile()
                yield portion

        watch = rig.bridge.watch
        with connect(watch.account) as inbox:
            return Result(list(audit_inbox(rig.ledger, inbox, watch, since, progress)))

    return run
