"""A small writer of CLIXML, so that tests can say in Python what a file holds."""

from __future__ import annotations

from itertools import count
from typing import Any
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://schemas.microsoft.com/powershell/2004/04"
TYPES = "_types"
TEXT = "_text"


def clixml(*objects: Any) -> bytes:
    """A document of objects: dictionaries become objects, lists collections.

    The keys `_types` and `_text` are an object's type names and its ToString.
    """
    numbers = count()
    body = "".join(_value(each, "", numbers) for each in objects)
    return document(body)


def document(body: str) -> bytes:
    """`body` inside the root element."""
    return f'<Objs Version="1.1.0.1" xmlns="{NAMESPACE}">{body}</Objs>'.encode()


def _value(value: Any, name: str, numbers: count[int]) -> str:
    named = f" N={quoteattr(name)}" if name else ""
    if value is None:
        return f"<Nil{named} />"
    if isinstance(value, bool):
        return f"<B{named}>{str(value).lower()}</B>"
    if isinstance(value, int):
        return f"<I32{named}>{value}</I32>"
    if isinstance(value, str):
        return f"<S{named}>{escape(value)}</S>"
    number = next(numbers)
    if isinstance(value, list):
        inner = "".join(_value(each, "", numbers) for each in value)
        return f'<Obj{named} RefId="{number}"><LST>{inner}</LST></Obj>'
    types = "".join(f"<T>{escape(each)}</T>" for each in value.get(TYPES, ()))
    head = f'<TN RefId="{number}">{types}</TN>' if types else ""
    text = f"<ToString>{escape(value[TEXT])}</ToString>" if TEXT in value else ""
    properties = "".join(
        _value(each, key, numbers) for key, each in value.items() if key not in (TYPES, TEXT)
    )
    return f'<Obj{named} RefId="{number}">{head}{text}<Props>{properties}</Props></Obj>'
