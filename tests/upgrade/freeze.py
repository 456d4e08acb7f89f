"""Freezes what an installation of a version leaves behind: its ledger, by a real pass.

    python -m tests.upgrade.freeze VERSION TREE

runs the mailbridge of TREE (an unpacked checkout or sdist of that version) on Dovecot and the
sandbox, with VERSION/config.yaml and VERSION/portals, and writes VERSION/ledger.sql. Once for
each version that people get; what it wrote is kept for ever.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from mailbridge.inbox.account import Account
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.conftest import account_on, mailbox_on
from tests.servers.dovecot import running_dovecot
from tests.upgrade.story import settled, waiting

HERE = Path(__file__).parent
KEY = "test-key"


def install(version: str, folder: Path, account: Account, url: str) -> dict[str, str]:
    """Put that version's settings and rules into a folder; give the environment they want."""
    text = (HERE / version / "config.yaml").read_text(encoding="utf-8")
    values = {
        "HOST": account.host,
        "PORT": str(account.port),
        "CA_FILE": str(account.ca_file),
        "USER": account.user,
        "URL": url,
    }
    for name, value in values.items():
        text = text.replace(f" {name}\n", f" {value}\n")
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    (folder / "portals").mkdir()
    for rule in (HERE / version / "portals").iterdir():
        (folder / "portals" / rule.name).write_bytes(rule.read_bytes())
    return {"MAIL_PASSWORD": account.password, "REALFORCE_KEY": KEY}


def main(version: str, tree: Path) -> None:
    """Run that version, and write its ledger as SQL."""
    with (
        tempfile.TemporaryDirectory() as place,
        running_dovecot() as server,
        Sandbox(key=KEY) as api,
    ):
        folder, account = Path(place), account_on(server)
        secrets = install(version, folder, account, api.url)
        for mailbox in mailbox_on(server, account):
            for mails, plan in ((settled(), ""), (waiting(), "503x99")):
                api.plan = parse_plan(plan)
                for raw in mails:
                    mailbox.append(raw)
                subprocess.run(
                    [sys.executable, "-m", "mailbridge", "run", "--once"],
                    cwd=folder,
                    env={**os.environ, **secrets, "PYTHONPATH": str(tree)},
                    check=False,  # the second pass leaves leads waiting, and says so
                )
        with closing(sqlite3.connect(folder / "ledger.db")) as ledger:
            text = "\n".join(ledger.iterdump()) + "\n"
        (HERE / version / "ledger.sql").write_text(text.replace(place, ""), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
