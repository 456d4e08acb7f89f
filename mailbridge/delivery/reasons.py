"""Why an exchange failed, said for people: from the innermost cause that says something."""

import socket
import ssl
from http.client import HTTPException
from urllib.parse import urlsplit

import requests


def tell_reason(error: BaseException) -> str:
    """Say what happened, without the place."""
    return next(filter(None, map(_cause_told, reversed(_causes(error)))), type(error).__name__)


def host_of(url: str) -> str:
    """Name the place of a URL that was checked before."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in chain:
        chain.append(step)
        step = step.__cause__ or step.__context__
    return chain


def _cause_told(cause: BaseException) -> str:
    match cause:
        case socket.gaierror():
            return "the name cannot be resolved"
        case ssl.SSLCertVerificationError():
            return f"its TLS certificate is not trusted ({cause.verify_message})"
        case ssl.SSLError():
            return f"TLS failed ({cause.reason or 'connection closed'})"
        case ConnectionRefusedError():
            return "the connection was refused"
        case TimeoutError():
            return "no answer in time"
        case ConnectionError():
            return "the connection was closed before an answer came"
        case HTTPException():
            return "what it answered is not HTTP"
        case OSError() if not isinstance(cause, requests.RequestException):
            return cause.strerror or str(cause)
        case _:
            return ""
