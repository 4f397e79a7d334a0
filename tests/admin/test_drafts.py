"""The pages on which a version of the charter is drafted, compared, tried, published and closed."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import User
from charter.admin import messages
from charter.assessment import closing
from charter.assessment.closing import LongerGrace
from charter.assessment.models import Assessment
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.framework import publishing, source, writing
from charter.framework.checking import check
from charter.framework.models import Framework
from charter.notification.models import Message
from charter.organisation.models import Organisation
from charter.review import moderation
from charter.versions import drafting
from charter.versions.models import FrameworkDraft
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.review.test_queries import Counted

SignIn = Callable[[User], CheckedClient]
Publish = Callable[..., Framework]
LIST = "/admin/framework-drafts/"


@pytest.fixture
def draft(make: Factory, publish: Publish, administrator: User) -> FrameworkDraft:
    """A draft that says the same as the version in use, but for its number and what changes."""
    with transaction() as session:
        base = publishing.current(session)
        made = drafting.start(session, base, name="What we heard", by=administrator, at=AT)
        document = drafting.read(made.text).document
        document["meta"] |= {"version": "50.0.0", "changes": ["Pay is asked in plainer words."]}
        drafting.change_text(
            session,
            made,
            text=writing.text_of(document),
            seen_as=drafting.seen(made.text),
            by=administrator,
            at=AT,
        )
    return made


def home(draft: FrameworkDraft) -> str:
    return f"{LIST}{draft.id}/"


def fresh(draft: FrameworkDraft) -> FrameworkDraft:
    db.session.rollback()
    return db.session.get_one(FrameworkDraft, draft.id, populate_existing=True)


def form_of(page: str) -> dict[str, str]:
    """What the fields of a page's form hold, but for its token."""
    found = dict(re.findall(r'<input[^>]* name="(\w[\w-]*)"[^>]*? value="([^"]*)"', page))
    for name, value in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL):
        found[name] = value
    for name, options in re.findall(r'<select[^>]* name="(\w+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    for box in re.findall(r'<input class="govuk-checkboxes__input"[^>]*>', page):
        name = re.search(r'name="(\w+)"', box)
        assert name is not None
        if " checked" not in box:
            found.pop(name[1], None)
    found.pop("csrf_token", None)  # each sending brings its own
    return {name: unescape(value) for name, value in found.items()}


def test_a_draft_begins_from_a_version_and_one_criterion_of_it_is_changed_in_a_form_of_its_own(
    make: Factory, publish: Publish, administrator: User, sign_in: SignIn
) -> None:
    browser, base = sign_in(administrator), make.framework()
    begun = browser.send(f"{LIST}start", data={"name": "In the spring", "base": str(base.id)}, follow_redirects=True)
    assert "begun from version" in begun.text
    db.session.rollback()
    draft = db.session.scalars(sa.select(FrameworkDraft)).one()
    code = base.content.criteria[0].code
    page = f"{home(draft)}parts/criteria/{code}"
    typed = form_of(browser.get(page).text)
    assert typed["part_statement"] == base.content.criteria[0].statement
    saved = browser.send(page, data=typed | {"part_statement": "We do it by Friday."}, follow_redirects=True)
    assert "Saved in the draft: the criterion." in saved.text
    assert f"{len(base.content.criteria) - 1} unchanged, 1 reworded" in saved.text
    found = drafting.content_of(fresh(draft))
    assert found.criterion(code) == base.content.criteria[0].model_copy(update={"statement": "We do it by Friday."})
    assert found.criteria[1:] == base.content.criteria[1:]


@pytest.mark.parametrize("kind", ["meta", "levels", "themes", "declarations", "passports"])
def test_every_kind_of_piece_has_a_form_and_sending_it_as_it_is_changes_nothing(
    draft: FrameworkDraft, administrator: User, sign_in: SignIn, kind: str
) -> None:
    browser, before = sign_in(administrator), drafting.content_of(fresh(draft))
    link = re.search(rf'href="([^"]*/parts/{kind}/[^"]+)"', browser.get(home(draft)).text)
    assert link is not None
    page = unescape(link[1])
    said = browser.send(page, data=form_of(browser.get(page).text), follow_redirects=True)
    assert "Saved in the draft" in said.text
    assert drafting.content_of(fresh(draft)) == before


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    draft: FrameworkDraft, administrator: User, sign_in: SignIn
) -> None:
    browser, content = sign_in(administrator), drafting.content_of(fresh(draft))
    page = f"{home(draft)}parts/criteria/{content.criteria[0].code}"
    typed = form_of(browser.get(page).text) | {"part_statement": "", "part_min_headcount": "many", "part_title": "Kept"}
    refused = browser.send(page, data=typed)
    assert refused.status_code == 400
    assert 'id="part_statement-error"' in refused.text
    assert "Fill this in." in refused.text
    assert "“many” is not a whole number." in refused.text
    assert 'value="Kept"' in refused.text
    level = f"{home(draft)}parts/levels/{content.levels[0].code}"
    typed = form_of(browser.get(level).text) | {"part_rules": "- {kind: all_of, criteria: [NO-99]}"}
    assert "NO-99" in browser.send(level, data=typed).text
    assert "cannot be read" in browser.send(level, data=typed | {"part_rules": "- {kind: "}).text
    assert drafting.content_of(fresh(draft)) == content


def test_a_piece_is_added_and_taken_out_and_a_mistake_elsewhere_is_listed(
    draft: FrameworkDraft, administrator: User, sign_in: SignIn
) -> None:
    browser = sign_in(administrator)
    page = f"{home(draft)}parts/themes/add"
    typed = {"part_code": "NEW", "part_title": "A new theme", "part_aim": "To be fair."}
    listed = browser.send(page, data=typed, follow_redirects=True).text
    assert "No criterion belongs to the theme “NEW”." in unescape(listed)
    assert not fresh(draft).is_sound
    assert "Mend what is listed first" in browser.get(f"{home(draft)}publish").text
    assert "1 mistake in this draft" in browser.get(f"{home(draft)}preview/", follow_redirects=True).text
    assert "has this code" in browser.send(page, data=typed).text
    gone = browser.send(f"{home(draft)}parts/themes/NEW/take-out", follow_redirects=True)
    assert "is out of the draft" in gone.text
    assert fresh(draft).is_sound
    again = browser.get(f"{home(draft)}parts/themes/NEW/take-out", follow_redirects=True)
    assert "is not in the draft any more" in again.text


def test_the_whole_text_is_saved_with_mistakes_named_by_line_and_kept_out_when_it_is_no_yaml(
    draft: FrameworkDraft, administrator: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(administrator), f"{home(draft)}text"
    typed = form_of(browser.get(page).text)
    text = typed["text"].replace("valid_months: ", "valid_months: x", 1)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "valid_months: x" in one)
    listed = browser.send(page, data=typed | {"text": text}, follow_redirects=True).text
    assert f"Line {line}, levels[1]" in unescape(listed)
    kept = fresh(draft).text
    typed = form_of(browser.get(page).text)
    refused = browser.send(page, data=typed | {"text": "meta: [\n - what I typed"})
    assert refused.status_code == 400
    assert "what I typed" in refused.text
    assert "Nothing is saved yet" in refused.text
    assert fresh(draft).text == kept


def test_whoever_saves_the_same_after_somebody_else_sees_both_and_chooses(
    draft: FrameworkDraft, make: Factory, administrator: User, sign_in: SignIn
) -> None:
    one, other = sign_in(administrator), sign_in(make.staff("administrator", "Ben Administrator"))
    code = drafting.content_of(fresh(draft)).criteria[0].code
    page, elsewhere = f"{home(draft)}parts/criteria/{code}", f"{home(draft)}text"
    typed, whole = form_of(one.get(page).text), form_of(one.get(elsewhere).text)
    other.send(page, data=typed | {"part_title": "Hers"})
    told = one.send(page, data=typed | {"part_title": "Mine"})
    assert told.status_code == 409
    assert "Hers" in told.text
    assert 'value="Mine"' in told.text
    whole["text"] = whole["text"].replace("plainer words", "few words")
    both = one.send(elsewhere, data=whole)
    assert both.status_code == 409
    assert "Hers" in both.text
    assert "few words" in both.text
    one.send(page, data=form_of(told.text))
    assert drafting.content_of(fresh(draft)).criteria[0].title == "Mine"


def test_a_file_is_taken_in_and_kept_again_as_the_same_charter(
    make: Factory, publish: Publish, administrator: User, sign_in: SignIn
) -> None:
    browser, base = sign_in(administrator), make.framework()
    kept = browser.get(f"/admin/frameworks/{base.id}/export")
    assert check(source.parse_text(kept.text).document) == base.content
    page = f"{LIST}import"
    browser.send(page, data={"name": "From a file", "file": (BytesIO(b"# note\n" + kept.data), "a.yaml")})
    db.session.rollback()
    draft = db.session.scalars(sa.select(FrameworkDraft)).one()
    assert drafting.content_of(draft) == base.content
    assert browser.get(f"{home(draft)}export").text.startswith("# note\n")
    for data, said in ((b"", "not empty"), (b"\xff\xfe", "UTF-8"), (b"a: [", "Line 2")):
        refused = browser.send(page, data={"name": "Bad", "file": (BytesIO(data), "a.yaml")})
        assert (refused.status_code, said in unescape(refused.text)) == (400, True), data


def test_a_preview_is_marked_and_looks_like_the_page_of_an_employer_and_saves_nothing(
    draft: FrameworkDraft, assessor: User, sign_in: SignIn
) -> None:
    browser, content = sign_in(assessor), drafting.content_of(fresh(draft))
    rows = {
        table: db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Assessment, Organisation)
    }
    for page in ("preview/", "preview/?level=3", "preview/criteria", "preview/criteria?level=1"):
        seen = browser.get(f"{home(draft)}{page}").text
        assert "This is how employers would see “What we heard”, version 50.0.0." in seen
        assert "/assessments/" not in seen
    tasks = browser.get(f"{home(draft)}preview/?level=3").text
    for criterion in content.criteria:
        page = f"{home(draft)}preview/criteria/{criterion.code}"
        if criterion is content.criteria[0]:
            assert f'href="{page}"' in tasks
    question = browser.get(page)
    assert unescape(question.text).count(content.criteria[-1].statement) >= 1
    sent = browser.send(page, data={"value": content.scale[0].value, "then": "next"}, follow_redirects=True)
    assert "what you type is saved nowhere" in sent.text
    assert "not shown for a draft" in browser.get(f"{home(draft)}preview/check", follow_redirects=True).text
    assert rows == {
        table: db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Assessment, Organisation)
    }


def test_two_versions_are_compared_by_counts_and_word_by_word(
    draft: FrameworkDraft, make: Factory, publish: Publish, administrator: User, assessor: User, sign_in: SignIn
) -> None:
    def worded(made: dict[str, Any]) -> None:
        made["criteria"][0]["statement"] += " And soon."

    newer, base = publish(worded), make.framework()
    seen = sign_in(assessor).get(f"{LIST}compare?before={draft.id}&after={newer.id}").text
    assert "From Draft: What we heard to Version 99.0.0" in seen
    assert f"{len(newer.content.criteria) - 1} unchanged, 1 reworded" in seen
    assert re.search(r"<ins[^>]*><span[^>]*> \(put in: </span> And soon\.", seen)
    assert base.version in seen


def test_a_draft_is_tried_on_past_decisions_and_says_why_a_level_would_differ(
    draft: FrameworkDraft, make: Factory, employer: Organisation, owner: User, assessor: User, moderator: User,
    administrator: User, sign_in: SignIn,
) -> None:  # fmt: skip
    browser, page = sign_in(administrator), f"{home(draft)}trial"
    assert "Nothing was decided in this time." in browser.send(page).text
    sent = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor)
    with transaction() as session:
        moderation.agree(session, review, reasons="Well done.", by=moderator, at=AT, on=AT.date())
    one = f"{home(draft)}parts/criteria/add"
    asked = form_of(browser.get(one).text) | {
        "part_code": "NEW-01",
        "part_title": "A new must",
        "part_statement": "We do the new thing.",
        "part_guidance": "It helps.",
        "part_good_evidence": "A photo.",
        "part_level": "1",
        "part_core": "y",
    }
    assert browser.send(one, data=asked).status_code == 303
    seen = browser.send(page, follow_redirects=True).text
    assert "If no employer had what is new: 1 of 1 would have another level" in seen
    assert "If what is new is left out: 0 of 1 would have another level" in seen
    assert "A new must" in seen
    assert employer.name in seen
    rows = browser.get(f"{home(draft)}trial.csv").text.splitlines()
    assert rows[1].startswith(f"{employer.name},1,1,1,0,1,NEW-01,")
    assert db.session.scalars(sa.select(Assessment.decided_level)).one() == 1


def test_publishing_says_first_what_it_does_and_then_does_it_once(
    draft: FrameworkDraft, make: Factory, employer: Organisation, owner: User, administrator: User, sign_in: SignIn
) -> None:
    waiting = make.answered(make.assessment(employer, by=owner), by=owner)
    browser, page = sign_in(administrator), f"{home(draft)}publish"
    seen = browser.get(page).text
    assert "Pay is asked in plainer words." in seen
    count = len(waiting.framework.content.asked(1))
    assert f"{count} answers would stay as they are" in seen
    typed = form_of(seen)
    assert "Tick this" in browser.send(page, data=typed).text
    soon = today() + timedelta(days=3)
    early = {"closes_on-day": str(soon.day), "closes_on-month": str(soon.month), "closes_on-year": str(soon.year)}
    assert "Employers need time to finish." in browser.send(page, data=typed | early | {"sure": "y"}).text
    done = browser.send(page, data=typed | {"sure": "y"}, follow_redirects=True)
    kept = browser.get(f"/admin/framework-drafts/compare?before={waiting.framework_id}&after={draft.id}").text
    assert f"to Version {fresh(draft).framework.version}" in kept, "the address of the draft leads on"
    assert "Version 50.0.0 is published." in done.text
    token = browser.token(LIST + "start")
    again = browser.post(page, data=typed | {"sure": "y", "csrf_token": token}, follow_redirects=True)
    assert "This draft was published" in again.text
    db.session.rollback()
    assert publishing.current(db.session).version == "50.0.0"
    theirs = sign_in(owner).get(f"/assessments/{waiting.id}").text
    assert "You may finish on it and send your answers up to and including" in theirs


def test_whoever_publishes_what_was_changed_meanwhile_reads_it_first(
    draft: FrameworkDraft, administrator: User, sign_in: SignIn
) -> None:
    browser, page = sign_in(administrator), f"{home(draft)}publish"
    typed = form_of(browser.get(page).text) | {"sure": "y"}
    meta = f"{home(draft)}parts/meta/meta"
    browser.send(meta, data=form_of(browser.get(meta).text) | {"part_changes": "Everything is new."})
    told = browser.send(page, data=typed)
    assert told.status_code == 400
    assert "Somebody changed this draft" in told.text
    assert "Everything is new." in told.text


def test_a_version_closes_on_a_day_and_one_employer_gets_longer(
    app: Flask, draft: FrameworkDraft, make: Factory, employer: Organisation, owner: User, publish: Publish,
    administrator: User, assessor: User, sign_in: SignIn,
) -> None:  # fmt: skip
    waiting, base = make.assessment(employer, by=owner), make.framework()
    browser, page = sign_in(administrator), f"/admin/frameworks/{base.id}/close"
    assert "Publish another before you close it." in browser.get(page).text
    publish(lambda made: made)
    longer = f"/admin/frameworks/longer/{waiting.id}"
    assert "has no last day" in browser.get(longer).text
    day = today() + closing.NOTICE
    ahead = browser.get(page).text
    assert "It goes to the owners of 1 employer, within an hour after you press the button" in ahead
    assert (
        "is kept"
        in browser.send(
            page, data=form_of(browser.get(page).text) | parts_of("closes_on", day), follow_redirects=True
        ).text
    )
    with transaction() as session:
        closing.tell(session, today(), now())
    sent = db.session.scalars(sa.select(Message).where(Message.kind == "version_closes")).one()
    shown = unescape(re.findall(r"<pre[^>]*>(.*?)</pre>", ahead, re.S)[0])
    offered = closing_day(ahead)
    for there, here in (
        (owner.name, "(the name of each)"),
        (employer.name, "(the employer’s name)"),
        (str(waiting.id), "(theirs)"),
        (in_words(day), in_words(offered)),
    ):
        sent.body = sent.body.replace(there, here)
    with app.test_request_context():
        assert messages.filled(sent.body).split() == shown.split(), "what was read beforehand is what was sent"
    db.session.rollback()
    later = day + timedelta(days=30)
    refused = browser.send(longer, data=form_of(browser.get(longer).text) | parts_of("until", day) | {"reason": "Ill."})
    assert "Choose a day after" in refused.text
    typed = form_of(browser.get(longer).text) | parts_of("until", later) | {"reason": "Their HR lead is away."}
    assert "The later day is kept" in browser.send(longer, data=typed, follow_redirects=True).text
    db.session.rollback()
    assert db.session.scalars(sa.select(LongerGrace.until)).one() == later
    assert "Somebody else changed this" in browser.send(longer, data=typed).text
    listed = sign_in(assessor).get(f"/admin/frameworks/{base.id}/waiting").text
    assert employer.name in listed
    assert "HR lead" not in sign_in(owner).get(f"/assessments/{waiting.id}").text


def in_words(day: Any) -> str:
    return f"{day.day} {day:%B %Y}"


def closing_day(page: str) -> Any:
    """The day that a page offers as the last one."""
    given = form_of(page)
    return date(*(int(given[f"closes_on-{part}"]) for part in ("year", "month", "day")))


def parts_of(name: str, day: Any) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def test_a_draft_is_thrown_away(draft: FrameworkDraft, administrator: User, sign_in: SignIn) -> None:
    browser = sign_in(administrator)
    assert "cannot be brought back" in browser.get(f"{home(draft)}discard").text
    assert "The draft is gone." in browser.send(f"{home(draft)}discard", follow_redirects=True).text
    assert browser.get(home(draft)).status_code == 404


def test_the_lists_take_as_many_queries_for_one_as_for_three(
    draft: FrameworkDraft, make: Factory, administrator: User, publish: Publish, sign_in: SignIn
) -> None:
    def employers(count: int) -> None:
        for _ in range(count):
            one = make.organisation(f"Employer {now().timestamp()}")
            make.assessment(one, by=make.member(one, "Olga Owner"))

    employers(1)
    browser, waiting = sign_in(administrator), f"/admin/frameworks/{make.framework().id}/waiting"
    pages = (LIST, waiting)
    for page in pages:
        browser.get(page)
    counts = []
    for _ in range(2):
        counted = []
        for page in pages:
            with Counted() as queries:
                browser.get(page)
            counted.append(len(queries.statements))
        counts.append(counted)
        employers(2)
        with transaction() as session:
            drafting.start(session, publishing.current(session), name="Another", by=administrator, at=AT)
    assert counts[0] == counts[1]
