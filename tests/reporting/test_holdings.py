"""What an employer takes away: all that is its own, and nothing of anybody else's."""

import json
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from charter import tables
from charter.account.models import User
from charter.assessment.models import Assessment
from charter.award import issuing
from charter.award.models import Award
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.organisation import naming, team
from charter.organisation.models import MemberRole, Membership, Organisation
from charter.reporting import holdings
from charter.reporting.holdings import Holdings
from charter.review import moderation
from charter.succession.models import Afterwards, EmailDomain, JoinRequest, Matched, Transfer
from charter.succession.status import JoinStatus, TransferStatus
from charter.survey.models import Survey, SurveyStatus
from tests.conftest import AT
from tests.factories import Factory


def gathered(organisation: Organisation) -> Holdings:
    db.session.rollback()
    return holdings.gather(db.session, organisation, at=AT)


def belongs_to_an_employer(table: sa.Table) -> bool:
    """Whether a path of foreign keys leads from its rows to an employer."""
    seen, waiting = set(), [table]
    while waiting:
        one = waiting.pop()
        if one.name in seen or one.name in {"user", "framework"}:
            continue
        seen.add(one.name)
        waiting += [key.column.table for key in one.foreign_keys]
    return "organisation" in seen


def test_every_table_of_an_employer_is_taken_away_or_left_out_for_a_reason() -> None:
    there = {table.name for table in tables.metadata.sorted_tables if belongs_to_an_employer(table)}
    taken = {part.model.__tablename__ for part in holdings.PARTS}
    forgotten = there - taken - set(holdings.LEFT_OUT)
    assert forgotten == set(), "put it in PARTS or, with the reason, in LEFT_OUT of charter/reporting/holdings.py"
    assert taken & set(holdings.LEFT_OUT) == set()


def test_nothing_secret_or_private_is_among_the_columns() -> None:
    taken = {
        f"{part.model.__tablename__}.{column.name}"
        for part in holdings.PARTS
        for column in part.model.__table__.columns
        if column.name not in part.out
    }
    words = ("private", "token", "password", "secret", "recommend", "sums")
    assert {one for one in taken if any(word in one for word in words)} == set()


def test_a_decided_case_goes_with_its_feedback_and_without_private_notes(
    make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User
) -> None:
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.found(make.claimed(sent, by=assessor), by=assessor)
    before = gathered(employer)
    assert (before.list_of("feedback"), before.list_of("decisions")) == ([], [])  # it is the assessor's draft
    make.recommended(review, by=assessor, reasons="Only for the moderator.")
    text = json.dumps(gathered(employer).document)
    assert "Only for the moderator." not in text
    assert "Seen on the staff pages." not in text
    with transaction() as session:
        moderation.agree(session, review, reasons="Well done.", by=moderator, at=AT, on=AT.date())
    found = gathered(employer)
    text = json.dumps(found.document)
    met = next(one.label for one in sent.framework.content.outcomes if one.extent is Extent.MET)
    assert {(one["feedback"], one["outcome_said"]) for one in found.list_of("feedback")} == {("Clear and in use.", met)}
    assert [one["decided_level"] for one in found.list_of("decisions")] == [1]
    assert "Seen on the staff pages." not in text
    assert "Only for the moderator." not in text
    assert {assessor.name, assessor.email, moderator.name, moderator.email} & set(text.split('"')) == set()
    assert [one["level"] for one in found.list_of("awards")] == [1]


def test_nothing_of_another_employer_goes_along(
    make: Factory, employer: Organisation, owner: User, stranger: User
) -> None:
    theirs = db.session.get(Organisation, stranger.memberships[0].organisation_id)
    assert theirs is not None
    ours = make.answered(make.assessment(employer, by=owner), by=owner)
    other: Assessment = make.answered(make.assessment(theirs, by=stranger), by=stranger)
    make.submitted(other, by=stranger)
    text = json.dumps(gathered(employer).document)
    assert str(ours.id) in text
    for secret in (theirs.name, str(theirs.id), str(other.id), stranger.name, stranger.email):
        assert secret not in text


def test_people_are_named_and_the_version_of_the_charter_is_said(
    make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    found = gathered(employer)
    assert (found.document["format"], found.document["format_version"]) == (holdings.FORMAT, holdings.FORMAT_VERSION)
    assert {(one["name"], one["role"]) for one in found.list_of("people")} == {
        (owner.name, "owner"),
        (colleague.name, "contributor"),
    }
    assert {one["saved_by"] for one in found.list_of("answers")} == {owner.name}
    assert [one["charter_version"] for one in found.list_of("assessments")] == [assessment.framework.version]
    content = assessment.framework.content
    asked = {one.code: one.statement for one in content.asked(1)}
    assert {one["criterion"]: one["criterion_said"] for one in found.list_of("answers")} == asked
    assert {one["value_said"] for one in found.list_of("answers")} == {
        one.label for one in content.scale if one.extent is Extent.MET
    }
    assert {one["target_level_said"] for one in found.list_of("assessments")} == {content.level_title(1)}


def test_yearly_figures_and_what_they_came_to_go_along(
    make: Factory, employer: Organisation, owner: User, moderator: User
) -> None:
    due = make.yearly_return(make.award(employer, on=AT.date() - timedelta(days=340), by=moderator), on=AT.date())
    make.gives(due, period_end=AT.date(), by=owner, at=AT)
    found = gathered(employer)
    (returned,) = found.list_of("yearly_figures")
    assert (returned["declared_by"], returned["period_end"]) == (owner.name, AT.date().isoformat())
    assert returned["charter_version"] == due.framework.version
    assert {one["metric"] for one in found.list_of("figures_worked_out")} == {
        metric.code for metric in due.content.metrics_for(due.level)
    }


def test_the_page_for_people_who_write_programs_names_each_part() -> None:
    """What `docs/downloads.md` says there is."""
    text = Path("docs/downloads.md").read_text(encoding="utf-8")
    assert [name for name in holdings.NAMES if f"`{name}`" not in text] == []


def test_who_was_let_in_goes_along_and_nobody_who_was_not(
    make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    asks, refused = make.user("Bea Waits"), make.user("Cas Refused")
    with transaction() as session:
        domain = EmailDomain(organisation=employer, domain="teme.example", added_by_id=owner.id, added_at=AT)
        session.add(domain)
        session.add(handed(employer, owner, colleague))
        for person, status in (
            (colleague, JoinStatus.ACCEPTED),
            (asks, JoinStatus.WAITING),
            (refused, JoinStatus.DECLINED),
        ):
            session.add(asked_to_join(employer, person, status, by=owner))
    found = gathered(employer)
    assert [(one["domain"], one["added_by"]) for one in found.list_of("email_domains")] == [
        ("teme.example", owner.name)
    ]
    assert [(one["name"], one["decided_by"], one["role"]) for one in found.list_of("let_in")] == [
        (colleague.name, owner.name, "contributor")
    ]
    assert [(one["from"], one["to"], one["status"]) for one in found.list_of("handed_over")] == [
        (owner.name, colleague.name, "accepted")
    ]
    text = json.dumps(found.document)
    assert [one for person in (asks, refused) for one in (person.name, person.email) if one in text] == []


def asked_to_join(employer: Organisation, person: User, status: JoinStatus, *, by: User) -> JoinRequest:
    role = MemberRole.CONTRIBUTOR if status is JoinStatus.ACCEPTED else None
    return JoinRequest(
        organisation=employer,
        user=person,
        matched_by=Matched.DOMAIN,
        message="Let me in.",
        status=status,
        asked_at=AT,
        decided_at=None if status is JoinStatus.WAITING else AT,
        decided_by_id=None if status is JoinStatus.WAITING else by.id,
        role=role,
        reason="",
    )


def handed(employer: Organisation, giver: User, taker: User) -> Transfer:
    return Transfer(
        organisation=employer,
        from_id=giver.id,
        to_id=taker.id,
        to_email=taker.email,
        afterwards=Afterwards.STAYS,
        status=TransferStatus.ACCEPTED,
        offered_at=AT,
        ended_at=AT,
    )


def test_whoever_left_the_team_is_a_former_colleague_without_an_address_or_their_words(
    make: Factory, employer: Organisation, owner: User, colleague: User
) -> None:
    make.answered(make.assessment(employer, by=colleague), by=colleague)
    other = make.user("Olga Other")
    with transaction() as session:
        session.add(asked_to_join(employer, colleague, JoinStatus.ACCEPTED, by=owner))
        session.add(handed(employer, owner, colleague))
        _, token = team.invite(session, employer, email=other.email, role=MemberRole.CONTRIBUTOR, by=colleague, at=AT)
        assert token is not None
        team.accept(session, token=token, by=other, at=AT)
    before = json.dumps(gathered(employer).document)
    assert [text in before for text in (colleague.name, colleague.email, "Let me in.", other.email)] == [True] * 4
    with transaction() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id.in_([colleague.id, other.id])))
    found = gathered(employer)
    text = json.dumps(found.document)
    assert [said for said in (colleague.name, colleague.email, "Let me in.", other.email) if said in text] == []
    (let_in,) = found.list_of("let_in")
    assert (let_in["name"], let_in["email"], let_in["message"]) == (naming.FORMER, None, None)
    assert {one["saved_by"] for one in found.list_of("answers")} == {naming.FORMER}
    assert [(one["to"], one["to_email"]) for one in found.list_of("handed_over")] == [(naming.FORMER, None)]
    assert {one["who"] for one in found.list_of("history")} == {naming.FORMER}


def test_invitations_that_ran_out_stay_behind(employer: Organisation, owner: User) -> None:
    with transaction() as session:
        team.invite(session, employer, email="nia@example.org", role=MemberRole.CONTRIBUTOR, by=owner, at=AT)
    assert [one["email"] for one in gathered(employer).list_of("invitations")] == ["nia@example.org"]
    late = holdings.gather(db.session, employer, at=AT + team.VALID_FOR)
    assert late.list_of("invitations") == []
    assert "nia@example.org" not in json.dumps(late.document)


def test_the_address_of_who_approves_the_answers_stays_behind(
    make: Factory, employer: Organisation, owner: User
) -> None:
    asked, _ = make.asks_for_sign_off(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    found = gathered(employer)
    assert [one["name"] for one in found.list_of("approvals")] == [asked.name]
    assert asked.email not in json.dumps(found.document)


def test_who_answered_what_and_when_goes_along(make: Factory, employer: Organisation, owner: User) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    lines = gathered(employer).list_of("history")
    first = assessment.framework.content.asked(1)[0]
    said = [(one["assessment_id"], one["who"], one["what"]) for one in lines]
    assert said[0] == (str(assessment.id), owner.name, "started the assessment")
    assert (str(assessment.id), owner.name, f"saved the answer to “{first.title}”") in said
    assert [one["at"] for one in lines] == sorted(one["at"] for one in lines)


def test_results_of_a_survey_go_along_as_far_as_the_employer_may_see_them(
    make: Factory, employer: Organisation, owner: User
) -> None:
    framework = make.framework()
    asked = framework.content.survey
    assert asked is not None
    first, second = asked.questions[:2]
    good = asked.scale[0]
    with transaction() as session:
        for answers, status in (
            (asked.min_answers, SurveyStatus.CLOSED),
            (asked.min_answers - 1, SurveyStatus.CLOSED),
            (asked.min_answers, SurveyStatus.OPEN),
        ):
            survey = Survey(
                organisation=employer, framework=framework, title=f"{status} {answers}", people=50, opens_on=AT.date(),
                closes_on=AT.date(), status=status, created_at=AT, created_by_id=owner.id,
                closed_at=AT if status is SurveyStatus.CLOSED else None, codes_made_at=None, answers=answers,
                sums={first.code: {good.value: answers}, second.code: {good.value: 1}},
            )  # fmt: skip
            session.add(survey)
    found = gathered(employer).list_of("survey_results")
    assert {one["survey"] for one in found} == {f"{SurveyStatus.CLOSED} {asked.min_answers}"}
    of = {one["question"]: one for one in found}
    assert of[first.code]["shares"][0] == {
        "value": good.value, "value_said": good.label, "number": asked.min_answers, "percent": 100,
    }  # fmt: skip
    assert (of[first.code]["question_said"], of[first.code]["answered"]) == (first.statement, asked.min_answers)
    assert (of[second.code]["answered"], of[second.code]["shares"]) == (None, [])


def test_certificates_go_along_but_for_those_taken_back(make: Factory, employer: Organisation, moderator: User) -> None:
    award = make.award(employer, by=moderator)
    found = gathered(employer)
    (row,) = found.list_of("awards")
    ((name, number, version),) = [
        (one.name, one.award.number, one.document and one.document.version) for one in found.certificates
    ]
    assert (name, number, version) == (row["file"], award.number, 1)
    assert row["file"] == f"certificates/{award.number}.pdf"
    with transaction() as session:
        issuing.revoke(
            session, session.get_one(Award, award.id), reason="By mistake.", by=moderator, at=AT, on=AT.date()
        )
    found = gathered(employer)
    assert ([one["file"] for one in found.list_of("awards")], found.certificates) == ([None], ())
