"""A proxy between mailbridge and a server, told by rules what to break and when.

    with before_dovecot(dovecot) as proxy:  # TLS towards the client, as Dovecot itself
        account = replace(account, port=proxy.port)
        rule = proxy.rule(Side.CLIENT, rb"UID STORE", FORWARD, Call(kill))
        ...
        rule.wait(10)

A rule looks at each piece that passes (see `framing`) and does its acts, in their
order, when its pattern is found. A piece that no act has forwarded, swallowed or
cut is forwarded after them: `Call(kill)` kills before the server gets the command,
`FORWARD, Call(kill)` after. All of it happens in one thread, so that nothing else
passes while a callback runs; a callback must not talk through the proxy itself.

Nothing that has been forwarded is lost when one end goes: the other may finish.
"""

import asyncio
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from mailbridge.sandbox.server import Sandbox
from tests.servers.dovecot import Dovecot
from tests.servers.framing import Kind, Side

__all__ = [
    "FORWARD",
    "HOLE",
    "SWALLOW",
    "Act",
    "Call",
    "Cut",
    "Delay",
    "Drip",
    "Forward",
    "Hole",
    "Kind",
    "Passed",
    "Proxy",
    "Replace",
    "Reply",
    "Rule",
    "Side",
    "Swallow",
    "before_dovecot",
    "before_sandbox",
]

_LOOPBACK = "127.0.0.1"
_SECONDS = 20.0
_REMEMBERED = 400
"""Octets of each piece that are kept for tests to look at."""


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass the piece on, or its first octets and nothing of the rest."""

    first: int | None = None


@dataclass(frozen=True, slots=True)
class Drip:
    """Pass the piece on, so many octets at a time with a pause after each."""

    size: int = 1
    pause: float = 0.01


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait; nothing of this connection's direction passes meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """Call with the piece."""

    what: Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Replace:
    """Go on with what this makes of the piece."""

    by: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer who said it in the other's place; the piece goes no further."""

    by: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Swallow:
    """Lose this piece alone."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Lose this piece and all that follows in both directions; the connection stays."""


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection on both sides: FIN, or RST towards the client."""

    reset: bool = False


Act = Forward | Drip | Delay | Call | Replace | Reply | Swallow | Hole | Cut

FORWARD = Forward()
SWALLOW = Swallow()
HOLE = Hole()


@dataclass(frozen=True, slots=True)
class Passed:
    """A piece that came by, forwarded or not; `data` is its beginning."""

    connection: int
    """1 for the first connection."""
    side: Side
    data: bytes


@dataclass(slots=True)
class Rule:
    """What is done to which piece, and how often that has happened."""

    side: Side
    pattern: re.Pattern[bytes]
    acts: tuple[Act, ...]
    skip: int
    """Matches that pass untouched before the first."""
    times: int | None
    """How often the rule acts; None for ever."""
    connection: int | None
    """Only this one, where it is named."""
    changed: threading.Condition
    matched: int = 0
    done: int = 0

    def wait(self, timeout: float = _SECONDS, *, times: int = 1) -> None:
        """Wait until its acts are over for that many pieces; raises TimeoutError."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.done >= times, timeout):
                raise TimeoutError(f"{self.pattern!r} acted {self.done} times in {timeout} s")

    def applies(self, connection: int, side: Side, piece: bytes) -> bool:
        """Whether it acts on this piece; counts it."""
        if side is not self.side or self.connection not in {None, connection}:
            return False
        if not self.pattern.search(piece):
            return False
        self.matched += 1
        at = self.matched - self.skip
        return at >= 1 and (self.times is None or at <= self.times)


@dataclass(slots=True)
class _Connection:
    number: int
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    holed: bool = False
    cut: bool = False
    gone: set[Side] = field(default_factory=set)
    """Which ends hear nothing any more. (In Python 3.11 a TLS transport does not say so.)"""

    def towards(self, side: Side) -> asyncio.StreamWriter:
        return self.client if side is Side.CLIENT else self.server


class Proxy:
    """Listens on a random port of loopback while its block is entered."""

    def __init__(
        self,
        kind: Kind,
        target: tuple[str, int],
        *,
        context: ssl.SSLContext | None = None,
        path: str = "",
    ) -> None:
        """`target` gets what passes, in plain text; with `context` the client speaks TLS.

        Both may be changed at any time for the connections to come, a certificate
        by `context.load_cert_chain`.
        """
        self.kind = kind
        self.target = target
        self.context = context
        self.port = 0
        self._path = path
        self._rules: list[Rule] = []
        self._passed: list[Passed] = []
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="proxy", daemon=True)
        self._door: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: list[_Connection] = []
        self._waiting: list[socket.socket] = []
        self._count = 0
        self._silent = False
        self._faults: list[BaseException] = []
        self.acting_on = 0
        """The connection whose piece a callback is being called with."""

    # What a test says

    def rule(
        self,
        side: Side,
        pattern: bytes,
        *acts: Act,
        skip: int = 0,
        times: int | None = 1,
        connection: int | None = None,
    ) -> Rule:
        """Add a rule. All that fit a piece act on it, the oldest first."""
        regex = re.compile(pattern, re.DOTALL)
        made = Rule(side, regex, acts, skip, times, connection, self._changed)
        self._call(lambda: self._rules.append(made))
        return made

    def clear(self) -> None:
        """Drop all rules; a hole stays one."""
        self._call(self._rules.clear)

    def cut_all(self, *, reset: bool = False) -> None:
        """End every connection."""
        self._call(lambda: self._cut_these(list(self._connections), reset=reset))

    def tell(self, data: bytes) -> None:
        """Say that to every client, as if its server had."""
        self._call(lambda: [c.client.write(data) for c in self._connections])

    def silence(self) -> None:
        """Let nothing pass any more; new connections are taken and hear nothing, not even TLS."""

        def fall() -> None:
            self._silent = True
            for connection in self._connections:
                connection.holed = True

        self._call(fall)

    def speak(self) -> None:
        """Serve new connections again; those that met the silence are cut."""

        def rise() -> None:
            self._silent = False
            self._cut_these([c for c in self._connections if c.holed], reset=False)
            for sock in self._waiting:
                sock.close()
            self._waiting.clear()

        self._call(rise)

    def close_door(self) -> None:
        """Refuse new connections; those that stand go on."""
        self._call(self._close_door)

    def open_door(self) -> None:
        """Take connections again, on the same port."""
        self._call(self._open_door)

    # What a test asks

    @property
    def url(self) -> str:
        """Where an HTTP client finds it."""
        return f"http://{_LOOPBACK}:{self.port}{self._path}"

    @property
    def passed(self) -> list[Passed]:
        """Every piece so far, in order."""
        with self._changed:
            return list(self._passed)

    def count(self, side: Side, pattern: bytes) -> int:
        """How many pieces so far hold the pattern."""
        found = re.compile(pattern, re.DOTALL)
        return sum(p.side is side and found.search(p.data) is not None for p in self.passed)

    def wait_for(
        self, side: Side, pattern: bytes, *, count: int = 1, timeout: float = _SECONDS
    ) -> None:
        """Wait until that many pieces came by; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.count(side, pattern) >= count, timeout):
                raise TimeoutError(f"{pattern!r} came {self.count(side, pattern)} times")

    @property
    def connections(self) -> int:
        """How many have been taken so far, dead ones included."""
        return self._count

    @property
    def alive(self) -> int:
        """How many stand."""
        return len(self._connections)

    # The life of the thread

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._open_door)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call(self._end)
        self._thread.join(_SECONDS)
        assert not self._thread.is_alive()
        if error is None:
            assert not self._faults, self._faults

    def _serve(self) -> None:
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._let_go())
        finally:
            self._loop.close()

    async def _let_go(self) -> None:
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await asyncio.sleep(0)  # closed transports let go

    def _call(self, what: Callable[[], object]) -> None:
        """Do it in the proxy's thread, and wait for it."""
        if threading.current_thread() is self._thread:
            what()
            return
        done = threading.Event()

        def do() -> None:
            try:
                what()
            except OSError as fault:
                self._faults.append(fault)
            finally:
                done.set()

        self._loop.call_soon_threadsafe(do)
        assert done.wait(_SECONDS)

    def _end(self) -> None:
        self._close_door()
        for sock in self._waiting:
            sock.close()
        self._cut_these(list(self._connections), reset=False)
        self._loop.stop()

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Connections

    def _open_door(self) -> None:
        if self._door is None:
            self._door = socket.create_server((_LOOPBACK, self.port), backlog=128)
            self._door.setblocking(False)
            self.port = self._door.getsockname()[1]
            self._loop.add_reader(self._door, self._accept, self._door)

    def _close_door(self) -> None:
        if self._door is not None:
            self._loop.remove_reader(self._door)
            self._door.close()
            self._door = None

    def _accept(self, door: socket.socket) -> None:
        """Take one who came. (A task that is cancelled here would leave the socket open.)"""
        try:
            sock, _ = door.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # gone again
        sock.setblocking(False)
        # Or each piece but the first waits for the last one's ACK, 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._count += 1
        if self._silent:
            self._waiting.append(sock)
            return
        connecting = self._start(self._connect(sock, self._count))
        # At the end of the block, who is just connecting is let go as well.
        connecting.add_done_callback(lambda task: sock.close() if task.cancelled() else None)

    async def _connect(self, sock: socket.socket, number: int) -> None:
        try:
            heard, client = await self._speak(sock, self.context)
        except (OSError, asyncio.IncompleteReadError):
            sock.close()  # the client did not like the certificate, or went
            return
        try:
            answers, server = await asyncio.open_connection(*self.target)
        except OSError:
            client.transport.abort()
            return
        except asyncio.CancelledError:
            client.transport.abort()
            raise
        connection = _Connection(number, client, server)
        for writer in (client, server):
            # Forwarded is forwarded. (With 0, asyncio's TLS waits for ever.)
            writer.transport.set_write_buffer_limits(high=1, low=0)
        self._connections.append(connection)
        framers = self.kind.framers()
        try:
            await asyncio.gather(
                self._pump(connection, Side.CLIENT, heard, framers),
                self._pump(connection, Side.SERVER, answers, framers),
            )
        finally:
            self._cut(connection, reset=False)

    async def _speak(
        self, sock: socket.socket, context: ssl.SSLContext | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader = asyncio.StreamReader(loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, sock, ssl=context)
        return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)

    async def _pump(
        self,
        connection: _Connection,
        side: Side,
        reader: asyncio.StreamReader,
        framers: dict[Side, Any],
    ) -> None:
        other = connection.towards(Side.SERVER if side is Side.CLIENT else Side.CLIENT)
        framer = framers[side]
        while True:
            try:
                data = await reader.read(65_536)
            except OSError:
                data = b""
            if not data:
                connection.gone.add(side)
                break
            for piece in framer.feed(data):
                await self._pass(connection, side, piece)
        if connection.holed and not connection.cut:
            return
        with suppress(OSError):
            if framer.rest and not connection.cut:
                other.write(framer.rest)
                await other.drain()
            if side is Side.CLIENT and not connection.cut:
                other.write_eof()  # what it was sent may still be done; then it hangs up
            else:
                self._cut(connection, reset=False)

    async def _pass(self, connection: _Connection, side: Side, piece: bytes) -> None:
        with self._changed:
            self._passed.append(Passed(connection.number, side, piece[:_REMEMBERED]))
            self._changed.notify_all()
        if connection.holed:
            return
        acting = [
            rule for rule in list(self._rules) if rule.applies(connection.number, side, piece)
        ]
        open_still = True
        try:
            for rule in acting:
                for act in rule.acts:
                    piece, finished = await self._perform(act, connection, side, piece)
                    open_still = open_still and not finished
        except (OSError, asyncio.CancelledError):
            raise
        except Exception as fault:  # noqa: BLE001  (raised when the block is left)
            self._faults.append(fault)
        if open_still and not connection.holed:
            await self._send(connection, side, piece)
        for rule in acting:
            with self._changed:
                rule.done += 1
                self._changed.notify_all()

    async def _perform(
        self, act: Act, connection: _Connection, side: Side, piece: bytes
    ) -> tuple[bytes, bool]:
        """The piece as the act leaves it, and whether it has come to its end."""
        match act:
            case Forward(first):
                await self._send(connection, side, piece[:first])
            case Drip(size, pause):
                for at in range(0, len(piece), size):
                    await self._send(connection, side, piece[at : at + size])
                    await asyncio.sleep(pause)
            case Reply(by):
                other = Side.SERVER if side is Side.CLIENT else Side.CLIENT
                await self._send(connection, other, by(piece))
            case Hole():
                connection.holed = True
            case Cut(reset):
                self._cut(connection, reset=reset)
            case Swallow():
                pass
            case Delay(seconds):
                await asyncio.sleep(seconds)
                return piece, False
            case Call(what):
                self.acting_on = connection.number
                what(piece)
                return piece, False
            case Replace(by):
                return by(piece), False
        return piece, True

    async def _send(self, connection: _Connection, said_by: Side, data: bytes) -> None:
        hearer = Side.SERVER if said_by is Side.CLIENT else Side.CLIENT
        writer = connection.towards(hearer)
        if connection.cut or hearer in connection.gone or writer.transport.is_closing():
            return
        try:
            writer.write(data)
            await writer.drain()
        except OSError:  # it has gone; the other end may still be heard
            connection.gone.add(hearer)

    def _cut_these(self, connections: list[_Connection], *, reset: bool) -> None:
        for connection in connections:
            self._cut(connection, reset=reset)

    def _cut(self, connection: _Connection, *, reset: bool) -> None:
        if connection.cut:
            return
        connection.cut = True
        if connection in self._connections:
            self._connections.remove(connection)
        if reset:
            sock = connection.client.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.client.transport.abort()
        elif not connection.client.transport.is_closing():
            connection.client.transport.abort() if self.context else connection.client.close()
        connection.server.close()


def before_dovecot(server: Dovecot) -> Proxy:
    """A proxy that has Dovecot's certificate, for an account of `tls: implicit`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.folder / "server.pem", server.folder / "server.key")
    return Proxy(Kind.IMAP, (_LOOPBACK, server.imap), context=context)


def before_sandbox(api: Sandbox) -> Proxy:
    """A proxy before a lead API; `url` is what the settings then name."""
    parts = urlsplit(api.url)
    return Proxy(Kind.HTTP, (_LOOPBACK, parts.port or 80), path=parts.path)
