"""What the source says: every text that reaches a page as a Problem, read from the code itself."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import mailbridge

ROOM = Path(mailbridge.__file__).parent

PLACES = (
    *("message", "rules", "leads", "anonymity", "workbench"),
    *("documents/aliasfile.py", "documents/complaints.py", "documents/located.py"),
    *("documents/source.py", "documents/syntax.py", "documents/values.py"),
    *("decision.py", "decider.py", "targets.py", "recording.py", "rulefiles.py", "casebook.py"),
    *("ledger/resolution.py", "ledger/retry.py", "web/pages/workbench.py"),
    *("routes.py", "bridge.py", "dispatch.py", "signin/keeper.py"),
    *("signin/rest.py", "signin/application.py"),
    *("inbox", "documents/wording.py", "app.py", "ledger/queue.py"),
    "documents/secrets.py",
    *("delivery/exchange.py", "delivery/reasons.py", "delivery/reply.py"),
    *("delivery/payload.py", "delivery/agency_payload.py", "delivery/webhook_payload.py"),
)
"""Modules and rooms whose words reach a page. Those that only the settings' reader asks do not:
`mailbridge web` reads the settings before there is a page."""

SILENT = ("inbox/files.py", "delivery/exchange.py: MailbridgeError")
"""Modules in these rooms, and sinks in these modules, that only the command line asks."""

SINKS: dict[str, dict[int | str, str]] = {
    "Problem": {5: "sentences", 6: "sentences", "text": "sentences", "remedy": "sentences"},
    "UnfitError": {0: "sentences", 1: "sentences"},
    "complain": {2: "sentences", 3: "sentences"},
    "_complain": {2: "sentences", 3: "sentences"},
    "_problem": {3: "sentences", 4: "sentences"},
    "_refuse": {2: "sentences", 3: "sentences"},
    "_Explanation": {2: "sentences", 3: "sentences"},
    "message/blocks/tree.py: _refuse": {0: "what"},
    "unreachable": {1: "trouble"},
    "refused": {1: "trouble"},
    **{
        key: {0: "trouble"}
        for key in (
            *("InboxUnreachable", "InboxRefused", "SignInNeeded", "NotLetIn", "Throttled"),
            *("Declined", "LoginRefused", "Garbled", "BrokenOff"),
        )
    },
    "exchange": {0: "doing"},
    "declined": {1: "doing"},
    "_lose": {0: "doing"},
    "_garbled": {0: "doing"},
    "InDoubt": {"reason": "failure"},
    "Settlement": {"detail": "attempts"},
    "unfetched": {0: "sentences"},
    "NotResolved": {"reason": "sentences"},
    "AlreadyResolved": {"said": "sentences"},
    "NotRetried": {"reason": "sentences"},
    "_RefusedError": {0: "what"},
    "Unbuildable": {0: "cause"},
    "too_large": {0: "cause"},
    "rules/drafting/mending.py: Note": {2: "sentences"},
    "_LostError": {0: "sentences"},
    "LostError": {0: "sentences"},
    "MailbridgeError": {0: "sentences"},
    "undecided": {1: "sentences"},
    "Broken": {"reason": "sentences"},
    "_broken": {1: "sentences"},
    "Refused": {0: "sentences"},
    "_not_anonymised": {0: "sentences"},
    "_from_text": {1: "wanted"},
    "_missed": {2: "target"},
}
"""Functions and classes by name, which of their arguments are words, and of which table."""

ANSWERS = {
    "inbox/retrieval.py: _retrieve_one": "sentences",
    "inbox/structure.py: too_large": "sentences",
    "message/authentication.py: tell": "told",
    "documents/wording.py: show_written": "written",
    "documents/complaints.py: _want": "wanted",
    "dispatch.py: describe": "attempts",
    "delivery/reasons.py: _cause_told": "fault",
    "delivery/exchange.py: _reason": "failure",
    "signin/keeper.py: _remedy": "remedy",
}
"""Functions whose answers are words."""

HOLE = "\0"


@dataclass
class Spoken:
    """What was found."""

    phrases: dict[str, set[str]] = field(default_factory=dict)
    """By table, each with HOLE where a value goes."""
    riddles: set[str] = field(default_factory=set)
    """`file: expression` of what the code alone does not tell."""


def listen() -> Spoken:
    """Read all modules."""
    spoken = Spoken()
    for place in PLACES:
        path = ROOM / place
        assert path.exists(), place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if file.relative_to(ROOM).as_posix() in SILENT:
                continue
            tree = ast.parse(file.read_text("utf-8"))
            _Reader(file.relative_to(ROOM).as_posix(), tree, spoken).visit(tree)
    return spoken


class _Reader(ast.NodeVisitor):
    """Walks a module, and knows what names were given in it and in the function at hand."""

    def __init__(self, file: str, tree: ast.Module, spoken: Spoken) -> None:
        self.file, self.spoken = file, spoken
        self.names = [_given(tree.body)]
        self.functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
        self.within: list[ast.FunctionDef] = []
        self.asked: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names.append(_given(node.body))
        self.within.append(node)
        if table := ANSWERS.get(f"{self.file}: {node.name}"):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value:
                    self.hear(inner.value, table)
        self.generic_visit(node)
        self.within.pop()
        self.names.pop()

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = name or (node.func.id if isinstance(node.func, ast.Name) else "")
        arguments: dict[int | str, ast.expr] = dict(enumerate(node.args))
        arguments |= {one.arg: one.value for one in node.keywords if one.arg}
        for at, table in self.words_of(name).items():
            if at in arguments and not self.is_handed_on(arguments[at]):
                self.hear(arguments[at], table)
        self.generic_visit(node)

    def words_of(self, name: str) -> dict[int | str, str]:
        if f"{self.file}: {name}" in SILENT:
            return {}
        return SINKS.get(f"{self.file}: {name}", SINKS.get(name, {}))

    def is_handed_on(self, node: ast.expr) -> bool:
        """Whether it is an argument of the function at hand, which is asked for it itself."""
        if not self.within or not self.words_of(self.within[-1].name):
            return False
        taken = self.within[-1].args
        names = {one.arg for one in (*taken.args, *taken.kwonlyargs)}
        return isinstance(node, ast.Name) and node.id in names and not self.known(node.id)

    def hear(self, node: ast.expr, table: str) -> None:
        for one in self.say(node):
            if table == "trouble" and isinstance(one, str):
                one = re.sub(rf"^(Inbox )?{HOLE}: ", "", one)
            if not isinstance(one, str):
                self.spoken.riddles.add(f"{self.file}: {ast.unparse(one)}")
            elif re.search(r"\w{2}", one):
                self.spoken.phrases.setdefault(table, set()).add(one)

    def say(self, node: ast.expr) -> Iterator[str | ast.expr]:
        """Give every text that an expression may be, or the part of it that tells nothing."""
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=values):
                for parts in product(*(list(self.say_part(value)) for value in values)):
                    yield "".join(parts)
            case ast.IfExp(body=one, orelse=other) | ast.BoolOp(values=[one, other]):
                yield from self.say(one)
                yield from self.say(other)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                for first, second in product(self.say(left), self.say(right)):
                    told = isinstance(first, str) and isinstance(second, str)
                    yield first + second if told else node  # type: ignore[operator]
            case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
                yield from self.look_up(name, node)
            case ast.Lambda(body=body):
                yield from self.say(body)
            case ast.Call(func=function):
                yield from self.say_call(function, node)
            case _:
                yield node

    def say_call(self, function: ast.expr, node: ast.expr) -> Iterator[str | ast.expr]:
        match function:
            case ast.Name(id=name) if name in self.functions:
                self.names.append(_given(self.functions[name].body))
                for inner in ast.walk(self.functions[name]):
                    if isinstance(inner, ast.Return) and inner.value:
                        yield from self.say(inner.value)
                self.names.pop()
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name), attr="get"):
                yield from self.look_up(name, node)
            case ast.Attribute(value=text, attr="format"):
                for one in self.say(text):
                    yield re.sub(r"\{\w*\}", HOLE, one) if isinstance(one, str) else node
            case _:
                yield node

    def look_up(self, name: str, node: ast.expr) -> Iterator[str | ast.expr]:
        """Give what a name stands for, of a table each of its entries."""
        found = self.known(name)
        if not found or name in self.asked:  # a name that is made of itself tells nothing
            yield node
            return
        self.asked.append(name)
        for value in found:
            for one in value.values if isinstance(value, ast.Dict) else [value]:
                yield from self.say(one)
        self.asked.pop()

    def say_part(self, node: ast.expr) -> Iterator[str]:
        """Give what a part of an f-string may be: a name of a text is that text."""
        if isinstance(node, ast.Constant):
            yield str(node.value)
            return
        assert isinstance(node, ast.FormattedValue)
        plain = isinstance(node.value, ast.Name) and node.format_spec is None
        said = list(self.say(node.value)) if plain and node.conversion == -1 else [node.value]
        texts = [one for one in said if isinstance(one, str)]
        yield from texts if len(texts) == len(said) else [HOLE]

    def known(self, name: str) -> list[ast.expr]:
        return next((given[name] for given in reversed(self.names) if name in given), [])


def _given(body: list[ast.stmt]) -> dict[str, list[ast.expr]]:
    """Give what names stand for in a body, functions inside it left out."""
    found: dict[str, list[ast.expr]] = {}
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for one, value in pairs:
                    if isinstance(one, ast.Name):
                        found.setdefault(one.id, []).append(value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.setdefault(node.target.id, []).append(node)  # type: ignore[arg-type]
        waiting += ast.iter_child_nodes(node)
    return found
