"""The shorter way for small employers: who finds it, what it saves, and how short it is."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
import pytest

from charter.account.models import User
from charter.assessment import evidence_kinds, metrics, progress, queries, short_path
from charter.assessment.models import Assessment, EvidenceKind
from charter.assessment.queries import Material
from charter.clock import today
from charter.errors import Refusal
from charter.extensions import db, transaction
from charter.framework.asking import standing
from charter.framework.content import Content, Criterion, Extent, ShortPath
from charter.organisation.models import Organisation
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import Counting, SignIn


@pytest.fixture
def short(make: Factory) -> ShortPath:
    found = make.framework().content.evidence_rules.short_path
    assert found is not None
    return found


@pytest.fixture
def employer(make: Factory, short: ShortPath) -> Organisation:
    """An employer small enough for the short way."""
    bands = make.framework().content.size_bands
    return make.organisation("Fly's Bakery", size_band=next(one.code for one in bands if one.max == 9))


@pytest.fixture
def content(assessment: Assessment) -> Content:
    return assessment.framework.content


def material(assessment: Assessment) -> Material:
    db.session.rollback()
    db.session.expire_all()
    return queries.material(db.session, assessment)


def fully(content: Content) -> str:
    return next(one.value for one in content.scale if one.extent is Extent.MET)


def of_theme(assessment: Assessment, evidenced: bool = True) -> tuple[str, list[Criterion]]:
    """The first theme with two questions, one of which needs evidence, and its questions."""
    for theme in assessment.framework.content.themes:
        own = [one for one in material(assessment).asked if one.theme == theme.code]
        if len(own) > 1 and any(one.evidence_required for one in own):
            return theme.code, own
    raise AssertionError("the charter has no such theme")


def fields(page: str) -> list[Any]:
    """What can be filled in on a page: each text box and choice by its name, hidden ones and buttons left out."""
    document = html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False)
    found = (
        document.findall(".//main//input") + document.findall(".//main//textarea") + document.findall(".//main//select")
    )
    names = [one.get("name") for one in found if one.get("type") not in {"hidden", "submit"} and one.get("name")]
    return list(dict.fromkeys(names))


def hidden(page: str) -> dict[str, str]:
    found = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = value[1]
    return found


def test_it_is_offered_to_small_employers_that_aim_for_its_levels_until_they_send(
    make: Factory, employer: Organisation, assessment: Assessment, short: ShortPath, owner: User, stranger: User
) -> None:
    assert short_path.offered(assessment) == short
    larger = make.assessment(db.session.get_one(Organisation, stranger.memberships[0].organisation_id), by=stranger)
    assert short_path.offered(larger) is None
    make.submitted(make.answered(assessment, by=owner), by=owner)
    assert short_path.offered(assessment) is None


def test_an_older_version_of_the_charter_offers_none(content: Content) -> None:
    document = content.model_dump(mode="json")
    del document["evidence_rules"]["short_path"]
    assert Content.model_validate(document).evidence_rules.short_path is None


def test_the_task_list_leads_to_the_next_theme_of_the_short_way(
    home: str, content: Content, owner: User, stranger: User, make: Factory, sign_in: SignIn
) -> None:
    assert f'href="{home}/quick/{content.themes[0].code}"' in sign_in(owner).get(home).text
    larger = make.assessment(db.session.get_one(Organisation, stranger.memberships[0].organisation_id), by=stranger)
    theirs = f"/assessments/{larger.id}"
    assert "/quick/" not in sign_in(stranger).get(theirs).text
    assert sign_in(stranger).get(f"{theirs}/quick/{content.themes[0].code}").location == theirs
    assert sign_in(owner).get(f"{home}/quick/NONE").status_code == 404


def test_a_theme_is_answered_on_one_page_with_an_account_in_place_of_a_document(
    assessment: Assessment, home: str, content: Content, owner: User, sign_in: SignIn
) -> None:
    theme, questions = of_theme(assessment)
    sent: dict[str, str] = {}
    for one in questions:
        sent |= {f"{one.code}-value": fully(content), f"{one.code}-seen_version": "0"}
        if one.evidence_required:
            sent[f"{one.code}-account"] = f"We do this every day: {one.code}."
    done = sign_in(owner).send(f"{home}/quick/{theme}", sent | {"then": "list"})
    assert done.location == home
    said = material(assessment)
    for one in questions:
        assert said.answers[one.code].value == fully(content)
        pieces = [use.evidence for use in said.evidence.get(one.code, ())]
        assert [piece.kind for piece in pieces] == [EvidenceKind.ACCOUNT] * one.evidence_required


def test_what_is_wrong_is_said_beside_its_field_and_the_other_questions_are_saved(
    assessment: Assessment, home: str, content: Content, owner: User, short: ShortPath, sign_in: SignIn
) -> None:
    theme, questions = of_theme(assessment)
    needing = next(one for one in questions if one.evidence_required)
    other = next(one for one in questions if one is not needing)
    long = "word " * (short.account_max_words + 1)
    planned = next(one.value for one in content.scale if one.needs == "action_with_date")
    yesterday = today() - timedelta(days=1)
    page = sign_in(owner).send(
        f"{home}/quick/{theme}",
        {
            f"{needing.code}-value": fully(content),
            f"{needing.code}-account": long,
            f"{other.code}-value": planned,
            f"{other.code}-action": "Write it down",
            f"{other.code}-action_due-day": str(yesterday.day),
            f"{other.code}-action_due-month": str(yesterday.month),
            f"{other.code}-action_due-year": str(yesterday.year),
        },
    )
    assert page.status_code == 400
    assert f'id="{needing.code}-account-error"' in page.text
    assert f'id="{other.code}-action_due-error"' in page.text
    assert long.strip() in page.text
    said = material(assessment)
    assert {code: answer.value for code, answer in said.answers.items()} == {
        needing.code: fully(content),
        other.code: planned,
    }
    assert said.answers[other.code].action == "Write it down"
    assert said.evidence == {}
    assert hidden(page.text)[f"{other.code}-seen_version"] == "1"


def test_of_two_people_on_one_page_the_later_sees_the_others_answer_and_loses_nothing(
    make: Factory,
    assessment: Assessment,
    home: str,
    content: Content,
    owner: User,
    colleague: User,
    sign_in: SignIn,
) -> None:
    theme, questions = of_theme(assessment)
    first, second = questions[:2]
    begun = {f"{one.code}-seen_version": "0" for one in questions}
    sign_in(colleague).send(f"{home}/quick/{theme}", begun | {f"{first.code}-explanation": "Theirs."})
    mine = {f"{first.code}-explanation": "Mine.", f"{second.code}-explanation": "Also mine."}
    browser = sign_in(owner)
    page = browser.send(f"{home}/quick/{theme}", begun | mine)
    assert page.status_code == 409
    assert "Theirs." in page.text
    assert "Mine." in page.text
    assert colleague.name in page.text
    found = material(assessment).answers
    assert (found[first.code].explanation, found[second.code].explanation) == ("Theirs.", "Also mine.")
    again = browser.post(f"{home}/quick/{theme}", data={**hidden(page.text), **mine})
    assert again.status_code == 303
    assert material(assessment).answers[first.code].explanation == "Mine."


def test_a_short_account_is_only_for_the_short_way(make: Factory, short: ShortPath, stranger: User) -> None:
    larger = make.assessment(db.session.get_one(Organisation, stranger.memberships[0].organisation_id), by=stranger)
    criterion = next(one for one in larger.framework.content.asked(1) if one.evidence_required)
    with pytest.raises(Refusal, match="The short way"), transaction() as session:
        short_path.add_account(session, larger, criterion, text="Yes.", by=stranger, at=make.at)


def test_a_page_asks_the_database_a_fixed_number_of_questions(
    assessment: Assessment, home: str, owner: User, sign_in: SignIn, counting: Counting, make: Factory
) -> None:
    theme, _ = of_theme(assessment)
    browser = sign_in(owner)
    browser.get(f"{home}/quick/{theme}")
    with counting() as empty:
        browser.get(f"{home}/quick/{theme}")
    make.answered(assessment, by=owner)
    with counting() as full:
        browser.get(f"{home}/quick/{theme}")
    assert len(full) == len(empty) <= 11


WORDS = 3_700
"""The most words on the short way to the first level, with those that only another answer shows, and with what stands
on each page and is read once."""
NUMBERS = {"six": 6}


def readme_says(pattern: str) -> str:
    """What README's “The journey” says in place of the group of a pattern; where it is silent, the test fails."""
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    journey = " ".join(text.split("## The journey", 1)[1].split("\n## ", 1)[0].split())
    (found,) = re.findall(pattern, journey)
    return str(found)


def words(page: str) -> int:
    """How many words a page shows, without what has to be opened first."""
    main = html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False).find(".//main")
    closed = [part for details in main.findall(".//details") for part in details if part.tag != "summary"]
    for part in closed:
        part.getparent().remove(part)
    return len(" ".join(main.itertext()).split())


def test_the_short_way_to_the_first_level_is_as_short_as_the_readme_says(
    assessment: Assessment, home: str, content: Content, owner: User, sign_in: SignIn
) -> None:
    browser: CheckedClient = sign_in(owner)
    pages, filled, read = 0, 0, 0
    path = re.search(rf'href="({home}/quick/[^"]+)"', browser.get(home).text)[1]  # type: ignore[index]
    while "/quick/" in path:
        page = browser.get(path).text
        read += words(page)
        sent = hidden(page)
        for name in fields(page):
            part = name.rpartition("-")[2]
            if part in {"value", "account"}:  # what an employer with all in place must fill in
                sent[name] = {"value": fully(content)}.get(part, "We do this, since 2024.")
                filled += 1
        pages += 1
        path = browser.post(path, data=sent | {"then": "next"}).location
    assert path == f"{home}/declarations"
    for typed in ("yes", "6"):
        page = browser.get(path).text
        read += words(page)
        day = today()
        named = {"period_end-day": day.day, "period_end-month": day.month, "period_end-year": day.year}
        sent = hidden(page)
        for name in fields(page):
            if not name.startswith(("note-", "unknown-")):
                sent[name] = str(named.get(name, typed))
                filled += 1
        pages += 1
        path = browser.post(path, data=sent | {"then": "next"}).location
    assert path == f"{home}/check"
    checking = browser.get(path).text
    assert f'href="{home}/submit"' in checking
    page = browser.get(f"{home}/submit").text
    read += words(checking) + words(page)
    filled += sum(name != "only_owner" for name in fields(page))  # a tick that nobody has to make
    pages += 2  # check, and send
    said = material(assessment)
    numbers = metrics.fields(content, 1)
    assert set(said.answers) == {one.code for one in said.asked}
    assert len(said.inputs) == len(numbers)
    assert all(evidence_kinds.words(use.evidence.text or "") for uses in said.evidence.values() for use in uses)
    assert pages == int(readme_says(r"\*\*(\d+) pages with \d+ fields"))
    assert filled == int(readme_says(r"\*\*\d+ pages with (\d+) fields"))
    assert len(said.evidence) == NUMBERS[readme_says(r"(\w+) accounts of two sentences")]
    assert WORDS - 300 < read <= WORDS


def test_each_must_is_marked_and_answers_that_are_not_finished_are_named_on_saving(
    assessment: Assessment, home: str, content: Content, owner: User, sign_in: SignIn
) -> None:
    theme, questions = of_theme(assessment)
    musts = [one for one in questions if standing(content, one, 1).is_must]
    browser, page = sign_in(owner), f"{home}/quick/{theme}"
    assert browser.get(page).text.count(f"Must for {content.level_title(1)}.") == len(musts) > 0
    planned = next(one.value for one in content.scale if one.needs == "action_with_date")
    first = questions[0]
    onward = browser.send(page, {f"{first.code}-value": planned, f"{first.code}-seen_version": "0", "then": "next"})
    told = unescape(browser.get(onward.location).text)
    assert f"Saved, but not finished. “{first.title}”: Say what you will do, who will do it and by when." in told
    last = short_path.pages(progress.progress(material(assessment), on=today()))[-1].theme.code
    done = browser.send(f"{home}/quick/{last}", {"then": "next"})
    assert done.location == f"{home}/declarations?after=short-way"
    told = unescape(browser.get(done.location).text)
    assert "1 answer is not finished" in told
    assert f'href="{home}/quick/{first.theme}#question-{first.code}">{first.title}</a>: Say what you will do' in told
    assert f'href="{home}/quick/{theme}#question-{first.code}"' in browser.get(f"{home}/check").text


def test_the_short_way_is_the_first_button_of_the_task_list(
    home: str, content: Content, owner: User, sign_in: SignIn
) -> None:
    button = re.search(r'<a href="([^"]+)"[^>]*class="govuk-button"', sign_in(owner).get(home).text)
    assert button is not None
    assert button[1] == f"{home}/quick/{content.themes[0].code}"
