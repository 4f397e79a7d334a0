"""Awards of other schemes on the employer's pages and in the panel: proof, check, turn down, and what rests on them."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from charter.account.models import User
from charter.assessment import recognising
from charter.assessment.models import Assessment, Evidence, EvidenceKind, ScanState
from charter.clock import today
from charter.extensions import db, transaction
from charter.organisation.models import Organisation, Recognition, RecognitionStatus
from charter.review import moderation
from tests.assessment import test_file_checks
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.web.employer.conftest import Counting, SignIn

PDF = test_file_checks.pdf()


@pytest.fixture
def address(employer: Organisation) -> str:
    return f"/organisations/{employer.id}/recognitions"


def award(make: Factory, employer: Organisation, **values: Any) -> dict[str, Any]:
    """What the form says of an award that makes criteria count as met, with a number that looks odd."""
    content = make.framework().content
    place = next(
        place
        for place, one in enumerate(content.passports)
        if (strength := content.strength(one.strength)) and strength.met_up_to and one.number_pattern
    )
    ends = today() + timedelta(days=200)
    begins = ends - timedelta(days=900)
    days = {
        f"{field}-{part}": str(getattr(day, part))
        for field, day in (("starts_on", begins), ("ends_on", ends))
        for part in ("day", "month", "year")
    }
    return {"scheme": str(place), "reference": "12345", "county": employer.county, **days, **values}


def stated() -> Recognition:
    db.session.rollback()
    return db.session.scalars(sa.select(Recognition)).one()


def tell(browser: CheckedClient, make: Factory, employer: Organisation, address: str) -> Recognition:
    """An award told with a certificate."""
    file = (BytesIO(PDF), "certificate.pdf")
    assert browser.send(f"{address}/new", award(make, employer, file=file)).status_code == 303
    return stated()


def test_an_award_comes_with_its_certificate_and_an_odd_number_is_asked_about_not_refused(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, address: str
) -> None:
    browser = sign_in(owner)
    told = tell(browser, make, employer, address)
    shown = browser.get(address).text
    assert "Numbers of this scheme look like DCS012345." in shown
    assert "certificate.pdf" in shown
    assert "Once we have checked it, it stands in for:" in shown
    proof = recognising.proof_of(db.session, told)
    assert proof is not None
    assert proof.kind is EvidenceKind.FILE
    assert browser.get(f"/evidence/{proof.id}/download").data == PDF


def test_one_proof_is_needed_and_two_are_too_many(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, address: str
) -> None:
    browser = sign_in(owner)
    none = browser.send(f"{address}/new", award(make, employer))
    both = award(make, employer, file=(BytesIO(PDF), "certificate.pdf"), url="https://example.org/list")
    assert (none.status_code, none.text.count("Choose the certificate as a file")) == (400, 2)
    empty = browser.send(f"{address}/new", award(make, employer, scheme="")).text
    assert empty.index("Choose a scheme from the list.") < empty.index("Choose the certificate as a file")
    assert "Give a file or an address, not both." in browser.send(f"{address}/new", both).text
    bad = browser.send(f"{address}/new", award(make, employer, file=(BytesIO(b"MZ not at all"), "certificate.pdf")))
    assert bad.status_code == 400
    assert db.session.scalars(sa.select(Recognition)).all() == []


def test_staff_see_the_proof_turn_it_down_and_check_what_comes_instead(
    make: Factory,
    employer: Organisation,
    owner: User,
    assessor: User,
    administrator: User,
    sign_in: SignIn,
    address: str,
) -> None:
    browser, theirs = sign_in(owner), sign_in(administrator)
    told = tell(browser, make, employer, address)
    panel = f"/admin/employers/recognitions/{told.id}"
    assert "1 award is not checked yet." in sign_in(administrator).get("/admin/recognitions/").text
    assert employer.name in theirs.get("/admin/recognitions/?flt0_status=stated").text
    assert employer.name not in theirs.get("/admin/recognitions/?flt0_status=checked").text
    assert f"{panel}/check" in theirs.get(f"/admin/recognitions/details/?id={told.id}").text
    page = theirs.get(f"{panel}/check").text
    assert "It may be mistyped." in page
    got = theirs.get(f"{panel}/proof")
    assert (got.data, got.headers["Content-Disposition"]) == (PDF, "attachment; filename=certificate.pdf")
    seen = {"seen_proof": str(told.proof_id)}
    assert theirs.send(f"{panel}/decline", {**seen, "reason": ""}).status_code == 400
    assert theirs.send(f"{panel}/decline", {**seen, "reason": "It has no last day."}).status_code == 302
    assert stated().status is RecognitionStatus.DECLINED
    assert "It has no last day." in browser.get(address).text

    proof = f"{address}/{told.id}/proof"
    assert "It has no last day." in browser.get(proof).text
    assert browser.send(proof).status_code == 400
    assert browser.send(proof, {"url": "https://example.org/list"}).location == address
    assert stated().status is RecognitionStatus.STATED
    hers = sign_in(assessor)
    assert "https://example.org/list" in hers.get(f"{panel}/check").text
    assert hers.send(f"{panel}/check", seen).status_code == 303  # what she saw is not what is there now
    assert stated().status is RecognitionStatus.STATED
    assert "The employer gave other proof after you opened this page." in hers.get(f"{panel}/check").text
    late = hers.send(f"{panel}/decline", {**seen, "reason": "I saw the first."})
    assert (late.status_code, "I saw the first." in late.text) == (400, True)
    assert f'value="{stated().proof_id}"' in late.text
    assert hers.send(f"{panel}/check", {"seen_proof": str(stated().proof_id)}).status_code == 302
    assert stated().status is RecognitionStatus.CHECKED
    assert browser.get(proof).location == address


def test_what_an_award_does_is_said_to_both_sides(
    make: Factory, employer: Organisation, owner: User, assessor: User, sign_in: SignIn, address: str
) -> None:
    browser = sign_in(owner)
    told = tell(browser, make, employer, address)
    assessment = make.assessment(employer, by=owner)
    home = f"/assessments/{assessment.id}"
    assert "Done for you" not in browser.get(home).text
    with transaction() as session:
        recognising.check(session, session.get_one(Recognition, told.id), by=assessor, at=AT)
    content = make.framework().content
    there = recognising.by_award(content, [stated()], on=today())[told.id]
    met = [one.criterion for one in there if one.is_met and content.criterion(one.criterion).level == 1]  # type: ignore[union-attr]
    assert met
    assert browser.get(home).text.count("Done for you") == len(met)
    assert "You need to do nothing here." in browser.get(f"{home}/criteria/{met[0]}").text
    make.answered(assessment, by=owner, but=met)
    shown = browser.get(f"{home}/check").text
    assert (shown.count("Done for you"), "Not answered" in shown) == (len(met), False)
    review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
    case = sign_in(assessor).get(f"/admin/reviews/{review.id}").text
    assert case.count("No finding is needed.") == len(met)
    make.found(review, by=assessor, but=met)
    make.recommended(review, by=assessor)


def test_other_schemes_are_shown_item_by_item_and_printed(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, counting: Counting
) -> None:
    browser, home = sign_in(owner), f"/organisations/{employer.id}/schemes"
    content = make.framework().content
    assert "You have not answered anything yet." in browser.get(home).text
    assessment = make.assessment(employer, by=owner)
    scheme = next(one for one in content.crosswalk if one.levels)
    before = browser.get(f"{home}/{scheme.code}").text
    assert "You have already done 0 of" in before
    make.answered(assessment, by=owner)
    with counting() as said:
        after = browser.get(home).text
    assert len(said) <= 9, said
    assert ">One of these</strong>" in browser.get(f"{home}/{scheme.code}").text
    assert "With these answers you are" in after
    done = [int(one) / int(of) for one, of in re.findall(r"already done (\d+) of (\d+)", after)]
    assert done == sorted(done, reverse=True), "the nearest comes first"
    put_away = after.partition("where nothing of yours counts yet")[2]
    assert put_away.count("already done") == done.count(0)
    with counting() as said:
        page = browser.get(f"{home}/{scheme.code}").text
    assert len(said) <= 9, said
    assert f"/assessments/{assessment.id}/criteria/" in page
    assert "check with the scheme" in page
    file = browser.get(f"{home}/{scheme.code}/summary.pdf")
    assert (file.mimetype, file.data[:5]) == ("application/pdf", b"%PDF-")
    for one in content.crosswalk:
        assert browser.get(f"{home}/{one.code}").status_code == 200
    assert browser.get(f"{home}/none").status_code == 404


@pytest.mark.parametrize("checked", [True, False])
def test_other_proof_is_asked_for_only_where_it_can_be_given(
    make: Factory,
    employer: Organisation,
    owner: User,
    assessor: User,
    sign_in: SignIn,
    address: str,
    checked: bool,
) -> None:
    browser = sign_in(owner)
    told = tell(browser, make, employer, address)
    with transaction() as session:
        if checked:
            recognising.check(session, session.get_one(Recognition, told.id), by=assessor, at=AT)
        assert told.proof_id is not None
        piece = session.get_one(Evidence, told.proof_id)
        piece.scan, piece.virus, piece.scanned_at, piece.scanned_with = ScanState.INFECTED, "Eicar", AT, "made up"
    text = browser.get(address).text
    assert "deleted because it had a virus" in text
    assert ("Give other proof" in text) is not checked
    assert ("You need give no other" in text) is checked
    proof = browser.get(f"{address}/{told.id}/proof")
    assert proof.status_code == (303 if checked else 200)


def test_a_decision_names_the_award_where_there_is_no_finding(
    make: Factory,
    employer: Organisation,
    owner: User,
    assessor: User,
    moderator: User,
    sign_in: SignIn,
    address: str,
) -> None:
    browser = sign_in(owner)
    told = tell(browser, make, employer, address)
    with transaction() as session:
        recognising.check(session, session.get_one(Recognition, told.id), by=assessor, at=AT)
    assessment = make.assessment(employer, by=owner)
    content = make.framework().content
    there = recognising.by_award(content, [stated()], on=today())[told.id]
    met = [one for one in there if one.is_met]
    make.answered(assessment, by=owner, but=[one.criterion for one in met])
    review = make.claimed(make.submitted(assessment, by=owner), by=assessor)
    make.found(review, by=assessor, but=[one.criterion for one in met])
    make.recommended(review, by=assessor)
    with transaction() as session:
        moderation.agree(session, review, reasons="", by=moderator, at=AT, on=today())
    shown = browser.get(f"/assessments/{assessment.id}").text
    assert f"Met by your {met[0].passport.title}" in shown
    assert "No finding" not in shown


def test_a_contributor_reads_which_awards_there_are_and_only_an_owner_changes_them(
    make: Factory, employer: Organisation, owner: User, colleague: User, sign_in: SignIn, address: str
) -> None:
    told = tell(sign_in(owner), make, employer, address)
    browser = sign_in(colleague)
    text = browser.get(address).text
    assert "Once we have checked it, it stands in for:" in text
    assert "An owner of your team adds awards." in text
    assert not [path for path in ("/new", f"/{told.id}/proof", f"/{told.id}/take-back") if f"{address}{path}" in text]
    assert browser.get(f"{address}/new").status_code == 403


def test_an_award_that_has_ended_says_that_it_stands_in_for_nothing(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, address: str
) -> None:
    browser = sign_in(owner)
    told = tell(browser, make, employer, address)
    with transaction() as session:
        session.get_one(Recognition, told.id).ends_on = today() - timedelta(days=1)
    shown = browser.get(address).text
    assert "It stands in for nothing any more. If you renewed it, add the new award" in shown
    assert "stands in for:" not in shown
    assert "(ended)" in browser.get(f"/organisations/{employer.id}").text


def test_the_list_of_awards_takes_as_many_queries_for_three_as_for_one(
    make: Factory, employer: Organisation, owner: User, sign_in: SignIn, counting: Counting, address: str
) -> None:
    browser, passports = sign_in(owner), make.framework().content.passports

    def queries_with(places: range) -> int:
        for place in places:
            told = award(make, employer, scheme=str(place), reference="DCS012345", url=f"https://example.org/{place}")
            assert browser.send(f"{address}/new", told).status_code == 303
        browser.get(address)  # what the browser was told of last is read once
        with counting() as said:
            text = browser.get(address).text
        assert passports[places[-1]].title in text
        return len(said)

    assert queries_with(range(1)) == queries_with(range(1, 3))


def test_which_awards_an_employer_holds_is_asked_once_before_it_begins(
    make: Factory,
    assessment: Assessment,
    home: str,
    address: str,
    employer: Organisation,
    owner: User,
    sign_in: SignIn,
) -> None:
    browser, question = sign_in(owner), "Do you hold another award already?"
    text = browser.get(home).text
    assert question in text
    assert unescape(text).count(assessment.framework.content.passports[0].title) == 1
    told = tell(browser, make, employer, address)
    assert question not in browser.get(home).text
    with transaction() as session:
        session.delete(session.get_one(Recognition, told.id))
    assert question in browser.get(home).text
    make.answered(assessment, by=owner, but=[one.code for one in assessment.framework.content.asked(1)][1:])
    assert question not in browser.get(home).text


def test_home_says_calmly_what_is_soon_out_of_date_and_the_awards_say_how_to_renew(
    make: Factory, employer: Organisation, owner: User, administrator: User, sign_in: SignIn, address: str
) -> None:
    browser = sign_in(owner)
    told = tell(browser, make, employer, address)

    def change(**values: Any) -> None:
        with transaction() as session:
            one = session.get_one(Recognition, told.id)
            for name, value in values.items():
                setattr(one, name, value)

    change(ends_on=today() + timedelta(days=13))
    assert "Soon out of date" not in browser.get("/dashboard").text  # nothing rests on what nobody has checked
    with transaction() as session:
        recognising.check(session, session.get_one(Recognition, told.id), by=administrator, at=AT)
    assert "1 award of another scheme ends on" in browser.get("/dashboard").text
    page = browser.get(address).text
    assert "It ends in 13 days." in page
    assert "add the renewed one" in page
    change(ends_on=today() + timedelta(days=61))
    assert "Soon out of date" not in browser.get("/dashboard").text
    assert "add the renewed one" not in browser.get(address).text
    change(ends_on=today() + timedelta(days=13))
    with transaction() as session:
        first = session.get_one(Recognition, told.id)
        kept = {column.name: getattr(first, column.name) for column in Recognition.__table__.columns}
        later = {"id": uuid7(), "starts_on": first.ends_on, "ends_on": today() + timedelta(days=700)}
        session.add(Recognition(**(kept | later)))
    assert "Soon out of date" not in browser.get("/dashboard").text
    assert "add the renewed one" not in browser.get(address).text
    proof = recognising.proof_of(db.session, told)
    assert proof is not None
    for days, words in ((10, "Ends soon"), (-1, "Out of date"), (90, None)):
        with transaction() as session:
            session.get_one(type(proof), proof.id).ends_on = today() + timedelta(days=days)
        page = browser.get("/dashboard").text
        assert ("Evidence to renew or replace" in page) == (words is not None)
        assert words is None or words in page
