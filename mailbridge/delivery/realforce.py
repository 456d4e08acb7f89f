"""The client of Realforce's lead API (leads-send): one POST, one `Answer`.

What it may and may not do is `exchange`'s; which lead is sent when, and what follows
from an answer, is decided elsewhere (`retry`).
"""

from collections.abc import Mapping
from typing import Any

from mailbridge.delivery.answer import Answer, Unreachable
from mailbridge.delivery.encoding import to_json
from mailbridge.delivery.exchange import Exchange, Way, require_key


class Realforce:
    """A destination for leads. For one thread at a time."""

    def __init__(self, way: Way, key: str) -> None:
        """Check what can be checked without a network; raises MailbridgeError."""
        self._exchange = Exchange(way, {"X-API-KEY": require_key(key)}, key)

    def deliver(self, payload: Mapping[str, Any]) -> Answer:
        """POST one lead and say what became of it."""
        own = {k: v for k, v in payload.items() if k.startswith("sender_") and isinstance(v, str)}
        return self._exchange.post(to_json(payload), {}, own)

    def reach(self) -> Unreachable | None:
        """See whether the server answers at all, without a lead or the key."""
        return self._exchange.reach()

    def close(self) -> None:
        """Close the kept connection."""
        self._exchange.close()
