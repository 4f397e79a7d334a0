"""Two employers are merged in the moment in which somebody works in the one that goes."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import answers, metrics
from charter.assessment.models import Answer, Assessment
from charter.award.yearly import giving
from charter.award.yearly.models import YearlyReturn
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.merging import merging
from charter.merging.merging import Choices, Plan
from charter.notification.models import Message
from charter.organisation import joining, team
from charter.organisation.joining import Place
from charter.organisation.models import MemberRole, Membership, Organisation, Site
from charter.succession import asking, claiming, transferring
from charter.succession.models import Afterwards, Claim, JoinRequest, Matched, Transfer
from charter.succession.status import JoinStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.turns import in_turn


def seen_now(stays: Organisation, goes: Organisation) -> str:
    db.session.rollback()
    db.session.expire_all()
    content = publishing.current(db.session).content
    return merging.plan(db.session, stays, goes, Choices(), content=content).seen


def merging_into(stays: Organisation, goes: Organisation):
    seen, ids = seen_now(stays, goes), (stays.id, goes.id)

    def go(session: Session, _: object, user: User) -> Plan:
        mine, theirs = (session.get_one(Organisation, one) for one in ids)
        content = publishing.current(session).content
        return merging.merge(session, mine, theirs, Choices(), seen=seen, content=content, by=user, at=AT)

    return go


def save(session: Session, assessment: Assessment, user: User) -> Answer:
    content = assessment.framework.content
    return answers.save(
        session,
        assessment,
        criterion=content.asked(1)[0].code,
        value=content.scale[0].value,
        explanation="We do this.",
        action="",
        action_owner="",
        action_due=None,
        reason="",
        seen_version=0,
        by=user,
        at=AT,
    )


def add_site(session: Session, organisation: Organisation, user: User) -> Site:
    place = Place("Barn", "Tenbury", "WR15 8BB", organisation.county)
    return joining.add_site(session, organisation, place, by=user, at=AT)


def invite(session: Session, organisation: Organisation, user: User) -> object:
    return team.invite(session, organisation, email="c@example.org", role=MemberRole.OWNER, by=user, at=AT)


def test_an_answer_saved_first_makes_the_preview_stale_and_is_kept(
    app: Flask, make: Factory, employer: Organisation, stranger: User, administrator: User
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.joins(twin, stranger)
    assessment = make.assessment(twin, by=stranger)
    first, second = in_turn(app, assessment, (stranger, save), (administrator, merging_into(employer, twin)))
    assert isinstance(first, Answer)
    assert isinstance(second, Stale)
    assert db.session.scalars(sa.select(Answer.explanation)).all() == ["We do this."]
    assert db.session.get_one(Organisation, twin.id).merged_into_id is None


def test_an_answer_saved_a_moment_later_is_saved_where_the_assessment_went(
    app: Flask, make: Factory, employer: Organisation, stranger: User, administrator: User
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.joins(twin, stranger)
    assessment = make.assessment(twin, by=stranger)
    first, second = in_turn(app, assessment, (administrator, merging_into(employer, twin)), (stranger, save))
    assert isinstance(first, Plan)
    assert isinstance(second, Answer)
    assert db.session.scalars(sa.select(Answer.explanation)).all() == ["We do this."]
    assert db.session.get_one(Assessment, assessment.id).organisation_id == employer.id


def test_an_answer_to_the_assessment_that_was_withdrawn_is_refused(
    app: Flask, make: Factory, employer: Organisation, owner: User, stranger: User, administrator: User
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.assessment(employer, by=owner)
    assessment = make.assessment(twin, by=stranger)
    _, second = in_turn(app, assessment, (administrator, merging_into(employer, twin)), (stranger, save))
    assert isinstance(second, Refusal)
    assert str(second) == answers.FROZEN


def test_a_place_added_a_moment_later_is_not_left_behind(
    app: Flask, make: Factory, employer: Organisation, stranger: User, administrator: User
) -> None:
    for deed in (add_site, invite):
        twin = make.organisation("Teme Valley Orchards")
        _, second = in_turn(app, twin, (administrator, merging_into(employer, twin)), (stranger, deed))
        assert isinstance(second, Refusal)
        assert "merged with another entry" in str(second)


def test_two_administrators_merge_once(app: Flask, make: Factory, employer: Organisation, administrator: User) -> None:
    twin = make.organisation("Teme Valley Orchards")
    deed = merging_into(employer, twin)
    first, second = in_turn(app, twin, (administrator, deed), (make.staff("administrator", "Al"), deed))
    assert isinstance(first, Plan)
    assert isinstance(second, Refusal)


def give(session: Session, due: YearlyReturn, user: User) -> None:
    giving.save(
        session,
        due,
        period_end=None,
        inputs={metrics.fields(due.content, due.level)[0].name: "7"},
        notes={},
        unknown=(),
        seen_version=1,
        by=user,
        at=AT,
    )


@pytest.mark.parametrize("figures_first", [True, False])
def test_yearly_figures_saved_in_the_moment_of_a_merge_are_kept(
    app: Flask,
    make: Factory,
    employer: Organisation,
    stranger: User,
    moderator: User,
    administrator: User,
    figures_first: bool,
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.joins(twin, stranger)
    due = make.yearly_return(make.award(twin, on=AT.date() - timedelta(days=360), by=moderator), on=AT.date())
    merges, gives = (administrator, merging_into(employer, twin)), (stranger, give)
    first, second = in_turn(app, due, *((gives, merges) if figures_first else (merges, gives)))
    kept = db.session.scalars(sa.select(YearlyReturn).execution_options(populate_existing=True)).one()
    if figures_first:
        assert isinstance(second, Stale)
        assert (kept.organisation_id, list(kept.inputs.values())) == (twin.id, ["7"])
    else:  # whoever typed them is told, and sees them beside what is saved
        assert isinstance(first, Plan)
        assert isinstance(second, Stale)
        assert (kept.organisation_id, kept.inputs) == (employer.id, {})


@pytest.mark.parametrize("merge_first", [True, False])
def test_a_part_that_is_handed_over_in_the_moment_of_a_merge(
    app: Flask, make: Factory, employer: Organisation, stranger: User, administrator: User, merge_first: bool
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.joins(twin, stranger)
    other = make.member(twin, "Nora Next", role="contributor")
    with transaction() as session:
        here = session.get_one(Organisation, twin.id)
        offer = transferring.offer(session, here, to=other.email, afterwards=Afterwards.LEAVES, by=stranger, at=AT)

    def accepts(session: Session, transfer: Transfer, user: User) -> None:
        transferring.accept(session, transfer, by=user, at=AT)

    merges, takes = (administrator, merging_into(employer, twin)), (other, accepts)
    first, second = in_turn(app, offer, *((merges, takes) if merge_first else (takes, merges)))
    both = Membership.organisation_id.in_([employer.id, twin.id])
    people = set(db.session.scalars(sa.select(User.name).join(Membership).where(both)))
    if merge_first:
        assert str(second) == "This offer is withdrawn already."
        assert people == {stranger.name, other.name}
    else:
        assert (first, isinstance(second, Stale)) == (None, True)
        assert people == {other.name}


@pytest.mark.parametrize("merge_first", [True, False])
def test_a_claim_in_the_moment_of_a_merge(
    app: Flask, make: Factory, employer: Organisation, stranger: User, administrator: User, merge_first: bool
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.joins(twin, stranger)
    member = make.member(twin, "Nora Next", role="contributor")
    with transaction() as session:
        session.get_one(User, stranger.id).disabled_at = AT

    def claims(session: Session, organisation: Organisation, user: User) -> Claim:
        return claiming.claim(session, organisation, message="I run it.", by=user, at=AT)

    merges, takes = (administrator, merging_into(employer, twin)), (member, claims)
    first, second = in_turn(app, twin, *((merges, takes) if merge_first else (takes, merges)))
    if merge_first:
        assert isinstance(first, Plan)
        assert isinstance(second, Refusal)
        assert db.session.scalars(sa.select(Claim)).all() == []
    else:
        assert isinstance(first, Claim)
        assert isinstance(second, Stale)
        assert db.session.scalars(sa.select(Claim.organisation_id)).all() == [twin.id]


@pytest.mark.parametrize("merge_first", [True, False])
@pytest.mark.parametrize("asked", ["the one that goes", "the one that stays"])
def test_somebody_asks_to_join_in_the_moment_of_a_merge(
    app: Flask,
    make: Factory,
    employer: Organisation,
    owner: User,
    stranger: User,
    administrator: User,
    asked: str,
    merge_first: bool,
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.joins(twin, stranger)
    nina = make.user("Nina New")
    subject = twin if asked == "the one that goes" else employer

    def asks(session: Session, organisation: Organisation, user: User) -> JoinRequest:
        match = asking.Match(organisation, Matched.COMPANY)
        return asking.ask(session, match, message="I am the new HR lead.", by=user, at=AT)

    merges, wants = (administrator, merging_into(employer, twin)), (nina, asks)
    first, second = in_turn(app, subject, *((merges, wants) if merge_first else (wants, merges)))
    letters = sa.select(sa.func.count()).select_from(Message).where(Message.kind == "join_asked")
    if merge_first and subject is twin:
        assert isinstance(first, Plan)
        assert "merged with another entry" in str(second)
        assert db.session.scalars(sa.select(JoinRequest)).all() == []
        assert db.session.scalar(letters) == 0, "nobody is told of what was not kept"
    elif merge_first:
        assert (isinstance(first, Plan), isinstance(second, JoinRequest)) == (True, True)
        assert db.session.scalar(letters) == 2, "the owners of both are its owners now"
    else:
        assert (isinstance(first, JoinRequest), isinstance(second, Stale)) == (True, True)
        with transaction() as session:  # whoever merges looks again, and goes on
            merging_into(employer, twin)(session, None, session.get_one(User, administrator.id))
    db.session.expire_all()
    for kept in db.session.scalars(sa.select(JoinRequest)):
        assert (kept.organisation_id, kept.status) == (employer.id, JoinStatus.WAITING)
        assert kept.message == "I am the new HR lead."
        assert [one.id for one in asking.waiting(db.session, employer.id)] == [kept.id]


@pytest.mark.parametrize("merge_first", [True, False])
def test_an_owner_lets_somebody_in_in_the_moment_of_a_merge(
    app: Flask,
    make: Factory,
    employer: Organisation,
    owner: User,
    stranger: User,
    administrator: User,
    merge_first: bool,
) -> None:
    twin = make.organisation("Teme Valley Orchards")
    make.joins(twin, stranger)
    nina = make.user("Nina New")
    with transaction() as session:
        match = asking.Match(session.get_one(Organisation, twin.id), Matched.COMPANY)
        request_id = asking.ask(session, match, message="", by=session.get_one(User, nina.id), at=AT).id

    def accepts(session: Session, organisation: Organisation, user: User) -> None:
        mine = session.get_one(JoinRequest, request_id)
        asking.accept(session, mine, role=MemberRole.CONTRIBUTOR, by=user, at=AT)

    merges, takes = (administrator, merging_into(employer, twin)), (stranger, accepts)
    first, second = in_turn(app, twin, *((merges, takes) if merge_first else (takes, merges)))
    if merge_first:
        assert (isinstance(first, Plan), second) == (True, None)
    else:
        assert (first, isinstance(second, Stale)) == (None, True)
        with transaction() as session:
            merging_into(employer, twin)(session, None, session.get_one(User, administrator.id))
    db.session.expire_all()
    parts = sa.select(Membership.organisation_id).where(Membership.user_id == nina.id)
    assert db.session.scalars(parts).all() == [employer.id]
    kept = db.session.get_one(JoinRequest, request_id)
    assert (kept.organisation_id, kept.status) == (employer.id, JoinStatus.ACCEPTED)
