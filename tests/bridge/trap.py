"""Portals that do harm: what a defect of a parser, or a very hostile mail, would do."""

import os
import signal
from pathlib import Path

from mailbridge.message.message import Message
from mailbridge.rules.judgement import Portals
from mailbridge.rules.portal import Portal


class Trap(Portals):
    """Goes off by a mail's subject; else these are the portals that it was made from."""

    def of(self, message: Message) -> tuple[Portal, ...]:
        kind, _, rest = message.subject.partition(" ")
        match kind:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "once":  # dies the first time only
                if not Path(rest).exists():
                    Path(rest).touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                signal.pause()
            case "hoard":
                bytearray(4_000_000_000)
            case "defect":
                raise KeyError(rest)
        return Portals.of(self, message)
