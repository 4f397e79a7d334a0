"""Fields that know how people type."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from charter.web.forms import DateParts, choice_in, id_in, stripped


class Dated(Form):
    on = DateParts("When?")


def typed(day: str, month: str, year: str) -> Dated:
    return Dated(MultiDict({"on-day": day, "on-month": month, "on-year": year}))


@pytest.mark.parametrize(
    "parts", [("5", "3", "2027"), ("05", "03", "2027"), (" 5 ", "March", "2027"), ("5", "mar", "2027")]
)
def test_a_date_is_read_as_people_type_it(parts: tuple[str, str, str]) -> None:
    form = typed(*parts)
    assert form.validate()
    assert form.on.data == date(2027, 3, 5)


@pytest.mark.parametrize(
    ("parts", "message", "wrong"),
    [
        (("", "3", "2027"), "The date must include a day.", ("day",)),
        (("5", "", ""), "The date must include a month and a year.", ("month", "year")),
        (("31", "2", "2027"), "The date must be a real date, such as 27 3 2027.", ("day", "month", "year")),
        (("five", "3", "2027"), "The date must be a real date, such as 27 3 2027.", ("day", "month", "year")),
        (("5", "3", "27"), "Write all four figures of the year, such as 2026.", ("year",)),
        (("5", "3", "1066"), "Write all four figures of the year, such as 2026.", ("year",)),
    ],
)
def test_what_is_wrong_with_a_date_is_said_and_what_was_typed_stays(
    parts: tuple[str, str, str], message: str, wrong: tuple[str, ...]
) -> None:
    form = typed(*parts)
    assert not form.validate()
    assert (form.on.errors, form.on.wrong, form.on.parts) == ([message], wrong, parts)


def test_no_date_at_all_is_no_error() -> None:
    form = typed("", "", "")
    assert form.validate()
    assert form.on.data is None


def test_what_is_typed_loses_what_nobody_can_see() -> None:
    assert stripped("  one\r\ntwo\x00\x07  ") == "one\ntwo"


def test_an_id_is_read_as_a_form_sends_it() -> None:
    one = uuid4()
    assert id_in(str(one)) == choice_in(str(one)) == one


@pytest.mark.parametrize("typed", [None, ""])
def test_where_nothing_was_chosen_there_is_no_id(typed: str | None) -> None:
    assert id_in(typed) is None
    assert choice_in(typed) is None


def test_a_choice_that_was_tampered_with_is_not_taken_for_none() -> None:
    assert id_in("somebody") is None
    assert choice_in("somebody") == UUID(int=0)
