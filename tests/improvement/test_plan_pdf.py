"""The printed plan says what the page says, whatever people typed, and the same plan is the same file."""

import subprocess
from datetime import date, timedelta
from uuid import UUID

from charter.account.models import User
from charter.framework import publishing
from charter.improvement import plan_pdf
from charter.improvement.models import Action, ActionStatus
from charter.improvement.plan import Plan
from charter.organisation.models import Organisation
from tests.conftest import AT

ON = date(2026, 11, 22)
CONTENT = publishing.read(publishing.SHIPPED[-1])
PRINTED = plan_pdf.Printed(
    scheme="Good Employment Charter", url="https://charter.example.org/plan", helpers={"ADJS-01": ["Access to Work"]}
)


def an_action(number: int, **values: object) -> Action:
    return Action(
        **{
            "id": UUID(int=number),
            "title": f"Action number {number}",
            "criterion": None,
            "level": 2,
            "effort": 1,
            "detail": "",
            "why": "",
            "feedback": "",
            "owner": None,
            "owner_name": "",
            "due_on": None,
            "status": ActionStatus.TO_DO,
            "seems_done_at": None,
            "closed_at": None,
            "closing_note": "",
            "created_at": AT,
            **values,
        }
    )


def plan(*actions: Action, name: str = "Teme Valley Orchards Ltd") -> Plan:
    return Plan(Organisation(name=name), actions, CONTENT, None, reached=1, on=ON)


def text(of: Plan) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=plan_pdf.draw(of, PRINTED), capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def test_it_says_what_to_do_who_does_it_by_when_and_who_can_help() -> None:
    said = text(
        plan(
            an_action(
                1, criterion="ADJS-01", owner=User(name="Olive Owner"), due_on=date(2027, 1, 5), feedback="Not seen."
            ),
            an_action(2, status=ActionStatus.DONE, closed_at=AT, closing_note="On the staff page."),
            an_action(3, status=ActionStatus.DROPPED, closed_at=AT, title="Never mind"),
        )
    )
    for words in (
        "Teme Valley Orchards Ltd",
        f"What stands between us and {CONTENT.level_title(2)}, and what we planned. 1 of 2 actions done.",
        "By 5 January 2027 · Olive Owner · Takes some weeks",
        "The assessor says: Not seen.",
        "Who can help: Access to Work",
        "Done on 22 November 2026",
        "On the staff page.",
        "As it was on 22 November 2026. The plan as it is today:",
    ):
        assert words in said
    assert "Never mind" not in said


def test_what_people_type_is_words_and_no_command_and_a_long_plan_has_more_pages() -> None:
    wild = "<b>bold</b> & <img src='x'/> \u4f60 \U0001f600 \x07"
    many = [an_action(number, title=wild, detail=f"{wild}\n" * 40) for number in range(1, 30)]
    said = text(plan(*many, name="A & B <Ltd>"))
    assert "A & B <Ltd>" in said
    assert "<b>bold</b> & <img src='x'/>" in said
    assert "Page 5" in said


def test_an_empty_plan_and_the_same_plan_twice() -> None:
    assert "The plan is empty." in text(plan())
    same = plan(an_action(1, due_on=ON + timedelta(days=3)))
    assert plan_pdf.draw(same, PRINTED) == plan_pdf.draw(same, PRINTED)


def test_it_was_made_on_the_plans_own_day_and_what_has_no_day_has_a_line_for_one() -> None:
    drawn = plan_pdf.draw(plan(an_action(1)), PRINTED)
    assert b"/CreationDate (D:20261122000000Z)" in drawn
    assert f"By {plan_pdf.TO_FILL_IN}" in text(plan(an_action(1)))
    assert plan_pdf.TO_FILL_IN not in text(plan(an_action(1, due_on=ON)))
