"""The client of a webhook: a lead as JSON to an address of the user's own, signed.

The signature is HMAC-SHA256 over time and body (docs/destinations.md): who has the
secret knows that the lead is from this mailbridge, unchanged, and not an old one played
again. `Idempotency-Key` is the lead's own and the same with every repeat.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mailbridge.delivery.answer import Accepted, Answer, Unreachable
from mailbridge.delivery.encoding import texts_in, to_json
from mailbridge.delivery.exchange import Exchange, Way
from mailbridge.errors import MailbridgeError

SIGNATURE = "Mailbridge-Signature"


def sign(secret: str, at: int, body: bytes) -> str:
    """Give the header's value for a body sent at this Unix time."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Webhook:
    """A destination for leads. For one thread at a time."""

    def __init__(self, way: Way, secret: str, clock: Callable[[], float] = time.time) -> None:
        """Check what can be checked without a network; raises MailbridgeError.

        `clock` gives Unix time.
        """
        if not secret:
            raise MailbridgeError("The webhook's secret is empty. Put one of 32 letters there.")
        self._secret = secret
        self._clock = clock
        self._exchange = Exchange(way, {}, secret)

    def deliver(self, payload: Mapping[str, Any]) -> Answer:
        """POST one lead and say what became of it."""
        body = to_json(payload)
        headers = {
            "Idempotency-Key": str(payload.get("id", "")),
            SIGNATURE: sign(self._secret, int(self._clock()), body),
        }
        own = dict(texts_in(payload, "id", "date", "portal", "property"))
        answer = self._exchange.post(body, headers, own)
        if isinstance(answer, Accepted) and not answer.remote_id:
            return replace(answer, remote_id=None)
        return answer

    def reach(self) -> Unreachable | None:
        """See whether the server answers at all, without a lead or the signature."""
        return self._exchange.reach()

    def close(self) -> None:
        """Close the kept connection."""
        self._exchange.close()
