"""An assessment from start to decision, as the employer's people see it."""

import html
import re
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import queries
from charter.assessment.level import counts_on
from charter.assessment.models import Answer, Assessment, Submission
from charter.assessment.status import AssessmentStatus
from charter.clock import today
from charter.extensions import db, transaction
from charter.framework.asking import asks, rules_up_to
from charter.framework.content import Extent
from charter.notification.models import Message
from charter.organisation.models import Organisation
from charter.review import moderation
from tests.factories import Factory
from tests.web.employer.conftest import Counting, SignIn

SENT = {"declared_by": "Olive Owner", "declared_role": "Owner", "agreed": "y", "round": "1"}


def status_of(assessment: Assessment) -> AssessmentStatus:
    db.session.rollback()
    return db.session.get_one(Assessment, assessment.id, populate_existing=True).status


PAGES = ["", "/criteria/{code}", "/declarations", "/figures", "/level", "/check", "/submitted", "/target"]


@pytest.mark.parametrize("path", [*PAGES, "/submit", "/withdraw"])
@pytest.mark.parametrize("who", ["owner", "colleague", "stranger", "assessor", "board_member", "nobody"])
def test_each_page_is_for_the_employers_people_and_some_only_for_its_owners(
    request: pytest.FixtureRequest,
    assessment: Assessment,
    home: str,
    codes: list[str],
    path: str,
    who: str,
    client: Any,
    sign_in: SignIn,
) -> None:
    browser = client if who == "nobody" else sign_in(request.getfixturevalue(who))
    answered = browser.get(home + path.format(code=codes[0]))
    if who == "nobody":
        assert answered.location == "/sign-in"
    elif who == "owner" or (who == "colleague" and path in PAGES):
        assert answered.status_code in {200, 303}
        assert answered.location != "/sign-in"
    else:
        assert answered.status_code == (403 if who in {"colleague", "assessor"} else 404)


def test_an_employer_chooses_a_level_and_starts(employer: Organisation, owner: User, sign_in: SignIn) -> None:
    browser, page = sign_in(owner), f"/organisations/{employer.id}/assessments/new"
    assert "Choose the level you are aiming for." in browser.send(page, {}).text
    started = browser.send(page, {"target_level": "2"})
    db.session.rollback()
    made = db.session.scalars(sa.select(Assessment)).one()
    assert (started.status_code, started.location) == (303, f"/assessments/{made.id}")
    assert (made.target_level, made.status) == (2, AssessmentStatus.DRAFT)


def test_starting_twice_leads_to_the_one_under_way(
    assessment: Assessment, employer: Organisation, home: str, owner: User, sign_in: SignIn
) -> None:
    assert sign_in(owner).get(f"/organisations/{employer.id}/assessments/new").location == home


def test_the_task_list_says_how_far_each_task_is(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    new = browser.get(home).text
    tasks = len(codes) + 2
    assert f"0 of {tasks} tasks are completed" in new
    make.answered(assessment, by=owner, but=codes[:1])
    later = browser.get(home).text
    assert f"{tasks - 1} of {tasks} tasks are completed" in later
    assert later.count("Completed") == tasks - 1
    criterion = assessment.framework.content.criterion(codes[0])
    assert criterion is not None
    assert f"What stands between you and {assessment.framework.content.level_title(1)}" in later
    assert f"Fully meet “{criterion.title}”." in html.unescape(later)


def test_the_task_list_says_what_was_answered_and_which_answer_is_too_little(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    must, may = (next(one for one in content.asked(1) if one.core is core) for core in (True, False))
    make.answered(assessment, by=owner, but=[must.code, may.code])
    browser = sign_in(owner)
    little = next(value for value in content.scale if value.extent is Extent.NOT_MET)
    for criterion in (must, may):
        browser.send(f"{home}/criteria/{criterion.code}", {"value": little.value, "seen_version": "0"})
    page = browser.get(home).text
    assert page.count(f"Your answer: {little.label}.") == 2
    assert page.count(f"{content.level_title(1)} needs it to be fully in place.") == 1
    fully = next(value for value in content.scale if value.extent is Extent.MET)
    assert page.count(f"Your answer: {fully.label}.") == len(content.asked(1)) - 2


def test_the_level_reached_is_told_while_answering(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    browser = sign_in(owner)
    assert f"Your answers reach: {content.level_title(0)}" in browser.get(home).text
    make.answered(assessment, by=owner)
    assert f"Your answers reach: {content.level_title(1)}" in browser.get(home).text
    level = browser.get(f"{home}/level").text
    assert level.count("What is missing") == len(content.levels) - 1


def test_the_target_can_change_while_it_is_a_draft(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    assert browser.send(f"{home}/target", {"target_level": "2"}).location == home
    db.session.rollback()
    assert db.session.get_one(Assessment, assessment.id, populate_existing=True).target_level == 2


def test_what_is_missing_is_on_top_of_the_check_page_and_stops_the_sending(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner, but=codes[:1])
    browser = sign_in(owner)
    assert "1 thing to do before you can send" in browser.get(f"{home}/check").text
    refused = browser.post(f"{home}/submit", data={"csrf_token": browser.token(f"{home}/declarations"), **SENT})
    assert (refused.status_code, refused.location) == (303, f"{home}/check")
    assert "was not sent, because something is missing" in browser.get(f"{home}/check").text
    assert status_of(assessment) is AssessmentStatus.DRAFT


def test_once_everything_is_answered_the_task_list_leads_on_to_the_check(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    make.answered(assessment, by=owner, but=codes[:1])
    assert "Check and send</a>" not in " ".join(browser.get(home).text.split())
    make.answered(assessment, by=owner)
    page = browser.get(home).text
    assert re.search(rf'<a href="{home}/check"[^>]*class="govuk-button', page)


def test_answers_that_reach_no_level_name_what_is_in_the_way_before_they_can_be_sent_as_they_are(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    content = assessment.framework.content
    must = next(one for one in content.asked(1) if one.core)
    browser = sign_in(owner)
    for page in ("/dashboard", f"{home}/check"):
        assert "do not reach" not in browser.get(page).text
    little = next(value for value in content.scale if value.extent is Extent.NOT_MET)
    with transaction():
        answer = db.session.scalars(sa.select(Answer).where(Answer.criterion == must.code)).one()
        answer.value = little.value
    for page in ("/dashboard", f"{home}/check"):
        text = html.unescape(browser.get(page).text)
        assert f"answers do not reach {content.level_title(1)} yet" in text
        assert f"Fully meet “{must.title}”." in text
        assert re.search(rf'<a href="{home}/criteria/{must.code}"[^>]*class="govuk-button"', text)
        assert "Everything is here." not in text
    check = browser.get(f"{home}/check").text
    assert re.search(rf'<a href="{home}/submit"[^>]*govuk-button--secondary[^>]*>Send them as they are', check)
    assert browser.get(f"{home}/submit").status_code == 200


def test_a_plan_left_from_before_is_not_shown_beside_an_answer_that_needs_none(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    content = assessment.framework.content
    extents = {value.extent: value.value for value in content.scale}
    for extent, shown in ((Extent.IN_PROGRESS, 1), (Extent.MET, 0)):
        with transaction():
            answer = db.session.scalars(sa.select(Answer).where(Answer.criterion == codes[0])).one()
            answer.value, answer.action = extents[extent], "Tell the late shift"
        assert sign_in(owner).get(f"{home}/check").text.count("Tell the late shift") == shown


def test_a_colleague_is_told_that_an_owner_sends(
    make: Factory, assessment: Assessment, home: str, owner: User, colleague: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    text = sign_in(colleague).get(f"{home}/check").text
    assert "Only an owner can send the answers." in text
    assert f"{home}/submit" not in text


def test_whoever_sends_declares_it_by_name_and_role(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    browser = sign_in(owner)
    refused = browser.send(f"{home}/submit", {"declared_by": "", "declared_role": "Boss of all", "round": "1"})
    assert refused.status_code == 400
    for message in ("Enter your full name.", "Tick the box to say that the answers are true."):
        assert refused.text.count(message) == 2
    assert 'value="Boss of all"' in refused.text
    assert status_of(assessment) is AssessmentStatus.DRAFT


def test_sending_confirms_with_a_reference_and_a_day_and_twice_is_once(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    browser = sign_in(owner)
    form = {"csrf_token": browser.token(f"{home}/submit"), **SENT}
    answers = [browser.post(f"{home}/submit", data=form) for _ in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, f"{home}/submitted")] * 2
    confirmed = browser.get(f"{home}/submitted").text
    assert "Your answers are sent" in confirmed
    assert "Your reference is" in confirmed
    assert "You will have a decision by" in confirmed
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Submission)) == 1
    kinds = db.session.scalars(sa.select(Message.kind)).all()
    assert kinds.count("submission_received") == 1


def test_back_to_the_pages_of_a_sent_assessment_shows_where_it_stands(
    make: Factory, assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    browser = sign_in(owner)
    assert browser.get(f"{home}/submit").location == f"{home}/submitted"
    assert browser.get(f"{home}/target").location == home
    text = browser.get(home).text
    assert "Where your assessment stands" in text
    assert "Waiting for an assessor" in text
    assert "/criteria/" not in text.split("What happens next")[0].split("<main")[1]
    assert "Change<" not in browser.get(f"{home}/check").text


def test_more_is_asked_and_sent_back_as_another_round(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, assessor: User, sign_in: SignIn
) -> None:
    make.answered(assessment, by=owner)
    browser = sign_in(owner)
    first = {"csrf_token": browser.token(f"{home}/submit"), **SENT}
    browser.post(f"{home}/submit", data=first)
    make.asked_for_more(assessment, codes[:1], assessor=assessor)
    text = browser.get(home).text
    assert "The assessor needs more from you" in text
    assert "Which of your people does this cover?" in text
    assert "To do" in text
    assert browser.get(f"{home}/check").text.count("Change<") == 1

    # the form of the first round, found again with the back button, does not send the second
    assert browser.post(f"{home}/submit", data=first).location == f"{home}/submitted"
    assert status_of(assessment) is AssessmentStatus.MORE_INFORMATION
    assert "Send your answers back" in browser.get(f"{home}/submit").text
    assert browser.send(f"{home}/submit", {**SENT, "round": "2"}).location == f"{home}/submitted"
    assert status_of(assessment) is AssessmentStatus.SUBMITTED
    assert db.session.scalars(sa.select(Submission.round).order_by(Submission.round)).all() == [1, 2]


def test_withdrawing_asks_first_and_ends_it(
    assessment: Assessment, employer: Organisation, home: str, owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    form = {"csrf_token": browser.token(f"{home}/withdraw")}
    assert browser.post(f"{home}/withdraw", data=form).location == "/dashboard"
    assert status_of(assessment) is AssessmentStatus.WITHDRAWN
    assert browser.post(f"{home}/withdraw", data=form).location == home
    assert "You withdrew this assessment" in browser.get(home).text
    assert "This assessment is closed" in browser.get(f"{home}/declarations").text


@pytest.mark.parametrize("path", ["", "/check", "/level", "/figures", "/declarations"])
def test_the_pages_take_at_most_12_queries_whatever_is_in_them(
    make: Factory, assessment: Assessment, home: str, path: str, owner: User, sign_in: SignIn, counting: Counting
) -> None:
    browser = sign_in(owner)
    browser.get(home + path)
    with counting() as empty:
        browser.get(home + path)
    make.answered(assessment, by=owner)
    with counting() as full:
        browser.get(home + path)
    assert len(empty) == len(full) <= (11 if path else 12), full


def test_following_a_case_takes_at_most_12_queries_and_two_more_when_it_asks(
    make: Factory,
    assessment: Assessment,
    home: str,
    codes: list[str],
    owner: User,
    assessor: User,
    sign_in: SignIn,
    counting: Counting,
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    browser = sign_in(owner)
    with counting() as waiting:
        browser.get(home)
    make.asked_for_more(assessment, codes, assessor=assessor)
    with counting() as asked:
        browser.get(home)
    assert len(waiting) <= 12, waiting
    assert len(asked) <= 14, asked


def test_following_a_case_that_asks_about_figures_too_takes_at_most_15_queries(
    make: Factory, assessment: Assessment, home: str, owner: User, assessor: User, sign_in: SignIn, counting: Counting
) -> None:
    content = assessment.framework.content
    make.submitted(make.answered(assessment, by=owner), by=owner)
    figures, declarations = ([one.code for one in part] for part in (content.metrics_for(1), content.declarations))
    make.asked_for_more(assessment, declarations=declarations, figures=figures, assessor=assessor)
    browser = sign_in(owner)
    for page, most in (("", 15), ("/check", 11), ("/declarations", 11), ("/figures", 12)):
        with counting() as asked:
            assert browser.get(home + page).status_code == 200
        assert len(asked) <= most, asked


def test_after_a_no_the_next_try_begins_with_what_was_said(
    make: Factory,
    assessment: Assessment,
    home: str,
    codes: list[str],
    owner: User,
    assessor: User,
    moderator: User,
    sign_in: SignIn,
) -> None:
    make.submitted(make.answered(assessment, by=owner), by=owner)
    review = make.recommended(
        make.found(make.claimed(assessment, by=assessor), by=assessor, outcome=Extent.NOT_MET), by=assessor, level=0
    )
    with transaction() as session:
        moderation.agree(session, review, by=moderator, at=make.at, on=make.at.date())
    browser = sign_in(owner)
    assert "did not reach a level" in browser.get("/dashboard").text
    assert "You have not reached a level yet" in browser.get(home).text
    started = browser.send(f"/organisations/{assessment.organisation_id}/assessments/new", {"target_level": "1"})
    again = browser.get(started.location).text
    assert "What you said last time is here." in again
    assert f"{len(codes)} answers from last time to check" in again


def decided(make: Factory, assessment: Assessment, owner: User, assessor: User, moderator: User, *, level: int) -> None:
    """Decide an assessment: found to be met when there is a level, and not met otherwise."""
    make.submitted(make.answered(assessment, by=owner), by=owner)
    review = make.claimed(assessment, by=assessor)
    make.found(review, by=assessor, outcome=Extent.MET if level else Extent.NOT_MET)
    make.recommended(review, by=assessor, level=level, reasons="What we saw.")
    with transaction() as session:
        moderation.agree(session, review, by=moderator, at=make.at, on=make.at.date())


def test_a_decision_says_first_what_stood_in_the_way(
    make: Factory, assessment: Assessment, home: str, owner: User, assessor: User, moderator: User, sign_in: SignIn
) -> None:
    decided(make, assessment, owner, assessor, moderator, level=0)
    page = html.unescape(sign_in(owner).get(home).text)
    content = make.framework().content
    level = content.levels[0]
    must = next(criterion for criterion in content.criteria if criterion.core and criterion.level == level.rank)
    before, after = page.split("Feedback on each point")
    assert f"What stands between you and {level.title}" in before
    assert must.title in before
    assert f"A must for {level.title}" in after


def test_a_decision_for_a_level_says_what_the_next_one_needs(
    make: Factory, assessment: Assessment, home: str, owner: User, assessor: User, moderator: User, sign_in: SignIn
) -> None:
    decided(make, assessment, owner, assessor, moderator, level=1)
    page = sign_in(owner).get(home).text
    first, second = make.framework().content.levels[:2]
    assert f"You have reached {first.title}" in page
    assert f"What stands between you and {second.title}" in page


def test_the_decision_asks_the_database_twelve_times_at_most(
    make: Factory,
    assessment: Assessment,
    home: str,
    owner: User,
    assessor: User,
    moderator: User,
    sign_in: SignIn,
    counting: Counting,
) -> None:
    decided(make, assessment, owner, assessor, moderator, level=1)
    browser = sign_in(owner)
    with counting() as said:
        assert browser.get(home).status_code == 200
    assert len(said) <= 11, [one.split("FROM")[-1].split()[0] + str(len(one)) for one in said]


def test_the_task_list_marks_the_musts_before_anything_is_answered(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    made = make.assessment(employer, level=2, by=owner)
    content = made.framework.content
    said = html.unescape(sign_in(owner).get(f"/assessments/{made.id}").text)
    asked = [one for one in content.asked(2, queries.headcount_ceiling(made)) if counts_on(one, today())]
    for rank in (1, 2):
        title = content.level_title(rank)
        musts = [one for one in asked if one.level == rank and one.core]
        others = [one for one in asked if one.level == rank and not one.core]
        assert (said.count(f"Must for {title}."), said.count(f"Can be under way for {title}.")) == (
            len(musts),
            len(others),
        )
    legend = said.split(f"How you reach {content.level_title(2)}")[1].split("</section>")[0]
    for words in rules_up_to(content, 2):
        assert words in legend


def test_what_is_announced_is_marked_with_its_day_and_not_as_a_must(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn
) -> None:
    made = make.assessment(employer, level=3, by=owner)
    announced = [one for one in made.framework.content.asked(3) if one.counts_from and one.counts_from > today()]
    assert announced
    said = html.unescape(sign_in(owner).get(f"/assessments/{made.id}").text)
    for criterion in announced:
        row = said.split(f">{criterion.title}</a>")[1].split("</li>")[0]
        assert f"Announced: it counts from {criterion.counts_from:%-d %B %Y}." in row
        assert not re.search("Must for|under way for", row)


def test_each_level_says_what_it_asks_on_top_of_the_one_below(
    assessment: Assessment, home: str, owner: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    found = asks(content, queries.headcount_ceiling(assessment))
    browser = sign_in(owner)
    for page in (f"{home}/target", f"{home}/level"):
        text = " ".join(html.unescape(browser.get(page).text).split())
        for ask in found[1:]:
            assert ask.below is not None
            assert f"All of {ask.below.title}, and {ask.more_questions} more questions" in text
            assert f"We think it takes about {ask.time} for all {ask.questions} questions" in text
    text = browser.get(f"{home}/level").text
    assert text.count("You say yes to each of the legal basics.") == 1
    assert text.count(f"Say yes to {len(content.declarations)} statements.") == 1


def test_what_is_missing_is_grouped_and_each_thing_leads_to_its_page(
    assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    text = html.unescape(sign_in(owner).get(f"{home}/check").text).split("to do before you can send")[1]
    todo = text.split("<dl")[0]
    assert todo.count(f'href="{home}/declarations"') == todo.count(f'href="{home}/figures"') == 1
    assert all(todo.count(f'href="{home}/criteria/{code}"') == 1 for code in codes)
    assert len(re.findall(r'charter-tally">(\d+) to do', todo)) == 2 + len({one.theme for one in content.asked(1)})
    order = re.findall(rf'href="{home}/(?:criteria/)?([^"]+)"', todo)
    assert order == [*codes, "declarations", "figures"]
