"""The pages of second looks: the lot, one's own findings, both side by side, conversations and agreement."""

import csv
import html
import io
import re
from typing import Any

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.assessment.models import Assessment
from charter.clock import now
from charter.extensions import db, transaction
from charter.framework.content import Extent
from charter.organisation import interests
from charter.organisation.models import Organisation
from charter.review import findings, recommendation
from charter.review.handing_out import allocation
from charter.review.models import Finding, Review
from charter.review.second import overruling, sampling, second_looks
from charter.review.second.second_models import Conversation, SecondFinding, SecondLook
from charter.review.status import ReviewStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.review.test_queries import Counted

NOTE = "Seen by me."


@pytest.fixture
def doubted(found: Review, assessor: User) -> Review:
    """A recommended case whose assessor is not sure."""
    with transaction() as session:
        recommendation.recommend(
            session,
            found,
            level=1,
            reasons="Said in confidence to moderators.",
            unsure="Is a verbal promise enough?",
            by=assessor,
            at=AT,
            on=AT.date(),
        )
    return found


def now_in(query: sa.Select[tuple[object]]) -> object:
    """The one value of a query, as it is stored now."""
    db.session.rollback()
    return db.session.scalar(query)


def fresh(review: Review) -> Review:
    db.session.rollback()
    return db.session.get_one(Review, review.id, populate_existing=True)


def typed(review: Review, codes: list[str], **more: str) -> dict[str, str]:
    outcomes = review.assessment.framework.content.outcomes
    met = next(one.value for one in outcomes if one.extent is Extent.MET)
    form = {f"outcome-{code}": met for code in codes} | {f"note-{code}": NOTE for code in codes}
    return form | {f"seen-{code}": "0" for code in codes} | more


def test_an_assessor_who_is_not_sure_ticks_it_and_says_why(sign_in, assessor, found) -> None:
    theirs = sign_in(assessor)
    address = f"/admin/reviews/{found.id}/recommend"
    page = theirs.send(address, {"level": "1", "reasons": "Good.", "unsure": "y"})
    assert page.status_code == 400
    assert "Say what you are not sure about." in page.text
    assert "Good." in page.text
    page = theirs.send(address, {"unsure": "y"}).text
    for missing in ("Choose a level", "Say what you are not sure about."):
        assert missing in page, "all that is missing is said at once"
    theirs.send(address, {"level": "1", "reasons": "Good.", "unsure": "y", "doubt": "Is it in use?"})
    assert fresh(found).status is ReviewStatus.RECOMMENDED
    assert sampling.why(db.session, found).unsure
    assert "Second look: not sure" in theirs.get("/admin/reviews/").text


def test_a_moderator_reads_nothing_of_the_first_findings_before_they_compare(
    sign_in, moderator, doubted, codes
) -> None:
    theirs, case, look = sign_in(moderator), f"/admin/reviews/{doubted.id}", f"/admin/second-looks/{doubted.id}"
    hidden = ("Clear and in use.", "Seen on the staff pages.", "Said in confidence", "Is a verbal promise enough?")
    for address in (case, f"{case}?open=all", look, f"{look}?open=all", f"{case}/moderate", f"{case}/ask"):
        page = theirs.get(address, follow_redirects=True)
        assert page.status_code == 200
        assert [words for words in hidden if words in html.unescape(page.text)] == [], address
    theirs.send(look, typed(doubted, codes, deed="compare"), follow_redirects=True)
    assert now_in(sa.select(SecondLook.compared_at)) is not None
    both = html.unescape(theirs.get(look).text)
    assert all(words in both for words in ("Clear and in use.", "Seen on the staff pages.", NOTE))
    decide = html.unescape(theirs.get(f"{case}/moderate").text)
    assert "Is a verbal promise enough?" in decide
    page = theirs.send(f"{case}/moderate", {"deed": "agree"}, follow_redirects=True)
    assert page.status_code == 200
    assert fresh(doubted).status is ReviewStatus.DECIDED


def test_what_was_typed_stays_when_a_second_finding_is_refused(sign_in, moderator, doubted, codes) -> None:
    form = typed(doubted, codes[:2]) | {f"outcome-{codes[0]}": "made up"}
    page = sign_in(moderator).send(f"/admin/second-looks/{doubted.id}", form)
    assert page.status_code == 400
    assert "Choose one of the findings in the list." in page.text
    assert NOTE in page.text
    kept = [now_in(sa.select(SecondFinding.criterion))]
    assert kept == [codes[1]]


def autosave(theirs, review, code: str, outcome: str, note: str = "", seen: int = 0, page: str = "") -> Any:
    """What the script of a second look sends of one finding; `page` is another one with a token."""
    address = f"/admin/second-looks/{review.id}"
    data = {"csrf_token": theirs.token(page or address), "at": code, f"seen-{code}": str(seen)}
    data |= {f"outcome-{code}": outcome, f"note-{code}": note}
    return theirs.post(address, data=data, headers={"Accept": "application/json"})


def test_a_second_finding_is_saved_as_one_goes_and_the_page_is_told_of_ones_own_alone(
    sign_in, moderator, doubted, codes
) -> None:
    theirs = sign_in(moderator)
    said = autosave(theirs, doubted, codes[0], "not_met", NOTE)
    assert re.fullmatch(r"Saved \d\d:\d\d", said.get_json()["saved"])
    assert (said.get_json()["version"], ">Not met<" in said.get_json()["tag"]) == (1, True)
    kept = now_in(sa.select(SecondFinding))
    assert isinstance(kept, SecondFinding)
    assert (kept.outcome, kept.private_note.for_staff) == ("not_met", NOTE)
    assert autosave(theirs, doubted, codes[0], "met", NOTE, seen=1).get_json()["version"] == 2
    page = theirs.get(f"/admin/second-looks/{doubted.id}").text
    assert "casework.js" in page
    for words in ("Clear and in use.", "Seen on the staff pages."):
        assert words not in said.text + page, "what the first found stays hidden"


def test_saving_a_second_finding_as_one_goes_never_overwrites_what_another_window_saved(
    sign_in, moderator, doubted, codes
) -> None:
    theirs, code = sign_in(moderator), codes[0]
    autosave(theirs, doubted, code, "met", NOTE)
    late = autosave(theirs, doubted, code, "not_met", "Other words.")
    said = late.get_json()
    assert (late.status_code, said["version"]) == (400, 1)
    assert said["theirs"] == {f"outcome-{code}": "met", f"note-{code}": NOTE}
    assert NOTE in html.unescape(said["html"])
    assert "Clear and in use." not in late.text
    assert now_in(sa.select(SecondFinding.outcome)) == "met"
    assert autosave(theirs, doubted, code, "made up", NOTE, seen=1).get_json() == {
        "error": "Choose one of the findings in the list."
    }


def test_who_may_not_look_again_or_has_compared_saves_nothing_as_they_go(
    sign_in, make, moderator, assessor, doubted, codes
) -> None:
    page = f"/admin/reviews/{doubted.id}/conflict"
    theirs = autosave(sign_in(assessor), doubted, codes[0], "not_met", page=page)
    assert (theirs.status_code, "somebody else must look" in theirs.get_json()["error"]) == (400, True)
    make.compared(doubted, by=moderator)
    late = autosave(sign_in(moderator), doubted, codes[0], "not_met", seen=1, page=page)
    assert "they stay as they are" in late.get_json()["error"]
    assert "not_met" not in db.session.scalars(sa.select(SecondFinding.outcome)).all()


def test_what_was_saved_as_one_goes_is_theirs_alone_on_the_page_too(sign_in, make, moderator, doubted, codes) -> None:
    autosave(sign_in(moderator), doubted, codes[0], "not_met", NOTE)
    other = sign_in(make.staff("moderator", "Mia Moderator"))
    assert NOTE not in html.unescape(other.get(f"/admin/second-looks/{doubted.id}?open=all").text)
    assert autosave(other, doubted, codes[0], "met", "Mine.").get_json()["version"] == 1
    assert now_in(sa.select(sa.func.count(SecondFinding.id))) == 2


def test_comparing_too_early_says_what_is_missing_and_keeps_what_is_there(sign_in, moderator, doubted, codes) -> None:
    form = typed(doubted, codes[:2], deed="compare")
    page = sign_in(moderator).send(f"/admin/second-looks/{doubted.id}", form, follow_redirects=True)
    assert "You have no finding on" in page.text
    assert now_in(sa.select(sa.func.count(SecondFinding.id))) == 2
    assert now_in(sa.select(SecondLook.compared_at)) is None


def test_a_moderator_changes_a_finding_and_the_case_says_what_it_was(
    sign_in, make, moderator, recommended, codes, sent, owner
) -> None:
    theirs, address = sign_in(moderator), f"/admin/second-looks/{recommended.id}/change/{codes[0]}"
    page = theirs.get(address).text
    seen = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1] for name in ("seen_outcome", "seen_feedback")
    }
    not_met = next(
        one.value
        for one in recommended.assessment.framework.content.outcomes
        if one.extent is Extent.NOT_MET and not one.asks_employer
    )
    form = {"outcome": not_met, "feedback": "It is not in use.", "reason": "I rang them.", **seen}
    assert theirs.send(address, form | {"reason": ""}).status_code == 400
    assert "I rang them." in theirs.send(address, form, follow_redirects=True).text
    stale = theirs.send(address, form | {"feedback": "Twice."})
    assert stale.status_code == 400
    assert "What is saved now" in stale.text
    theirs.send(f"/admin/reviews/{recommended.id}/moderate", {"deed": "change", "level": "0", "reasons": "Not yet."})
    decision = sign_in(owner).get(f"/assessments/{sent.id}").text
    assert "It is not in use." in decision
    assert "I rang them." not in decision
    assert "Seen on the staff pages." not in decision


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("/admin/reviews/{}/moderate", {"deed": "agree", "reasons": "I read all of it."}),
        ("/admin/meetings/refer/{}", {"reasons": "I read all of it."}),
    ],
)
def test_who_decides_after_a_finding_changed_reads_what_is_new_and_loses_nothing_they_typed(
    sign_in, make, moderator, recommended, codes, page, typed
) -> None:
    theirs, address = sign_in(moderator), page.format(recommended.id)
    opened = {"csrf_token": theirs.token(address), **theirs.seen_case}
    with transaction() as session:
        (stands,) = [one for one in findings.of_review(session, recommended) if one.criterion == codes[0]]
        overruling.change_finding(
            session,
            recommended,
            criterion=codes[0],
            outcome=stands.outcome,
            feedback="Only since May.",
            reason="I rang them.",
            seen=(stands.outcome, stands.feedback),
            by=make.staff("moderator", "Mia Moderator"),
            at=AT,
        )
    told = theirs.post(address, data=opened | typed)
    assert told.status_code == 400
    assert fresh(recommended).status is ReviewStatus.RECOMMENDED
    for words in ("This case is other than when you opened this page", "What is new", "Only since May."):
        assert words in told.text
    assert "I read all of it." in told.text
    seen = re.search(r'name="seen_case"[^>]*value="([^"]*)"', told.text)[1]
    theirs.post(address, data=opened | typed | {"seen_case": seen})
    assert fresh(recommended).status is not ReviewStatus.RECOMMENDED


def test_what_was_recommended_is_hidden_on_the_page_that_refers_a_case_too(sign_in, moderator, doubted) -> None:
    page = sign_in(moderator).get(f"/admin/meetings/refer/{doubted.id}")
    assert (page.status_code, page.location) == (302, f"/admin/second-looks/{doubted.id}")


def test_two_assessors_of_the_highest_level_from_taking_it_to_settling(
    sign_in, make, assessor, second, highest, owner
) -> None:
    home, case = f"/admin/second-looks/{highest.id}", f"/admin/reviews/{highest.id}"
    first, other = sign_in(assessor), sign_in(second)
    assert "It needs a second assessor" in first.get(case).text
    assert "Clear and in use." not in other.get(f"{case}?open=all").text
    assert "You have this case" in html.unescape(first.get(f"{home}/take").text)
    other.send(f"{home}/take", {}, follow_redirects=True)
    details = {
        "kind": "visit",
        "for_employer": "Two mechanics",
        "for_scheme": "Asha",
        "notes": "A worry told in trust.",
        "summary": "We saw a day begin.",
    }
    day = {"held_on-day": str(AT.day), "held_on-month": str(AT.month), "held_on-year": str(AT.year)}
    missing = first.send(f"{home}/conversation", details)
    assert missing.status_code == 400
    assert "A worry told in trust." in missing.text
    for _ in range(2):
        first.send(f"{home}/conversation", details | day, follow_redirects=True)
    assert now_in(sa.select(sa.func.count(Conversation.id))) == 1
    code = highest.assessment.framework.content.asked(highest.assessment.target_level)[0].code
    make.looked(highest, by=second, also={code: Extent.NOT_MET})
    other.send(f"{home}/compare", {}, follow_redirects=True)
    both = html.unescape(first.get(home).text)
    assert "You differ on 1 criterion" in both
    page = first.get(f"{home}/settle/{code}").text
    version = re.search(r'name="seen"[^>]*value="(\d+)"', page)[1]
    assert first.send(f"{home}/settle/{code}", {"seen": version, "deed": "leave"}).status_code == 400
    first.send(f"{home}/settle/{code}", {"seen": version, "deed": "leave", "reason": "We read it apart."})
    assert "Left to those who decide" in first.get(home).text
    assert "You cannot recommend a level yet" not in first.get(f"{case}/recommend").text
    theirs = html.unescape(sign_in(owner).get(f"/assessments/{highest.assessment_id}").text)
    assert "We saw a day begin." in theirs
    for private in ("A worry told in trust.", "We read it apart.", NOTE, "Two mechanics"):
        assert private not in theirs


def test_an_administrator_sets_the_share_and_everybody_of_the_scheme_reads_its_history(
    sign_in, administrator, assessor, found
) -> None:
    theirs = sign_in(administrator)
    assert theirs.send("/admin/second-looks/share", {"percent": "101"}).status_code == 400
    assert theirs.send("/admin/second-looks/share", {"percent": "many"}).status_code == 400
    theirs.send("/admin/second-looks/share", {"percent": "100"})
    with transaction() as session:
        recommendation.recommend(
            session, found, level=1, reasons="Good.", by=assessor, at=sampling.history(session)[0].set_at, on=AT.date()
        )
    page = sign_in(assessor).get("/admin/second-looks/").text
    assert f"set by {administrator.name}" in page
    lots = list(
        csv.DictReader(io.StringIO(sign_in(assessor).get("/admin/second-looks/lots.csv").text.lstrip("\ufeff")))
    )
    assert [(one["case"], one["share_in_100"], one["second_look"]) for one in lots] == [(str(found.id), "100", "yes")]
    assert int(lots[0]["value_of_10000"]) == sampling.value(lots[0]["seed"], found.id)


def test_lots_are_searched_narrowed_and_downloaded_and_name_no_employer_of_an_interest(
    sign_in, make, assessor, administrator, moderator
) -> None:
    sign_in(administrator).send("/admin/second-looks/share", {"percent": "50"})
    cases = {}
    for name, drawn in (("Alder Ltd", True), ("Birch Ltd", False)):
        owner = make.member(make.organisation(name), f"Olive {name}")
        organisation = db.session.get_one(Organisation, owner.memberships[0].organisation_id)
        sent = make.submitted(make.answered(make.assessment(organisation, by=owner), by=owner), by=owner)
        cases[name] = make.claimed(sent, by=assessor)
        with transaction() as session:
            seeds = (f"{number:032x}" for number in range(1000))
            seed = next(one for one in seeds if sampling.is_drawn(sampling.value(one, cases[name].id), 50) is drawn)
            sampling.draw(session, cases[name], by=assessor, at=now(), seed=seed)
    theirs = sign_in(moderator)

    def listed(query: str) -> tuple[set[str], set[str]]:
        page, rows = (theirs.get(f"/admin/second-looks/{where}{query}").text for where in ("", "lots.csv"))
        return {name for name in cases if name in page}, {name for name in cases if str(cases[name].id) in rows}

    both = ({"Alder Ltd", "Birch Ltd"},) * 2
    assert listed("") == listed("?drawn=maybe") == both
    assert listed("?search=alder") == ({"Alder Ltd"},) * 2
    assert listed("?drawn=no") == ({"Birch Ltd"},) * 2
    assert "Nothing matches" in theirs.get("/admin/second-looks/?search=alder&drawn=no").text
    with transaction() as session:
        interests.declare(session, cases["Alder Ltd"].assessment.organisation, reason="A friend.", by=moderator, at=AT)
    assert listed("") == ({"Birch Ltd"},) * 2
    assert "Employers that you have an interest in are left out." in theirs.get("/admin/second-looks/").text


def test_agreement_is_shown_by_criterion_and_downloads_as_csv_in_a_fixed_number_of_queries(
    sign_in, make: Factory, moderator, assessor, doubted, codes
) -> None:
    theirs = sign_in(moderator)
    address = "/admin/second-looks/agreement"

    def taken() -> int:
        with Counted() as counted:
            assert theirs.get(address).status_code == 200
        return len(counted.statements)

    none = taken()
    make.compared(doubted, by=moderator, also={codes[0]: Extent.NOT_MET})
    assert taken() == none
    page = theirs.get(address).text
    assert "Not enough pairs" in page
    assert "0 of 1" in page
    rows = list(csv.DictReader(io.StringIO(theirs.get(f"{address}.csv").text.lstrip("\ufeff"))))
    assert {one["code"]: one["same"] for one in rows if one["code"]} == {
        code: str(int(code != codes[0])) for code in codes
    }
    assert (rows[-1]["title"], rows[-1]["pairs"]) == ("All criteria together", str(len(codes)))
    assert rows[-1]["kappa"] == ""


def test_no_page_of_an_employer_ever_holds_what_is_private(
    sign_in, make, owner, moderator, sent: Assessment, doubted, codes
) -> None:
    make.compared(doubted, by=moderator, also={codes[0]: Extent.NOT_MET})
    theirs = sign_in(owner)
    for address in (f"/assessments/{sent.id}", f"/assessments/{sent.id}/history", f"/assessments/{sent.id}/check"):
        page = html.unescape(theirs.get(address, follow_redirects=True).text)
        assert [one for one in (NOTE, "Is a verbal promise enough?", "Said in confidence") if one in page] == []
    assert now_in(sa.select(sa.func.count(Finding.id))) == len(codes)


def test_who_agrees_on_a_level_of_the_panel_is_told_that_the_partners_decide(
    sign_in, make, highest, assessor, second, moderator
) -> None:
    with transaction() as session:
        second_looks.take(session, highest, by=second, at=AT)
    make.conversed(make.compared(highest, by=second), by=assessor)
    make.recommended(highest, by=assessor, level=highest.assessment.target_level)
    theirs, address = sign_in(moderator), f"/admin/reviews/{highest.id}/moderate"
    make.compared(highest, by=moderator)
    page = theirs.get(address).text
    assert "The partners decide on this level together." in page
    assert "The partners read the assessor’s reasons" in page
    assert "its certificate is issued at once" not in page
    told = theirs.send(address, {"deed": "agree"}, follow_redirects=True).text
    assert fresh(highest).status is ReviewStatus.WITH_PANEL
    assert "The employer is told when the panel has decided." in told
    assert "the employer has been told" not in told


def test_who_worked_on_a_case_reads_so_before_they_type_a_decision(sign_in, make, sent, assessor, moderator) -> None:
    review = make.found(make.claimed(sent, by=moderator), by=moderator)
    with transaction() as session:
        allocation.release(session, review, by=moderator, at=AT)
    make.recommended(make.claimed(sent, by=assessor), by=assessor)
    page = sign_in(moderator).get(f"/admin/reviews/{review.id}/moderate").text
    assert "You worked on this case, so somebody else must decide." in page
    assert 'name="reasons"' not in page
