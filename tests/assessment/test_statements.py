"""Declarations and figures are saved as they come, and frozen once they are sent."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import declarations, metrics, returns
from charter.assessment.models import Assessment, Declaration, MetricReturn
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return make.assessment(employer, by=owner)


def declare(assessment: Assessment, agreed: dict[str, bool], by: User) -> None:
    with transaction() as session:
        declarations.save(session, assessment, agreed=agreed, by=by, at=AT)


def give(assessment: Assessment, inputs: dict[str, str], by: User, seen: int, **more: object) -> MetricReturn:
    values = {"period_end": None, "notes": {}, **more}
    with transaction() as session:
        return returns.save(session, assessment, inputs=inputs, seen_version=seen, by=by, at=AT, **values)  # type: ignore[arg-type]


def test_declarations_are_saved_one_by_one_and_can_change(assessment: Assessment, owner: User, colleague: User) -> None:
    first, second = (one.code for one in assessment.framework.content.declarations[:2])
    declare(assessment, {first: True}, owner)
    declare(assessment, {first: True, second: False}, colleague)
    found = db.session.scalars(sa.select(Declaration).order_by(Declaration.code)).all()
    assert [(one.code, one.agreed, one.saved_by_id) for one in found] == [
        (first, True, owner.id),
        (second, False, colleague.id),
    ]


def test_a_declaration_of_another_framework_is_refused(assessment: Assessment, owner: User) -> None:
    with pytest.raises(Refusal):
        declare(assessment, {"OTHER": True}, owner)


def test_numbers_are_kept_as_typed_even_when_they_make_no_sense(assessment: Assessment, owner: User) -> None:
    content = assessment.framework.content
    saved = give(assessment, {content.headcount_field: "about 6", content.local_headcount_field: "6"}, owner, 0)
    assert saved.inputs == {content.headcount_field: "about 6", content.local_headcount_field: "6"}
    assert list(metrics.check(content, saved.inputs)) == [content.headcount_field]


def test_what_is_too_long_to_keep_leaves_what_was_there(assessment: Assessment, owner: User) -> None:
    content = assessment.framework.content
    code = content.metrics[0].code
    give(assessment, {content.headcount_field: "6"}, owner, 0, notes={code: "Counted in May."})
    typed = {content.headcount_field: "6" * 41, content.local_headcount_field: "5"}
    saved = give(assessment, typed, owner, 1, notes={code: "long " * 300})
    assert saved.inputs == {content.headcount_field: "6", content.local_headcount_field: "5"}
    assert saved.notes == {code: "Counted in May."}


def test_a_field_that_nobody_asked_for_is_not_kept(assessment: Assessment, owner: User) -> None:
    assert give(assessment, {"unheard_of": "6"}, owner, 0).inputs == {}


def test_what_is_not_known_yet_is_saved_with_the_numbers_typed_beside_it(assessment: Assessment, owner: User) -> None:
    content = assessment.framework.content
    first, second = content.metrics[:2]
    typed = {first.inputs[0].name: "3"}
    saved = give(assessment, typed, owner, 0, unknown=[second.code, first.code, "OTHER"])
    assert (saved.unknown, saved.inputs) == (sorted([first.code, second.code]), typed)
    assert give(assessment, typed, owner, 0, unknown={first.code, second.code}).version == 1  # nothing changed
    with pytest.raises(Stale):
        give(assessment, typed, owner, 0, unknown=[])
    assert give(assessment, typed, owner, 1).unknown == []


def test_a_day_that_has_not_come_is_refused(assessment: Assessment, owner: User) -> None:
    with pytest.raises(Refusal) as refused:
        give(assessment, {}, owner, 0, period_end=AT.date() + timedelta(days=1))
    assert refused.value.field == "period_end"


def test_two_who_save_different_figures_are_told(assessment: Assessment, owner: User, colleague: User) -> None:
    name = assessment.framework.content.headcount_field
    give(assessment, {name: "6"}, owner, 0)
    assert give(assessment, {name: "6"}, colleague, 0).version == 1
    with pytest.raises(Stale) as stale:
        give(assessment, {name: "7"}, colleague, 0)
    assert isinstance(stale.value.current, MetricReturn)
    assert give(assessment, {name: "7"}, colleague, 1).version == 2


def test_both_are_frozen_once_sent(make: Factory, assessment: Assessment, owner: User, assessor: User) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    code = assessment.framework.content.declarations[0].code
    for stage in range(2):
        with pytest.raises(Refusal, match="with the assessor"):
            declare(assessment, {code: False}, owner)
        with pytest.raises(Refusal, match="with the assessor"):
            give(assessment, {}, owner, 1)
        if stage == 0:
            make.asked_for_more(assessment, [assessment.framework.content.asked(1)[0].code], assessor=assessor)


def test_a_declaration_that_was_asked_about_can_change_with_a_note_and_no_other(
    make: Factory, assessment: Assessment, owner: User, assessor: User
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    asked, other = (one.code for one in assessment.framework.content.declarations[:2])
    make.asked_for_more(assessment, declarations=[asked], assessor=assessor)

    def declare_again(agreed: dict[str, bool], note: str = "") -> None:
        with transaction() as session:
            declarations.save(
                session, assessment, agreed=agreed, notes={asked: note}, by=owner, at=AT, open_declarations={asked}
            )

    declare_again({asked: False, other: True}, " Since June. ")  # the other says what it said: that is no change
    with pytest.raises(Refusal, match="with the assessor") as refused:
        declare_again({other: False})
    assert refused.value.field == f"declaration-{other}"
    with pytest.raises(Refusal, match="1,000 characters") as refused:
        declare_again({asked: True}, "x" * 1001)
    assert refused.value.field == f"note-{asked}"
    found = {one.code: one for one in db.session.scalars(sa.select(Declaration))}
    assert (found[asked].agreed, found[asked].note, found[other].agreed) == (False, "Since June.", True)


def test_only_the_numbers_and_note_of_a_figure_that_was_asked_about_can_change(
    make: Factory, employer: Organisation, owner: User, assessor: User
) -> None:
    assessment = make.answered(make.assessment(employer, level=2, by=owner), by=owner)
    make.submitted(assessment, by=owner)
    content = assessment.framework.content
    shared = {field.name for field in content.context_fields}
    metric = next(one for one in content.metrics_for(2) if metrics.needs(content, one) & shared)
    other = next(one for one in content.metrics_for(2) if one != metric)
    make.asked_for_more(assessment, figures=[metric.code], assessor=assessor)

    def give_again(inputs: dict[str, str], seen: int, **more: object) -> MetricReturn:
        return give(assessment, inputs, owner, seen, **{"open_figures": {metric.code}, **more})

    own, closed = metric.inputs[0].name, other.inputs[0].name
    for field, inputs, more in (
        (f"number-{closed}", {closed: "2"}, {}),
        (f"note-{other.code}", {}, {"notes": {other.code: "Because."}}),
        (f"unknown-{other.code}", {}, {"unknown": [other.code]}),
        ("period_end", {}, {"period_end": AT.date() - timedelta(days=9)}),
    ):
        with pytest.raises(Refusal, match="with the assessor") as refused:
            give_again({own: "5", **inputs}, 1, **more)
        assert refused.value.field == field
    before = dict(db.session.scalars(sa.select(MetricReturn)).one().inputs)
    saved = give_again({own: "5", closed: "6"}, 1, notes={metric.code: "One left."})
    assert (saved.inputs, saved.notes, saved.period_end) == (
        {**before, own: "5"},
        {metric.code: "One left."},
        AT.date(),
    )
    emptied = give_again({own: " "}, 2, unknown=[metric.code])
    assert (own in emptied.inputs, emptied.unknown, emptied.notes) == (False, [metric.code], {metric.code: "One left."})
    needed = metrics.needs(content, metric)
    assert returns.opened(assessment, {metric.code}, saved) >= (needed & shared) | {own}
    assert closed not in returns.opened(assessment, {metric.code}, saved)
