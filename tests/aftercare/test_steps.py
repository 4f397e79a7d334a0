"""Suspending and revoking: two people, the employer's reply first, and history that replays."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from charter import audit
from charter.account.models import User
from charter.aftercare import appeals, steps
from charter.aftercare.models import AwardStep
from charter.aftercare.status import Deed, StepStatus
from charter.award import issuing, register, verification
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.award.verification import Standing
from charter.errors import Refusal, Stale
from charter.extensions import db
from charter.notification.models import Message
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.reporting import measures
from tests.aftercare.conftest import ON, do, fresh
from tests.conftest import AT
from tests.factories import Factory

AFTER = ON + timedelta(days=15)
"""The first day after the employer's last to reply."""


def later(days: int):
    return {"at": AT + timedelta(days=days), "on": ON + timedelta(days=days)}


def carry_out(step: AwardStep, by: User, days: int, **values):
    given = {"reply_read": True, "seen_version": fresh(step).version, **values}
    return do(steps.carry_out, step, by=by, **later(days), **given)


def mails(kind: str) -> list[Message]:
    return list(db.session.scalars(sa.select(Message).where(Message.kind == kind)))


def test_a_proposal_changes_nothing_and_tells_the_owners_until_when_to_reply(step: AwardStep, owner: User) -> None:
    assert (step.reply_by, step.status) == (ON + timedelta(days=14), StepStatus.PROPOSED)
    assert fresh(step.award).status is AwardStatus.ACTIVE
    told = mails("award_step_meant")
    assert [one.to_user_id for one in told] == [owner.id]
    assert "6 December 2026" in told[0].body
    assert "Wages were not paid." in told[0].body


def test_it_is_decided_by_somebody_else_after_the_day_and_with_the_reply_read(
    step: AwardStep, owner: User, moderator: User, second: User
) -> None:
    with pytest.raises(Refusal, match="You proposed this"):
        carry_out(step, moderator, 15)
    with pytest.raises(Refusal, match="may reply until 6 December 2026"):
        carry_out(step, second, 14)
    do(steps.reply, step, text="We paid in June.", is_all=False, seen_version=1, by=owner, **later(3))
    with pytest.raises(Refusal, match="may reply until"):
        carry_out(step, second, 4)
    with pytest.raises(Refusal, match="Read the employer’s reply"):
        carry_out(step, second, 15, reply_read=False)
    with pytest.raises(Stale, match="replied after you opened"):
        carry_out(step, second, 15, seen_version=1)
    carry_out(step, second, 15)
    award = fresh(step.award)
    assert (award.status, award.ended_on, award.end_reason) == (AwardStatus.REVOKED, AFTER, "Wages were not paid.")
    assert fresh(step).decided_by_id == second.id
    with pytest.raises(Refusal, match="decided already"):
        carry_out(step, second, 16)
    assert "/decisions" in mails("award_revoked")[0].body


def test_an_employer_that_has_nothing_to_add_does_not_have_to_wait(step: AwardStep, owner: User, second: User) -> None:
    do(steps.reply, step, text="You are right.", is_all=True, seen_version=1, by=owner, **later(1))
    carry_out(step, second, 1)
    assert fresh(step.award).status is AwardStatus.REVOKED


def test_a_reply_can_be_changed_until_its_day_and_nobody_overwrites_a_colleague(
    step: AwardStep, owner: User, colleague: User
) -> None:
    do(steps.reply, step, text="First.", is_all=False, seen_version=1, by=owner, **later(1))
    do(steps.reply, step, text="First.", is_all=False, seen_version=1, by=owner, **later(1))  # sent twice
    with pytest.raises(Stale, match="A colleague has replied") as told:
        do(steps.reply, step, text="Other.", is_all=False, seen_version=1, by=colleague, **later(2))
    assert told.value.current.reply == "First."
    do(steps.reply, step, text="Second.", is_all=False, seen_version=fresh(step).version, by=owner, **later(14))
    assert len(mails("award_step_reply")) == 2
    with pytest.raises(Refusal, match="time to reply is over"):
        do(steps.reply, step, text="Third.", is_all=False, seen_version=3, by=owner, **later(15))
    assert fresh(step).reply == "Second."


def test_a_suspension_that_cannot_wait_is_carried_out_by_a_second_person_at_once(
    award: Award, owner: User, moderator: User, second: User
) -> None:
    step = do(
        steps.propose,
        award,
        deed=Deed.SUSPEND,
        reasons="Wages were not paid.",
        at_once="People are in danger.",
        by=moderator,
        at=AT,
        on=ON,
    )
    assert mails("award_step_meant") == []
    with pytest.raises(Refusal, match="You proposed this"):
        carry_out(step, moderator, 0)
    carry_out(step, second, 0)
    assert fresh(award).status is AwardStatus.SUSPENDED
    body = mails("award_suspended")[0].body
    assert "You can tell us your side until 6 December 2026" in body
    assert "appeal until 20 December 2026" in body
    do(steps.reply, step, text="It was a mistake.", is_all=False, seen_version=2, by=owner, **later(2))
    assert fresh(step).reply == "It was a mistake."


def test_only_a_suspension_can_be_at_once(award: Award, moderator: User) -> None:
    with pytest.raises(Refusal, match="Only a suspension") as told:
        do(steps.propose, award, deed=Deed.REVOKE, reasons="x", at_once="y", by=moderator, at=AT, on=ON)
    assert told.value.field == "at_once"


def test_nothing_is_done_after_all_and_the_employer_is_told_why(step: AwardStep, owner: User, moderator: User) -> None:
    with pytest.raises(Refusal, match="Give the reasons"):
        do(steps.drop, step, reasons=" ", by=moderator, at=AT)
    do(steps.drop, step, reasons="They paid.", by=moderator, at=AT)
    assert fresh(step.award).status is AwardStatus.ACTIVE
    assert "They paid." in mails("award_step_dropped")[0].body
    assert appeals.way(db.session, fresh(step)) is None


def test_one_step_at_a_time_and_none_about_an_award_that_has_ended(
    step: AwardStep, award: Award, moderator: User, second: User
) -> None:
    with pytest.raises(Refusal, match="has proposed a step"):
        do(steps.propose, award, deed=Deed.SUSPEND, reasons="x", by=second, at=AT, on=ON)
    carry_out(step, second, 15)
    with pytest.raises(Refusal, match="cannot suspend an award that is revoked"):
        do(steps.propose, award, deed=Deed.SUSPEND, reasons="x", by=moderator, at=AT, on=ON)


@pytest.mark.parametrize("days", [0, 1, 400])
def test_who_has_an_interest_neither_proposes_nor_decides(
    step: AwardStep, award: Award, employer: Organisation, second: User, days: int
) -> None:
    do(interests.declare, employer, reason="My sister works there.", by=second, at=AT)
    for deed in (
        lambda: carry_out(step, second, days),
        lambda: do(steps.drop, step, reasons="x", by=second, at=AT),
        lambda: do(steps.propose, award, deed=Deed.SUSPEND, reasons="x", by=second, at=AT, on=ON),
        lambda: do(issuing.restore, award, reason="x", by=second, at=AT, on=ON),
    ):
        with pytest.raises(Refusal, match="You declared an interest"):
            deed()


# What counted on any day --------------------------------------------------------------------------------------------


def suspended(award: Award, by: User, days: int) -> None:
    do(issuing.suspend, award, reason="Wages were not paid.", by=by, **later(days))


def holds(day: date) -> tuple[bool, int, int, int]:
    """Whether the only award counts that day, as four parts of the portal see it."""
    db.session.expire_all()
    award = db.session.scalars(sa.select(Award)).one()
    return (
        award.is_valid_on(day),
        measures.total(db.session, day),
        measures.accredited(db.session, day).total,
        sum(register.total(db.session, on=day).values()),
    )


def test_a_suspended_award_counts_on_the_days_before_and_after_and_on_none_between_for_ever(
    award: Award, moderator: User
) -> None:
    suspended(award, moderator, 10)
    do(issuing.restore, award, reason="They paid.", by=moderator, **later(20))
    suspended(award, moderator, 30)
    do(issuing.restore, award, reason="They paid.", by=moderator, **later(30))  # on the same day: never away
    suspended(award, moderator, 40)
    for days, counts in ((0, 1), (9, 1), (10, 0), (19, 0), (20, 1), (30, 1), (39, 1), (40, 0), (500, 0)):
        assert holds(ON + timedelta(days=days)) == (bool(counts), counts, counts, counts), days
    assert [event.action for event in audit.timeline(db.session, award.assessment_id)] == [
        "award:issue",
        *["award:suspend", "award:restore"] * 2,
        "award:suspend",
    ]


def test_a_revoked_award_that_is_restored_does_not_count_on_the_days_between(award: Award, moderator: User) -> None:
    do(issuing.revoke, award, reason="Wrong.", by=moderator, **later(10))
    before = [holds(ON + timedelta(days=days)) for days in (9, 10, 14)]
    do(issuing.restore, award, reason="They paid.", by=moderator, **later(15))
    assert [holds(ON + timedelta(days=days)) for days in (9, 10, 14)] == before
    assert holds(ON + timedelta(days=15))[0]
    assert (fresh(award).ended_on, fresh(award).end_reason) == (None, "")


def test_a_suspended_award_that_is_revoked_counts_on_no_day_since_the_suspension(award: Award, moderator: User) -> None:
    suspended(award, moderator, 10)
    do(issuing.revoke, award, reason="Wrong.", by=moderator, **later(20))
    assert [holds(ON + timedelta(days=days))[0] for days in (9, 10, 19, 20)] == [True, False, False, False]
    do(issuing.restore, award, reason="They paid.", by=moderator, **later(30))
    assert [holds(ON + timedelta(days=days))[0] for days in (9, 10, 20, 29, 30)] == [True, False, False, False, True]


def test_a_newer_award_ends_the_suspended_one_and_counts(
    award: Award, make: Factory, employer: Organisation, moderator: User
) -> None:
    suspended(award, moderator, 10)
    newer = make.award(employer, on=ON + timedelta(days=20), by=moderator)
    assert fresh(award).status is AwardStatus.SUPERSEDED
    assert fresh(award).suspensions[0].to_on == newer.starts_on
    counted = [measures.total(db.session, ON + timedelta(days=days)) for days in (9, 10, 19, 20)]
    assert counted == [1, 0, 0, 1]
    with pytest.raises(Refusal, match="cannot restore an award that is superseded"):
        do(issuing.restore, award, reason="x", by=moderator, **later(21))


def test_a_revoked_award_is_not_restored_beside_a_newer_one(
    award: Award, make: Factory, employer: Organisation, moderator: User
) -> None:
    do(issuing.revoke, award, reason="Wrong.", by=moderator, **later(10))
    newer = make.award(employer, on=ON + timedelta(days=20), by=moderator)
    with pytest.raises(Refusal, match=f"holds {newer.number} now"):
        do(issuing.restore, award, reason="x", by=moderator, **later(21))


def test_the_register_and_the_certificate_say_how_it_stands(
    award: Award, employer: Organisation, moderator: User
) -> None:
    do(issuing.open_review, award, reason="A complaint.", by=moderator, at=AT)
    entry = register.entry(db.session, employer.id, on=ON)
    assert entry is not None
    assert entry.is_under_review
    rows = list(
        register.rows(db.session, register.Search(), award.framework.content, on=ON, address="https://x.example")
    )
    assert [row["status"] for row in rows] == ["under_review"]
    suspended(award, moderator, 0)
    entry = register.entry(db.session, employer.id, on=ON)
    assert entry is not None
    assert entry.is_suspended
    found = register.search(db.session, register.Search(), page=1, on=ON)
    assert (found.total, [one.name for one in found.suspended]) == (0, [employer.name])
    assert register.search(db.session, register.Search(text="nobody"), page=1, on=ON).suspended == ()
    found = verification.look_up(db.session, award.code, ON)
    assert found is not None
    assert (found.standing, found.suspended_on, found.standing.may_be_relied_on) == (Standing.SUSPENDED, ON, False)
    do(issuing.restore, award, reason="They paid.", by=moderator, at=AT, on=ON)
    found = verification.look_up(db.session, award.code, ON)
    assert found is not None
    assert (found.standing, found.suspended_on) == (Standing.CURRENT, None)
