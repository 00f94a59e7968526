"""JSON schemas of messages, read from the contracts themselves: what proto3 JSON makes of each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

REF_PREFIX: Final = "#/components/schemas/"
_TIMESTAMP: Final = "google.protobuf.Timestamp"
_DOUBLE: Final = "Double"

_SCALARS: Final[dict[int, dict[str, Any]]] = {
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_DOUBLE: {"$ref": REF_PREFIX + _DOUBLE},
    FieldDescriptor.TYPE_FLOAT: {"$ref": REF_PREFIX + _DOUBLE},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "minimum": 0},
    # 64 bits do not fit into the numbers of JavaScript: proto3 JSON writes them as text
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"},
}
_DOUBLE_SCHEMA: Final[dict[str, Any]] = {
    "description": "A number; the three that JSON has no numbers for are written as text.",
    "anyOf": [{"type": "number"}, {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}],
}


def reference(message: type[Message]) -> dict[str, str]:
    """A reference to the schema of a message."""
    return {"$ref": REF_PREFIX + message.DESCRIPTOR.name}


def message_schemas(messages: Iterable[type[Message]]) -> dict[str, Any]:
    """The schemas of messages and of all that they contain, by name without package."""
    found: dict[str, Any] = {_DOUBLE: _DOUBLE_SCHEMA}
    names: dict[str, str] = {}
    waiting: list[Any] = [message.DESCRIPTOR for message in messages]
    while waiting:
        descriptor = waiting.pop()
        known = names.setdefault(descriptor.name, descriptor.full_name)
        if known != descriptor.full_name:
            raise ValueError(f"{known} and {descriptor.full_name} would share the name of one schema")
        if descriptor.name in found:
            continue
        if hasattr(descriptor, "values"):
            found[descriptor.name] = {"type": "string", "enum": [value.name for value in descriptor.values]}
        else:
            found[descriptor.name] = _message_schema(descriptor)
            waiting += [field.message_type or field.enum_type for field in descriptor.fields if _is_named(field)]
    return found


def _message_schema(descriptor: Descriptor) -> dict[str, Any]:
    properties = {field.name: _field_schema(field) for field in descriptor.fields}
    schema: dict[str, Any] = {
        "type": "object",
        "description": f"{descriptor.full_name}; the contract says what each field means.",
        "properties": properties,
    }
    always = [field.name for field in descriptor.fields if field.is_repeated or not field.has_presence]
    return {**schema, "required": always} if always else schema


def _field_schema(field: FieldDescriptor) -> dict[str, Any]:
    if not field.is_repeated:
        return _value_schema(field)
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return {"type": "object", "additionalProperties": _value_schema(kind.fields_by_name["value"])}
    return {"type": "array", "items": _value_schema(field)}


def _value_schema(field: FieldDescriptor) -> dict[str, Any]:
    if field.message_type is not None and field.message_type.full_name == _TIMESTAMP:
        return {"type": "string", "format": "date-time"}
    named = field.message_type or field.enum_type
    return {"$ref": REF_PREFIX + named.name} if named is not None else dict(_SCALARS[field.type])


def _is_named(field: FieldDescriptor) -> bool:
    if field.enum_type is not None:
        return True
    kind = field.message_type
    return kind is not None and kind.full_name != _TIMESTAMP and not kind.GetOptions().map_entry
