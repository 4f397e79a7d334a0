"""The base form of every page, and the fields that know how people type."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, g, has_request_context, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import Field, ValidationError
from wtforms.validators import StopValidation

from charter.errors import Refusal


class BaseForm(FlaskForm):
    """A form that, after an interrupted session, opens with what was typed before."""

    class Meta(FlaskForm.Meta):
        """Where a form's data come from."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """The posted fields; on a GET, the fields kept when the session ended."""
            if formdata is _Auto and has_request_context() and request.method == "GET":
                return g.get("typed_before")
            return super().wrap_formdata(form, formdata)

    def refuse(self, refusal: Refusal) -> None:
        """Show what the rules said beside the field it is about, or above the form when it is about none of them."""
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.form_errors.append(str(refusal))
        else:
            field.errors = [*field.errors, str(refusal)]


class WithoutToken(BaseForm):
    """A form that carries no token: the secret in its address is the right to send it, and its page sets no cookie."""

    class Meta(BaseForm.Meta):
        """How the form is protected."""

        csrf = False


class EmptyForm(BaseForm):
    """A form with a button and nothing else; it carries the token."""


def needed(message: str) -> Any:
    """A validator: something must be typed or chosen; `message` says what to do. Spaces alone are nothing."""

    def check(form: Any, field: Any) -> None:
        data = field.data
        if data is None or data == [] or (isinstance(data, str) and not data.strip()):
            field.errors = [error for error in field.errors if error not in getattr(field, "process_errors", [])]
            raise StopValidation(message if not field.process_errors else field.process_errors[0])

    check.field_flags = {}  # type: ignore[attr-defined]
    return check


def at_most(length: int, what: str) -> Any:
    """A validator: `what` (as "The explanation") has at most `length` characters; says how many there are."""

    def check(form: Any, field: Any) -> None:
        size = len(field.data or "")
        if size > length:
            raise ValidationError(f"{what} must be {length:,} characters or fewer. It has {size:,}.")

    check.field_flags = {"maxlength_said": length}  # type: ignore[attr-defined]
    return check


def page_asked_for(typed: str | None) -> int:
    """The number of a page of a list, as an address or a form says it; the first, when it says none that can be."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 7 else 1


def id_in(typed: str | None) -> UUID | None:
    """The id that an address or a form names; None when it names none."""
    try:
        return UUID(typed or "")
    except ValueError:
        return None


def choice_in(typed: str | None) -> UUID | None:
    """The id that was chosen from a list; None when nothing was chosen.

    What was tampered with, so that it is no id, is an id that nothing has: the rules refuse it as they refuse others
    that are not on the list.
    """
    return (id_in(typed) or UUID(int=0)) if typed else None


def stripped(value: str | None) -> str | None:
    """A filter: no spaces around, one kind of line break, and no character that cannot be seen."""
    if value is None:
        return None
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", value).strip()


MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ],
        1,
    )
    for name in names.split()
}


EARLIEST, LATEST = 1900, 2200


class DateParts(Field):
    """A date typed as day, month and year in three boxes named `<name>-day`, `-month` and `-year`.

    Months may be typed as words. `parts` keeps what was typed; `wrong` names the boxes an error is about.
    """

    def __init__(self, label: str | None = None, validators: Sequence[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.parts = ("", "", "")
        self.wrong: tuple[str, ...] = ()

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the three boxes."""
        self.process_errors = []
        self.data = data if isinstance(data, date) else (self.default if isinstance(self.default, date) else None)
        self.object_data = self.data
        if self.data:
            self.parts = (str(self.data.day), str(self.data.month), str(self.data.year))
        names = [f"{self.name}-{part}" for part in ("day", "month", "year")]
        if formdata is None or not any(name in formdata for name in names):
            return
        day, month, year = (str(formdata.get(name, "")).strip() for name in names)
        self.parts = (day, month, year)
        self.raw_data = [f"{year}-{month}-{day}"] if any(self.parts) else []
        self.data = None
        if not any(self.parts):
            return
        missing = [part for part, typed in zip(("day", "month", "year"), self.parts, strict=True) if not typed]
        if missing:
            self.wrong = tuple(missing)
            self.process_errors.append(f"The date must include a {' and a '.join(missing)}.")
            return
        try:
            self.data = date(int(year), MONTHS.get(month.lower(), 0) or int(month), int(day))
        except ValueError:
            self.data = None
            self.wrong = ("day", "month", "year")
            self.process_errors.append("The date must be a real date, such as 27 3 2027.")
            return
        if not EARLIEST <= self.data.year <= LATEST:
            self.data = None
            self.wrong = ("year",)
            self.process_errors.append("Write all four figures of the year, such as 2026.")

    def _value(self) -> str:
        return self.data.isoformat() if self.data else ""


def flash_refusal(refusal: Refusal) -> None:
    """Show what the rules said at the top of the next page."""
    flash(str(refusal), "error")
