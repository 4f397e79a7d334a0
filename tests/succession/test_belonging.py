"""Records belong to the employer: when their people leave, everything stays and the next ones find it."""

import sqlalchemy as sa

from charter import tables
from charter.account.models import User
from charter.assessment.models import Assessment, Evidence
from charter.clock import today
from charter.extensions import transaction
from charter.organisation import team
from charter.organisation.models import MemberRole, Membership, Organisation
from tests.factories import Factory
from tests.web.employer.conftest import SignIn

PERSONAL = {
    "sign_in_session",
    "mailed_link",
    "kept_form",
    "membership",
    "assignment",  # whose a question is: one that is nobody's has no row
    "uploaded_sheet",  # a spreadsheet that its person has not saved yet
    "former_member",
    "join_request",
    "transfer",
    "claim",
    "claim_notice",
    "panel_attendance",
    "conflict",
    "interest_to_come",
    "ended_interest",
    "set_apart",  # who may not work on a case again: of the scheme's staff
    "away",  # of the scheme's staff
}
"""What goes when a person does: their part in it, and nothing that they wrote for the employer."""


def test_no_record_of_an_employer_is_deleted_with_a_person() -> None:
    with_person = {
        table.name
        for table in tables.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "user" and key.ondelete == "CASCADE"
    }
    assert with_person <= PERSONAL


def test_no_record_of_an_employer_hangs_on_a_membership() -> None:
    assert [
        table.name
        for table in tables.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "membership"
    ] == []


def test_what_somebody_made_is_there_for_the_next_owner(
    make: Factory, employer: Organisation, owner: User, colleague: User, sign_in: SignIn
) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    action = make.action(employer, "Write down our rota rules", by=owner)
    survey, _ = make.survey(employer, on=today(), by=owner)
    code = assessment.framework.content.asked(1)[0].code
    with transaction() as session:
        piece = session.scalars(sa.select(Evidence.id)).first()
        parts = {one.user_id: one for one in session.scalars(sa.select(Membership))}
        team.change_role(session, parts[colleague.id], role=MemberRole.OWNER, by=owner, at=make.at)
        session.flush()  # the second owner is there before the first goes
        team.remove(session, parts[owner.id], by=owner, at=make.at)
    theirs, home = sign_in(colleague), f"/organisations/{employer.id}"
    assert "We do this every day." in theirs.get(f"/assessments/{assessment.id}/criteria/{code}").text
    assert theirs.get(f"/assessments/{assessment.id}/submit").status_code == 200
    assert "Our staff pages" in theirs.get(f"{home}/evidence/{piece}").text
    assert action.title in theirs.get(f"{home}/plan").text
    assert theirs.get(f"{home}/surveys/{survey.id}/codes").status_code == 200
    assert theirs.send(f"{home}/export").status_code == 200
    assert sign_in(owner).get(f"{home}/evidence").status_code == 404
    assert "belong to Teme Valley Orchards Ltd, not to a person" in theirs.get(f"{home}/team").text
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Assessment)) == 1
