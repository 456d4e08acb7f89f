"""Statements of the queue, compiled once for each database.

SQLAlchemy's `execute` takes several times as long as SQLite does for the statements
that each lead needs, and the next lead waits for them (measured: a quarter of the
CPU time of a whole pass). Here the same Core statement is compiled once and then handed
to the driver as text. Only for statements whose parameters are scalars and whose
columns need no conversion; all others stay with `execute`.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult, Dialect
from sqlalchemy.sql.compiler import SQLCompiler


class Prepared:
    """One statement; what it is run with are its named parameters."""

    def __init__(self, statement: sa.Executable) -> None:
        """Take a Core statement; it is compiled when it first meets a database."""
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, **values: Any) -> CursorResult[Any]:
        """Execute with these values. Rows come as the driver gives them."""
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = _Compiled(self._statement, connection.dialect)
            self._compiled[connection.dialect.name] = compiled
        return connection.exec_driver_sql(compiled.text, compiled.arrange(values))


class _Compiled:
    """The text of a statement, and its parameters in the driver's order and types."""

    def __init__(self, statement: sa.Executable, dialect: Dialect) -> None:
        compiled: SQLCompiler = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        converters = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for bind, name in compiled.bind_names.items()
        }
        self.text = compiled.string
        self._order = compiled.positiontup
        self._convert = {name: each for name, each in converters.items() if each is not None}
        self._constant = {
            name: each(value) if (each := self._convert.get(name)) else value
            for name, value in compiled.params.items()
        }

    def arrange(self, values: dict[str, Any]) -> Any:
        """Give the values as the driver takes them: a tuple, or a dict by name."""
        convert = self._convert
        ready = self._constant | {
            name: convert[name](value) if name in convert else value
            for name, value in values.items()
        }
        return ready if self._order is None else tuple([ready[name] for name in self._order])
