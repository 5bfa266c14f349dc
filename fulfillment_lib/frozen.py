"""Values that do not change: FrozenDict, and `record` for the classes that a run consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, make_dataclass
from functools import cache, wraps
from typing import Any, NoReturn, TypeVar, dataclass_transform

C = TypeVar("C")
K = TypeVar("K")
V = TypeVar("V")
become = object.__setattr__
new = object.__new__  # without a constructor


class FrozenDict(dict[K, V]):
    """A dict that refuses changes, and can therefore be hashed. It equals any equal dict.

    >>> FrozenDict(a=1) == {"a": 1}
    True
    """

    __slots__ = ()

    def _refuse_change(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} does not change; make a new one instead")

    __setitem__ = __delitem__ = update = pop = _refuse_change
    clear = setdefault = popitem = __ior__ = _refuse_change

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)


@dataclass_transform(frozen_default=True)
def record(kind: type[C]) -> type[C]:
    """`dataclass(frozen=True, slots=True)`, with objects made in two thirds of the time."""
    # A frozen dataclass refuses assignments, its own too. So the `__init__` that Python generates
    # for it calls `object.__setattr__` for each field, and this is most of what a record costs.
    # To generate a better `__init__` as source text would need `exec`, and named tuples equal
    # plain tuples and have no `replace`. So a new object becomes a draft, the `__init__` of an
    # ordinary dataclass fills it, and it takes its own class again.
    frozen: Any = dataclass(frozen=True, slots=True)(kind)
    slowly, check = frozen.__init__, getattr(kind, "__post_init__", None)
    frozen_draft: Any = None
    fill: Any = None  # made with the first record: an import has many kinds to make

    @wraps(slowly)
    def make(self: Any, *values: Any, **named: Any) -> None:
        if type(self) is not frozen:
            slowly(self, *values, **named)
            return
        nonlocal frozen_draft, fill
        if fill is None:
            frozen_draft, fill = draft(frozen), _fill(frozen)  # type: ignore[arg-type]
        become(self, "__class__", frozen_draft)
        fill(self, *values, **named)
        self.__class__ = frozen
        if check is not None:
            check(self)

    frozen.__init__ = make
    return frozen  # type: ignore[no-any-return]


def unchecked(kind: type[C]) -> Callable[..., C]:
    """A function that makes objects of a frozen, slotted dataclass, without `__post_init__`.

    It takes the fields in their order, and is for values that have been checked already.
    """
    frozen: Any = kind
    filled_draft: Any = None

    def make(*values: Any) -> C:
        nonlocal filled_draft
        if filled_draft is None:
            fill = {"__slots__": (), "__init__": _fill(frozen)}
            filled_draft = type(frozen.__name__, (draft(frozen),), fill)
        made: Any = filled_draft(*values)
        made.__class__ = frozen
        return made  # type: ignore[no-any-return]

    return make


@cache
def draft(frozen: Any) -> Any:
    """A class like a frozen one, whose objects can be assigned to, and then take that class.

    Only a new object is ever a draft: nobody else can have seen it.
    """
    plain = {"__slots__": (), "__setattr__": become, "__delattr__": object.__delattr__}
    return type(frozen.__name__, (frozen,), plain)


@cache
def _fill(frozen: Any) -> Callable[..., None]:
    """The `__init__` of a dataclass with the same fields that is not frozen."""
    parts = [(part.name, part.type, part) for part in fields(frozen)]
    told = {"__doc__": frozen.__doc__}  # or `dataclasses` writes one, and imports `inspect` for it
    plain: Any = make_dataclass(frozen.__name__, parts, namespace=told, repr=False, eq=False)
    return plain.__init__  # type: ignore[no-any-return]
