"""`web`: the server's life, from the socket to the last request. Knows no page."""

import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from mailbridge.documents.values import ListenAddress
from mailbridge.errors import MailbridgeError

PATIENCE = 3
"""Seconds that requests may take to end when the server is told to stop."""


def listen(host: str, port: int) -> socket.socket:
    """Take the address. Raises MailbridgeError where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise MailbridgeError(
            f"web.listen: {ListenAddress(host, port)} cannot be listened on ({error.strerror}). "
            "Name a free port with --listen, or stop the program that has it."
        ) from None
    return bound


def make_server(application: ASGIApp) -> uvicorn.Server:
    """Make the server; `server.run(sockets=[...])` serves until told to stop."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what goes wrong is in our own log, once
            access_log=False,
            proxy_headers=False,  # nobody tells us who asks; the session does
            server_header=False,
            timeout_graceful_shutdown=PATIENCE,
            h11_max_incomplete_event_size=64 * 1024,
        )
    )


def serve(application: ASGIApp, bound: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C. Closes the socket."""
    server = make_server(application)

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (as signal calls it)
        server.should_exit = True

    # Before uvicorn listens to signals itself. It raises each once more when it has ended; that
    # one means nothing any more.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with bound:
        server.run(sockets=[bound])
