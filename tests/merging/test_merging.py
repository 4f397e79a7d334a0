"""Two employers that are one become one, and nothing is lost."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit, tables
from charter.account.models import User
from charter.aftercare.models import Appeal, AwardStep, Concern
from charter.aftercare.status import AppealStatus, ConcernStatus, Deed, StepStatus
from charter.assessment import evidence, evidence_kinds, library, sharing
from charter.assessment.models import Assessment, Evidence, EvidenceKind, VirusFinding
from charter.assessment.status import AssessmentStatus
from charter.audit import AuditEvent
from charter.award import register, verification
from charter.award.models import Award, Suspension
from charter.award.register import Search
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.improvement import actions, taking_up
from charter.improvement.models import Action, Programme, ProgrammeRequest
from charter.merging import merging
from charter.merging.merging import Choices, Plan
from charter.merging.parts import PARTS
from charter.notification.models import Message
from charter.organisation import interests, recognition, team
from charter.organisation.interests import EndedInterest
from charter.organisation.models import (
    Conflict,
    FormerMember,
    InterestKind,
    MemberRole,
    Membership,
    Organisation,
    Recognition,
    Site,
)
from charter.reporting import engagement, measures
from charter.review.handing_out import allocation
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.succession import asking, transferring, turns
from charter.succession.models import Afterwards, Claim, EmailDomain, Ground, JoinRequest, Matched, Transfer
from charter.succession.status import ClaimStatus, TransferStatus
from charter.survey.models import Survey, SurveyStatus
from tests.conftest import AT
from tests.factories import Factory

ON = local_date(AT)


def of_an_employer() -> Iterator[sa.Table]:
    """Every table whose rows belong to one employer."""
    return (table for table in tables.metadata.sorted_tables if "organisation_id" in table.columns)


def test_every_table_of_an_employer_has_a_part_and_what_names_an_employer_otherwise_is_dealt_with() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "organisation" for key in column.foreign_keys)
    }
    parts = {f"{part.model.__tablename__}.organisation_id" for part in PARTS}
    dealt_with = {"likely_pair.first_id", "likely_pair.second_id", "organisation.merged_into_id"}
    assert named - parts - dealt_with == set(), "say in charter/merging/parts.py what happens to it"
    assert {table.name for table in of_an_employer()} == {part.model.__tablename__ for part in PARTS}


@pytest.fixture
def twin(make: Factory) -> Organisation:
    return make.organisation("Teme Valley Orchards Limited", website="https://temevalley.example", about="Apples.")


@pytest.fixture
def twin_owner(make: Factory, twin: Organisation) -> User:
    return make.member(twin, "Tess Twin")


def fill(
    make: Factory, employer: Organisation, owner: User, both: User, moderator: User, outsider: User | None = None
) -> Assessment:
    """A row of the employer in each table; the employer has an award and an assessment under way."""
    outsider = outsider or make.user("Oz Outsider")
    make.joins(employer, both, role="contributor")
    award = make.award(employer, on=ON - timedelta(days=360), by=moderator)
    make.gives(make.yearly_return(award, on=ON), period_end=ON - timedelta(days=30), by=owner)
    assessment = make.answered(make.assessment(employer, level=1, by=owner), by=owner)
    make.survey(employer, by=owner)
    make.action(employer, by=owner)
    programme = db.session.scalars(sa.select(Programme).order_by(Programme.code)).first()
    make.asks(employer, programme or sorted(make.programmes(), key=lambda one: one.code)[0], by=owner)
    with transaction() as session:
        here = session.get_one(Organisation, employer.id)
        session.add(Site(organisation_id=here.id, name="Barn", town="Tenbury", postcode="WR15 8BB", county=here.county))
        allocation.declare_conflict(session, here, reason="My sister works here.", by=moderator, at=AT)
        team.invite(session, here, email=f"nina{here.id.hex[-4:]}@example.org", role=MemberRole.OWNER, by=owner, at=AT)
        passport = here_passport(make)
        recognition.state(
            session,
            here,
            scheme=passport.scheme,
            level=passport.level,
            reference="DCS000123",
            county=here.county,
            starts_on=date(2026, 3, 1),
            ends_on=ON + timedelta(days=300),
            by=owner,
            at=AT,
        )
        asking.ask(session, asking.Match(here, Matched.COMPANY), message="Let me in.", by=outsider, at=AT)
        transferring.offer(session, here, to="next@example.org", afterwards=Afterwards.STAYS, by=owner, at=AT)
        session.add_all(
            [
                EmailDomain(organisation_id=here.id, domain="orchards.example", added_by_id=owner.id, added_at=AT),
                Claim(
                    organisation_id=here.id,
                    user_id=outsider.id,
                    address=outsider.email,
                    ground=Ground.SILENT,
                    message="",
                    status=ClaimStatus.NOTICE,
                    claimed_at=AT,
                    proof_hash=here.id.hex * 2,
                    proof_mailed_at=AT,
                    reason="",
                ),
                FormerMember(organisation_id=here.id, user_id=both.id, left_at=AT),
                EndedInterest(
                    organisation_id=here.id,
                    user_id=moderator.id,
                    kind=InterestKind.FORMER_EMPLOYER,
                    reason="I worked here.",
                    declared_at=AT,
                    because="That is long ago.",
                    ended_at=AT,
                    ended_by_id=moderator.id,
                ),
                VirusFinding(
                    organisation_id=here.id,
                    sha256="a" * 64,
                    virus="Eicar",
                    scanned_with="made up",
                    found_at=AT,
                    given_by_id=owner.id,
                    was_kept=True,
                ),
            ]
        )
        evidence.add_link(
            session,
            session.get_one(Assessment, assessment.id),
            criteria=[assessment.framework.content.asked(1)[0].code],
            title="Policy",
            url="https://example.org/policy",
            dated_on=None,
            by=owner,
            at=AT,
        )
        after_the_award(session, session.get_one(Award, award.id), by=moderator)
    return assessment


def after_the_award(session: Session, award: Award, *, by: User) -> None:
    """A concern, a suspension that is over, a step that was dropped, and an appeal against it."""
    award.ever_suspended = True
    award.suspensions.append(
        Suspension(from_on=ON - timedelta(days=300), to_on=ON - timedelta(days=290), reason="We looked into it.")
    )
    concern = Concern(
        organisation_id=award.organisation_id,
        certificate=award.number,
        reference=award.id.hex[-8:],
        status=ConcernStatus.IN_HAND,
        what="They pay late.",
        happened="In May",
        known_by="I work there.",
        links=0,
        raised_by="",
        email="",
        raised_at=AT,
        sent_as=award.id.hex,
        holder_id=by.id,
    )
    step = AwardStep(
        organisation_id=award.organisation_id,
        award_id=award.id,
        deed=Deed.SUSPEND,
        status=StepStatus.DROPPED,
        reasons="Pay is late.",
        reply_by=ON,
        proposed_at=AT,
        proposed_by_id=by.id,
        decided_at=AT,
    )
    session.add_all([concern, step])
    session.flush()
    session.add(
        Appeal(
            organisation_id=award.organisation_id,
            award_step_id=step.id,
            decision_at=AT,
            decision_said="Dropped.",
            status=AppealStatus.WAITING,
            grounds="It was wrong from the first.",
            raised_at=AT,
            due_on=ON + timedelta(days=30),
        )
    )


def here_passport(make: Factory) -> Any:
    return make.framework().content.passports[0]


def rows(employer: Organisation) -> dict[str, set[UUID]]:
    return {
        table.name: set(db.session.scalars(sa.select(table.c.id).where(table.c.organisation_id == employer.id)))
        for table in of_an_employer()
    }


def planned(stays: Organisation, goes: Organisation, **choices: Any) -> Plan:
    db.session.rollback()
    db.session.expire_all()
    content = Factory(AT).framework().content
    return merging.plan(db.session, stays, goes, Choices(**choices), content=content)


def merged(stays: Organisation, goes: Organisation, by: User, seen: str | None = None, **choices: Any) -> Plan:
    seen = seen or planned(stays, goes, **choices).seen
    content = Factory(AT).framework().content
    with transaction() as session:
        done = merging.merge(
            session,
            session.get_one(Organisation, stays.id),
            session.get_one(Organisation, goes.id),
            Choices(**choices),
            seen=seen,
            content=content,
            by=by,
            at=AT,
        )
    db.session.expire_all()
    return done


def test_each_row_moves_or_is_accounted_for(
    make: Factory,
    employer: Organisation,
    owner: User,
    colleague: User,
    twin: Organisation,
    twin_owner: User,
    moderator: User,
    administrator: User,
) -> None:
    both = make.user("Bo Both")
    outsider = make.user("Oz Outsider")
    fill(make, employer, owner, both, moderator, outsider)
    fill(make, twin, twin_owner, both, moderator, outsider)
    before, mine = rows(twin), rows(employer)
    assert [name for name, ids in before.items() if not ids] == [], "give both a row in this table, in `fill`"
    plan = planned(employer, twin)
    merged(employer, twin, administrator, seen=plan.seen)
    assert {name: ids for name, ids in rows(twin).items() if ids} == {}
    after = rows(employer)
    [event] = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "organisation:merge"))
    for name, ids in before.items():
        told = event.details["rows"][name]
        assert set(told["moved"]) | set(told["there_twice"]) >= {str(one) for one in ids}, name
        assert after[name] >= {UUID(one) for one in told["moved"]}, name
        for gone, how in told["there_twice"].items():
            assert UUID(gone) not in after[name]
            assert UUID(how["stays"]) in after[name]
        assert len(after[name]) == len(mine[name]) + len(ids) - len(told["there_twice"]), name
    twice = {name: len(told["there_twice"]) for name, told in event.details["rows"].items() if told["there_twice"]}
    assert twice == {
        "conflict": 1,
        "email_domain": 1,
        "former_member": 1,
        "join_request": 1,
        "membership": 1,
        "programme_request": 1,
        "recognition": 1,
        "site": 1,
        "virus_finding": 1,
    }
    assert set(db.session.scalars(sa.select(Claim.status))) == {ClaimStatus.VOID}
    assert sorted(db.session.scalars(sa.select(Transfer.status))) == [TransferStatus.OFFERED, TransferStatus.WITHDRAWN]
    assert audit.verify(db.session).sound


def test_a_preview_says_what_the_merge_does(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, twin_owner: User, moderator: User
) -> None:
    both = make.user("Bo Both")
    fill(make, employer, owner, both, moderator)
    fill(make, twin, twin_owner, both, moderator)
    plan = planned(employer, twin)
    said = " ".join(sentence for line in plan.lines for sentence in line.outcome.sentences)
    assert "Bo Both belongs to both" in said
    assert "Both told us of" in said
    assert "Both hold an award" in said
    assert "Both have the place Barn, Tenbury" in said
    assert plan.line(Membership).moved == "1 person"
    assert {one.field for one in plan.differences} == {"name", "website", "about"}
    assert len(plan.assessments) == len(plan.surveys) == 2


def test_the_stronger_part_stays(
    make: Factory, employer: Organisation, twin: Organisation, owner: User, administrator: User
) -> None:
    helper = make.member(employer, "Hal Helper", role="contributor")
    make.joins(twin, helper)
    merged(employer, twin, administrator)
    [part] = db.session.scalars(sa.select(Membership).where(Membership.user_id == helper.id))
    assert (part.organisation_id, part.role) == (employer.id, MemberRole.OWNER)


@pytest.mark.parametrize("choose_theirs", [False, True])
def test_of_two_open_assessments_one_is_withdrawn_and_stays_readable(
    make: Factory,
    employer: Organisation,
    owner: User,
    twin: Organisation,
    twin_owner: User,
    assessor: User,
    administrator: User,
    choose_theirs: bool,
) -> None:
    mine = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    make.claimed(mine, by=assessor)
    theirs = make.answered(make.assessment(twin, by=twin_owner), by=twin_owner)
    count = len(db.session.scalars(sa.select(tables.assessment.Answer.id)).all())
    merged(employer, twin, administrator, assessment=theirs.id if choose_theirs else None)
    open_one, gone = (theirs, mine) if choose_theirs else (mine, theirs)
    states = {one.id: (one.status, one.organisation_id) for one in db.session.scalars(sa.select(Assessment))}
    assert states[gone.id] == (AssessmentStatus.WITHDRAWN, employer.id)
    assert states[open_one.id][0] is not AssessmentStatus.WITHDRAWN
    assert states[open_one.id][1] == employer.id
    assert len(db.session.scalars(sa.select(tables.assessment.Answer.id)).all()) == count
    review = db.session.scalars(sa.select(Review)).one()
    assert review.status is (ReviewStatus.CLOSED if choose_theirs else ReviewStatus.IN_REVIEW)


def test_of_two_open_surveys_that_of_the_one_that_goes_is_closed(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, twin_owner: User, administrator: User
) -> None:
    mine, _ = make.survey(employer, by=owner)
    theirs, _ = make.survey(twin, by=twin_owner)
    merged(employer, twin, administrator)
    assert db.session.get_one(Survey, mine.id).status is SurveyStatus.OPEN
    assert db.session.get_one(Survey, theirs.id).status is SurveyStatus.CLOSED


def test_an_action_said_in_other_words_stays_as_one_of_its_own(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, twin_owner: User, administrator: User
) -> None:
    for one, by in ((employer, owner), (twin, twin_owner)):
        made = make.action(one, "Write it down", by=by)
        with transaction() as session:
            action = session.get_one(Action, made.id)
            action.key, action.source, action.owner_id = "criterion:X", "gap", None
    with transaction() as session:
        session.scalars(sa.select(Action).where(Action.organisation_id == twin.id)).one().detail = "By Friday."
    merged(employer, twin, administrator)
    found = db.session.scalars(sa.select(Action).order_by(Action.detail)).all()
    assert [(one.detail, one.key) for one in found] == [("", "criterion:X"), ("By Friday.", None)]


def test_what_asked_for_an_action_that_was_there_twice_names_the_one_that_stays(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, twin_owner: User, administrator: User
) -> None:
    made = {}
    for one, by in ((employer, owner), (twin, twin_owner)):
        action = make.action(one, "Write it down", by=by)
        made[one.id] = action.id
        with transaction() as session:
            again = session.get_one(Action, action.id)
            again.key, again.source, again.owner_id = "criterion:X", "gap", None
    asked = make.asks(twin, make.programmes()[0], by=twin_owner)
    with transaction() as session:
        session.get_one(ProgrammeRequest, asked.id).action_id = made[twin.id]
    merged(employer, twin, administrator)
    assert db.session.scalars(sa.select(Action.id)).all() == [made[employer.id]]
    assert db.session.get_one(ProgrammeRequest, asked.id).action_id == made[employer.id]


def test_of_one_recognition_told_twice_the_checked_one_stays_and_takes_what_it_lacks(
    make: Factory,
    employer: Organisation,
    owner: User,
    twin: Organisation,
    twin_owner: User,
    assessor: User,
    administrator: User,
) -> None:
    passport = here_passport(make)
    for one, by, reference in ((employer, owner, "DCS000123"), (twin, twin_owner, None)):
        with transaction() as session:
            session.add(
                Recognition(
                    organisation_id=one.id,
                    scheme=passport.scheme,
                    level=passport.level,
                    reference=reference,
                    county=one.county,
                    starts_on=date(2026, 3, 1),
                    ends_on=date(2028, 2, 28),
                    stated_at=AT,
                    checked_at=AT if one is twin else None,
                    checked_by_id=assessor.id if one is twin else None,
                )
            )
        del by
    merged(employer, twin, administrator)
    [stays] = db.session.scalars(sa.select(Recognition))
    assert (stays.organisation_id, stays.checked_at, stays.reference) == (employer.id, AT, "DCS000123")


def told(employer: Organisation, scheme: Any, **values: Any) -> Recognition:
    return Recognition(
        organisation_id=employer.id,
        scheme=scheme.scheme,
        level=scheme.level,
        county=employer.county,
        starts_on=date(2026, 3, 1),
        stated_at=AT,
        **values,
    )


@pytest.mark.parametrize("checked", [True, False])
def test_why_one_entry_of_an_award_was_turned_down_and_its_proof_are_kept(
    make: Factory,
    employer: Organisation,
    owner: User,
    twin: Organisation,
    twin_owner: User,
    assessor: User,
    administrator: User,
    checked: bool,
) -> None:
    passport = here_passport(make)
    proofs = {}
    for one, by in ((employer, owner), (twin, twin_owner)):
        with transaction() as session:
            given = evidence_kinds.of_link(f"https://example.org/{one.id}")
            proofs[one.id], _ = library.give(
                session,
                session.get_one(Organisation, one.id),
                EvidenceKind.LINK,
                given,
                rules=make.framework().content.evidence_rules,
                title="Proof",
                by=by,
                at=AT,
            )
    down = {"declined_at": AT, "declined_by_id": assessor.id}
    mine = {"checked_at": AT, "checked_by_id": assessor.id} if checked else {**down, "declined_for": "Out of date."}
    with transaction() as session:
        session.add(told(employer, passport, proof_id=proofs[employer.id].id, **mine))
        session.add(told(twin, passport, proof_id=proofs[twin.id].id, declined_for="Another firm's name.", **down))
    said = [one for line in planned(employer, twin).lines for one in line.outcome.sentences]
    assert [one for one in said if "The proof of the other is kept" in one] != []
    merged(employer, twin, administrator)
    [stays] = db.session.scalars(sa.select(Recognition))
    before = "" if checked else "Out of date.\n\n"
    assert (stays.proof_id, stays.declined_for) == (proofs[employer.id].id, f"{before}Another firm's name.")
    assert set(db.session.scalars(sa.select(Evidence.organisation_id))) == {employer.id}
    [event] = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "organisation:merge"))
    [gone] = event.details["rows"]["recognition"]["there_twice"].values()
    assert gone["proof_id"] == str(proofs[twin.id].id)


def test_what_both_said_at_length_is_kept_whole(
    make: Factory,
    employer: Organisation,
    owner: User,
    twin: Organisation,
    twin_owner: User,
    moderator: User,
    administrator: User,
) -> None:
    """The longest that a form takes, twice."""
    outsider = make.user("Oz Outsider")
    programme = make.programmes()[0]
    action = make.action(twin, by=twin_owner)
    for one, by, letter in ((employer, owner, "a"), (twin, twin_owner, "b")):
        asked = make.asks(one, programme, by=by)
        with transaction() as session:
            here = session.get_one(Organisation, one.id)
            found = session.get_one(ProgrammeRequest, asked.id)
            found.message = letter * taking_up.LONGEST
            found.action_id = action.id if one is twin else None
            reason = letter * interests.REASON_LENGTH
            allocation.declare_conflict(session, here, reason=reason, by=moderator, at=AT)
            match = asking.Match(here, Matched.COMPANY)
            asking.ask(session, match, message=letter * turns.TEXT_LENGTH, by=outsider, at=AT)
    merged(employer, twin, administrator)
    [request] = db.session.scalars(sa.select(ProgrammeRequest))
    assert request.message == "\n\n".join(letter * taking_up.LONGEST for letter in "ab")
    assert request.action_id == action.id
    [conflict] = db.session.scalars(sa.select(Conflict))
    assert conflict.reason == " / ".join(letter * interests.REASON_LENGTH for letter in "ab")
    [joining] = db.session.scalars(sa.select(JoinRequest))
    assert joining.message == "\n\n".join(letter * turns.TEXT_LENGTH for letter in "ab")


def test_details_come_from_where_somebody_chose(
    make: Factory, employer: Organisation, twin: Organisation, administrator: User
) -> None:
    with transaction() as session:
        session.get_one(Organisation, twin.id).company_number = "01234567"
        session.get_one(Organisation, employer.id).charity_number = "1234567"
    merged(employer, twin, administrator, fields=frozenset({"website", "company_number"}))
    stays, went = (db.session.get_one(Organisation, one.id) for one in (employer, twin))
    assert (stays.name, stays.website, stays.about) == ("Teme Valley Orchards Ltd", "https://temevalley.example", None)
    assert (stays.company_number, stays.charity_number) == ("01234567", "1234567")
    assert (went.merged_into_id, went.merged_at, went.company_number, went.listed) == (employer.id, AT, None, False)


def test_two_awards_both_stay_and_one_employer_is_counted_at_the_higher_level(
    make: Factory, employer: Organisation, twin: Organisation, moderator: User, administrator: User
) -> None:
    higher, lower = make.award(twin, level=2, on=ON, by=moderator), make.award(employer, on=ON, by=moderator)
    alone = make.organisation("Severn Tools Ltd")
    make.award(alone, on=ON, by=moderator)
    merged(employer, twin, administrator)
    for award in (higher, lower):
        seen = verification.look_up(db.session, award.code, ON)
        assert (seen.standing.may_be_relied_on, seen.name, seen.listed) == (True, award.name, employer.id)
    shown = register.search(db.session, Search(), page=1, on=ON)
    assert [(one.name, one.level) for one in shown.entries] == [("Severn Tools Ltd", 1), (employer.name, 2)]
    first = register.search(db.session, Search(level=1), page=1, on=ON)
    assert [one.name for one in first.entries] == ["Severn Tools Ltd"]
    assert (first.total, register.total(db.session, on=ON)) == (1, {1: 1, 2: 1})
    assert measures.accredited(db.session, ON).total == measures.total(db.session, ON) == 2
    # When the higher one ends, the lower one counts again.
    later = higher.ends_on + timedelta(days=1)
    with transaction() as session:
        session.get_one(Award, lower.id).ends_on = later
        session.get_one(Award, higher.id).beside_another = True
    [entry] = [
        one for one in register.search(db.session, Search(), page=1, on=later).entries if one.name == employer.name
    ]
    assert entry.level == 1


def test_taking_part_is_counted_once(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, twin_owner: User, administrator: User
) -> None:
    make.assessment(employer, by=owner)
    make.assessment(twin, by=twin_owner)
    assert sum(engagement.funnel(db.session, ON).furthest.values()) == 2
    merged(employer, twin, administrator)
    assert sum(engagement.funnel(db.session, ON).furthest.values()) == 1


def test_a_merge_of_what_changed_since_is_refused_and_does_nothing(
    make: Factory, employer: Organisation, twin: Organisation, twin_owner: User, administrator: User
) -> None:
    seen = planned(employer, twin).seen
    assert planned(employer, twin).seen == seen
    make.assessment(twin, by=twin_owner)
    with pytest.raises(Stale, match="changed since you looked"):
        merged(employer, twin, administrator, seen=seen)
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(Organisation, twin.id).merged_into_id is None


def test_who_belongs_to_either_may_not_merge_them(
    make: Factory, employer: Organisation, twin: Organisation, administrator: User, moderator: User
) -> None:
    with transaction() as session:
        allocation.declare_conflict(
            session, session.get_one(Organisation, employer.id), reason="Kin.", by=moderator, at=AT
        )
    make.joins(twin, administrator)
    for person in (administrator, moderator):
        with pytest.raises(Refusal, match="somebody else must merge them"):
            merged(employer, twin, person)


def test_a_merge_is_done_once_and_a_chain_leads_to_the_last(
    make: Factory, employer: Organisation, twin: Organisation, administrator: User
) -> None:
    third = make.organisation("TVO")
    merged(twin, third, administrator)
    with pytest.raises(Refusal, match="merged already"):
        merged(employer, third, administrator)
    merged(employer, twin, administrator)
    assert db.session.get_one(Organisation, third.id).merged_into_id == employer.id


def test_the_owners_of_both_are_told_once_each(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, twin_owner: User, administrator: User
) -> None:
    make.joins(twin, owner)
    merged(employer, twin, administrator)
    told = db.session.scalars(sa.select(Message.to_address).where(Message.kind == "employers_merged")).all()
    assert sorted(told) == sorted([owner.email, twin_owner.email])
    body = db.session.scalars(sa.select(Message.body).where(Message.kind == "employers_merged")).first()
    assert f"These people joined the team of {employer.name}:\n\n- {twin_owner.name}, owner\n\n" in str(body)
    assert f"[portal]/organisations/{employer.id}/team\n" in str(body)


def test_nothing_can_be_added_to_an_employer_that_went(
    make: Factory, employer: Organisation, twin: Organisation, administrator: User
) -> None:
    merged(employer, twin, administrator)
    with pytest.raises(Refusal, match="merged with another entry"), transaction() as session:
        session.add(Site(organisation_id=twin.id, name="Shed", town="Ludlow", postcode=None, county=twin.county))


def test_nobody_leaves_by_a_merge_each_keeps_their_actions_and_questions(
    make: Factory, employer: Organisation, owner: User, twin: Organisation, twin_owner: User, administrator: User
) -> None:
    both = make.user("Bo Both")
    make.joins(employer, both)
    make.joins(twin, both)
    assessment = make.assessment(twin, by=twin_owner)
    make.action(twin, "Of one", by=twin_owner)
    make.action(twin, "Of both", by=both)
    with transaction() as session:
        wanted = dict(zip(sharing.tasks(assessment), (twin_owner.id, both.id), strict=False))
        sharing.assign(session, assessment, wanted=wanted, seen={}, by=both, at=AT)
    merged(employer, twin, administrator)
    plan = actions.all_of(db.session, employer.id)
    assert {one.title: one.doer for one in plan} == {"Of one": twin_owner.name, "Of both": both.name}
    board = sharing.board(db.session, db.session.get_one(Assessment, assessment.id))
    assert sorted(holder.name for holder in board.holders.values()) == sorted([twin_owner.name, both.name])
