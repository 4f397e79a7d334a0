"""The queue and the case as pages ask for them."""

from datetime import timedelta

import sqlalchemy as sa

from charter.account.models import Role
from charter.extensions import db
from charter.review import queries
from charter.review.status import ReviewStatus
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


def names(page: queries.QueuePage) -> list[str]:
    return [row.employer for row in page.rows]


def case_of(make: Factory, name: str, *, days: int = 0, **values: object):
    employer = make.organisation(name, **values)
    owner = make.member(employer, "Olive Owner")
    later = Factory(AT + timedelta(days=days))
    return later.submitted(later.answered(later.assessment(employer, by=owner), by=owner), by=owner)


def test_the_longest_waiting_comes_first(make: Factory) -> None:
    case_of(make, "Later Ltd", days=2)
    case_of(make, "Earlier Ltd")
    assert names(queries.queue(db.session)) == ["Earlier Ltd", "Later Ltd"]


def test_the_queue_holds_open_cases_unless_another_status_is_asked_for(make: Factory, assessor, moderator) -> None:
    decided = case_of(make, "Decided Ltd")
    case_of(make, "Waiting Ltd")
    review = make.recommended(make.found(make.claimed(decided, by=assessor), by=assessor), by=assessor)
    from charter.extensions import transaction
    from charter.review import moderation

    assert names(queries.queue(db.session, status=ReviewStatus.RECOMMENDED)) == ["Decided Ltd"]
    with transaction() as session:
        moderation.agree(session, review, by=moderator, at=AT, on=AT.date())
    assert names(queries.queue(db.session)) == ["Waiting Ltd"]
    assert names(queries.queue(db.session, status=ReviewStatus.DECIDED)) == ["Decided Ltd"]


def test_the_queue_narrows_by_county_level_assessor_and_lateness(make: Factory, assessor) -> None:
    counties = [county.code for county in make.framework().content.counties]
    mine = case_of(make, "Mine Ltd", county=counties[0])
    case_of(make, "Other Ltd", county=counties[1], days=30)
    make.claimed(mine, by=assessor)
    due = make.review(mine).due_on
    assert names(queries.queue(db.session, county=counties[1])) == ["Other Ltd"]
    assert names(queries.queue(db.session, assessor=assessor.id)) == ["Mine Ltd"]
    assert names(queries.queue(db.session, level=2)) == []
    assert names(queries.queue(db.session, overdue_on=due)) == []
    assert names(queries.queue(db.session, overdue_on=due + timedelta(days=1))) == ["Mine Ltd"]


def test_a_page_past_the_end_is_the_last(make: Factory) -> None:
    case_of(make, "Only Ltd")
    page = queries.queue(db.session, page=9)
    assert (page.page, page.pages, names(page)) == (1, 1, ["Only Ltd"])


def test_the_queue_takes_three_queries_however_long(make: Factory) -> None:
    taken = []
    for number in range(3):
        case_of(make, f"Employer {number} Ltd")
        db.session.expunge_all()
        with Counted() as counted:
            rows = queries.queue(db.session).rows
        assert [(row.employer, row.round, row.assessor) for row in rows] == [
            (f"Employer {one} Ltd", 1, None) for one in range(number + 1)
        ]
        taken.append(len(counted.statements))
    assert taken == [3, 3, 3]


def test_the_numbers_say_what_waits_for_whom(make: Factory, assessor, moderator) -> None:
    make.claimed(case_of(make, "Mine Ltd"), by=assessor)
    case_of(make, "Waiting Ltd")
    review = make.claimed(case_of(make, "Moderated Ltd"), by=assessor)
    make.recommended(make.found(review, by=assessor), by=assessor)
    on = review.due_on + timedelta(days=1)
    assert queries.counts(db.session, assessor, on=on) == queries.Counts(1, 1, 0, 1, 3)
    assert queries.counts(db.session, moderator, on=AT.date()) == queries.Counts(1, 0, 0, 1, 0)


def test_nothing_waits_when_nobody_has_sent_anything(make: Factory, assessor) -> None:
    assert queries.counts(db.session, assessor, on=AT.date()) == queries.Counts(0, 0, 0, 0, 0)


def test_whoever_may_have_a_case_may_be_chosen(make: Factory, assessor, moderator, administrator) -> None:
    assert {person.role for person in queries.assessors(db.session)} == {Role.ASSESSOR, Role.MODERATOR}


def case_queries(review, by) -> int:
    db.session.expire_all()
    assert review.assessment_id
    assert by.id
    with Counted() as counted:
        assert queries.case(db.session, review, by=by, on=AT.date()).organisation.name
    return len(counted.statements)


def test_a_case_takes_eleven_queries_however_much_was_said(make: Factory, sent, found, owner, codes, assessor) -> None:
    assert case_queries(found, assessor) == 11
    make.asked_for_more(sent, codes[:2], assessor=assessor)
    make.submitted(sent, by=owner)
    assert case_queries(found, assessor) == 11


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
