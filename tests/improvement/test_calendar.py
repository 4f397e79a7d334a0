"""The calendar file is one that another program reads, with what was written and nothing else."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.improvement import calendar
from charter.improvement.models import Action, ActionStatus
from tests.conftest import AT

URL = "https://charter.example.org/organisations/1/plan"
Make = Callable[..., Action]


def an_action(number: int = 1, **values: object) -> Action:
    return Action(
        **{
            "id": UUID(int=number),
            "title": "Write it down",
            "detail": "",
            "why": "",
            "feedback": "",
            "owner_id": None,
            "owner": None,
            "owner_name": "",
            "due_on": date(2027, 3, 31),
            "status": ActionStatus.TO_DO,
            "changed_at": AT,
            "version": 3,
            **values,
        }
    )


def written(*actions: Action, name: str = "Teme Valley Orchards Ltd") -> bytes:
    return calendar.write(actions, name=name, url=URL, scheme="Good Employment Charter")


def events(file: bytes) -> list[icalendar.Component]:
    return list(icalendar.Calendar.from_ical(file).walk("VEVENT"))


def test_another_program_reads_the_day_the_words_and_the_alarm() -> None:
    (event,) = events(written(an_action(detail="The steps, one; two.\nThen \\three.", owner_name="Office manager")))
    assert event["UID"] == f"action-{UUID(int=1)}@charter.example.org"
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (date(2027, 3, 31), date(2027, 4, 1))
    assert event.decoded("DTSTAMP") == AT.replace(microsecond=0)
    assert (str(event["SUMMARY"]), event["SEQUENCE"]) == ("Write it down", 3)
    assert str(event["DESCRIPTION"]) == f"The steps, one; two.\nThen \\three.\n\nWho: Office manager\n\n{URL}"
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm.decoded("TRIGGER")) == ("DISPLAY", -timedelta(days=14))


def test_only_what_is_to_do_and_has_a_date_is_in_it() -> None:
    file = written(
        an_action(1), an_action(2, due_on=None), an_action(3, status=ActionStatus.DONE, closed_at=AT), an_action(4)
    )
    assert [str(event["UID"])[:43] for event in events(file)] == [f"action-{UUID(int=n)}" for n in (1, 4)]


def test_the_same_plan_gives_the_same_bytes_and_an_empty_one_a_calendar() -> None:
    assert written(an_action()) == written(an_action())
    assert events(written()) == []


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_what_people_type_starts_no_line_of_its_own(line_end: str) -> None:
    file = written(an_action(title=f"One{line_end}END:VEVENT{line_end}BEGIN:VEVENT", detail=f"x{line_end}ATTACH:y"))
    (event,) = events(file)
    assert "ATTACH" not in event
    assert str(event["SUMMARY"]).splitlines() == ["One", "END:VEVENT", "BEGIN:VEVENT"]


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Cf", "Zl", "Zp", "Zs"]), max_size=300)
)
def test_any_words_come_back_as_they_were_and_no_line_is_too_long(words: str) -> None:
    file = written(an_action(title=f"a{words}"), name=words)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert not re.search(rb"[^\r]\n|\r[^\n]", file)
    (event,) = events(file)
    assert str(event["SUMMARY"]) == f"a{words}"
