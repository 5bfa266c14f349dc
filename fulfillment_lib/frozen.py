"""Values that do not change: FrozenDict, and `record` for the classes that a run consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, make_dataclass
from functools import wraps
from typing import Any, NoReturn, TypeVar, dataclass_transform

C = TypeVar("C")
K = TypeVar("K")
V = TypeVar("V")


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
    # plain tuples and have no `replace`. So a new object takes the class of a draft, which has
    # the same slots and can be assigned to; its generated `__init__` fills it, and it takes its
    # own class again. Only the new object itself is ever a draft: nobody else can have seen it.
    frozen: Any = dataclass(frozen=True, slots=True)(kind)
    draft = _draft(frozen)
    slowly, fill, become = frozen.__init__, draft.__init__, object.__setattr__
    check = getattr(kind, "__post_init__", None)

    @wraps(slowly)
    def make(self: Any, *values: Any, **named: Any) -> None:
        if type(self) is not frozen:  # an object of a subclass has other slots than a draft
            slowly(self, *values, **named)
            return
        become(self, "__class__", draft)
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
    draft = _draft(kind)

    def make(*values: Any) -> C:
        made: Any = draft(*values)
        made.__class__ = kind
        return made  # type: ignore[no-any-return]

    return make


def _draft(frozen: Any) -> Any:
    """A class with the slots of a frozen dataclass, whose objects can be assigned to."""
    parts = [(part.name, part.type, part) for part in fields(frozen)]
    bases = getattr(frozen, "__orig_bases__", ())  # Generic[…]: another base is another layout
    return make_dataclass(frozen.__name__, parts, bases=bases, repr=False, eq=False, slots=True)
