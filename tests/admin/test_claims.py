"""The scheme's staff see open claims with the facts; an administrator decides those that the portal cannot."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
import time_machine

from charter.account.models import User
from charter.extensions import db
from charter.organisation.models import MemberRole, Organisation
from charter.succession.models import Claim
from charter.succession.status import ClaimStatus
from tests.conftest import AT
from tests.factories import Factory
from tests.pages import CheckedClient
from tests.review.test_queries import Counted
from tests.succession.conftest import ask, at_domain, claim, close, days, fresh, parts, said

SignIn = Callable[[User], CheckedClient]


@pytest.fixture
def left(employer: Organisation, owner: User, colleague: User) -> Organisation:
    """An employer with a domain whose owner's account is closed."""
    said(employer, owner)
    close(owner)
    return employer


@pytest.fixture
def waits(left: Organisation, make: Factory) -> Claim:
    """A claim of somebody with an address elsewhere, who asked to join first."""
    elsa = make.user("Elsa Elsewhere")
    ask(left, elsa, at=AT)
    return claim(left, elsa, at=days(14))


def test_the_list_says_what_waits_and_the_page_shows_the_facts(
    waits: Claim, left: Organisation, assessor: User, administrator: User, sign_in: SignIn
) -> None:
    with time_machine.travel(days(29), tick=False):
        browser = sign_in(administrator)
        page = browser.get("/admin/claims/").text
        assert "1 claim is for an administrator to decide." in page
        assert left.name in page
        assert left.name in browser.get("/admin/claims/?flt1_status=with_scheme").text
        assert left.name in browser.get("/admin/claims/?flt2_open=yes").text
        assert left.name not in browser.get("/admin/claims/?flt1_status=granted").text
        page = browser.get(f"/admin/claims/details/?id={waits.id}").text
        for words in (
            "Elsa Elsewhere",
            "example.org is not known as anybody’s domain.",
            "The employer’s domains: temevalley.co.uk.",
            "No owner can sign in any more",
            "The claimant asked to join on 22 November 2026",
            "Olive Owner",
            "Never",
            "The claimant has not pressed the button mailed to that address",
            "The claimant has never gone out of this team.",
            "Others in the team were told of the claim and can stop it.",
            "Grant it",
            "Refuse it",
        ):
            assert words in page
        page = sign_in(assessor).get(f"/admin/claims/details/?id={waits.id}").text
        assert "An administrator with no interest in this employer decides." in page
        assert "Grant it" not in page


def test_before_the_14_days_are_over_it_can_only_be_refused(waits: Claim, administrator: User, sign_in: SignIn) -> None:
    with time_machine.travel(days(20), tick=False):
        browser = sign_in(administrator)
        page = browser.get(f"/admin/claims/details/?id={waits.id}").text
        assert "can object until 20 December 2026" in page
        assert "Grant it" not in page
        refused = browser.send(f"/admin/claims/{waits.id}/grant", {"reason": "We called them."})
        assert refused.status_code == 400
        assert "can object until 20 December 2026" in refused.text
        assert "We called them.</textarea>" in refused.text


def test_of_somebody_in_the_team_it_says_so_and_not_that_they_never_asked(
    left: Organisation, colleague: User, make: Factory, administrator: User, sign_in: SignIn
) -> None:
    made = claim(left, colleague, at=days(20))
    with time_machine.travel(days(35), tick=False):
        browser, page = sign_in(administrator), f"/admin/claims/details/?id={made.id}"
        shown = browser.get(page).text
        assert "The claimant has been in this team since 22 November 2026, as a contributor." in shown
        assert "asked to join" not in shown
        browser.send(f"/admin/claims/{made.id}/grant", {"reason": "We called them."})
        shown = browser.get(page).text
        assert "The claimant has been in this team since 22 November 2026. They did not have to ask to join." in shown


def test_of_somebody_who_is_let_in_by_the_claim_it_says_since_when(
    waits: Claim, administrator: User, sign_in: SignIn
) -> None:
    with time_machine.travel(days(29), tick=False):
        browser, page = sign_in(administrator), f"/admin/claims/details/?id={waits.id}"
        assert "The claimant is not in this team." in browser.get(page).text
        browser.send(f"/admin/claims/{waits.id}/grant", {"reason": "We called them."})
        shown = browser.get(page).text
        assert "not in this team when they claimed. They have been since 21 December 2026." in shown
        assert "The claimant asked to join on 22 November 2026" in shown


@pytest.mark.parametrize(("step", "status"), [("grant", ClaimStatus.GRANTED), ("refuse", ClaimStatus.REFUSED)])
def test_an_administrator_decides_with_a_reason_once(
    waits: Claim, left: Organisation, administrator: User, sign_in: SignIn, step: str, status: ClaimStatus
) -> None:
    with time_machine.travel(days(29), tick=False):
        browser, page = sign_in(administrator), f"/admin/claims/{waits.id}/{step}"
        assert "Give the reason." in browser.send(page, {"reason": " "}).text
        assert browser.send(page, {"reason": "We called them."}).status_code == 302
        assert (fresh(waits).status, fresh(waits).reason) == (status, "We called them.")
        assert (parts(left).get("Elsa") is MemberRole.OWNER) == (step == "grant")
        shown = browser.get(f"/admin/claims/details/?id={waits.id}").text
        assert "Ada Administrator" in shown
        assert "We called them." in shown
        assert "This claim has ended" in browser.send(page, {"reason": "Again."}).text


def test_a_claim_that_settles_itself_says_so(
    left: Organisation, make: Factory, administrator: User, sign_in: SignIn
) -> None:
    made = claim(left, at_domain(make.user("Nina New")), at=AT)
    with time_machine.travel(days(1), tick=False):
        page = sign_in(administrator).get(f"/admin/claims/details/?id={made.id}").text
        assert "temevalley.co.uk is this employer’s own domain, and nobody else’s." in page
        assert "The portal settles this by itself after 6 December 2026" in page


def test_the_list_takes_the_same_queries_whatever_its_length(
    left: Organisation, make: Factory, administrator: User, sign_in: SignIn
) -> None:
    claim(left, at_domain(make.user("Nina New")), at=AT)
    browser = sign_in(administrator)

    def queries() -> int:
        with Counted() as said_:
            assert browser.get("/admin/claims/").status_code == 200
        return len(said_.statements)

    first = queries()
    for number in range(3):
        other = make.organisation(f"Employer {number}")
        claim(other, make.member(other, f"Cora{number} Contributor", role="contributor"), at=AT)
    assert queries() == first
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Claim)) == 4
