"""Brings a ledger to the tests' own next schema, in a process of its own, to be stopped midway."""

import sys

from mailbridge.errors import LedgerError
from mailbridge.ledger import migration
from mailbridge.ledger.ledger import Ledger
from tests.ledger.upgrading import next_config


def main(url: str) -> int:
    """1 with the message on stderr where it cannot be done."""
    migration._config = next_config
    migration.SCHEMA = "next"  # type: ignore[attr-defined]
    try:
        Ledger.open(url).close()
    except LedgerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
