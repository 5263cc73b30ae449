"""Holds an object against the types that Stripe's SDK publishes for it.

The SDK itself reads whatever it is sent; its classes say what it should be. `problems` walks both:
a member that the types require and the object lacks, one they do not know, and a value of another
type are each a problem.
"""

import typing

import stripe
from stripe import StripeObject


def problems(value, hint, path=""):
    """What of `value` does not fit `hint`, as a list of sentences."""
    hint = resolved(hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        arms = [arm for arm in args if value is None or arm is not type(None)]
        # The arm that is nearest tells most.
        return min((problems(value, arm, path) for arm in arms), key=len)
    if origin is typing.Literal:
        return [] if value in args else [f"{path}: {value!r} is none of {args}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no list"]
        return [p for at, item in enumerate(value) for p in problems(item, args[0], f"{path}[{at}]")]
    if hint is typing.Any:
        return []
    if hint is type(None):
        return [] if value is None else [f"{path}: {value!r} is not null"]
    if is_untyped(hint):
        return [] if isinstance(value, dict) else [f"{path}: {value!r} is no hash"]
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        return members(value, hint, path)
    if hint is float and isinstance(value, int):
        return []
    if hint is int and isinstance(value, bool):
        return [f"{path}: {value!r} is no int"]
    if isinstance(hint, type):
        return [] if isinstance(value, hint) else [f"{path}: {value!r} is no {hint.__name__}"]
    return [f"{path}: nobody knows how to check {hint!r}"]


def members(value, cls, path):
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no {cls.__name__}"]
    types = {}
    for base in reversed(cls.__mro__):
        if base is not StripeObject and issubclass(base, StripeObject):
            types.update(base.__dict__.get("__annotations__", {}))
    types = {name: hint for name, hint in types.items() if not name.startswith("_") and name != "OBJECT_NAME"}
    found = [f"{path}.{name} is not typed" for name in value if name not in types]
    for name, hint in types.items():
        if name in value:
            found += problems(value[name], hint, f"{path}.{name}")
        elif problems(None, hint):
            found.append(f"{path}.{name} is missing")
    return found


def is_untyped(hint):
    name = getattr(hint, "__name__", "") or getattr(typing.get_origin(hint), "__name__", "")
    return name == "UntypedStripeObject" or hint is dict or typing.get_origin(hint) is dict


def resolved(hint):
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        # Where a class has a member of its own name, its module calls the other one a resource.
        return getattr(stripe, hint.removesuffix("Resource"), None)
    return hint
