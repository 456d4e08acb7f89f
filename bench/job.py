"""What a contestant is told: where the mail lies, where leads go, where to keep its record."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

SENT_KEYWORD = "MailbridgeSent"
"""The mark on a mail whose lead was accepted; the same for every contestant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One mailbox to be emptied of its leads, once."""

    host: str
    port: int
    """Implicit TLS."""
    ca_file: str
    """The CA that signed the server's certificate; verification is never off."""
    user: str
    password: str
    api_url: str
    """The whole URL to which a lead is POSTed."""
    api_key: str
    ledger: str
    """Where a durable record may be kept; does not exist yet."""

    def write(self, path: Path) -> Path:
        """Save as JSON, for a contestant in a process of its own."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path

    @classmethod
    def read(cls, path: str) -> Self:
        """Load what `write` saved."""
        return cls(**json.loads(Path(path).read_text(encoding="utf-8")))
