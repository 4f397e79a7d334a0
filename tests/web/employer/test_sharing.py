"""The pages on which a team shares out an assessment, and reads who did what."""

import html
import re

import sqlalchemy as sa

from charter.account.models import User
from charter.assessment import history, sharing
from charter.assessment.models import Assessment
from charter.assessment.teamwork import Assignment
from charter.clock import now
from charter.extensions import db, transaction
from charter.organisation.models import Membership, Organisation
from charter.review import moderation
from tests.factories import Factory
from tests.web.employer.conftest import Counting, SignIn


def give(assessment: Assessment, person: User | None, *tasks: str, by: User) -> None:
    with transaction() as session:
        seen = {task: holder.id for task, holder in sharing.board(session, assessment).holders.items()}
        wanted = dict.fromkeys(tasks, person.id if person else None)
        sharing.assign(session, assessment, wanted=wanted, seen=seen, by=by, at=now())


def whose(assessment: Assessment) -> dict[str, str]:
    db.session.rollback()
    return {task: holder.name for task, holder in sharing.board(db.session, assessment).holders.items()}


def form_of(page: str) -> dict[str, str]:
    """What the page's selects and hidden fields would send, untouched."""
    found = dict(re.findall(r'<input id="[^"]*" name="(seen-[^"]+)" type="hidden" value="([^"]*)"', page))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_all_tasks_are_shared_out_on_one_page(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    fields = form_of(browser.get(f"{home}/sharing").text)
    assert len([name for name in fields if name.startswith("who-")]) == len(codes) + 2
    fields |= {f"who-{codes[0]}": str(colleague.id), "who-page:figures": str(owner.id)}
    answered = browser.send(f"{home}/sharing", fields)
    assert (answered.status_code, answered.location) == (303, f"{home}/sharing")
    assert whose(assessment) == {codes[0]: colleague.name, sharing.FIGURES: owner.name}
    assert "2 questions changed hands" in browser.get(f"{home}/sharing").text


def test_a_whole_theme_and_all_that_nobody_has_are_given_at_once(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    content = assessment.framework.content
    theme = content.themes[0]
    own = {code for code in codes if (one := content.criterion(code)) and one.theme == theme.code}
    first, *others = (code for code in codes if code in own)
    browser = sign_in(owner)
    fields = form_of(browser.get(f"{home}/sharing").text)
    several = {"several": f"theme-{theme.code}", "several_to": str(colleague.id)}
    browser.send(f"{home}/sharing", fields | several | {f"who-{first}": str(owner.id)})
    assert whose(assessment) == {first: owner.name} | dict.fromkeys(others, colleague.name)
    fields = form_of(browser.get(f"{home}/sharing").text)
    browser.send(f"{home}/sharing", fields | {"several": "rest", "several_to": str(owner.id)})
    assert set(whose(assessment)) == set(sharing.tasks(assessment))
    assert {task for task, name in whose(assessment).items() if name == colleague.name} == set(others)


def test_many_at_once_needs_both_which_and_who(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    chosen = {f"who-{codes[0]}": str(colleague.id)}
    for half, field, sentence in (
        ({"several": "rest"}, "several_to", "Choose who answers them."),
        ({"several_to": str(owner.id)}, "several", "Choose which ones."),
    ):
        page = browser.send(f"{home}/sharing", form_of(browser.get(f"{home}/sharing").text) | chosen | half)
        assert page.status_code == 400
        assert f'id="{field}-error"' in page.text
        assert sentence in page.text
        assert form_of(page.text)[f"who-{codes[0]}"] == str(colleague.id)  # nothing chosen is lost
    assert whose(assessment) == {}


def test_the_dashboard_offers_ones_own_first_and_says_when_a_colleague_has_the_next(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    give(assessment, colleague, *sharing.tasks(assessment), by=owner)
    page = html.unescape(browser.get("/dashboard").text)
    assert f"{colleague.name} answers this." in page
    assert "Look at it" in page
    give(assessment, None, codes[2], by=owner)
    page = browser.get("/dashboard").text
    assert f'href="{home}/criteria/{codes[2]}"' in page
    give(assessment, owner, codes[3], by=owner)
    page = browser.get("/dashboard").text
    assert f'href="{home}/criteria/{codes[3]}"' in page
    assert "This one is yours." in page


def test_of_two_who_share_out_at_once_neither_overwrites_the_other(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    mine, theirs = sign_in(owner), sign_in(colleague)
    fields = form_of(mine.get(f"{home}/sharing").text)
    assert fields == form_of(theirs.get(f"{home}/sharing").text)
    theirs.send(f"{home}/sharing", fields | {f"who-{codes[0]}": str(colleague.id), f"who-{codes[1]}": str(owner.id)})
    chosen = {f"who-{codes[0]}": str(owner.id), f"who-{codes[2]}": str(owner.id)}
    answered = mine.send(f"{home}/sharing", fields | chosen)
    assert answered.status_code == 409
    assert "Colin Colleague has it now" in answered.text
    assert whose(assessment) == {codes[0]: colleague.name, codes[1]: owner.name, codes[2]: owner.name}
    again = form_of(answered.text)
    assert again[f"who-{codes[0]}"] == str(owner.id), "what was chosen is in the form"
    assert mine.send(f"{home}/sharing", again).status_code == 303
    assert whose(assessment) == {codes[0]: owner.name, codes[1]: owner.name, codes[2]: owner.name}


def test_one_task_is_given_on_its_own_page_and_the_criterion_says_whose_it_is(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(owner), f"{home}/criteria/{codes[0]}"
    assert "Nobody has this yet." in browser.get(page).text
    sent = browser.send(f"{home}/sharing/{codes[0]}", {"who": str(colleague.id), "seen": ""})
    assert (sent.status_code, sent.location) == (303, page)
    assert "Colin Colleague answers this." in browser.get(page).text
    assert "<strong>This one is yours.</strong>" in sign_in(colleague).get(page).text
    stale = browser.send(f"{home}/sharing/{codes[0]}", {"who": str(owner.id), "seen": ""})
    assert stale.status_code == 409
    assert "Colin Colleague has it now." in stale.text
    assert f'name="seen" type="hidden" value="{colleague.id}"' in stale.text
    back = browser.send(f"{home}/sharing/{codes[0]}", {"who": "", "seen": str(colleague.id)})
    assert back.status_code == 303
    assert whose(assessment) == {}


def test_the_task_list_says_whose_each_is_and_is_narrowed_by_its_address(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    give(assessment, colleague, codes[1], by=owner)
    give(assessment, owner, codes[0], sharing.FIGURES, by=owner)
    browser = sign_in(owner)

    def shown(address: str) -> list[str]:
        return re.findall(r'id="([^"]+)-status"', browser.get(address).text)

    every = [*codes, "declarations", "figures", "check"]
    assert sorted(shown(home)) == sorted(every) == sorted(shown(f"{home}?whose=else"))
    assert shown(f"{home}?whose=mine") == [codes[0], "figures", "check"]
    assert sorted(shown(f"{home}?whose=nobody")) == sorted(set(every) - {codes[0], codes[1], "figures"})
    text = html.unescape(browser.get(home).text)
    assert "Yours: 2" in text
    assert f"Nobody’s: {len(codes) + 2 - 3}" in text
    assert '<div class="govuk-task-list__hint">Yours.' in text
    assert '<div class="govuk-task-list__hint">Colin Colleague’s.' in text
    mine = browser.get(f"{home}?whose=mine").text
    assert f'href="{home}/criteria/{codes[0]}" role="button"' in mine
    give(assessment, None, codes[1], by=owner)
    assert "Nothing is yours so far." in sign_in(colleague).get(f"{home}?whose=mine").text


def test_the_dashboard_says_how_many_of_ones_own_are_to_do_and_leads_to_the_first(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    assert "of yours" not in sign_in(colleague).get("/dashboard").text
    give(assessment, colleague, codes[0], codes[3], sharing.DECLARATIONS, by=owner)
    text = sign_in(colleague).get("/dashboard").text
    assert "3 tasks of yours are still to do." in text
    assert f'<a class="govuk-link" href="{home}/criteria/{codes[0]}">Go to the first one</a>' in text
    assert "of yours" not in sign_in(owner).get("/dashboard").text
    make.answered(assessment, by=owner)
    assert "All your own tasks are done." in sign_in(colleague).get("/dashboard").text


def test_the_pages_of_a_closed_assessment_give_nothing_away(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    token = browser.token(f"{home}/sharing")
    browser.send(f"{home}/withdraw")
    assert "This assessment is closed" in browser.get(f"{home}/sharing").text
    fields = {"csrf_token": token, f"who-{codes[0]}": str(owner.id)}
    assert browser.post(f"{home}/sharing", data=fields).status_code == 409
    one = browser.post(f"{home}/sharing/{codes[0]}", data={"csrf_token": token, "who": str(owner.id)})
    assert one.status_code == 303
    assert db.session.scalars(sa.select(Assignment)).all() == []


def test_a_tampered_form_gives_nobody_anything(
    assessment: Assessment, home: str, codes: list[str], owner: User, stranger: User, sign_in: SignIn
) -> None:
    browser = sign_in(owner)
    for who in (str(stranger.id), "nonsense"):
        assert browser.send(f"{home}/sharing", {f"who-{codes[0]}": who}).status_code == 400
        assert browser.send(f"{home}/sharing/{codes[0]}", {"who": who, "seen": ""}).status_code == 400
    assert browser.get(f"{home}/sharing/NOT-THERE").status_code == 404
    assert whose(assessment) == {}


def test_the_sharing_page_takes_the_same_queries_for_one_and_for_many(
    make: Factory,
    employer: Organisation,
    assessment: Assessment,
    home: str,
    codes: list[str],
    owner: User,
    sign_in: SignIn,
    counting: Counting,
) -> None:
    browser = sign_in(owner)
    browser.get(f"{home}/sharing")
    with counting() as few:
        browser.get(f"{home}/sharing")
    for number in range(3):
        give(assessment, make.member(employer, f"Member{number} More"), codes[number], by=owner)
    with counting() as many:
        browser.get(f"{home}/sharing")
    assert len(few) == len(many) <= 12, many


# Who did what --------------------------------------------------------------------------------------------------------


def events(text: str) -> list[str]:
    found = re.findall(r"</time><span>(.*?)</span></li>", text, re.S)
    return [html.unescape(one) for one in found]


def test_what_happened_is_told_the_newest_first_in_plain_words(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    title = sharing.title(assessment.framework.content, codes[0])
    zero = assessment.framework.content.scale[0].value
    sign_in(colleague).send(f"{home}/criteria/{codes[0]}", {"value": zero, "seen_version": "0", "comment": "Why?"})
    give(assessment, colleague, codes[0], by=owner)
    text = sign_in(owner).get(f"{home}/history").text
    assert events(text) == [
        f"Olive Owner gave “{title}” to Colin Colleague.",
        f"Colin Colleague saved the answer to “{title}”.",
        f"Colin Colleague wrote a comment on “{title}”.",
        "Olive Owner started the assessment.",
    ]
    assert "Why?" not in text
    last = html.unescape(text.split("Who saved each answer last")[1])
    assert f'>{title}</a></dt><dd class="govuk-summary-list__value">Colin Colleague<br>' in last
    assert last.count("Nobody yet") == len(codes) + 1


def test_the_schemes_people_are_never_named_and_what_they_do_among_themselves_is_not_told(
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
    make.asked_for_more(assessment, [codes[0]], assessor=assessor)
    text = sign_in(owner).get(f"{home}/history").text
    assert events(text)[:2] == ["The assessor asked for more.", "Olive Owner sent the answers."]
    for staff in (assessor, moderator):
        assert staff.name not in text


def test_a_decision_is_the_schemes(
    make: Factory, assessment: Assessment, home: str, owner: User, assessor: User, moderator: User, sign_in: SignIn
) -> None:
    review = make.claimed(make.submitted(make.answered(assessment, by=owner), by=owner), by=assessor)
    make.recommended(make.found(review, by=assessor), by=assessor)
    with transaction() as session:
        moderation.agree(session, review, by=moderator, at=make.at, on=make.at.date())
    told = events(sign_in(owner).get(f"{home}/history").text)
    theirs = {one for one in told if not one.startswith("Olive Owner ")}
    assert theirs == {"The scheme decided.", "The scheme issued the award."}


def test_who_left_is_a_former_colleague(
    assessment: Assessment, home: str, codes: list[str], owner: User, colleague: User, sign_in: SignIn
) -> None:
    zero = assessment.framework.content.scale[0].value
    sign_in(colleague).send(f"{home}/criteria/{codes[0]}", {"value": zero, "seen_version": "0"})
    with transaction() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id == colleague.id))
    text = sign_in(owner).get(f"{home}/history").text
    assert events(text)[0].startswith("A former colleague saved the answer to")
    assert "A former colleague<br>" in text
    assert colleague.name not in text
    text = sign_in(owner).get(f"{home}/criteria/{codes[0]}").text
    assert "Saved by a former colleague on" in text
    assert colleague.name not in text


def test_the_history_has_pages_and_takes_the_same_queries_however_long_it_is(
    make: Factory, assessment: Assessment, home: str, codes: list[str], owner: User, sign_in: SignIn, counting: Counting
) -> None:
    browser = sign_in(owner)
    browser.get(f"{home}/history")
    with counting() as little:
        browser.get(f"{home}/history")
    make.answered(assessment, by=owner)
    for number in range(history.EACH):
        give(assessment, owner if number % 2 else None, codes[0], by=owner)
    with counting() as much:
        first = events(browser.get(f"{home}/history").text)
    assert len(little) == len(much) <= 12, much
    second = events(browser.get(f"{home}/history?page=2").text)
    assert len(first) == history.EACH
    assert second
    assert events(browser.get(f"{home}/history?page=999").text)[-1] == "Olive Owner started the assessment."
    assert events(browser.get(f"{home}/history?page=no").text) == first


def test_who_is_alone_is_asked_to_share_nothing_until_there_is_a_second_person(
    make: Factory, employer: Organisation, home: str, codes: list[str], owner: User, sign_in: SignIn
) -> None:
    browser, question = sign_in(owner), f"{home}/criteria/{codes[0]}"
    assert "Share them out" not in browser.get(home).text
    for words in ("Nobody has this yet", "Comments among colleagues"):
        assert words not in browser.get(question).text
    make.member(employer, "Second Person")
    assert "Share them out" in browser.get(home).text
    for words in ("Nobody has this yet", "Comments among colleagues"):
        assert words in browser.get(question).text


def test_all_that_nobody_has_leaves_out_what_is_done(
    make: Factory,
    assessment: Assessment,
    home: str,
    codes: list[str],
    owner: User,
    colleague: User,
    sign_in: SignIn,
) -> None:
    make.answered(assessment, by=owner, but=codes[:1])
    sign_in(owner).send(f"{home}/sharing", {"several": "rest", "several_to": str(colleague.id)})
    db.session.rollback()
    assert set(sharing.board(db.session, assessment).holders) == {codes[0]}
