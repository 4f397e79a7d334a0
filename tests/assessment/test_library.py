"""The library: evidence given once, that says when it holds, and whose older versions stay as they were."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import evidence, evidence_dates, evidence_kinds, library, queries, shelf, submission
from charter.assessment.evidence_dates import Dates, State
from charter.assessment.file_checks import Checked, FileKind
from charter.assessment.level import months_after
from charter.assessment.models import Assessment, Evidence, EvidenceKind, EvidenceUse, Submission
from charter.assessment.shelf import Wanted
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.content import EvidenceDate, EvidenceRules
from charter.organisation import recognition
from charter.organisation.models import Organisation
from charter.review import submitted
from tests.conftest import AT
from tests.factories import Factory

PDF = Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf")
ON = local_date(AT)


@pytest.fixture
def rules(make: Factory) -> EvidenceRules:
    return make.framework().content.evidence_rules


def give(employer: Organisation, rules: EvidenceRules, by: User, number: int = 1, **more: Any) -> Evidence:
    given = evidence_kinds.of_file(f"policy {number}.pdf", PDF, f"{number:064x}", 100)
    with transaction() as session:
        piece, _ = library.give(session, employer, EvidenceKind.FILE, given, rules=rules, by=by, at=AT, **more)
    return piece


def replaced(piece: Evidence, rules: EvidenceRules, by: User, number: int = 99, **more: Any) -> Evidence:
    given = evidence_kinds.of_file(f"policy {number}.pdf", PDF, f"{number:064x}", 100)
    with transaction() as session:
        return library.replace(session, piece, given, rules=rules, **{"dates": Dates(), "by": by, "at": AT, **more})


def use(assessment: Assessment, piece: Evidence, criteria: list[str], by: User) -> None:
    with transaction() as session:
        evidence.reuse(session, assessment, piece, criteria=criteria, by=by, at=AT)


def needing(rules: EvidenceRules, date: EvidenceDate) -> str:
    """A kind of document that must say this date."""
    return next(one.code for one in rules.types if date in one.dates)


# How long it is in date ----------------------------------------------------------------------------------------------


def test_a_last_day_that_a_document_says_stands_before_any_counting(rules: EvidenceRules) -> None:
    dates = Dates(dated_on=date(2020, 1, 1), valid_until=date(2027, 5, 1))
    assert evidence_dates.last_day(rules, None, dates) == date(2027, 5, 1)


def test_the_months_of_its_kind_count_from_the_latest_of_its_dates(rules: EvidenceRules) -> None:
    kind = next(one for one in rules.types if one.valid_months)
    assert kind.valid_months is not None
    dates = Dates(dated_on=date(2025, 1, 1), period_to=date(2025, 6, 30))
    years, months = divmod(6 + kind.valid_months - 1, 12)
    found = evidence_dates.last_day(rules, kind.code, dates)
    assert found is not None
    assert (found.year, found.month) == (2025 + years, months + 1)


def test_what_is_of_no_known_kind_is_in_date_for_as_long_as_the_rules_say(rules: EvidenceRules) -> None:
    found = evidence_dates.last_day(rules, None, Dates(dated_on=date(2026, 1, 31)))
    assert found == months_after(date(2026, 1, 31), rules.max_age_months)
    assert evidence_dates.last_day(rules, None, Dates()) is None


@pytest.mark.parametrize(
    ("days", "state"),
    [(-1, State.EXPIRED), (0, State.SOON), (60, State.SOON), (61, State.CURRENT)],
)
def test_evidence_ends_soon_for_sixty_days_and_is_in_date_on_its_last_day(days: int, state: State) -> None:
    assert evidence_dates.state(Evidence(ends_on=ON + timedelta(days=days)), on=ON) is state
    assert evidence_dates.state(Evidence(ends_on=None), on=ON) is None


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        (Dates(dated_on=ON + timedelta(days=1)), "dated_on"),
        (Dates(period_from=ON, period_to=ON - timedelta(days=1)), "period_to"),
        (Dates(effective_from=ON, valid_until=ON - timedelta(days=1)), "valid_until"),
    ],
)
def test_dates_that_cannot_be_are_refused_beside_the_one_that_is_wrong(
    rules: EvidenceRules, dates: Dates, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        evidence_dates.checked(rules, None, dates, on=ON)
    assert refused.value.field == field


def test_a_kind_that_needs_a_date_is_refused_without_it(
    rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    piece = give(employer, rules, owner)
    kind = needing(rules, EvidenceDate.VALID_UNTIL)
    said: dict[str, Any] = {"rules": rules, "title": "Certificate", "type": kind, "by": owner, "at": AT}
    with pytest.raises(Refusal) as refused, transaction() as session:
        library.describe(session, piece, dates=Dates(), **said)
    assert refused.value.field == "valid_until"
    with transaction() as session:
        assert library.describe(session, piece, dates=Dates(valid_until=date(2027, 1, 1)), **said)
        assert not library.describe(session, piece, dates=Dates(valid_until=date(2027, 1, 1)), **said)
    assert (piece.title, piece.type, piece.ends_on) == ("Certificate", kind, date(2027, 1, 1))


# Giving --------------------------------------------------------------------------------------------------------------


def titles(employer: Organisation, rules: EvidenceRules, **wanted: Any) -> list[str]:
    return [one.piece.title for one in shelf.read(db.session, employer, rules, Wanted(**wanted), on=ON).entries]


def test_the_same_file_given_twice_is_one_piece_and_stays_when_no_criterion_uses_it(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    piece = give(employer, rules, owner)
    assert give(employer, rules, owner).id == piece.id
    assessment = make.assessment(employer, by=owner)
    code = assessment.framework.content.asked(1)[0].code
    use(assessment, piece, [code], owner)
    with transaction() as session:
        assert not evidence.detach(session, assessment, piece, criterion=code, by=owner, at=AT)
    assert titles(employer, rules) == [piece.title]


# Replacing -----------------------------------------------------------------------------------------------------------


def test_a_draft_uses_the_newer_version_and_the_shelf_shows_only_that(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    codes = [one.code for one in assessment.framework.content.asked(1)][:2]
    piece = give(employer, rules, owner, title="Sick leave policy")
    use(assessment, piece, codes, owner)
    newer = replaced(piece, rules, owner)
    assert {code: [one.id for one in used] for code, used in evidence.of(db.session, assessment).items()} == {
        code: [newer.id] for code in codes
    }
    assert [one.piece.id for one in shelf.read(db.session, employer, rules, Wanted(), on=ON).entries] == [newer.id]
    assert [one.id for one in shelf.reusable(db.session, employer).pieces] == [newer.id]
    assert (newer.title, newer.sha256 != piece.sha256) == ("Sick leave policy", True)
    item = library.item(db.session, piece, rules, on=ON)
    assert (item.newer, [one.id for one in item.versions]) == (newer, [newer.id, piece.id])
    assert db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.sequence.desc())).first() == (
        "evidence:replace"
    )


def test_what_was_submitted_keeps_the_older_version(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    piece = give(employer, rules, owner)
    code = assessment.framework.content.asked(1)[0].code
    use(assessment, piece, [code], owner)
    make.submitted(assessment, by=owner)
    newer = replaced(piece, rules, owner)
    said = submitted.latest(db.session, assessment)
    assert piece.id in {one.id for one in said.evidence[code]}
    assert piece.id in {one.evidence_id for one in queries.uses(db.session, assessment)[code]}
    assert newer.id not in db.session.scalars(sa.select(EvidenceUse.evidence_id)).all()


def test_in_a_round_of_more_information_only_what_was_asked_takes_the_newer_version(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User, assessor: User
) -> None:
    assessment = make.answered(make.assessment(employer, by=owner), by=owner)
    codes = [one.code for one in assessment.framework.content.asked(1)][:2]
    piece = give(employer, rules, owner)
    use(assessment, piece, codes, owner)
    make.asked_for_more(make.submitted(assessment, by=owner), [codes[0]], assessor=assessor)
    newer = replaced(piece, rules, owner, open_criteria=[codes[0]])
    used = evidence.of(db.session, assessment)
    assert newer in used[codes[0]]
    assert piece in used[codes[1]]


def test_the_same_file_or_one_given_before_replaces_nothing_and_nobody_replaces_twice(
    rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    first, second = give(employer, rules, owner, 1), give(employer, rules, owner, 2)
    for number, said in ((1, "the same as before"), (2, second.title)):
        with pytest.raises(Refusal, match=said):
            replaced(first, rules, owner, number)
    replaced(first, rules, owner, 3)
    with pytest.raises(Refusal, match="colleague"):
        replaced(first, rules, owner, 4)


def test_a_middle_version_that_nothing_holds_can_be_deleted_and_the_others_stay_a_chain(
    rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    first = give(employer, rules, owner, 1)
    middle = replaced(first, rules, owner, 2)
    last = replaced(middle, rules, owner, 3)
    with transaction() as session:
        library.remove(session, middle, by=owner, at=AT)
    item = library.item(db.session, last, rules, on=ON)
    assert [one.id for one in item.versions] == [last.id, first.id]


def test_what_a_criterion_or_a_submission_uses_cannot_be_deleted(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    piece = give(employer, rules, owner)
    use(assessment, piece, [assessment.framework.content.asked(1)[0].code], owner)
    with pytest.raises(Refusal, match="is used"), transaction() as session:
        library.remove(session, piece, by=owner, at=AT)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Submission)) == 0


def test_who_starts_again_begins_with_the_newest_version(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    assessment = make.assessment(employer, by=owner)
    code = assessment.framework.content.asked(1)[0].code
    make.answered(assessment, by=owner)
    piece = give(employer, rules, owner)
    use(assessment, piece, [code], owner)
    with transaction() as session:
        submission.withdraw(session, assessment, by=owner, at=AT)
    newer = replaced(piece, rules, owner)
    again = make.assessment(employer, by=owner)
    used = evidence.of(db.session, again)[code]
    assert newer in used
    assert piece not in used


def test_the_proof_of_another_schemes_award_is_not_called_unused(
    make: Factory, rules: EvidenceRules, employer: Organisation, owner: User
) -> None:
    piece = give(employer, rules, owner, title="Certificate")
    passport = make.framework().content.passports[0]
    with transaction() as session:
        held = recognition.state(
            session,
            employer,
            scheme=passport.scheme,
            level=passport.level,
            reference="1",
            county=employer.county,
            starts_on=ON,
            ends_on=ON + timedelta(days=700),
            by=owner,
            at=AT,
        )
        held.proof_id = piece.id
    assert titles(employer, rules, state=shelf.UNUSED) == []
    assert shelf.read(db.session, employer, rules, Wanted(), on=ON).entries[0].proves
    with pytest.raises(Refusal, match="is used"), transaction() as session:
        library.remove(session, piece, by=owner, at=AT)
