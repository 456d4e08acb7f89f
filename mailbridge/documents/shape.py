"""What a file must look like: pydantic models, and their errors in words for people.

A shape's texts take every scalar as it is written, numbers and true/false are read
from it. A union's branches are told apart by what is written: the branch of the
right kind with the fewest complaints speaks, the others keep silent.

Must not: read files, know any key. No message holds pydantic's own words; values
are quoted only where a number, a date or one of a few words is wanted.
"""

from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from mailbridge.documents.complaints import translate
from mailbridge.documents.located import Document
from mailbridge.documents.values import ListenAddress, show_duration
from mailbridge.errors import BadDocument


class Shape(BaseModel):
    """A group of keys that people write; unknown keys are errors, values are frozen."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


M = TypeVar("M", bound=Shape)


def shape(document: Document, model: type[M], context: object = None) -> M:
    """Check a document against `model` and return its values.

    `context` reaches the model's own validators as pydantic's `info.context`.
    Raises BadDocument with every problem found.
    """
    try:
        return model.model_validate(document.data, context=context)
    except ValidationError as error:
        problems = translate(document, model, error)
    # Outside the except block: the traceback must not carry what was written.
    raise BadDocument(problems)


class _Schema(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return show_duration(dft)
        return str(dft) if isinstance(dft, ListenAddress) else super().encode_default(dft)


def json_schema(model: type[Shape]) -> dict[str, Any]:
    """Make the JSON Schema (draft 2020-12) that gives completion in an editor."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(by_alias=True, schema_generator=_Schema),
    }
