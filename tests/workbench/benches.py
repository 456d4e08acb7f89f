"""Grounds, samples and benches that do harm, for the workbench's tests."""

import os
import signal
import time
from pathlib import Path

from mailbridge.decision import Policy
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.forwarding import ANYONE
from mailbridge.workbench.bench import Bench, KeepOn
from mailbridge.workbench.findings import Study
from mailbridge.workbench.samples import CaseText, Ground, Sample

FILE = "rules/homegate.ch.yaml"
POLICY = Policy(forwarders=ANYONE)
SHIPPED = Path("mailbridge/portals/homegate.ch.yaml").read_text()
CASES = Path("fixtures/homegate.ch")


def ground(file: str = FILE) -> Ground:
    return Ground(shipped=shipped_portals(0.2), own=(), file=file, seconds=0.2, policy=POLICY)


def sample(key: str, raw: bytes) -> Sample:
    return Sample(key=key, name=f"{key}.eml", raw=raw, policy=POLICY)


def cases() -> list[CaseText]:
    return [
        CaseText(
            name=mail.stem,
            raw=mail.read_bytes(),
            expected=mail.with_suffix(".yaml").read_text(),
            file=str(mail.with_suffix(".yaml")),
        )
        for mail in sorted(CASES.glob("*.eml"))
    ]


class Trap(Bench):
    """Goes off by what stands in the mail or in the text; else it is a bench."""

    def take(self, sample: Sample) -> None:
        if b"KILL" in sample.raw:
            os.kill(os.getpid(), signal.SIGKILL)
        if b"HOARD" in sample.raw:
            bytearray(4_000_000_000)
        super().take(sample)

    def study(self, text: str, keep_on: KeepOn = lambda: None) -> Study:
        if "# hang" in text:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            time.sleep(600)
        if "# defect" in text:
            raise KeyError(text)
        return super().study(text, keep_on)
