"""The page of one case: small, whole, and saved as its assessor goes."""

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account.models import SignInSession
from charter.assessment import evidence
from charter.assessment.file_checks import Checked, FileKind
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.review import findings, moderation, phrases, queries
from charter.review.models import Finding
from charter.review.private import PrivateNote
from tests.conftest import AT
from tests.factories import CLEAN
from tests.review.test_queries import Counted

LARGEST = 150_000
"""The most bytes of a case's page, without the words of the employer."""
JSON = {"Accept": "application/json"}


def autosave(theirs, review, code: str, *, seen: object = 0, **boxes: object):
    page = f"/admin/reviews/{review.id}"
    data = {"csrf_token": theirs.token(page), "at": code, f"seen-{code}": str(seen)}
    data |= {f"{name}-{code}": value for name, value in boxes.items()}
    return theirs.post(f"{page}/findings", data=data, headers=JSON)


def of(review, code: str) -> Finding:
    db.session.rollback()
    return db.session.scalars(sa.select(Finding).where(Finding.review_id == review.id, Finding.criterion == code)).one()


def decided(make, sent, *, assessor, moderator):
    review = make.recommended(make.found(make.claimed(sent, by=assessor), by=assessor), by=assessor)
    with transaction() as session:
        moderation.agree(session, review, reasons="", by=moderator, at=AT, on=AT.date())
    return review


def give_file(sent, code: str, *, by) -> None:
    with transaction() as session:
        evidence.add_file(
            session,
            sent,
            criteria=[code],
            title="Our policy",
            filename="policy.pdf",
            checked=Checked(FileKind.PDF, FileKind.PDF.media_type, "pdf"),
            sha256="ab" * 32,
            size=1000,
            dated_on=None,
            by=by,
            at=AT,
            scan=CLEAN,
        )


def test_the_largest_case_stays_small_and_takes_at_most_fifteen_queries(
    sign_in, make, employer, owner, assessor, moderator
) -> None:
    decided(
        make,
        make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner),
        assessor=assessor,
        moderator=moderator,
    )
    ranks = [level.rank for level in make.framework().content.levels]
    started = make.answered(make.assessment(employer, level=max(ranks), by=owner), by=owner)
    codes = [one.code for one in started.framework.content.asked(max(ranks))]
    give_file(started, codes[0], by=owner)
    review = make.claimed(make.submitted(started, by=owner), by=assessor)
    theirs = sign_in(assessor)
    for address in (f"/admin/reviews/{review.id}", f"/admin/reviews/{review.id}?open=all"):
        with Counted() as counted:
            page = theirs.get(address).text
        assert len(page.encode()) < LARGEST
        assert len(counted.statements) <= 15, counted.statements


def test_what_to_check_is_ticked_and_saved_with_the_finding_and_shown_to_the_next_who_looks(
    sign_in, claimed, codes, assessor, moderator, owner
) -> None:
    criterion = next(one for one in claimed.assessment.framework.content.asked(1, None) if len(one.checks) > 1)
    theirs = sign_in(assessor)
    said = autosave(theirs, claimed, criterion.code, outcome="met", check=["2", "9"])
    assert said.status_code == 200
    assert of(claimed, criterion.code).checked == [criterion.checks[1]]
    page = theirs.get(f"/admin/reviews/{claimed.id}").text
    assert re.search(rf'name="check-{criterion.code}" value="2" checked', page)
    assert not re.search(rf'name="check-{criterion.code}" value="1" checked', page)
    page = html.unescape(sign_in(moderator).get(f"/admin/reviews/{claimed.id}").text)
    assert f"Yes: {criterion.checks[1]}" in page
    assert f"Not ticked: {criterion.checks[0]}" in page


def test_last_times_finding_stands_beside_each_criterion_without_its_private_note(
    sign_in, make, employer, owner, assessor, moderator
) -> None:
    first = make.submitted(make.answered(make.assessment(employer, by=owner), by=owner), by=owner)
    decided(make, first, assessor=assessor, moderator=moderator)
    again = make.submitted(make.answered(make.assessment(employer, level=2, by=owner), by=owner), by=owner)
    review = make.claimed(again, by=assessor)
    page = sign_in(assessor).get(f"/admin/reviews/{review.id}").text
    assert page.count("<summary>Last time: Met</summary>") == len(first.framework.content.asked(1, 9))
    assert "Clear and in use." in page
    assert "Seen on the staff pages." not in page
    case = queries.case(db.session, review, by=assessor, on=today())
    assert case.last_time is not None
    assert case.last_time.level == 1


def test_a_finding_is_saved_as_one_goes_and_the_page_is_told_when(sign_in, claimed, codes, assessor) -> None:
    theirs, code = sign_in(assessor), codes[0]
    said = autosave(theirs, claimed, code, outcome="met", feedback="Clear.", note="Rang them.").get_json()
    assert re.fullmatch(r"Saved \d\d:\d\d", said["saved"])
    assert said["version"] == 1
    assert ">Met<" in said["tag"]
    kept = of(claimed, code)
    assert (kept.outcome, kept.feedback, kept.private_note.for_staff) == ("met", "Clear.", "Rang them.")
    said = autosave(theirs, claimed, code, seen=1, outcome="met", feedback="Clear, thank you.", note="Rang them.")
    assert said.get_json()["version"] == 2


def test_what_cannot_stand_is_said_to_the_page_with_the_reason(sign_in, make, employer, owner, assessor) -> None:
    started = make.answered(make.assessment(employer, level=2, by=owner), by=owner)
    review = make.claimed(make.submitted(started, by=owner), by=assessor)
    content = started.framework.content
    strict = next(one.code for one in content.asked(2, 9) if not one.not_applicable_allowed)
    other = next(one.value for one in content.outcomes if one.extent is Extent.NOT_APPLICABLE)
    answer = autosave(sign_in(assessor), review, strict, outcome=other)
    assert answer.status_code == 400
    assert answer.get_json() == {"error": "This criterion applies to every employer. Choose another finding."}


def test_saving_as_one_goes_never_overwrites_what_another_window_saved(sign_in, claimed, codes, assessor) -> None:
    theirs, code = sign_in(assessor), codes[0]
    autosave(theirs, claimed, code, outcome="met", feedback="First", note="Mine")
    answer = autosave(theirs, claimed, code, outcome="not_met", feedback="Second")
    said = answer.get_json()
    assert answer.status_code == 400
    assert "First" in said["html"]
    assert said["version"] == 1
    assert said["theirs"] == {
        f"outcome-{code}": "met", f"feedback-{code}": "First", f"note-{code}": "Mine", f"check-{code}": []
    }  # fmt: skip
    assert of(claimed, code).feedback == "First"


def test_nobody_else_saves_as_they_go(sign_in, claimed, codes, second) -> None:
    answer = autosave_of(sign_in(second), claimed, codes[0])
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith("Somebody else has this case")
    assert db.session.scalars(sa.select(Finding)).all() == []


def autosave_of(theirs, review, code: str):
    """As `autosave`, by somebody whose page of the case has no boxes: with the token of another page."""
    data = {"csrf_token": theirs.token(f"/admin/reviews/{review.id}/claim"), "at": code, f"seen-{code}": "0"}
    return theirs.post(f"/admin/reviews/{review.id}/findings", data=data | {f"outcome-{code}": "met"}, headers=JSON)


def test_saving_as_one_goes_after_the_session_ended_leads_to_sign_in_and_saves_nothing(
    sign_in, claimed, codes, assessor
) -> None:
    theirs = sign_in(assessor)
    token = theirs.token(f"/admin/reviews/{claimed.id}")
    with transaction() as session:
        session.execute(sa.update(SignInSession).values(seen_at=now() - timedelta(days=2)))
    data = {"csrf_token": token, "at": codes[0], f"seen-{codes[0]}": "0", f"feedback-{codes[0]}": "Before lunch."}
    assert theirs.post(f"/admin/reviews/{claimed.id}/findings", data=data, headers=JSON).status_code == 303
    theirs.sign_in(assessor)
    assert "Before lunch." in theirs.get(f"/admin/reviews/{claimed.id}/findings").text


# Phrases ----------------------------------------------------------------------------------------------------------


def a_phrase(make, assessor, text: str, **where: str) -> phrases.Phrase:
    with transaction() as session:
        return phrases.add(
            session,
            make.framework().content,
            **{"text": text, "criterion": "", "outcome": ""} | where,
            by=assessor,
            at=AT,
        )


def test_without_scripts_a_phrase_is_chosen_and_put_in_and_all_that_was_typed_is_kept(
    sign_in, make, claimed, codes, assessor
) -> None:
    phrase = a_phrase(make, assessor, "Please send one from this year.")
    theirs, page = sign_in(assessor), f"/admin/reviews/{claimed.id}"
    code, other = codes[:2]
    typed = {
        f"seen-{code}": "0",
        f"feedback-{code}": "Thank you.",
        f"seen-{other}": "0",
        f"note-{other}": "Ring them.",
    }
    asked = theirs.send(page, typed | {"phrases": code}, to=f"{page}/findings")
    assert asked.status_code == 200
    assert asked.text.count("<select") == 1
    assert "Ring them." in asked.text
    put = theirs.send(page, typed | {"insert": code, f"phrase-{code}": str(phrase.id)}, to=f"{page}/findings").text
    assert "Thank you.\nPlease send one from this year.</textarea>" in html.unescape(put)
    assert "Ring them." in put
    assert db.session.scalars(sa.select(Finding)).all() == [], "nothing is saved before its button is pressed"


def test_the_phrases_for_the_very_finding_come_first_and_those_of_other_criteria_never(
    sign_in, make, claimed, codes, assessor
) -> None:
    a_phrase(make, assessor, "For any.")
    a_phrase(make, assessor, "For this finding.", outcome="met")
    a_phrase(make, assessor, "For this criterion.", criterion=codes[0])
    a_phrase(make, assessor, "For another.", criterion=codes[1])
    address = f"/admin/reviews/{claimed.id}/phrases.json?criterion={codes[0]}&outcome=met"
    found = [one["text"] for one in sign_in(assessor).get(address).get_json()["phrases"]]
    assert found == ["For this finding.", "For this criterion.", "For any."]


# All the rest -----------------------------------------------------------------------------------------------------


def test_the_rest_is_found_met_after_it_was_listed(sign_in, claimed, codes, assessor) -> None:
    theirs, page = sign_in(assessor), f"/admin/reviews/{claimed.id}"
    autosave(theirs, claimed, codes[0], outcome="not_met", feedback="Not there.")
    answer = theirs.send(page, {"then": "rest-met"}, to=f"{page}/findings")
    assert answer.location == f"{page}/rest-met"
    listed = theirs.get(f"{page}/rest-met").text
    assert re.findall(r'name="criteria"[^>]*value="([^"]+)" checked', listed) == [
        one for one in in_order(claimed, assessor) if one != codes[0]
    ]
    assert theirs.send(f"{page}/rest-met", {"criteria": codes[1:]}).status_code == 302
    assert of(claimed, codes[0]).outcome == "not_met"
    assert {of(claimed, code).outcome for code in codes[1:]} == {"met"}
    assert "found what was left to be met, together" in theirs.get(page).text


def in_order(review, by) -> list[str]:
    case = queries.case(db.session, review, by=by, on=today())
    return [one.criterion.code for theme in case.themes for one in theme.criteria]


def test_when_all_is_found_the_level_is_recommended_on_the_same_page(sign_in, make, claimed, codes, assessor) -> None:
    theirs, page = sign_in(assessor), f"/admin/reviews/{claimed.id}"
    assert "Send my recommendation" not in theirs.get(page).text
    make.found(claimed, by=assessor)
    assert "Send my recommendation" in theirs.get(page).text
    assert theirs.send(page, {"level": "1", "reasons": ""}, to=f"{page}/recommend").status_code == 302


def test_evidence_that_is_a_picture_or_a_pdf_is_seen_in_place(sign_in, make, employer, owner, assessor) -> None:
    started = make.answered(make.assessment(employer, by=owner), by=owner)
    give_file(started, started.framework.content.asked(1)[0].code, by=owner)
    review = make.claimed(make.submitted(started, by=owner), by=assessor)
    page = sign_in(assessor).get(f"/admin/reviews/{review.id}").text
    assert re.search(
        r'href="/evidence/[0-9a-f-]+/preview"><img src="/evidence/[0-9a-f-]+/preview/1" alt="Preview of Our policy" '
        r'loading="lazy">',
        page,
    )


# What is private --------------------------------------------------------------------------------------------------


def test_a_private_note_is_on_no_page_of_the_employer_and_in_nothing_it_takes_away(
    sign_in, make, sent, owner, assessor, moderator, app
) -> None:
    review = decided(make, sent, assessor=assessor, moderator=moderator)
    code = sent.framework.content.asked(1)[0].code
    assert of(review, code).private_note == PrivateNote("Seen on the staff pages.")
    theirs = sign_in(owner)
    for address in (
        f"/assessments/{sent.id}",
        f"/assessments/{sent.id}/criteria/{code}",
        f"/assessments/{sent.id}/history",
        f"/organisations/{sent.organisation_id}",
        f"/organisations/{sent.organisation_id}/plan",
        "/dashboard",
    ):
        assert "Seen on the staff pages." not in theirs.get(address).text, address
    assert "Clear and in use." in theirs.get(f"/assessments/{sent.id}").text


@pytest.mark.parametrize("where", ["employer", "public", "emails", "account", "board", "layouts", "components"])
def test_no_template_but_the_panels_names_what_is_private(app, where) -> None:
    for name in app.jinja_env.list_templates(filter_func=lambda one: one.startswith(f"{where}/")):
        source, *_ = app.jinja_env.loader.get_source(app.jinja_env, name)
        assert not re.search(r"for_staff|private_note|\.checked\b", source), name


def test_a_private_note_that_a_page_names_by_mistake_fails_instead_of_telling(app) -> None:
    with pytest.raises(TypeError, match="for staff only"):
        app.jinja_env.from_string("{{ note }}").render(note=PrivateNote("A thought."))


def test_feedback_cannot_be_kept_as_a_private_note_nor_the_other_way_round(claimed, codes, assessor) -> None:
    def save(**words: object) -> None:
        with transaction() as session:
            findings.save(
                session,
                claimed,
                **{"criterion": codes[0], "outcome": "met", "feedback": "", "seen_version": None} | words,  # type: ignore[arg-type]
                by=assessor,
                at=AT,
            )

    for words in ({"private_note": "A thought."}, {"feedback": PrivateNote("A thought.")}):
        with pytest.raises((AttributeError, TypeError)):
            save(**words)
