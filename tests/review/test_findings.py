"""What the assessor finds: who may, what can stand, and what is carried from round to round."""

from datetime import timedelta
from typing import Any

import pytest

from charter.account.models import User
from charter.errors import Refusal, Stale
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.review import findings
from charter.review.findings import Given
from charter.review.models import About, Finding, InformationRequest, Review
from charter.review.private import NO_NOTE, PrivateNote
from tests.conftest import AT


def save(
    review: Review, code: str, by: User, *, outcome: str | None = "met", seen: int | None = None, **more: Any
) -> Finding:
    with transaction() as session:
        return findings.save(
            session,
            review,
            criterion=code,
            outcome=outcome,
            feedback=more.get("feedback", ""),
            private_note=PrivateNote(more.get("note", "")),
            seen_version=seen,
            by=by,
            at=AT,
        )


def stands(review: Review) -> dict[str, Finding]:
    return dict(
        findings.standing(
            findings.of_review(db.session, review),
            findings.requests_of(db.session, review.id),
            review.assessment.round,
        )
    )


def test_a_finding_belongs_to_its_round_and_its_finder(claimed, codes, assessor) -> None:
    finding = save(claimed, codes[0], assessor, feedback=" Good. ", note="Rang them.")
    assert (finding.round, finding.outcome, finding.feedback, finding.private_note.for_staff, finding.found_by_id) == (
        1,
        "met",
        "Good.",
        "Rang them.",
        assessor.id,
    )


def test_only_the_assessor_who_has_the_case_finds(claimed, codes, second, moderator) -> None:
    for person in (second, moderator):
        with pytest.raises(Refusal, match="Somebody else has this case"):
            save(claimed, codes[0], person)


def test_nobody_finds_in_a_case_nobody_has(waiting, assessor) -> None:
    with pytest.raises(Refusal, match="Take this case"):
        save(waiting, "anything", assessor)


def test_findings_rest_while_a_moderator_looks(recommended, codes, assessor) -> None:
    with pytest.raises(Refusal, match="only while the case is in review"):
        save(recommended, codes[0], assessor, outcome="not_met", seen=1)


def test_an_interest_declared_later_stops_the_finding(make, claimed, codes, assessor, employer) -> None:
    from charter.organisation.models import Conflict

    with transaction() as session:
        session.add(Conflict(user_id=assessor.id, organisation_id=employer.id, reason="A cousin.", declared_at=AT))
    with pytest.raises(Refusal, match="You declared an interest"):
        save(claimed, codes[0], assessor)


def test_a_later_save_that_did_not_see_the_first_is_shown_it(claimed, codes, assessor) -> None:
    first = save(claimed, codes[0], assessor, feedback="First")
    with pytest.raises(Stale) as refused:
        save(claimed, codes[0], assessor, outcome="not_met", feedback="Second")
    assert refused.value.current is first
    again = save(claimed, codes[0], assessor, outcome="not_met", feedback="Second", seen=first.version)
    assert (again.id, again.feedback) == (first.id, "Second")


def test_met_needs_evidence_where_the_criterion_asks_for_it(make, employer, owner, assessor) -> None:
    content = make.framework().content
    needing = next(one for one in content.asked(1, None) if one.evidence_required)
    # planned, so that it can be sent without evidence
    sent = make.answered(make.assessment(employer, by=owner), by=owner, but=[needing.code])
    planned = next(value.value for value in content.scale if value.extent is Extent.IN_PROGRESS)
    from charter.assessment import answers

    with transaction() as session:
        answers.save(
            session,
            sent,
            criterion=needing.code,
            value=planned,
            explanation="Some of it.",
            action="Write it down",
            action_owner="Olive",
            action_due=AT.date() + timedelta(days=90),
            reason="",
            seen_version=0,
            by=owner,
            at=AT,
        )
    review = make.claimed(make.submitted(sent, by=owner), by=assessor)
    with pytest.raises(Refusal, match="There is no evidence here, and this criterion needs it"):
        save(review, needing.code, assessor)
    assert save(review, needing.code, assessor, outcome="partly_met").outcome == "partly_met"


def test_what_applies_to_everyone_cannot_be_found_not_to_apply(claimed, assessor) -> None:
    content = claimed.assessment.framework.content
    everyone = next(one.code for one in content.asked(1, None) if not one.not_applicable_allowed)
    with pytest.raises(Refusal, match="applies to every employer"):
        save(claimed, everyone, assessor, outcome="not_applicable_accepted")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"outcome": "wonderful"}, "Choose one of the findings"),
        ({"feedback": "x" * 5001}, "The feedback must be 5,000"),
        ({"note": "x" * 5001}, "The private note must be 5,000"),
        ({"outcome": None}, "Choose what you found"),
    ],
)
def test_a_finding_that_cannot_stand_is_refused(claimed, codes, assessor, values: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message):
        save(claimed, codes[0], assessor, **values)


def test_a_criterion_of_a_higher_level_is_not_part_of_the_case(claimed, assessor) -> None:
    higher = next(one.code for one in claimed.assessment.framework.content.criteria if one.level > 1)
    with pytest.raises(Refusal, match="not part of the case"):
        save(claimed, higher, assessor)


def test_a_page_keeps_what_can_stand_and_gives_back_what_cannot(claimed, codes, assessor) -> None:
    page = [
        Given(codes[0], "met", "Good", NO_NOTE, 0),
        Given(codes[1], "wonderful", "", NO_NOTE, 0),
        Given(codes[2], None, "", NO_NOTE, 0),
        Given(codes[3], None, "Not sure yet", NO_NOTE, 0),
    ]
    with transaction() as session:
        refused = findings.save_all(session, claimed, given=page, by=assessor, at=AT)
    assert {code: str(refusal) for code, refusal in refused.items()} == {
        codes[1]: "Choose one of the findings in the list."
    }
    assert set(stands(claimed)) == {codes[0], codes[3]}


def test_saving_a_page_again_changes_and_records_nothing(found, codes, assessor) -> None:
    from charter import audit

    before = len(audit.timeline(db.session, found.assessment_id))
    page = [
        Given(one.criterion, one.outcome, one.feedback, one.private_note, one.version) for one in stands(found).values()
    ]
    with transaction() as session:
        assert findings.save_all(session, found, given=page, by=assessor, at=AT) == {}
    assert len(audit.timeline(db.session, found.assessment_id)) == before


def test_findings_carry_over_but_for_what_was_asked_about(make, found, sent, owner, assessor, codes) -> None:
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    make.submitted(sent, by=owner)
    assert set(stands(found)) == set(codes[1:])
    save(found, codes[0], assessor)
    save(found, codes[1], assessor, outcome="partly_met")
    now = stands(found)
    assert (now[codes[0]].round, now[codes[1]].round, now[codes[2]].round) == (2, 2, 1)
    assert now[codes[1]].outcome == "partly_met"
    first = [one for one in findings.of_review(db.session, found) if one.round == 1 and one.criterion == codes[1]]
    assert [one.outcome for one in first] == ["met"]  # the first round stays as it was


def finding(code: str, round: int, outcome: str) -> Finding:
    return Finding(criterion=code, round=round, outcome=outcome)


def asked(code: str, round: int, about: About = About.CRITERION) -> InformationRequest:
    return InformationRequest(about=about, code=code, round=round)


def test_the_finding_that_counts_is_the_newest_not_asked_about_since() -> None:
    all_of_them = [finding("A", 1, "met"), finding("A", 3, "not_met"), finding("B", 2, "met"), finding("C", 1, "met")]
    requests = [asked("A", 2), asked("B", 1), asked("C", 2)]
    found = findings.standing(all_of_them, requests, 3)
    assert {code: one.round for code, one in found.items()} == {"A": 3, "B": 2}


def test_what_is_asked_in_this_round_does_not_unsettle_its_own_finding() -> None:
    assert set(findings.standing([finding("A", 1, "met")], [asked("A", 1)], 1)) == {"A"}


def test_a_question_on_a_figure_or_declaration_unsettles_no_finding() -> None:
    requests = [asked("A", 1, About.FIGURE), asked("A", 1, About.DECLARATION)]
    assert set(findings.standing([finding("A", 1, "met")], requests, 2)) == {"A"}
