"""Evidence: added once, used for several criteria, and never changed while it is frozen."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment import evidence, evidence_dates, evidence_kinds, queries, shelf, submission
from charter.assessment.evidence_dates import Dates
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.models import Assessment, Evidence, EvidenceKind, EvidenceUse, Submission
from charter.assessment.status import AssessmentStatus
from charter.audit import AuditEvent
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import EvidenceDate
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

PDF = Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf")
HASH = "ab" * 32


@pytest.fixture
def assessment(make: Factory, employer: Organisation, owner: User) -> Assessment:
    return started(make, employer, owner)


def started(make: Factory, employer: Organisation, owner: User) -> Assessment:
    with transaction() as session:
        return submission.start(session, employer, make.framework(), target_level=1, by=owner, at=AT)


@pytest.fixture
def codes(assessment: Assessment) -> list[str]:
    """The codes of the criteria asked of the employer."""
    return [criterion.code for criterion in assessment.framework.content.asked(1)]


def file(session: Session, assessment: Assessment, criteria: list[str], by: User, **changed: Any) -> Evidence:
    given: dict[str, Any] = {
        "title": "Sick leave policy",
        "filename": "policy.pdf",
        "checked": PDF,
        "sha256": HASH,
        "size": 1234,
        "dated_on": date(2026, 3, 1),
        "at": AT,
        **changed,
    }
    return evidence.add_file(session, assessment, criteria=criteria, by=by, **given)


def actions() -> list[tuple[str, Any]]:
    events = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action.startswith("evidence:")).order_by(AuditEvent.sequence)
    )
    return [(event.action, event.details.get("criteria") or event.details.get("criterion")) for event in events]


def count(model: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


# Adding ------------------------------------------------------------------------------------------------------------


def test_a_piece_is_added_with_its_kind_and_the_dates_that_this_kind_needs(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    rules = assessment.framework.content.evidence_rules
    kind = next(one for one in rules.types if EvidenceDate.PERIOD in one.dates)
    with pytest.raises(Refusal, match="Enter the first day that it covers") as refused, transaction() as session:
        file(session, assessment, codes[:1], owner, type=kind.code)
    assert refused.value.field == "period_from"
    dates = Dates(period_from=date(2025, 4, 1), period_to=date(2026, 3, 31))
    with transaction() as session:
        piece = file(session, assessment, codes[:1], owner, type=kind.code, dates=dates)
    assert (piece.type, piece.period_to, piece.ends_on) == (
        kind.code, dates.period_to, evidence_dates.last_day(rules, kind.code, dates),
    )  # fmt: skip
    with pytest.raises(Refusal, match="from the list") as refused, transaction() as session:
        file(session, assessment, codes[:1], owner, type="no-such-kind", sha256="cd" * 32)
    assert refused.value.field == "type"


def test_a_kind_and_dates_that_are_said_when_it_is_given_again_are_kept(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    rules = assessment.framework.content.evidence_rules
    kind = next(one for one in rules.types if EvidenceDate.EFFECTIVE_FROM in one.dates)
    with transaction() as session:
        piece = file(session, assessment, codes[:1], owner)
    with pytest.raises(Refusal, match="Enter the day from which"), transaction() as session:
        file(session, assessment, codes[:1], owner, type=kind.code)
    dates = Dates(effective_from=date(2026, 6, 1))
    with transaction() as session:
        assert file(session, assessment, codes[:1], owner, type=kind.code, dates=dates).id == piece.id
    db.session.refresh(piece)
    assert (piece.type, piece.dated_on, piece.effective_from) == (kind.code, date(2026, 3, 1), date(2026, 6, 1))
    together = Dates(dated_on=piece.dated_on, effective_from=piece.effective_from)
    assert piece.ends_on == evidence_dates.last_day(rules, kind.code, together)


def test_a_file_supports_several_criteria(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        added = file(session, assessment, [codes[0], codes[1], codes[0]], owner)
    assert evidence.of(db.session, assessment) == {codes[0]: (added,), codes[1]: (added,)}
    assert (added.kind, added.title, added.filename) == (EvidenceKind.FILE, "Sick leave policy", "policy.pdf")
    assert (added.sha256, added.size, added.media_type) == (HASH, 1234, "application/pdf")
    assert (added.organisation_id, added.added_by_id, added.added_at) == (assessment.organisation_id, owner.id, AT)
    assert actions() == [("evidence:add", [codes[0], codes[1]])]


def test_the_trail_of_evidence_names_no_file(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        file(session, assessment, codes[:1], owner, title="Jane Doe", filename="jane doe.pdf")
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "evidence:add")).one()
    assert "jane" not in str(event.details).lower()
    assert event.case_id == assessment.id
    assert audit.verify(db.session).sound


def test_a_file_without_a_title_is_called_by_its_clean_name(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner, title="  ", filename="C:\\work\\Pay\u202e policy.pdf")
    assert added.title == added.filename == "Pay policy.pdf"


def test_the_same_file_twice_on_one_criterion_is_one_use(assessment: Assessment, codes: list[str], owner: User) -> None:
    for _ in range(2):
        with transaction() as session:
            file(session, assessment, codes[:1], owner)
    assert (count(Evidence), count(EvidenceUse)) == (1, 1)
    assert actions() == [("evidence:add", codes[:1])]


def test_the_same_file_on_another_criterion_is_the_same_evidence(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    for criterion in codes[:2]:
        with transaction() as session:
            file(session, assessment, [criterion], owner, title="")
    assert (count(Evidence), count(EvidenceUse)) == (1, 2)
    assert actions() == [("evidence:add", codes[:1]), ("evidence:attach", codes[1:2])]
    assert shelf.reusable(db.session, assessment.organisation).pieces[0].title == "policy.pdf"


def test_two_employers_with_the_same_file_have_a_piece_each(
    assessment: Assessment, codes: list[str], owner: User, make: Factory
) -> None:
    other = make.organisation("Severn Tools Ltd")
    person = make.member(other, "Petra Person")
    theirs = started(make, other, person)
    with transaction() as session:
        file(session, assessment, codes[:1], owner)
        file(session, theirs, codes[:1], person)
    assert count(Evidence) == 2
    assert len(shelf.reusable(db.session, other).pieces) == 1


def test_a_link_and_an_account_are_kept_once_however_often_they_are_sent(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    for _ in range(2):
        with transaction() as session:
            link(session, assessment, codes, owner, "https://example.org/policy/")
            account(session, assessment, codes, owner, "We talk each month.\nEveryone is asked.")
    found = {piece.kind: piece for piece in shelf.reusable(db.session, assessment.organisation).pieces}
    assert len(found) == count(Evidence) == count(EvidenceUse) == 2
    assert found[EvidenceKind.LINK].title == "example.org/policy"
    assert found[EvidenceKind.LINK].url == "https://example.org/policy/"
    assert found[EvidenceKind.ACCOUNT].title == "We talk each month."


def link(session: Session, assessment: Assessment, codes: list[str], by: User, url: str) -> Evidence:
    return evidence.add_link(session, assessment, criteria=codes[:1], title="", url=url, dated_on=None, by=by, at=AT)


def account(session: Session, assessment: Assessment, codes: list[str], by: User, text: str) -> Evidence:
    return evidence.add_account(
        session, assessment, criteria=codes[:1], title="", text=text, dated_on=None, by=by, at=AT
    )


def test_an_account_may_have_as_many_words_as_the_framework_says(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    most = assessment.framework.content.evidence_rules.written_account_max_words
    with transaction() as session:
        added = account(session, assessment, codes, owner, "word \n " * most)
    assert evidence_kinds.words(added.text or "") == most
    with transaction() as session, pytest.raises(Refusal, match=f"{most} words or fewer. It has {most + 1}") as refused:
        account(session, assessment, codes, owner, "word " * (most + 1))
    assert refused.value.field == "text"
    with transaction() as session, pytest.raises(Refusal, match="Enter your written account"):
        account(session, assessment, codes, owner, " \n ")
    with transaction() as session, pytest.raises(Refusal, match=f"{most} words or fewer, with a space between"):
        account(session, assessment, codes, owner, "w" * (most * 30 + 1))


def test_a_long_account_is_called_by_how_it_begins(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        text = "Every month each manager sits down with each person they manage, " * 3
        added = account(session, assessment, codes, owner, text)
    assert added.title == "Every month each manager sits down with each person they…"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": "x" * 201}, "title"),
        ({"dated_on": AT.date() + timedelta(days=1)}, "dated_on"),
    ],
)
def test_what_cannot_be_kept_is_refused_on_its_field(
    assessment: Assessment, codes: list[str], owner: User, changed: dict[str, Any], field: str
) -> None:
    with transaction() as session, pytest.raises(Refusal) as refused:
        file(session, assessment, codes[:1], owner, **changed)
    assert refused.value.field == field
    assert count(Evidence) == 0


def test_evidence_is_for_criteria_of_the_assessment(assessment: Assessment, codes: list[str], owner: User) -> None:
    beyond = next(item.code for item in assessment.framework.content.criteria if item.level > assessment.target_level)
    for criteria in ([], ["NO-SUCH"], [codes[0], beyond]):
        with transaction() as session, pytest.raises(Refusal) as refused:
            file(session, assessment, criteria, owner)
        assert refused.value.field == "criteria"
    assert count(Evidence) == 0


# Using again -------------------------------------------------------------------------------------------------------


def test_evidence_is_used_again_for_other_criteria(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
    for _ in range(2):
        with transaction() as session:
            evidence.reuse(session, assessment, added, criteria=codes[:3], by=owner, at=AT)
    assert evidence.of(db.session, assessment) == dict.fromkeys(codes[:3], (added,))
    assert actions() == [("evidence:add", codes[:1]), ("evidence:attach", codes[1:3])]


def test_another_employers_evidence_is_not_theirs_to_use(
    assessment: Assessment, codes: list[str], owner: User, make: Factory
) -> None:
    other = make.organisation("Severn Tools Ltd")
    person = make.member(other, "Petra Person")
    theirs = started(make, other, person)
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
    with transaction() as session, pytest.raises(Refusal, match="not yours"):
        evidence.reuse(session, theirs, added, criteria=codes[:1], by=person, at=AT)
    assert evidence.of(db.session, theirs) == {}


# Taking away -------------------------------------------------------------------------------------------------------


def test_evidence_that_nothing_else_uses_is_removed(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
    with transaction() as session:
        assert evidence.detach(session, assessment, added, criterion=codes[0], by=owner, at=AT) is True
    assert (count(Evidence), count(EvidenceUse)) == (0, 0)
    assert [action for action, _ in actions()] == ["evidence:add", "evidence:detach", "evidence:remove"]


def test_evidence_that_another_criterion_uses_stays(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:2], owner)
    assert evidence.is_kept(db.session, added, but_for=(assessment, codes[0]))
    with transaction() as session:
        assert evidence.detach(session, assessment, added, criterion=codes[0], by=owner, at=AT) is False
    assert evidence.of(db.session, assessment) == {codes[1]: (added,)}
    assert not evidence.is_kept(db.session, added, but_for=(assessment, codes[1]))


def test_evidence_that_a_submission_holds_stays_with_the_employer(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
        session.add(
            Submission(
                assessment_id=assessment.id,
                round=1,
                submitted_at=AT,
                submitted_by_id=owner.id,
                declared_by="Olive",
                declared_role="Owner",
                attained_level=0,
                snapshot={"evidence": [{"id": str(added.id)}]},
                snapshot_hash="0" * 64,
            )
        )
    with transaction() as session:
        assert evidence.detach(session, assessment, added, criterion=codes[0], by=owner, at=AT) is False
    assert evidence.of(db.session, assessment) == {}
    assert list(shelf.reusable(db.session, assessment.organisation).pieces) == [added]


def test_to_take_away_what_is_gone_changes_nothing(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
    with transaction() as session:
        assert evidence.detach(session, assessment, added, criterion=codes[1], by=owner, at=AT) is False
    assert evidence.of(db.session, assessment) == {codes[0]: (added,)}


# When ---------------------------------------------------------------------------------------------------------------

Deed = Callable[[Session, Assessment, Evidence, str, User, Any], object]
DEEDS: dict[str, Deed] = {
    "add a file": lambda session, on, _, code, by, open_: evidence.add_file(
        session,
        on,
        criteria=[code],
        title="",
        filename="b.pdf",
        checked=PDF,
        sha256="cd" * 32,
        size=1,
        dated_on=None,
        by=by,
        at=AT,
        open_criteria=open_,
    ),
    "add a link": lambda session, on, _, code, by, open_: evidence.add_link(
        session,
        on,
        criteria=[code],
        title="",
        url="https://example.org",
        dated_on=None,
        by=by,
        at=AT,
        open_criteria=open_,
    ),
    "add an account": lambda session, on, _, code, by, open_: evidence.add_account(
        session, on, criteria=[code], title="", text="We do.", dated_on=None, by=by, at=AT, open_criteria=open_
    ),
    "use again": lambda session, on, piece, code, by, open_: evidence.reuse(
        session, on, piece, criteria=[code], by=by, at=AT, open_criteria=open_
    ),
    "take away": lambda session, on, piece, code, by, open_: evidence.detach(
        session, on, piece, criterion=code, by=by, at=AT, open_criteria=open_
    ),
    "say where to look": lambda session, on, piece, code, by, open_: evidence.say_where(
        session, on, piece, criterion=code, place="Page 1", by=by, at=AT, open_criteria=open_
    ),
}


def put_in(status: AssessmentStatus, assessment: Assessment) -> None:
    with transaction() as session:
        session.execute(
            sa.update(Assessment)
            .where(Assessment.id == assessment.id)
            .values(
                status=status,
                submitted_at=AT,
                decided_at=AT if status is AssessmentStatus.DECIDED else None,
            )
        )


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("status", [AssessmentStatus.SUBMITTED, AssessmentStatus.DECIDED, AssessmentStatus.WITHDRAWN])
def test_nothing_changes_while_the_employer_may_not_edit(
    assessment: Assessment, codes: list[str], owner: User, deed: str, status: AssessmentStatus
) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
    put_in(status, assessment)
    with transaction() as session, pytest.raises(Refusal):
        DEEDS[deed](session, assessment, added, codes[0], owner, None)
    assert evidence.of(db.session, assessment) == {codes[0]: (added,)}


@pytest.mark.parametrize("deed", DEEDS)
def test_in_a_round_of_more_information_only_what_was_asked_changes(
    assessment: Assessment, codes: list[str], owner: User, deed: str
) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
    put_in(AssessmentStatus.MORE_INFORMATION, assessment)
    for open_criteria in (None, [], codes[1:]):
        with transaction() as session, pytest.raises(Refusal):
            DEEDS[deed](session, assessment, added, codes[0], owner, open_criteria)
    with transaction() as session:
        DEEDS[deed](session, assessment, added, codes[0], owner, {codes[0]})


def test_a_piece_that_is_being_read_keeps_its_title(assessment: Assessment, codes: list[str], owner: User) -> None:
    with transaction() as session:
        file(session, assessment, codes[:1], owner)
    with transaction() as session:
        assert file(session, assessment, codes[:1], owner, title="Better title").title == "Better title"
    put_in(AssessmentStatus.MORE_INFORMATION, assessment)
    with transaction() as session:
        again = file(session, assessment, codes[:1], owner, title="Worse title", open_criteria=codes[:1])
    assert again.title == "Better title"


def test_reading_evidence_is_one_query_whatever_there_is(
    assessment: Assessment, codes: list[str], owner: User, engine: sa.Engine
) -> None:
    with transaction() as session:
        for number in range(5):
            file(session, assessment, codes, owner, sha256=f"{number:064x}", title=f"Number {number}")
    assessment_id = assessment.id
    organisation = assessment.organisation
    db.session.rollback()
    said: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *values: said.append(values[2]))
    assert assessment.id == assessment_id
    assert organisation.name
    said.clear()
    found = evidence.of(db.session, assessment)
    assert [piece.title for piece in found[codes[-1]]] == [f"Number {number}" for number in range(5)]
    assert len([one for one in said if one.startswith("SELECT")]) == 1
    said.clear()
    assert len(shelf.reusable(db.session, organisation).pieces) == 5
    assert len([one for one in said if one.startswith("SELECT")]) == 2


# Where to look -----------------------------------------------------------------------------------------------------


def places(assessment: Assessment) -> dict[str, str]:
    db.session.rollback()
    used = queries.uses(db.session, assessment)
    return {criterion: use.place for criterion, uses in used.items() for use in uses}


def test_where_to_look_is_said_for_each_criterion_by_itself(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:2], owner, places={codes[0]: " Pages 4\n to 6 "})
    assert places(assessment) == {codes[0]: "Pages 4 to 6", codes[1]: ""}
    with transaction() as session:
        say = {"criterion": codes[1], "place": "Section 3.2", "by": owner, "at": AT}
        assert evidence.say_where(session, assessment, added, **say) is True
        assert evidence.say_where(session, assessment, added, **say) is False
    assert places(assessment) == {codes[0]: "Pages 4 to 6", codes[1]: "Section 3.2"}
    with transaction() as session:
        evidence.reuse(session, assessment, added, criteria=[codes[2]], places={codes[2]: "Page 9"}, by=owner, at=AT)
    assert places(assessment)[codes[2]] == "Page 9"
    assert actions() == [
        ("evidence:add", codes[:2]),
        ("evidence:place", [codes[1]]),
        ("evidence:attach", [codes[2]]),
    ]


def test_giving_the_same_again_keeps_where_to_look_unless_it_is_said_anew(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    for said in ({codes[0]: "Page 1"}, None, {codes[0]: ""}):
        with transaction() as session:
            file(session, assessment, codes[:1], owner, places=said)
        assert places(assessment) == {codes[0]: "Page 1"}
    with transaction() as session:
        file(session, assessment, codes[:1], owner, places={codes[0]: "Page 2"})
    assert places(assessment) == {codes[0]: "Page 2"}


def test_where_to_look_has_an_end_and_needs_the_evidence_to_be_there(
    assessment: Assessment, codes: list[str], owner: User
) -> None:
    with transaction() as session:
        added = file(session, assessment, codes[:1], owner)
    say = {"by": owner, "at": AT}
    with transaction() as session, pytest.raises(Refusal, match="200 characters or fewer") as refused:
        evidence.say_where(session, assessment, added, criterion=codes[0], place="p" * 201, **say)
    assert refused.value.field == "place"
    with transaction() as session, pytest.raises(Refusal, match="removed meanwhile"):
        evidence.say_where(session, assessment, added, criterion=codes[1], place="Page 1", **say)
    put_in(AssessmentStatus.SUBMITTED, assessment)
    with transaction() as session, pytest.raises(Refusal):
        evidence.say_where(session, assessment, added, criterion=codes[0], place="Page 1", **say)
    assert places(assessment) == {codes[0]: ""}
