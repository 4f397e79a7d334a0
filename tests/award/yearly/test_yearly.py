"""Whoever holds an award gives figures each year: asked in time, saved as a draft, sent once, and then they count."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import metric_values
from charter.assessment.metric_values import MetricValue
from charter.award import issuing
from charter.award.models import Award
from charter.award.yearly import giving, opening, queries, reminding
from charter.award.yearly.models import ReturnState, YearlyReturn
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Content
from charter.framework.models import Framework
from charter.notification.models import Message
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

ON = AT.date()
BEGAN = ON - timedelta(days=330)
DUE = date(BEGAN.year + 1, BEGAN.month, BEGAN.day)


def moment(day: date) -> datetime:
    return AT + (day - ON)


def opened(on: date) -> int:
    with transaction() as session:
        return opening.open_due(session, on, moment(on))


def reminded(on: date) -> int:
    with transaction() as session:
        return reminding.remind(session, on, moment(on))


@pytest.fixture
def award(make: Factory, employer: Organisation, owner: User, moderator: User) -> Award:
    """An award of the second level, which asks for figures."""
    return make.award(employer, level=2, on=BEGAN, by=moderator)


@pytest.fixture
def due(make: Factory, award: Award) -> YearlyReturn:
    return make.yearly_return(award, on=ON)


@pytest.fixture
def content(make: Factory) -> Content:
    return make.framework().content


def test_a_page_that_does_not_ask_misses_no_return(award: Award, due: YearlyReturn) -> None:
    asked = [ON + timedelta(days=days) for days in range(-120, 420, 5)]
    there = {day for day in asked if queries.asked_for(db.session, [award.organisation_id], on=day)}
    said = {day for day in asked if queries.may_be_asked_for(award, on=day)}
    assert there
    assert {day for day in there if day >= DUE - timedelta(days=60)} <= said
    assert len(said) < len(asked)


def test_of_two_awards_that_a_merge_brought_together_only_the_one_that_counts_asks(
    make: Factory, award: Award, moderator: User
) -> None:
    lower = make.award(make.organisation("Teme Valley Orchards Limited"), level=1, on=BEGAN, by=moderator)
    with transaction() as session:
        for one in (session.get_one(Award, lower.id), session.get_one(Award, award.id)):
            one.organisation_id, one.beside_another = award.organisation_id, True
    assert opened(ON) == 1
    assert db.session.scalars(sa.select(YearlyReturn.award_id)).all() == [award.id]


def test_of_two_returns_that_were_asked_for_before_a_merge_one_is_asked_for_after(
    make: Factory, award: Award, due: YearlyReturn, moderator: User
) -> None:
    lower = make.award(make.organisation("Teme Valley Orchards Limited"), level=1, on=BEGAN, by=moderator)
    other = make.yearly_return(lower, on=ON)
    with transaction() as session:
        session.get_one(YearlyReturn, other.id).organisation_id = award.organisation_id
        for one in (session.get_one(Award, lower.id), session.get_one(Award, award.id)):
            one.organisation_id, one.beside_another = award.organisation_id, True
    assert [one.id for one in queries.asked_for(db.session, [award.organisation_id], on=ON)] == [due.id]
    assert reminded(DUE) == 1
    assert [state_of(one.id) for one in (due, other)] == [ReturnState.DUE, ReturnState.LAPSED]
    assert [listed(one) for one in (ReturnState.DUE, ReturnState.LAPSED)] == [[due.id], [other.id]]


def state_of(return_id: UUID) -> ReturnState:
    db.session.expire_all()
    return db.session.get_one(YearlyReturn, return_id).state(ON)


def listed(state: ReturnState) -> Sequence[UUID]:
    """The returns that the panel lists when it is asked for those that stand so."""
    return db.session.scalars(sa.select(YearlyReturn.id).where(queries.in_state(state, ON))).all()


# When they are due --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "years", "day"),
    [
        (date(2026, 3, 1), 1, date(2027, 3, 1)),
        (date(2024, 2, 29), 1, date(2025, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
    ],
)
def test_figures_are_due_on_the_anniversary(first: date, years: int, day: date) -> None:
    assert opening.anniversary(first, years) == day


def test_there_is_none_on_the_day_after_the_last(award: Award) -> None:
    days = opening.due_days(award)
    months = award.framework.content.level(2)
    assert months is not None
    assert len(days) == months.valid_months // 12 - 1
    assert days[-1] < award.ends_on


def test_a_return_opens_sixty_days_before_its_day_and_once(award: Award) -> None:
    assert [opened(DUE - timedelta(days=days)) for days in (61, 60, 60, 59, 0)] == [0, 1, 0, 0, 0]
    (found,) = db.session.scalars(sa.select(YearlyReturn))
    assert (found.due_on, found.level, found.award_id) == (DUE, 2, award.id)


def test_each_year_has_its_own(award: Award) -> None:
    later = opening.due_days(award)[1]
    assert [opened(DUE), opened(later - timedelta(days=30))] == [1, 1]
    assert sorted(db.session.scalars(sa.select(YearlyReturn.due_on))) == [DUE, later]


def test_of_a_year_that_is_long_past_nobody_is_asked(award: Award) -> None:
    assert opened(DUE + timedelta(days=61)) == 0


def test_whoever_has_lost_the_award_is_not_asked(award: Award, moderator: User) -> None:
    with transaction() as session:
        issuing.revoke(session, award, reason="Closed.", by=moderator, at=AT, on=ON)
    assert opened(DUE) == 0


def test_whose_next_assessment_is_with_us_is_asked_only_when_that_is_decided(
    make: Factory, award: Award, employer: Organisation, owner: User
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)
    assert opened(DUE) == 0
    with transaction() as session:
        from charter.review import intake

        intake.withdraw(session, sent, by=owner, at=AT)
    assert opened(DUE) == 1


def test_a_level_that_asks_for_no_figures_owes_none(
    publish: Callable[..., Framework], make: Factory, employer: Organisation, moderator: User
) -> None:
    def no_rule(it: dict[str, object]) -> None:
        for level in it["levels"]:  # type: ignore[attr-defined]
            level["rules"] = [rule for rule in level["rules"] if rule["kind"] != "figures"]

    publish(no_rule)
    make.award(employer, level=2, on=BEGAN, by=moderator)
    assert opened(DUE) == 0


# Where they stand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, ReturnState.DUE), (1, ReturnState.OVERDUE), (300, ReturnState.OVERDUE), (301, ReturnState.LAPSED)],
)
def test_a_return_that_is_not_given_is_overdue_until_it_lapses(
    due: YearlyReturn, days: int, state: ReturnState
) -> None:
    day = DUE + timedelta(days=days)
    assert due.state(day) is state
    for one in ReturnState:
        found = db.session.scalars(sa.select(YearlyReturn.id).where(queries.in_state(one, day))).all()
        assert bool(found) is (one is state)
    assert bool(queries.asked_for(db.session, [due.organisation_id], on=day)) is due.is_asked_for(day)


def test_a_late_return_changes_no_award(due: YearlyReturn, award: Award) -> None:
    late = DUE + timedelta(days=200)
    assert due.state(late) is ReturnState.OVERDUE
    assert award.is_valid_on(late)


# Giving them --------------------------------------------------------------------------------------------------------


def test_what_is_sent_counts_and_cannot_be_changed(
    make: Factory, due: YearlyReturn, content: Content, owner: User, colleague: User
) -> None:
    ends = ON - timedelta(days=30)
    make.gives(due, period_end=ends, by=owner, at=AT)
    assert due.state(ON) is ReturnState.RETURNED
    values = db.session.scalars(sa.select(MetricValue)).all()
    assert {one.metric for one in values} <= {metric.code for metric in content.metrics_for(2)}
    assert {(one.yearly_return_id, one.period_end, one.size_band) for one in values} == {
        (due.id, ends, due.organisation.size_band)
    }
    for deed in (
        lambda: make.gives(due, {content.headcount_field: "7"}, period_end=ends, send=False, by=colleague, at=AT),
        lambda: make.gives(due, period_end=ends, by=owner, at=AT),
    ):
        with pytest.raises(Refusal, match="sent and cannot be changed"):
            deed()


def test_a_draft_is_kept_and_of_two_the_later_is_told(
    make: Factory, due: YearlyReturn, content: Content, owner: User, colleague: User
) -> None:
    seen = due.version
    make.gives(due, period_end=ON, send=False, by=owner, at=AT)

    def save(inputs: dict[str, str]) -> None:
        with transaction() as session:
            giving.save(
                session,
                due,
                period_end=ON,
                inputs=inputs,
                notes={},
                unknown=(),
                seen_version=seen,
                by=colleague,
                at=AT,
            )

    with pytest.raises(Stale):
        save({content.headcount_field: "7"})
    save(dict(due.inputs))  # what is the same may be saved again
    assert due.inputs[content.headcount_field] == "6"
    assert db.session.scalars(sa.select(MetricValue)).all() == []  # a draft counts for nothing


def test_whoever_sends_what_a_colleague_changed_meanwhile_is_told(
    make: Factory, due: YearlyReturn, content: Content, owner: User
) -> None:
    make.gives(due, period_end=ON, send=False, by=owner, at=AT)
    seen = due.version
    make.gives(due, {content.headcount_field: "7"}, period_end=ON, send=False, by=owner, at=AT)
    with pytest.raises(Stale), transaction() as session:
        giving.send(session, due, declared_by="Olive", declared_role="Owner", seen_version=seen, by=owner, at=AT)


def test_what_is_missing_is_named_and_what_is_not_known_is_not_missing(
    make: Factory, due: YearlyReturn, content: Content, owner: User
) -> None:
    fte = next(field for field in content.context_fields if field.type == "decimal")
    with pytest.raises(Refusal, match=r"Your figures are not complete yet\. Give the last number\."):
        make.gives(due, {fte.name: ""}, period_end=ON, by=owner, at=AT)
    make.gives(due, {fte.name: ""}, period_end=ON, unknown=[fte.name], by=owner, at=AT)
    resting = {metric.code for metric in content.metrics_for(2) if fte.name in metric.formula}
    assert resting
    assert resting & set(db.session.scalars(sa.select(MetricValue.metric))) == set()


def test_the_months_come_after_those_of_last_time(make: Factory, due: YearlyReturn, award: Award, owner: User) -> None:
    make.gives(due, period_end=ON, by=owner, at=AT)
    later = opening.due_days(award)[1]
    again = next_of(make, award, later)
    with pytest.raises(Refusal, match=f"were for the 12 months to {ON.day} {ON:%B %Y}. Give those"):
        make.gives(again, period_end=ON, by=owner, at=moment(later))
    make.gives(again, period_end=ON + timedelta(days=365), by=owner, at=moment(later))
    assert again.sent_at


def next_of(make: Factory, award: Award, later: date) -> YearlyReturn:
    opened(later)
    with transaction() as session:
        return session.scalars(
            sa.select(YearlyReturn).where(YearlyReturn.award_id == award.id, YearlyReturn.due_on == later)
        ).one()


def test_a_day_in_the_future_is_refused_on_its_field(make: Factory, due: YearlyReturn, owner: User) -> None:
    with pytest.raises(Refusal) as refused:
        make.gives(due, period_end=ON + timedelta(days=1), send=False, by=owner, at=AT)
    assert refused.value.field == "period_end"


def test_one_that_lapsed_cannot_be_given(make: Factory, due: YearlyReturn, owner: User) -> None:
    with pytest.raises(Refusal, match="no longer asked for"):
        make.gives(due, period_end=ON, by=owner, at=moment(DUE + timedelta(days=301)))


# Reminders ----------------------------------------------------------------------------------------------------------


def test_owners_are_reminded_thirty_days_before_on_the_day_and_thirty_days_after_once_each(
    due: YearlyReturn, owner: User, colleague: User
) -> None:
    days = (31, 30, 29, 1, 0, -1, -29, -30, -31, -59)
    assert [reminded(DUE - timedelta(days=one)) for one in days] == [0, 1, 0, 0, 1, 0, 0, 1, 0, 0]
    found = db.session.scalars(
        sa.select(Message).where(Message.kind == "yearly_figures_due").order_by(Message.id)
    ).all()
    assert {one.to_address for one in found} == {owner.email}
    assert [one.subject.partition(":")[0] for one in found] == [
        f"Your yearly figures are due by {DUE.day} {DUE:%B}",
        "Your yearly figures are due today",
        "Your yearly figures were due",
    ]
    assert [f"/yearly-returns/{due.id}" in one.body for one in found] == [True] * 3
    assert "Your award stays as it is." in found[-1].body


def test_of_reminders_that_were_missed_only_the_last_is_sent(due: YearlyReturn) -> None:
    assert [reminded(DUE + timedelta(days=35)), reminded(DUE + timedelta(days=36))] == [1, 0]


def test_whoever_has_given_them_is_not_reminded(make: Factory, due: YearlyReturn, owner: User) -> None:
    make.gives(due, period_end=ON, by=owner, at=AT)
    assert reminded(DUE) == 0


# What they are good for ---------------------------------------------------------------------------------------------


def test_the_next_assessment_can_begin_with_them_when_they_are_newer(
    make: Factory, due: YearlyReturn, content: Content, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, level=2, by=owner)
    assert queries.to_bring(db.session, assessment) is None
    make.gives(due, {content.headcount_field: "8"}, period_end=ON - timedelta(days=9), by=owner, at=AT)
    brought = queries.to_bring(db.session, assessment)
    assert brought is not None
    assert (brought.period_end, brought.inputs[content.headcount_field]) == (ON - timedelta(days=9), "8")
    make.submitted(make.answered(assessment, by=owner), by=owner)  # its months end later
    with transaction() as session:
        from charter.review import intake

        intake.withdraw(session, assessment, by=owner, at=AT)
    assert queries.to_bring(db.session, make.assessment(employer, level=2, by=owner)) is None


def test_what_was_sent_is_last_time_for_what_comes_after(
    make: Factory, due: YearlyReturn, content: Content, employer: Organisation, owner: User
) -> None:
    make.gives(due, period_end=ON - timedelta(days=40), by=owner, at=AT)
    assessment = make.assessment(employer, level=2, by=owner)
    last = metric_values.before_assessment(db.session, assessment, period_end=ON)
    placements = next(metric for metric in content.metrics if metric.required_from_level == 1)
    assert last[placements.code].value == Decimal(6)
    assert metric_values.before_assessment(db.session, assessment, period_end=ON - timedelta(days=40)) == {}
    assert metric_values.before_assessment(db.session, assessment, period_end=None) == last
