"""The client of Realforce's private endpoint (`/api/leads/create`): one POST, one `Answer`.

It answers by HTTP status and `{"message": …}` and names no id, so that an accepted
lead is accepted, and no more can be known of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mailbridge.delivery.answer import Accepted, Answer, Unreachable
from mailbridge.delivery.encoding import texts_in, to_json
from mailbridge.delivery.exchange import Exchange, Way, require_key


class Agency:
    """A destination for leads. For one thread at a time."""

    def __init__(self, way: Way, key: str) -> None:
        """Check what can be checked without a network; raises MailbridgeError."""
        self._exchange = Exchange(way, {"X-API-KEY": require_key(key)}, key)

    def deliver(self, payload: Mapping[str, Any]) -> Answer:
        """POST one lead and say what became of it."""
        own = dict(texts_in(payload, "gateway", "object", "date"))
        answer = self._exchange.post(to_json(payload), {}, own)
        return replace(answer, remote_id=None) if isinstance(answer, Accepted) else answer

    def reach(self) -> Unreachable | None:
        """See whether the server answers at all, without a lead or the key."""
        return self._exchange.reach()

    def close(self) -> None:
        """Close the kept connection."""
        self._exchange.close()
