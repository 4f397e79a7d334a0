"""The queue and the case as pages ask for them."""

from datetime import timedelta

import sqlalchemy as sa

from charter.extensions import db
from charter.review import queries
from tests.conftest import AT
from tests.factories import Factory


class Counted:
    """Counts the statements sent while it is open."""

    def __enter__(self) -> "Counted":
        self.statements: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *args: object) -> None:
        sa.event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, conn, cursor, statement: str, parameters, context, executemany) -> None:
        if not statement.startswith("BEGIN"):
            self.statements.append(statement)


def case_of(make: Factory, name: str, *, days: int = 0, **values: object):
    employer = make.organisation(name, **values)
    owner = make.member(employer, "Olive Owner")
    later = Factory(AT + timedelta(days=days))
    return later.submitted(later.answered(later.assessment(employer, by=owner), by=owner), by=owner)


def case_queries(review, by) -> int:
    db.session.expire_all()
    assert review.assessment_id
    assert by.id
    with Counted() as counted:
        assert queries.case(db.session, review, by=by, on=AT.date()).organisation.name
    return len(counted.statements)


def test_a_case_takes_twelve_queries_however_much_was_said(make: Factory, sent, found, owner, codes, assessor) -> None:
    assert case_queries(found, assessor) == 12
    make.asked_for_more(sent, codes[:2], assessor=assessor)
    make.submitted(sent, by=owner)
    assert case_queries(found, assessor) == 12


def test_a_case_lays_each_answer_beside_its_evidence_and_finding(make: Factory, found, assessor) -> None:
    case = queries.case(db.session, found, by=assessor, on=AT.date())
    assert (case.found, case.total) == (case.total, sum(len(theme.criteria) for theme in case.themes))
    assert (case.level, case.missing) == (1, ())
    for theme in case.themes:
        for one in theme.criteria:
            assert one.answer is not None
            assert bool(one.evidence) == one.criterion.evidence_required
            assert one.finding is one.own
    told = [moment.what for moment in case.moments]
    assert told[-3:] == ["submitted the assessment", "took the case", "wrote findings"]


def test_a_second_round_shows_what_was_asked_and_found_before(
    make: Factory, found, sent, owner, codes, assessor
) -> None:
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    make.submitted(sent, by=owner)
    case = queries.case(db.session, found, by=assessor, on=AT.date())
    (one,) = [one for theme in case.themes for one in theme.criteria if one.criterion.code == codes[0]]
    assert one.reopened
    assert (one.finding, one.own, one.previous.round, one.request.round) == (None, None, 1, 1)
    assert case.found == case.total - 1


def test_the_employer_reads_the_findings_that_stand(make: Factory, found, sent, employer, owner) -> None:
    feedback = queries.feedback(db.session, sent)
    assert {finding.feedback for finding in feedback.values()} == {"Clear and in use."}
    other = make.organisation("Another Ltd")
    assert queries.feedback(db.session, make.assessment(other, by=owner)) == {}
