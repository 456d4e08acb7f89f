"""A process that renews tokens: prints the access token, or why there is none."""

import sys
from pathlib import Path

from mailbridge.errors import MailbridgeError
from mailbridge.signin.endpoints import Endpoints
from mailbridge.signin.keeper import PersonTokens
from mailbridge.signin.store import Store
from mailbridge.signin.transport import Transport


def main() -> None:
    base, folder, client, made_for, now = sys.argv[1:]
    endpoints = Endpoints(
        transport=Transport(), client_id=client, scopes=("mail.imap",), token=f"{base}/token"
    )
    tokens = PersonTokens(
        "sales", endpoints, Store(Path(folder), "sales"), made_for, lambda: float(now)
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    try:
        sys.stdout.write(tokens.current())
    except MailbridgeError as error:
        sys.stdout.write(f"none: {error}")


if __name__ == "__main__":
    main()
