"""Records: search, sort, filter, page, export; and the verbs that their pages call."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import Role, User
from charter.aftercare import steps
from charter.aftercare.models import AwardStep
from charter.assessment import evidence_kinds, recognising
from charter.assessment.models import EvidenceKind
from charter.audit import AuditEvent
from charter.award.models import Award
from charter.award.status import AwardStatus
from charter.clock import now, today
from charter.extensions import db, transaction
from charter.notification.models import Message
from charter.organisation import recognition
from charter.organisation.models import Organisation, Recognition
from charter.reporting.models import Direction, Measure, Return
from tests.conftest import AT, browser
from tests.factories import Factory
from tests.review.test_queries import Counted


def names(page: str) -> list[str]:
    """The first cell of each row of the list."""
    return re.findall(r'<tr class="govuk-table__row">\s*<td class="govuk-table__cell"><a [^>]*>([^<]+)</a>', page)


def again(model: type[Any], id: object) -> Any:
    db.session.rollback()
    return db.session.get(model, id, populate_existing=True)


def test_employers_are_searched_filtered_and_sorted(sign_in, make: Factory, assessor) -> None:
    counties = [county.code for county in make.framework().content.counties]
    make.organisation("Beta Ltd", county=counties[0], company_number="01234567")
    make.organisation("Alpha Ltd", county=counties[1])
    theirs = sign_in(assessor)
    page = theirs.get("/admin/employers/").text
    assert names(page) == ["Alpha Ltd", "Beta Ltd"]
    assert "2 employers" in page
    assert names(theirs.get("/admin/employers/?sort=0&desc=1").text) == ["Beta Ltd", "Alpha Ltd"]
    assert names(theirs.get("/admin/employers/?search=1234567").text) == ["Beta Ltd"]
    filtered = theirs.get(f"/admin/employers/?flt0_county={counties[1]}&flt1_size=").text
    assert names(filtered) == ["Alpha Ltd"]
    assert f'value="{counties[1]}" selected' in filtered
    assert theirs.get("/admin/employers/?flt0_county=atlantis&page=99&sort=77&search=%25").status_code == 200


def test_a_list_takes_the_same_queries_whatever_its_length(sign_in, make: Factory, administrator) -> None:
    theirs = sign_in(administrator)

    def taken(address: str) -> int:
        with Counted() as counted:
            assert theirs.get(address).status_code == 200
        return len(counted.statements)

    addresses = ["/admin/employers/", "/admin/awards/", "/admin/people/", "/admin/messages/", "/admin/trail/"]
    make.award(make.organisation("First Ltd"), by=administrator)
    once = [taken(address) for address in addresses]
    for number in range(5):
        make.award(make.organisation(f"Employer {number} Ltd"), by=administrator)
        make.user(f"Person{number} Somebody")
    assert [taken(address) for address in addresses] == once
    assert max(once) <= 8


def test_long_lists_have_pages(sign_in, make: Factory, assessor) -> None:
    with transaction() as session:
        content = make.framework().content
        for number in range(51):
            session.add(
                Organisation(
                    name=f"Employer {number:02} Ltd", county=content.counties[0].code,
                    size_band=content.size_bands[0].code, sector=content.sectors[0].code, scope="whole", listed=False,
                    listed_at=None, registered_at=AT,
                )
            )  # fmt: skip
    theirs = sign_in(assessor)
    page = theirs.get("/admin/employers/").text
    assert len(names(page)) == 50
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following is not None
    assert names(theirs.get(following[1].replace("&amp;", "&")).text) == ["Employer 50 Ltd"]


@pytest.mark.parametrize("name", ["=1+1 Ltd", "+44 Ltd", "-Minus Ltd", "@home Ltd", "\tTabbed Ltd", "\rReturned Ltd"])
def test_no_cell_of_an_export_is_a_formula(sign_in, make: Factory, assessor, name: str) -> None:
    make.organisation(name)
    answer = sign_in(assessor).get("/admin/employers/export/csv/")
    assert answer.mimetype == "text/csv"
    assert f"organisations-{today().isoformat()}.csv" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")  # so that a spreadsheet reads it as UTF-8
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert not rows[0][0].startswith("\ufeff")
    assert rows[1][0] == f"'{name}"
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_an_export_holds_what_the_list_is_narrowed_to_and_all_of_it(sign_in, make: Factory, assessor) -> None:
    for number in range(60):
        make.organisation(f"Employer {number:02} Ltd")
    theirs = sign_in(assessor)
    assert theirs.get("/admin/employers/export/csv/").text.count("\n") == 61
    assert theirs.get("/admin/employers/export/csv/?search=Employer%2007").text.count("\n") == 2


@pytest.mark.parametrize("address", ["people", "messages"])
def test_addresses_are_not_exported(sign_in, administrator, address: str) -> None:
    assert sign_in(administrator).get(f"/admin/{address}/export/csv/").status_code == 302


def test_an_employers_page_shows_what_belongs_to_it(sign_in, recommended, employer, owner, assessor) -> None:
    page = sign_in(assessor).get(f"/admin/employers/details/?id={employer.id}").text
    for text in (employer.name, owner.email, "Waiting for a moderator", "It holds no award."):
        assert text in page


def test_an_award_of_another_scheme_is_checked_once(sign_in, make: Factory, employer, owner, assessor) -> None:
    passport = make.framework().content.passports[1]
    with transaction() as session:
        stated = recognition.state(
            session, employer, scheme=passport.scheme, level=passport.level, reference="DCS012345",
            county=employer.county, starts_on=AT.date() - timedelta(days=30), ends_on=AT.date() + timedelta(days=300),
            by=owner, at=AT,
        )  # fmt: skip
    theirs = sign_in(assessor)
    page = f"/admin/employers/recognitions/{stated.id}/check"
    shown = theirs.get(f"/admin/employers/details/?id={employer.id}").text
    assert page in shown
    assert f">{passport.title}</td>" in shown
    assert passport.title in theirs.get(page).text
    refused = theirs.send(page)
    assert (refused.status_code, "See it in the scheme’s own list and tick this" in refused.text) == (400, True)
    assert again(Recognition, stated.id).checked_by_id is None
    assert theirs.send(page, {"on_list": "y"}).status_code == 302
    found = again(Recognition, stated.id)
    assert (found.checked_by_id, found.seen_on_list) == (assessor.id, True)
    assert theirs.send(page).status_code == 303
    assert "already been checked" in theirs.get(page).text


def test_the_page_that_checks_an_award_leads_to_turning_its_proof_down_for_privacy(
    sign_in, make: Factory, employer, owner, assessor
) -> None:
    passport = make.framework().content.passports[1]
    with transaction() as session:
        stated = recognition.state(
            session, employer, scheme=passport.scheme, level=passport.level, reference="DCS012345",
            county=employer.county, starts_on=AT.date() - timedelta(days=30), ends_on=AT.date() + timedelta(days=300),
            by=owner, at=AT,
        )  # fmt: skip
        session.flush()
        link = evidence_kinds.of_link("https://example.org/jane-doe")
        recognising.prove(session, stated, EvidenceKind.LINK, link, by=owner, at=AT)
    theirs, check = sign_in(assessor), f"/admin/employers/recognitions/{stated.id}/check"
    page = f"/admin/employers/recognitions/{stated.id}/turn-down-proof"
    assert page in theirs.get(check).text
    refused = theirs.send(page)
    assert (refused.status_code, "Choose what is in it that should not be." in refused.text) == (400, True)
    done = theirs.send(page, {"reason": "health"})
    assert (done.status_code, done.location) == (302, check)
    shown = theirs.get(check).text
    assert ("Removed for privacy" in shown, "jane-doe" in shown, page in shown) == (True, False, False)
    again_sent = theirs.send(page, {"reason": "health"})
    assert "turned down already" in again_sent.text
    ours = sign_in(owner)
    for address in (f"/recognitions/{stated.id}/proof", "/recognitions"):
        seen = ours.get(f"/organisations/{employer.id}{address}").text
        assert ("privacy" in seen, "jane-doe" in seen, "None" in seen) == (True, False, False)


def test_a_mistyped_award_of_another_scheme_is_taken_back_by_staff_checked_or_not(
    sign_in, make: Factory, employer, owner, assessor, administrator
) -> None:
    passport = make.framework().content.passports[1]
    with transaction() as session:
        stated = recognition.state(
            session, employer, scheme=passport.scheme, level=passport.level, reference="DCS012345",
            county=employer.county, starts_on=AT.date() - timedelta(days=30), ends_on=AT.date() + timedelta(days=300),
            by=owner, at=AT,
        )  # fmt: skip
        recognition.check(session, stated, by=assessor, at=AT)
    theirs, page = sign_in(administrator), f"/admin/employers/recognitions/{stated.id}/take-back"
    home = f"/admin/employers/details/?id={employer.id}"
    assert page in theirs.get(home).text
    assert passport.title in theirs.get(page).text
    refused = theirs.send(page, {"reason": " "})
    assert (refused.status_code, "Give the reason." in refused.text) == (400, True)
    long = theirs.send(page, {"reason": "x" * 2_001})
    assert (long.status_code, "2,000 characters or fewer" in long.text, "x" * 2_001 in long.text) == (400, True, True)
    assert theirs.send(page, {"reason": "The scheme does not list it."}).location == home
    assert again(Recognition, stated.id) is None
    told = db.session.scalars(sa.select(Message).where(Message.kind == "recognition_taken_back")).one()
    assert (told.to_user_id, "The scheme does not list it." in told.body) == (owner.id, True)
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "recognition:take-back")).one()
    assert (event.actor_id, event.details["scheme"], event.details["checked"]) == (
        administrator.id,
        passport.scheme,
        True,
    )
    assert theirs.get(page).status_code == 404


def test_an_award_is_revoked_by_a_second_person_with_the_reply_read(
    sign_in, make: Factory, employer, owner, moderator, administrator
) -> None:
    award = make.award(employer, by=administrator)
    theirs = sign_in(administrator)
    page = f"/admin/awards/{award.id}/propose"
    assert "Choose what you propose." in theirs.send(page, {"reasons": "Wages were late."}).text
    sent = theirs.send(page, {"deed": "revoke", "reasons": "Wages were late.", "at_once": "Now."})
    assert "Only a suspension can be at once." in sent.text
    sent = theirs.send(page, {"deed": "revoke", "reasons": "Wages were late.", "at_once": ""})
    assert sent.status_code == 302
    db.session.rollback()
    step = db.session.scalars(sa.select(AwardStep)).one()
    carry = f"/admin/award-steps/{step.id}/carry-out"
    assert "You proposed this, so somebody else must decide it." in theirs.get(carry).text
    second = sign_in(moderator)
    assert "The employer may reply until" in second.get(carry).text
    with transaction() as session:
        found = session.get_one(AwardStep, step.id)
        given = {"text": "We paid.", "is_all": True, "seen_version": found.version}
        steps.reply(session, found, **given, by=owner, at=now(), on=today())
    assert "We paid." in second.get(carry).text
    decided = {"reasons": "It was late again.", "sure": "y", "seen_version": "1"}
    assert "Read the reply first." in second.send(carry, decided | {"reply_read": "y"}).text
    decided["seen_version"] = "2"
    refused = second.send(carry, decided)
    assert refused.status_code == 400
    assert "Read the employer’s reply, and say that you did." in refused.text
    assert second.send(carry, decided | {"reply_read": "y"}).status_code == 302
    ended = again(Award, award.id)
    assert (ended.status, ended.end_reason, ended.ended_on) == (AwardStatus.REVOKED, "It was late again.", today())
    assert "decided already" in second.get(carry).text
    assert "carried out" in theirs.get(f"/admin/awards/details/?id={award.id}").text


def test_an_award_is_looked_at_again_suspended_and_restored(
    sign_in, make: Factory, employer, moderator, administrator
) -> None:
    award = make.award(employer, by=administrator)
    theirs = sign_in(administrator)
    details = f"/admin/awards/details/?id={award.id}"
    assert "Give the reason." in theirs.send(f"/admin/awards/{award.id}/review", {"reason": ""}).text
    assert theirs.send(f"/admin/awards/{award.id}/review", {"reason": "A complaint."}).status_code == 302
    assert again(Award, award.id).status is AwardStatus.UNDER_REVIEW
    assert theirs.send(f"/admin/awards/{award.id}/end-review", {"reason": "Unfounded."}).status_code == 302
    assert "cannot" in theirs.send(f"/admin/awards/{award.id}/end-review", {"reason": "Unfounded."}).text
    said = {"deed": "suspend", "reasons": "Danger.", "at_once": "People are at risk."}
    assert theirs.send(f"/admin/awards/{award.id}/propose", said).status_code == 302
    db.session.rollback()
    step = db.session.scalars(sa.select(AwardStep)).one()
    decided = {"reasons": "", "sure": "y", "seen_version": "1"}
    assert sign_in(moderator).send(f"/admin/award-steps/{step.id}/carry-out", decided).status_code == 302
    assert again(Award, award.id).status is AwardStatus.SUSPENDED
    assert "Days on which it did not count" in theirs.get(details).text
    assert theirs.send(f"/admin/awards/{award.id}/restore", {"reason": "It is safe."}).status_code == 302
    assert again(Award, award.id).status is AwardStatus.ACTIVE
    refused = theirs.send(f"/admin/awards/{award.id}/restore", {"reason": "It is safe."})
    assert "Only a suspended award can be restored here." in refused.text


def test_an_assessor_does_not_revoke(sign_in, make: Factory, employer, assessor) -> None:
    award = make.award(employer, by=assessor)
    theirs = sign_in(assessor)
    assert "Propose to" not in theirs.get(f"/admin/awards/details/?id={award.id}").text
    assert theirs.get(f"/admin/awards/{award.id}/propose").status_code == 403


def test_an_award_past_its_end_is_shown_as_expired(sign_in, make: Factory, employer, assessor) -> None:
    make.award(employer, on=today() - timedelta(days=3000), by=assessor)
    assert ">Expired</td>" in sign_in(assessor).get("/admin/awards/").text


def test_a_version_of_the_charter_is_read_whole(sign_in, make: Factory, assessor) -> None:
    framework = make.framework()
    page = sign_in(assessor).get(f"/admin/frameworks/details/?id={framework.id}").text
    assert [one.code for one in framework.content.criteria if one.code not in page] == []


def test_staff_are_invited_by_email(sign_in, administrator) -> None:
    theirs = sign_in(administrator)
    assert theirs.send("/admin/people/invite", {"name": "", "email": "", "role": ""}).status_code == 400
    fields = {"name": "Nia New", "email": "Nia@Example.org", "role": "assessor"}
    assert theirs.send("/admin/people/invite", fields).status_code == 302
    db.session.rollback()
    user = db.session.scalars(sa.select(User).where(User.email == "nia@example.org")).one()
    assert (user.name, user.role) == ("Nia New", Role.ASSESSOR)
    message = db.session.scalars(sa.select(Message).where(Message.to_address == "nia@example.org")).one()
    taken = theirs.send("/admin/people/invite", fields)
    assert taken.status_code == 400
    assert "already has an account" in taken.text
    page = theirs.get(f"/admin/messages/details/?id={message.id}").text
    assert "http://localhost/reset-password/(hidden)" in page


@pytest.mark.parametrize("role", ["employer", "emperor"])
def test_only_staff_roles_are_given(sign_in, administrator, assessor, role: str) -> None:
    theirs = sign_in(administrator)
    invited = theirs.send("/admin/people/invite", {"name": "N", "email": "n@example.org", "role": role})
    assert invited.status_code == 400
    assert theirs.send(f"/admin/people/{assessor.id}/role", {"role": role}).status_code == 400
    assert again(User, assessor.id).role is Role.ASSESSOR


def test_a_role_is_changed_and_an_account_closed_and_opened(sign_in, administrator, assessor) -> None:
    theirs = sign_in(administrator)
    page = f"/admin/people/{assessor.id}"
    assert theirs.send(f"{page}/role", {"role": "moderator"}).status_code == 302
    assert again(User, assessor.id).role is Role.MODERATOR
    assert theirs.send(f"{page}/close").status_code == 302
    assert again(User, assessor.id).disabled_at is not None
    assert theirs.send(f"{page}/open").status_code == 302
    assert again(User, assessor.id).disabled_at is None
    assert theirs.send(f"{page}/second-factor").status_code == 302
    assert again(User, assessor.id).totp_secret is None
    assert theirs.get(f"/admin/people/details/?id={assessor.id}").status_code == 200


def test_nobody_changes_their_own_account_here(sign_in, administrator) -> None:
    theirs = sign_in(administrator)
    assert "This is you." in theirs.get(f"/admin/people/details/?id={administrator.id}").text
    assert theirs.send(f"/admin/people/{administrator.id}/role", {"role": "assessor"}).status_code == 400
    assert theirs.send(f"/admin/people/{administrator.id}/close").status_code == 303
    assert again(User, administrator.id).disabled_at is None


@pytest.fixture
def measure(make: Factory) -> Measure:
    with transaction() as session:
        found = Measure(
            position=1, priority="A", code="made_up", title="A made-up measure", geography="Herefordshire",
            unit="employers", direction=Direction.UP, baseline=None, source="Made up", note="", derived_from=None,
            takes_returns=True,
        )  # fmt: skip
        session.add(found)
    return found


def value(of: Measure, **fields: str) -> dict[str, str]:
    given = {"measure": str(of.id), "value": "1,250", "source": "The council", "as_at-day": "31"}
    return {**given, "as_at-month": "3", "as_at-year": "2026", **fields}


def test_a_value_is_entered_for_a_measure(sign_in, administrator, measure) -> None:
    theirs = sign_in(administrator)
    assert theirs.send("/admin/returns/add", value(measure)).status_code == 302
    db.session.rollback()
    kept = db.session.scalars(sa.select(Return)).one()
    assert (int(kept.value), kept.source, kept.entered_by_id) == (1250, "The council", administrator.id)
    assert "1,250" in theirs.get("/admin/returns/").text
    assert "1 value." in theirs.get("/admin/returns/?search=made-up%20council").text
    assert "Nothing matches" in theirs.get("/admin/returns/?search=other").text
    assert "1250,employers" in theirs.get("/admin/returns/export/csv/").text
    assert theirs.get(f"/admin/returns/details/?id={kept.id}").status_code == 200


@pytest.mark.parametrize(
    "fields",
    [{"value": "many"}, {"value": "1.5"}, {"measure": "x"}, {"source": ""}, {"as_at-year": "2199"}, {"value": "NaN"}],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_typed_is_lost(sign_in, administrator, measure, fields) -> None:
    answer = sign_in(administrator).send("/admin/returns/add", value(measure, **fields))
    assert answer.status_code == 400
    assert "There is a problem" in answer.text
    db.session.rollback()
    assert db.session.scalars(sa.select(Return)).all() == []


def test_the_trail_names_who_did_what_and_lays_out_the_details(sign_in, make: Factory, recommended, moderator) -> None:
    theirs = sign_in(moderator)
    assert "Asha Assessor" in theirs.get("/admin/trail/?search=case:recommend").text
    db.session.rollback()
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "case:recommend")).one()
    assert "&#34;level&#34;: 1" in theirs.get(f"/admin/trail/details/?id={event.id}").text


def test_what_was_typed_when_a_session_ended_comes_back(app: Flask, sign_in, claimed, codes, assessor) -> None:
    from charter.account.models import SignInSession

    theirs = sign_in(assessor)
    token = theirs.token(f"/admin/reviews/{claimed.id}")
    with transaction() as session:
        session.execute(sa.update(SignInSession).values(ended_at=AT))
    typed = {"csrf_token": token, f"seen-{codes[0]}": "0", f"feedback-{codes[0]}": "A long and careful text."}
    assert theirs.post(f"/admin/reviews/{claimed.id}/findings", data=typed).location == "/sign-in"
    theirs.sign_in(assessor)
    page = theirs.get(f"/admin/reviews/{claimed.id}/findings").text
    assert "A long and careful text." in page
    assert "We kept what you typed" in page
    assert browser(app).get(f"/admin/reviews/{claimed.id}/findings").status_code == 303
