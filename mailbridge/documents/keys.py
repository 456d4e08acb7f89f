"""Which keys a shape knows at a place, and what its fields say about themselves."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mailbridge.documents.branches import Step


def find_fields(model: type[BaseModel], path: Sequence[Step], branch: str) -> dict[str, FieldInfo]:
    """Find the keys known in the group at `path`.

    `branch` names the union's branch where several models could stand there;
    without it, the keys of all of them are known.
    """
    models = [m for t in _types_at(model, path) for m in _models(t)]
    named = [m for m in models if m.__name__ in branch] or models
    return {_key(name, info): info for m in named for name, info in m.model_fields.items()}


def _key(name: str, info: FieldInfo) -> str:
    return info.alias or name


def _models(kind: Any) -> Iterator[Any]:
    """Take the models out of a type, and those of a list: one may stand for a list of one."""
    if _is_model(kind):
        yield kind
    elif _is_list(kind):
        for inner in get_args(kind):
            for plain in _plain(inner):
                yield from _models(plain)


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in (list, tuple)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _types_at(model: type[BaseModel], path: Sequence[Step]) -> list[Any]:
    types: list[Any] = [model]
    for step in path:
        types = [t for kind in types for inner in _inside(kind, step) for t in _plain(inner)]
    return types


def _inside(kind: Any, step: Step) -> Iterator[Any]:
    if _is_list(kind) and isinstance(step, int):
        yield from (a for a in get_args(kind) if a is not Ellipsis)
    elif get_origin(kind) is dict:
        yield get_args(kind)[1]
    else:
        for model in _models(kind):
            for name, info in model.model_fields.items():
                if _key(name, info) == step:
                    yield info.annotation


def _plain(annotation: Any) -> Iterator[Any]:
    """Take the types out of unions and annotations."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _plain(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from _plain(part)
    elif hasattr(annotation, "written_as"):
        yield from _plain(annotation.written_as)
    else:
        yield annotation
