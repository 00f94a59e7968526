"""Messages of any contract: made at random, or a real one with a few fields changed at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FieldDescriptor
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

_MAX_DEPTH: Final = 4
_MAX_ITEMS: Final = 3

#: Text that programs have stumbled over, beside what comes to mind by chance.
_ODD_TEXT: Final = (
    "",
    "0",
    "-1",
    "1e999",
    "NaN",
    "١٢",
    "\x00",
    "a\nb",
    "%s",
    "../..",
    "€" * 30,
    "x" * 5_000,
    "1d",
    "AAPL",
)


def _integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return st.sampled_from([0, 1, low, high]) | st.integers(low, high)


_INT32: Final = _integers(32, signed=True)
_INT64: Final = _integers(64, signed=True)
_SCALARS: Final[dict[int, st.SearchStrategy[Any]]] = {
    FieldDescriptor.CPPTYPE_INT32: _INT32,
    FieldDescriptor.CPPTYPE_INT64: _INT64,
    FieldDescriptor.CPPTYPE_UINT32: _integers(32, signed=False),
    FieldDescriptor.CPPTYPE_UINT64: _integers(64, signed=False),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    # also numbers that the contract has no name for
    FieldDescriptor.CPPTYPE_ENUM: st.integers(0, 12) | _INT32,
}
# protobuf takes what can be written as UTF-8
_TEXT: Final = st.sampled_from(_ODD_TEXT) | st.text(st.characters(codec="utf-8"), max_size=40)


def _scalar(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return st.binary(max_size=40) if field.type == FieldDescriptor.TYPE_BYTES else _TEXT
    return _SCALARS[field.cpp_type]


@st.composite
def messages(draw: Callable[[st.SearchStrategy[Any]], Any], kind: Callable[[], Message]) -> Message:
    """Any message of ``kind``, valid on the wire; nested ones to a depth of a few."""
    message = kind()
    _fill(draw, message, 0)
    return message


@st.composite
def changed(draw: Callable[[st.SearchStrategy[Any]], Any], real: Message) -> Message:
    """A copy of ``real`` in which one to four fields, however deep, are something else."""
    copy = type(real)()
    copy.CopyFrom(real)
    for _ in range(draw(st.integers(1, 4))):
        _change(draw, copy)
    return copy


def _change(draw: Callable[[st.SearchStrategy[Any]], Any], message: Message) -> None:
    field: Any = draw(st.sampled_from(list(message.DESCRIPTOR.fields)))
    if not field.message_type or _is_map(field):
        _set(draw, message, field, 0)
        return
    inner = getattr(message, field.name)
    if field.is_repeated:
        if not inner or draw(st.integers(0, 4)) == 0:
            _set(draw, message, field, 0)
        else:
            _change(draw, inner[draw(st.integers(0, len(inner) - 1))])
    elif draw(st.integers(0, 4)) == 0:
        _set(draw, message, field, 0)
    else:
        _change(draw, inner)


def _fill(draw: Callable[[st.SearchStrategy[Any]], Any], message: Message, depth: int) -> None:
    for field in message.DESCRIPTOR.fields:
        if draw(st.integers(0, 2)):
            _set(draw, message, field, depth)


def _set(draw: Callable[[st.SearchStrategy[Any]], Any], message: Message, field: Any, depth: int) -> None:
    if field.is_repeated:
        _set_many(draw, message, field, depth)
    elif field.message_type:
        message.ClearField(field.name)
        if depth < _MAX_DEPTH and draw(st.booleans()):
            inner = getattr(message, field.name)
            inner.SetInParent()
            _fill(draw, inner, depth + 1)
    else:
        setattr(message, field.name, draw(_scalar(field)))


def _set_many(draw: Callable[[st.SearchStrategy[Any]], Any], message: Message, field: Any, depth: int) -> None:
    items = getattr(message, field.name)
    if _is_map(field):
        key, value = field.message_type.fields
        for name in draw(st.lists(_scalar(key), max_size=_MAX_ITEMS)):
            if value.message_type:
                _fill(draw, items[name], depth + 1)
            else:
                items[name] = draw(_scalar(value))
    elif field.message_type:
        del items[draw(st.integers(0, len(items))) :]
        for _ in range(draw(st.integers(0, _MAX_ITEMS)) if depth < _MAX_DEPTH else 0):
            _fill(draw, items.add(), depth + 1)
    elif items and draw(st.booleans()):
        # one value among many: a column that is right but for one bar
        items[draw(st.integers(0, len(items) - 1))] = draw(_scalar(field))
    else:
        del items[draw(st.integers(0, len(items))) :]
        items.extend(draw(st.lists(_scalar(field), max_size=_MAX_ITEMS)))


def _is_map(field: Any) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)
