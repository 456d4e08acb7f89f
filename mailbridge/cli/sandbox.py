"""`sandbox`: every kind of destination on this machine, until Ctrl-C."""

import signal
from pathlib import Path

from mailbridge.cli.output import say
from mailbridge.sandbox.lists import LISTINGS_PATH, PROMOTIONS_PATH, read_lists
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox


def serve(
    port: int, key: str, secret: str, plan: str, journal: Path | None, listings: Path | None
) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # in all threads to come, too: one waits
    lists = read_lists(listings) if listings else {}
    with Sandbox(
        port=port, key=key, secret=secret, plan=parse_plan(plan), journal=journal
    ) as server:
        server.lists.update(lists)
        say(f"The sandbox listens on {server.url}")
        say(
            f"  the listings API at {server.base}{LISTINGS_PATH} and {server.base}{PROMOTIONS_PATH}"
        )
        say(f"  its API key is {key}; the leads received are at {server.base}/leads")
        say(f"  Realforce's private endpoint, with the same key: {server.private_url}")
        say(f"  a webhook, with the secret {secret}: {server.hook_url}")
        signal.sigwait(ends)
        say(f"{len(server.leads)} leads received.")
