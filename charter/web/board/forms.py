"""The form of the board's pages."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Self

from charter.web.forms import BaseForm, DateParts

EARLIEST = date(2000, 1, 1)
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")


class AsAtForm(BaseForm):
    """The day that figures are as at: in the address as `as-at=2027-03-31`, or from the three boxes of the form."""

    as_at = DateParts("Show figures as at", name="as-at")

    @classmethod
    def asked(cls, args: Mapping[str, str], *, today: date) -> Self:
        """The form with the day that the address asks for, today when it asks for none, or with what is wrong."""
        meta = {"csrf": False}  # it changes nothing
        if cls.typed_in_boxes(args):
            form = cls(formdata=args, meta=meta)
            form.as_at.errors = list(form.as_at.process_errors)
            if form.as_at.data is None and not form.as_at.errors:
                form = cls(formdata=None, data={"as_at": today}, meta=meta)
        else:
            written = args.get("as-at", "").strip()
            form = cls(formdata=None, data={"as_at": _read(written) if written else today}, meta=meta)
            if form.as_at.data is None:
                form.as_at.errors = ["The date must be a real date, such as 27 3 2027."]
        if form.as_at.data and form.as_at.data > today:
            form.as_at.errors = ["The date must be today or in the past."]
        elif form.as_at.data and form.as_at.data < EARLIEST:
            form.as_at.errors = ["The date must be in 2000 or later."]
        return form

    @property
    def day(self) -> date:
        """The day asked for. Only for a form without errors."""
        found: date | None = self.as_at.data
        assert found is not None
        return found

    @staticmethod
    def typed_in_boxes(args: Mapping[str, str]) -> bool:
        """Whether the day comes from the form, and not from a link."""
        return any(f"as-at-{part}" in args for part in ("day", "month", "year"))


def _read(written: str) -> date | None:
    """A date written 2027-03-31; None for anything else."""
    if not _WRITTEN.fullmatch(written):
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
