"""A note that only the scheme's staff may read: text that cannot be taken for text of another kind."""

from dataclasses import dataclass
from typing import Any, NoReturn

import sqlalchemy as sa


@dataclass(frozen=True)
class PrivateNote:
    """What staff noted for each other. Whoever shows it says that it is for staff: `note.for_staff`.

    It is no `str`, so it does not pass for feedback, and it turns into none: a template, an email or an export that
    names it by mistake fails instead of telling.
    """

    for_staff: str = ""

    def __bool__(self) -> bool:
        return bool(self.for_staff)

    def __repr__(self) -> str:
        return "PrivateNote(...)"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a private note is for staff only: pages for staff say note.for_staff")

    __str__ = __html__ = __format__ = _refuse


NO_NOTE = PrivateNote()


class PrivateText(sa.TypeDecorator[PrivateNote]):
    """A column of private notes. Plain text is refused, so that feedback cannot end up in it."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: PrivateNote | None, dialect: Any) -> str | None:
        if value is not None and not isinstance(value, PrivateNote):
            raise TypeError("only a private note is stored as one")
        return None if value is None else value.for_staff

    def process_result_value(self, value: str | None, dialect: Any) -> PrivateNote | None:
        return None if value is None else PrivateNote(value)
