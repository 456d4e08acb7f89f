"""OAuth 2 by a provider's endpoints: consent with PKCE, device code, renewal.

RFC 6749 (sections 4.1 and 6), RFC 7636 (PKCE), RFC 8628 (device code). No state: what
is to be kept is given back.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import quote, urlencode

from mailbridge.signin.grants import Answer, Refused, Unavailable, read_body, read_fields
from mailbridge.signin.grants import read_refusal as read_error
from mailbridge.signin.transport import Transport

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
INTERVAL = 5.0
"""Seconds between two questions, where the server names none (RFC 8628, section 3.2)."""
_LASTS = 900.0


class ClientProof(Enum):
    """How an application's secret is shown to the server (RFC 6749, section 2.3.1)."""

    BASIC = "basic"
    POST = "post"


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person types at `address`, on any machine with a browser."""

    device: str = field(repr=False)
    user_code: str
    address: str
    lasts: float
    interval: float


@dataclass(frozen=True, slots=True)
class Proof:
    """One consent's own secrets: they tie the answer to the question."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """The verifier's hash (RFC 7636, section 4.2, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def make_proof() -> Proof:
    """Draw the secrets of one consent."""
    return Proof(secrets.token_urlsafe(32), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """One registration at one authorisation server."""

    transport: Transport = field(repr=False)
    client_id: str
    client_secret: str = field(default="", repr=False)
    client_proof: ClientProof = ClientProof.BASIC
    scopes: Sequence[str]
    token: str
    authorization: str = ""
    device: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    """More fields of the consent's address, as a provider wants them."""

    def consent_address(self, redirect: str, proof: Proof) -> str:
        """Give the page on which a person consents; it then leads to `redirect`."""
        fields = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(self.scopes),
            "state": proof.state,
            "code_challenge": proof.challenge,
            "code_challenge_method": "S256",
            **self.extras,
        }
        joint = "&" if "?" in self.authorization else "?"
        return f"{self.authorization}{joint}{urlencode(fields)}"

    def exchange(self, code: str, redirect: str, proof: Proof) -> Answer:
        """Exchange what the redirect brought for tokens."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        return self._ask({**form, "code_verifier": proof.verifier}, (code, proof.verifier))

    def renew(self, refresh: str) -> Answer:
        """Use a refresh token; it may be worth nothing afterwards."""
        return self._ask({"grant_type": "refresh_token", "refresh_token": refresh}, (refresh,))

    def begin(self) -> DeviceCode | Refused | Unavailable:
        """Ask for a code that a person can use on another machine."""
        form, headers = self._prove({"scope": " ".join(self.scopes)})
        reply = self.transport.post(self.device, form, headers)
        if isinstance(reply, Unavailable):
            return reply
        fields = read_fields(reply.body)
        if fields is None:
            return Unavailable(f"the server answers with status {reply.status}")
        return read_device_code(fields, (self.client_secret,))

    def ask(self, code: DeviceCode) -> Answer:
        """Ask once whether the person has consented (RFC 8628, section 3.4)."""
        return self._ask({"grant_type": DEVICE_GRANT, "device_code": code.device}, (code.device,))

    def _ask(self, form: Mapping[str, str], hidden: Sequence[str]) -> Answer:
        sent, headers = self._prove(form)
        reply = self.transport.post(self.token, sent, headers)
        if isinstance(reply, Unavailable):
            return reply
        return read_body(reply.status, reply.body, (*hidden, self.client_secret))

    def _prove(self, form: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
        named = {**form, "client_id": self.client_id}
        if not self.client_secret:
            return named, {}
        if self.client_proof is ClientProof.POST:
            return {**named, "client_secret": self.client_secret}, {}
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        return named, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def read_device_code(
    fields: Mapping[str, object], hidden: Sequence[str] = ()
) -> DeviceCode | Refused | Unavailable:
    """Read the answer of a device endpoint (RFC 8628, section 3.2)."""
    if "error" in fields:
        return read_error(fields, hidden)
    device, user_code = fields.get("device_code"), fields.get("user_code")
    # Google calls it verification_url.
    address = fields.get("verification_uri") or fields.get("verification_url")
    texts = (device, user_code, address)
    if not all(isinstance(text, str) and text.isprintable() and text for text in texts):
        return Unavailable("the server's answer holds no code that can be used")
    return DeviceCode(
        device=str(device),
        user_code=str(user_code),
        address=str(address),
        lasts=_number(fields.get("expires_in"), _LASTS),
        interval=_number(fields.get("interval"), INTERVAL),
    )


def _number(written: object, otherwise: float) -> float:
    try:
        found = float(written) if isinstance(written, (int, float, str)) else otherwise
    except ValueError:
        return otherwise
    return found if 0 < found <= 86400 else otherwise
