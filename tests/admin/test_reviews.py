"""The queue and the case page, as assessors and moderators use them."""

import html
import re
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import render_template_string

from charter.account.models import SignInSession, User
from charter.assessment import evidence, returns
from charter.assessment import queries as queries_of_assessment
from charter.assessment.models import Assessment, EvidenceKind
from charter.assessment.status import AssessmentStatus
from charter.award.models import Award
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.improvement.models import Programme
from charter.organisation.models import Organisation, Scope
from charter.review import desk, findings, queries
from charter.review.handing_out import queue
from charter.review.handing_out.set_apart import SetApart
from charter.review.models import Finding, Review
from charter.review.status import ReviewStatus
from charter.review.submitted import EvidenceSaid
from charter.succession.models import Claim, Ground
from charter.succession.status import ClaimStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import Counted, case_of


def fresh(review: Review) -> Review:
    db.session.rollback()
    found = db.session.get(Review, review.id, populate_existing=True)
    assert found is not None
    return found


def finding_of(review: Review, code: str) -> Finding:
    db.session.rollback()
    return db.session.scalars(sa.select(Finding).where(Finding.review_id == review.id, Finding.criterion == code)).one()


def test_the_first_page_counts_the_work(sign_in, make, assessor, claimed) -> None:
    page = sign_in(assessor).get("/admin/").text
    assert re.search(r"charter-figure__number\">1</span> <span class=\"charter-figure__text\">in review with you", page)


def test_the_menu_holds_what_each_may_open(sign_in, assessor, administrator, board_member) -> None:
    def menu(person: User, page: str = "/admin/") -> list[str]:
        text = sign_in(person).get(page).text
        return re.findall(r"charter-panel-menu__link[^>]*>([^<]+)</a>", text)

    def listed(person: User) -> list[str]:
        return re.findall(
            r"govuk-!-font-weight-bold\" href=\"/admin[^>]*>([^<]+)</a>", sign_in(person).get("/admin/").text
        )

    together = "Partners’ panel"
    assert menu(board_member) == ["Overview", together]
    assert listed(board_member) == ["Meetings"]
    of_staff = ["Overview", "Casework", "After the award", together, "Employers", "Charter"]
    assert (menu(assessor), menu(administrator)) == (of_staff, [*of_staff, "Scheme"])
    within = ["Claims to employers", "Awards of other schemes"]  # those of the group where one is, no more
    assert menu(assessor, "/admin/claims/") == [*menu(assessor), "Employers", *within]
    assert listed(assessor) == [
        "Cases",
        "People at the desk",
        "My interests",
        "Second looks",
        "Feedback phrases",
        "Quality of work",
        "Virus scans",
        "Awards",
        "Yearly figures",
        "Concerns",
        "Suspending and revoking",
        "Appeals",
        "Meetings",
        "Employers",
        *within,
        "Versions of the charter",
        "The next version",
        "Other schemes",
        "Where employers stop",
    ]
    assert listed(administrator)[-4:] == ["Values of measures", "People", "Messages", "Who did what"]


def test_while_the_employer_has_to_answer_a_case_is_not_overdue(sign_in, make, assessor, employer, claimed) -> None:
    sent = db.session.get_one(Assessment, claimed.assessment_id)
    code = sent.framework.content.asked(sent.target_level)[0].code
    make.asked_for_more(sent, [code], assessor=assessor)
    review = claimed
    with transaction() as session:
        session.get_one(Review, review.id).due_on = today() - timedelta(days=1)
    assert queue.counts(db.session, assessor, on=today()).overdue == 0
    assert queue.find(db.session, queue.Asked(overdue=True), on=today()).total == 0
    page = sign_in(assessor).get("/admin/reviews/").text
    assert employer.name in page
    assert ">Overdue<" not in page
    with transaction() as session:
        session.get_one(Review, review.id).status = ReviewStatus.IN_REVIEW
        session.get_one(Assessment, review.assessment_id).status = AssessmentStatus.SUBMITTED
    assert queue.counts(db.session, assessor, on=today()).overdue == 1
    assert queue.find(db.session, queue.Asked(overdue=True), on=today()).total == 1
    assert ">Overdue<" in sign_in(assessor).get("/admin/reviews/").text


def test_the_first_page_says_what_else_waits_and_leads_there(
    sign_in, make, assessor, administrator, employer, owner
) -> None:
    assert "Also waiting" not in sign_in(administrator).get("/admin/").text
    service = make.programmes()[0]
    with transaction() as session:
        session.get_one(Programme, service.id).review_by = today() - timedelta(days=1)
        session.add(
            Claim(
                organisation_id=employer.id,
                user_id=owner.id,
                address=owner.email,
                message="",
                ground=Ground.NOBODY,
                status=ClaimStatus.WITH_SCHEME,
                claimed_at=AT,
                proof_hash="0" * 64,
                proof_mailed_at=AT,
                reason="",
            )
        )
    page = sign_in(administrator).get("/admin/").text
    for text in ("claim to decide", "service past the day to check it"):
        found = re.search(rf'href="([^"]+)"><span class="charter-figure__number">1</span> <span[^>]*>{text}', page)
        assert found, text
        shown = sign_in(administrator).get(html.unescape(found[1])).text
        assert "1 claim" in shown or "1 service" in shown
    assert "Also waiting" not in sign_in(assessor).get("/admin/").text, "it is not for them to decide"


def test_the_queue_shows_each_case_and_says_when_it_is_overdue(sign_in, make, assessor, waiting, employer) -> None:
    page = sign_in(assessor).get("/admin/reviews/")
    assert employer.name in page.text
    assert ("Overdue" in re.sub(r"Only overdue", "", page.text)) == (waiting.due_on < today())
    with transaction() as session:
        session.get(Review, waiting.id).due_on = today() - timedelta(days=1)
    assert ">Overdue</strong>" in sign_in(assessor).get("/admin/reviews/").text


def test_filters_stay_in_the_address_and_nonsense_is_ignored(sign_in, make, assessor, waiting, employer) -> None:
    theirs = sign_in(assessor)
    other = next(one.code for one in make.framework().content.counties if one.code != employer.county)
    assert employer.name in theirs.get(f"/admin/reviews/?county={employer.county}&status=waiting").text
    assert employer.name not in theirs.get(f"/admin/reviews/?county={other}").text
    assert employer.name not in theirs.get("/admin/reviews/?mine=yes").text
    assert theirs.get("/admin/reviews/?status=wrong&level=x&assessor=me&page=-4&county=%00").status_code == 200
    page = theirs.get(f"/admin/reviews/?county={other}").text
    assert f'value="{other}" selected' in page


def test_the_queue_takes_the_same_queries_with_one_row_and_with_thirty(sign_in, make: Factory, assessor) -> None:
    theirs = sign_in(assessor)

    def taken() -> int:
        with Counted() as counted:
            assert theirs.get("/admin/reviews/").status_code == 200
        return len(counted.statements)

    case_of(make, "First Ltd")
    one = taken()
    first = make.review(case_of(make, "Second Ltd")).assessment
    with transaction() as session:
        for number in range(28):  # the same case again for other employers: only what the queue reads
            copy_case(session, make, first, number)
    assert taken() == one <= 13


def copy_case(session, make: Factory, first, number: int) -> None:
    employer = make_employer(session, first, number)
    assessment = Assessment(
        organisation=employer,
        framework_id=first.framework_id,
        target_level=1,
        status=first.status,
        round=1,
        started_at=AT,
        submitted_at=AT,
        decided_at=None,
    )
    session.add(assessment)
    session.flush()  # for its id
    session.add(Review(assessment_id=assessment.id, status=ReviewStatus.WAITING, waiting_since=AT, due_on=AT.date()))


def make_employer(session, first, number: int):
    like = first.organisation
    employer = Organisation(
        name=f"Employer {number} Ltd",
        county=like.county,
        size_band=like.size_band,
        sector=like.sector,
        scope=Scope.WHOLE,
        listed=False,
        listed_at=None,
        registered_at=AT,
    )
    session.add(employer)
    return employer


def test_a_long_queue_has_pages(sign_in, make: Factory, assessor, sent) -> None:
    with transaction() as session:
        for number in range(50):
            copy_case(session, make, sent, number)
    theirs = sign_in(assessor)
    page = theirs.get("/admin/reviews/?county=" + sent.organisation.county).text
    assert "Page 1 of 2" in page
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following is not None
    assert f"county={sent.organisation.county}" in following[1]
    assert "Page 2 of 2" in theirs.get(following[1].replace("&amp;", "&")).text


def test_the_case_page_takes_at_most_fourteen_queries(sign_in, make, found, sent, owner, assessor, codes) -> None:
    make.asked_for_more(sent, codes[:2], assessor=assessor)
    make.submitted(sent, by=owner)
    theirs = sign_in(assessor)
    theirs.get("/admin/")
    with Counted() as counted:
        assert theirs.get(f"/admin/reviews/{found.id}").status_code == 200
    assert len(counted.statements) <= 14, counted.statements


def test_the_case_page_shows_each_answer_its_evidence_and_the_guidance(sign_in, assessor, claimed) -> None:
    page = sign_in(assessor).get(f"/admin/reviews/{claimed.id}").text
    case = queries.case(db.session, claimed, by=assessor, on=today())
    for theme in case.themes:
        for one in theme.criteria:
            assert f'id="{one.criterion.code}"' in page
    assert page.count("https://example.org/staff") >= 1
    assert page.count("Private note: the employer never sees this<") == case.total
    assert page.count("What good evidence looks like") == case.total


def test_a_figure_stands_beside_the_criterion_it_belongs_to(sign_in, make, employer, owner, assessor) -> None:
    case = make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)
    page = html.unescape(sign_in(assessor).get(f"/admin/reviews/{make.claimed(case, by=assessor).id}").text)
    content = case.framework.content
    returned = {metric.code: metric.label for metric in content.metrics_for(2)}
    beside = [one.metric for one in content.asked(2, 9) if one.metric in returned]
    assert beside
    assert page.count("<strong>Figure:</strong>") == len(beside)
    for code in beside:
        assert f'<a class="govuk-link" href="#figures">{returned[code]}</a>' in page


@pytest.mark.parametrize(("scope", "told"), [(Scope.LOCAL, True), (Scope.WHOLE, False)])
def test_a_figure_the_employer_does_not_know_is_never_shown_as_0(
    sign_in, make: Factory, assessor, scope: Scope, told: bool
) -> None:
    organisation = make.organisation("Branch Ltd", scope=scope)
    person = make.member(organisation, "Bo Branch")
    made = make.answered(make.assessment(organisation, by=person), by=person)
    (metric,) = made.framework.content.metrics_for(1)
    with transaction() as session:
        found = queries_of_assessment.material(session, made).figures
        own = {field.name for field in metric.inputs}
        inputs = {name: number for name, number in found.inputs.items() if name not in own}
        returns.save(
            session,
            made,
            period_end=found.period_end,
            inputs=inputs,
            notes={},
            unknown=[metric.code],
            seen_version=found.version,
            by=person,
            at=AT,
        )
    review = make.claimed(make.submitted(made, by=person), by=assessor)
    page = sign_in(assessor).get(f"/admin/reviews/{review.id}").text
    assert page.count("<strong>not known yet</strong>") == len(own)
    assert len(re.findall(r"govuk-tag--grey[^>]*>\s*Not known yet", page)) == 1
    assert "What is not known yet never counts as 0." in page
    assert "Still to come, because not known yet" in page
    assert ("The answers are for local staff only" in page) is told


def test_files_are_offered_for_download(app) -> None:
    piece = EvidenceSaid(
        UUID(int=7), EvidenceKind.FILE, "Handbook", "handbook.pdf", 120_000, "0" * 64, None, None, None
    )
    source = '{% from "admin/reviews/_criterion.html" import evidence_item %}{{ evidence_item(piece) }}'
    with app.test_request_context():
        html = render_template_string(source, piece=piece)
    assert f'href="/evidence/{UUID(int=7)}/download"' in html
    assert "handbook.pdf, 120 KB" in html


def test_who_may_not_open_evidence_is_offered_none(app) -> None:
    piece = EvidenceSaid(
        UUID(int=7), EvidenceKind.FILE, "Handbook", "handbook.pdf", 120_000, "0" * 64, None, None, None
    )
    source = '{% from "admin/reviews/_criterion.html" import evidence_item with context %}{{ evidence_item(piece) }}'
    with app.test_request_context():
        html = render_template_string(source, piece=piece, case=SimpleNamespace(assessment=None, review=None))
    assert "href=" not in html
    assert "handbook.pdf, 120 KB. Only assessors open it." in html


def test_only_the_assessor_who_has_the_case_gets_boxes(sign_in, claimed, assessor, second, administrator) -> None:
    for person, boxes in ((assessor, True), (second, False), (administrator, False)):
        page = sign_in(person).get(f"/admin/reviews/{claimed.id}").text
        assert ("Save findings" in page) is boxes


def test_taking_a_case_and_saving_a_page_of_findings(sign_in, waiting, assessor) -> None:
    theirs = sign_in(assessor)
    assert theirs.send(f"/admin/reviews/{waiting.id}/claim").location == f"/admin/reviews/{waiting.id}"
    content = waiting.assessment.framework.content
    code = content.asked(1, None)[0].code
    answer = theirs.send(
        f"/admin/reviews/{waiting.id}",
        {
            f"seen-{code}": "0",
            f"outcome-{code}": "met",
            f"feedback-{code}": "Clear.",
            f"note-{code}": "Rang them.",
            "at": code,
        },
        to=f"/admin/reviews/{waiting.id}/findings",
    )
    assert (answer.status_code, answer.location) == (302, f"/admin/reviews/{waiting.id}?saved={code}#next")
    kept = finding_of(waiting, code)
    assert (kept.outcome, kept.feedback, kept.private_note.for_staff) == ("met", "Clear.", "Rang them.")
    page = theirs.get(f"/admin/reviews/{waiting.id}").text
    assert "Your findings are saved." in page
    assert "wrote findings" in page


def lies_open(page: str, code: str) -> bool:
    """Whether a criterion of the case page is unfolded."""
    found = re.search(
        rf'<details class="charter-case__criterion[^"]*"( open)?>\s*<summary[^>]*><h3[^>]*"title-{code}"', page
    )
    assert found is not None, code
    return found[1] is not None


def open_of(page: str, codes: list[str]) -> list[str]:
    return [code for code in codes if lies_open(page, code)]


def in_page_order(case: queries.Case) -> list[str]:
    return [one.criterion.code for one in desk.in_order(case)]


def test_the_case_page_is_folded_but_for_the_first_criterion_without_a_finding(sign_in, claimed, assessor) -> None:
    order = in_page_order(queries.case(db.session, claimed, by=assessor, on=today()))
    theirs = sign_in(assessor)
    page = theirs.get(f"/admin/reviews/{claimed.id}").text
    assert open_of(page, order) == order[:1]
    assert page.count('id="next"') == 1
    assert 'href="#next" role="button"' in page
    assert open_of(theirs.get(f"/admin/reviews/{claimed.id}?at={order[3]}").text, order) == [order[3], order[4]]
    assert open_of(theirs.get(f"/admin/reviews/{claimed.id}?at=NO-99&saved=no").text, order) == order[:1]
    assert open_of(theirs.get(f"/admin/reviews/{claimed.id}?open=all").text, order) == order


def test_whoever_only_reads_a_case_finds_it_folded(sign_in, claimed, second) -> None:
    order = in_page_order(queries.case(db.session, claimed, by=second, on=today()))
    theirs = sign_in(second)
    page = theirs.get(f"/admin/reviews/{claimed.id}").text
    assert (open_of(page, order), "Next without a finding" in page) == ([], False)
    assert open_of(theirs.get(f"/admin/reviews/{claimed.id}?at={order[2]}").text, order) == [order[2]]


def test_after_a_finding_the_page_goes_on_to_the_next_without_one(sign_in, claimed, assessor) -> None:
    order = in_page_order(queries.case(db.session, claimed, by=assessor, on=today()))
    titles = {one.code: one.title for one in claimed.assessment.framework.content.criteria}
    theirs, home = sign_in(assessor), f"/admin/reviews/{claimed.id}"

    def save(code: str, outcome: str = "partly_met") -> str:
        answer = theirs.send(home, {f"seen-{code}": "0", f"outcome-{code}": outcome, "at": code}, to=f"{home}/findings")
        assert answer.status_code == 302
        return html.unescape(theirs.get(answer.location).text)

    page = save(order[1])
    assert open_of(page, order) == [order[2]]
    assert f"Saved: {titles[order[1]]}. This is the next without a finding." in page
    assert "Your findings are saved." in page
    assert open_of(save(order[-1]), order) == [order[0]], "after the last it begins again at the top"
    for code in [order[0], *order[2:-2]]:
        save(code)
    page = save(order[-2])
    assert open_of(page, order) == []
    assert "Every criterion that counts has a finding." in page
    assert f"/admin/reviews/{claimed.id}/recommend" in page
    assert page.index('id="next"') < page.index("Every criterion that counts") < page.index("On this page")


def test_feedback_alone_is_kept_and_the_criterion_still_has_no_finding(sign_in, claimed, codes, make, assessor) -> None:
    order = in_page_order(queries.case(db.session, claimed, by=assessor, on=today()))
    make.found(claimed, by=assessor, but=order[:1])
    theirs, home, code = sign_in(assessor), f"/admin/reviews/{claimed.id}", order[0]
    answer = theirs.send(
        home, {f"seen-{code}": "0", f"feedback-{code}": "Half a thought.", "at": code}, to=f"{home}/findings"
    )
    page = theirs.get(answer.location).text
    assert "It still has no finding." in page
    assert open_of(page, order) == [code]
    assert "Half a thought." in page


def test_what_was_typed_when_a_session_ended_lies_open_and_is_called_unsaved(sign_in, claimed, assessor) -> None:
    order = in_page_order(queries.case(db.session, claimed, by=assessor, on=today()))
    theirs, home, code = sign_in(assessor), f"/admin/reviews/{claimed.id}", order[5]
    token = theirs.token(home)
    with transaction() as session:
        session.execute(sa.update(SignInSession).values(seen_at=now() - timedelta(days=2)))
    typed = {"csrf_token": token, f"seen-{code}": "0", f"feedback-{code}": "Typed before lunch."}
    typed |= {f"seen-{other}": "0" for other in order if other != code}
    assert theirs.post(f"{home}/findings", data=typed).status_code == 303
    theirs.sign_in(assessor)
    page = theirs.get(f"{home}/findings").text
    assert "Typed before lunch." in page
    assert open_of(page, order) == [order[0], code]
    assert page.count(">Not saved<") == 1


def test_each_line_says_what_the_assessor_looks_for(sign_in, claimed, make, assessor) -> None:
    case = queries.case(db.session, claimed, by=assessor, on=today())
    page = html.unescape(sign_in(assessor).get(f"/admin/reviews/{claimed.id}").text)
    for one in desk.in_order(case):
        line = re.search(rf'<summary[^>]*><h3[^>]*"title-{one.criterion.code}">(.*?)</summary>', page, re.S)
        assert line is not None
        assert one.criterion.title in line[1]
        assert (">Must<" in line[1]) is one.criterion.core
        assert one.label in line[1]
        assert ("items" in line[1] or "1 item" in line[1]) is bool(one.evidence)
        assert "No finding" in line[1]
    assert len(re.findall(r"0 of \d+ found", page)) == len(case.themes)


def test_what_can_stand_is_kept_and_what_cannot_is_shown_beside_its_criterion(
    sign_in, claimed, codes, assessor
) -> None:
    content = claimed.assessment.framework.content
    strict = next(one.code for one in content.asked(1, None) if not one.not_applicable_allowed)
    good = next(code for code in codes if code != strict)
    answer = sign_in(assessor).send(
        f"/admin/reviews/{claimed.id}",
        {
            f"seen-{good}": "0",
            f"outcome-{good}": "met",
            f"seen-{strict}": "0",
            f"outcome-{strict}": "not_applicable_accepted",
            f"feedback-{strict}": "Typed with care.",
        },
        to=f"/admin/reviews/{claimed.id}/findings",
    )
    assert answer.status_code == 400
    assert lies_open(answer.text, strict)
    assert f'href="#{strict}"' in answer.text
    assert f'id="error-{strict}"' in answer.text
    assert "applies to every employer" in answer.text
    assert "Typed with care." in answer.text
    assert finding_of(claimed, good).outcome == "met"


def test_two_windows_on_one_case_lose_nothing(sign_in, claimed, codes, assessor) -> None:
    theirs, code = sign_in(assessor), codes[0]

    def save(feedback: str, seen: str):
        return theirs.send(
            f"/admin/reviews/{claimed.id}",
            {f"seen-{code}": seen, f"outcome-{code}": "met", f"feedback-{code}": feedback},
            to=f"/admin/reviews/{claimed.id}/findings",
        )

    assert save("First", "0").status_code == 302
    second = save("Second", "0")
    assert second.status_code == 400
    assert "What is saved now" in second.text
    assert "First" in second.text
    assert "Second" in second.text
    version = re.search(rf'name="seen-{code}" value="(\d+)"', second.text)
    assert version is not None
    assert save("Second", version[1]).status_code == 302
    assert finding_of(claimed, code).feedback == "Second"


def test_somebody_else_cannot_save_findings(sign_in, claimed, codes, second, assessor) -> None:
    answer = sign_in(second).send(
        f"/admin/reviews/{claimed.id}/claim",
        {f"seen-{codes[0]}": "0", f"outcome-{codes[0]}": "met"},
        to=f"/admin/reviews/{claimed.id}/findings",
    )
    assert answer.status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Finding)).all() == []


def test_the_loser_of_a_race_is_told_who_has_the_case(sign_in, claimed, second) -> None:
    theirs = sign_in(second)
    assert theirs.send(f"/admin/reviews/{claimed.id}/claim").status_code == 303
    assert "Asha Assessor has just taken this case." in theirs.get(f"/admin/reviews/{claimed.id}/claim").text


def test_giving_a_case_back(sign_in, claimed, assessor) -> None:
    assert sign_in(assessor).send(f"/admin/reviews/{claimed.id}/release").status_code == 302
    assert fresh(claimed).status is ReviewStatus.WAITING


def test_declaring_an_interest_shuts_the_case(sign_in, waiting, assessor) -> None:
    theirs = sign_in(assessor)
    assert theirs.send(f"/admin/reviews/{waiting.id}/conflict", {"reason": ""}).status_code == 400
    assert theirs.send(f"/admin/reviews/{waiting.id}/conflict", {"reason": "My sister works there."}).status_code == 302
    for step in ("", "/claim", "/conflict"):
        got = theirs.get(f"/admin/reviews/{waiting.id}{step}")
        assert (got.status_code, "You declared an interest in this employer on" in got.text) == (403, True), step
    assert fresh(waiting).assessor_id is None


def in_two_weeks() -> dict[str, str]:
    day = today() + timedelta(days=14)
    return {"answer_by-day": str(day.day), "answer_by-month": str(day.month), "answer_by-year": str(day.year)}


def test_asking_for_more_from_the_page(sign_in, claimed, codes, assessor) -> None:
    theirs = sign_in(assessor)
    page, key = f"/admin/reviews/{claimed.id}/ask", f"criterion-{codes[0]}"
    wrong = theirs.send(page, {"questions": key, f"question-{key}": " ", **in_two_weeks()})
    assert wrong.status_code == 400
    assert "Write your question on" in wrong.text
    none = theirs.send(page, in_two_weeks())
    assert "Choose at least one thing" in none.text
    kept = theirs.send(page, {"questions": key, f"question-{key}": "Which shifts?", "answer_by-day": "1"})
    assert "Which shifts?" in kept.text
    done = theirs.send(page, {"questions": key, f"question-{key}": "Which shifts?", **in_two_weeks()})
    assert done.status_code == 302
    assert fresh(claimed).status is ReviewStatus.WITH_EMPLOYER
    assert "Which shifts?" in theirs.get(f"/admin/reviews/{claimed.id}").text


def test_criteria_found_to_need_more_are_ticked_with_the_feedback_as_question(
    sign_in, claimed, codes, assessor
) -> None:
    asks = next(one.value for one in claimed.assessment.framework.content.outcomes if one.asks_employer)
    with transaction() as session:
        findings.save(
            session,
            claimed,
            criterion=codes[0],
            outcome=asks,
            feedback="Who does this cover?",
            seen_version=None,
            by=assessor,
            at=now(),
        )
    page = sign_in(assessor).get(f"/admin/reviews/{claimed.id}/ask").text
    assert re.search(rf'value="criterion-{codes[0]}" checked', page)
    assert not re.search(rf'value="criterion-{codes[1]}" checked', page)
    assert "Who does this cover?" in page


def test_a_second_round_shows_what_changed(sign_in, make, found, sent, owner, assessor, codes) -> None:
    make.asked_for_more(sent, codes[:1], assessor=assessor)
    with transaction() as session:
        evidence.add_link(
            session,
            sent,
            criteria=codes[:1],
            title="The new notice",
            url="https://example.org/notice",
            dated_on=None,
            by=owner,
            at=AT,
            open_criteria=codes[:1],
        )
    make.submitted(sent, by=owner)
    page = sign_in(assessor).get(f"/admin/reviews/{found.id}").text
    assert page.count("What changed since round 1") == 2, "above all criteria, and beside the one that changed"
    assert page.count(">Changed<") == 1
    assert open_of(page, codes) == codes[:1], "what was asked about has to be found again"
    assert "The new notice" in page
    assert "Which of your people does this cover?" in page
    assert "Finding of round 1" in page


def test_recommending_from_the_page(sign_in, make, claimed, assessor, codes) -> None:
    theirs = sign_in(assessor)
    page = f"/admin/reviews/{claimed.id}/recommend"
    assert "You cannot recommend a level yet" in theirs.get(page).text
    make.found(claimed, by=assessor)
    assert theirs.send(page, {}).status_code == 400
    refused = theirs.send(page, {"level": "0", "reasons": ""})
    assert "Say why the level is not the one" in refused.text
    assert theirs.send(page, {"level": "1", "reasons": "All there."}).status_code == 302
    assert fresh(claimed).recommended_level == 1


@pytest.mark.parametrize(
    ("data", "status", "decided"),
    [
        ({"deed": "agree"}, ReviewStatus.DECIDED, 1),
        ({"deed": "change", "level": "0", "reasons": "Old evidence."}, ReviewStatus.DECIDED, 0),
        ({"deed": "send_back", "reasons": "Look again."}, ReviewStatus.IN_REVIEW, None),
    ],
)
def test_a_moderator_decides_from_the_page(sign_in, recommended, moderator, data, status, decided) -> None:
    theirs = sign_in(moderator)
    assert theirs.send(f"/admin/reviews/{recommended.id}/moderate", data).status_code == 302
    assert (fresh(recommended).status, fresh(recommended).decided_level) == (status, decided)
    assert len(db.session.scalars(sa.select(Award)).all()) == (1 if decided else 0)
    assert theirs.get(f"/admin/reviews/{recommended.id}").status_code == 200
    assert theirs.get(f"/admin/reviews/{recommended.id}/moderate").status_code == 200


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Choose what you decide."),
        ({"deed": "dance"}, "Choose what you decide."),
        ({"deed": "change", "level": "0", "reasons": ""}, "Say why you change the level."),
        ({"deed": "change", "level": "banana", "reasons": "Because."}, "Choose one of the levels"),
        ({"deed": "send_back", "reasons": ""}, "Say what the assessor should look at again."),
    ],
)
def test_a_decision_that_cannot_stand_is_shown_again(sign_in, recommended, moderator, data, message: str) -> None:
    answer = sign_in(moderator).send(f"/admin/reviews/{recommended.id}/moderate", data)
    assert answer.status_code == 400
    assert message in answer.text


def test_who_recommended_is_not_offered_the_decision(sign_in, make, sent, moderator) -> None:
    review = make.recommended(make.found(make.claimed(sent, by=moderator), by=moderator), by=moderator)
    theirs = sign_in(moderator)
    assert "Decide this case" not in theirs.get(f"/admin/reviews/{review.id}").text
    refused = theirs.send(f"/admin/reviews/{review.id}/moderate", {"deed": "agree"})
    assert refused.status_code == 400
    assert "somebody else must decide" in refused.text


def test_a_case_sent_back_to_somebody_who_left_is_said_to_be_in_the_queue(
    sign_in, recommended, assessor, moderator
) -> None:
    theirs, data = sign_in(moderator), {"deed": "send_back", "reasons": "Look again."}
    with transaction() as session:
        session.get_one(User, assessor.id).disabled_at = AT
    page = theirs.send(f"/admin/reviews/{recommended.id}/moderate", data, follow_redirects=True).text
    assert fresh(recommended).status is ReviewStatus.WAITING
    assert "The case is back in the queue: its assessor cannot work on it any more." in page


def test_who_took_part_in_what_was_appealed_reads_so_on_the_case_and_is_not_offered_it(
    sign_in, waiting, assessor, moderator
) -> None:
    address = f"/admin/reviews/{waiting.id}"
    assert "Take this case" in sign_in(assessor).get(address).text
    with transaction() as session:
        session.add(SetApart(review_id=waiting.id, user_id=assessor.id))
    page = sign_in(assessor).get(address).text
    assert "You took part in the decision that was appealed" in page
    assert "Take this case" not in page
    assert "Take this case" in sign_in(moderator).get(address).text


def test_cases_are_given_out_only_to_people_whose_account_is_open(sign_in, waiting, assessor, moderator) -> None:
    with transaction() as session:
        session.get_one(User, assessor.id).disabled_at = AT
    for address in ("/admin/reviews/", f"/admin/reviews/allocate?case={waiting.id}&to=share"):
        page = sign_in(moderator).get(address).text
        to = page[page.index('id="to"') :]
        assert moderator.name in to[: to.index("</select>")]
        assert assessor.name not in to[: to.index("</select>")]
