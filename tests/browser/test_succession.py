"""Joining, handing over and claiming in a real browser, with and without scripts, on a desk and on a phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter import worker
from charter.account.models import User
from charter.clock import now
from charter.extensions import db, transaction
from charter.framework.content import Content
from charter.organisation.models import Membership, Organisation
from charter.succession import domains
from charter.succession.models import Claim, JoinRequest
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import mailed, signs_in, signs_up
from tests.factories import PASSWORD, Factory

FIRM = "Teme Valley Orchards Ltd"
DOMAIN = "temevalley.co.uk"


def an_employer_with_a_domain() -> tuple[User, User]:
    """Its owner, who said that the domain is its own, and a contributor."""
    make = Factory(now() - timedelta(days=100))
    employer = make.organisation(FIRM)
    owner = make.member(employer, "Olive Owner")
    with transaction() as session:
        session.get_one(User, owner.id).email = f"olive@{DOMAIN}"
    with transaction() as session:
        again = session.get_one(User, owner.id)
        domains.add(session, session.get_one(Organisation, employer.id), by=again, at=now())
    return db.session.get_one(User, owner.id), make.member(employer, "Colin Colleague", role="contributor")


def fits(person: Person, width: int) -> None:
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width, person.page.url


def closes(user: User) -> None:
    with transaction() as session:
        session.get_one(User, user.id).disabled_at = now()


def two_weeks_pass() -> None:
    """Every claim becomes older, and the day's work is done."""
    with transaction() as session:
        for one in session.scalars(sa.select(Claim)):
            one.claimed_at -= timedelta(days=14)
    worker.keep_the_day()


def a_long_time_passes() -> None:
    """So that somebody whose claim was stopped may claim again."""
    with transaction() as session:
        for one in session.scalars(sa.select(Claim)):
            one.claimed_at -= timedelta(days=100)
            one.ended_at = now() - timedelta(days=95)


def owners() -> set[str]:
    db.session.rollback()
    rows = db.session.scalars(
        sa.select(User.name).join(Membership, Membership.user_id == User.id).where(Membership.role == "owner")
    )
    return set(rows)


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_a_newcomer_joins_the_owner_hands_over_and_leaves_and_a_claim_is_first_stopped_and_then_granted(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    owner, colleague = portal.inside(an_employer_with_a_domain)
    nina, olive = at_browser(scripts=scripts, width=width), at_browser(scripts=scripts, width=width)

    # Somebody new at the domain is offered to ask, instead of adding the employer again.
    signs_up(nina, portal, "Nina New", f"nina@{DOMAIN}")
    print(nina.page.locator("main").inner_text()[:900])
    nina.reads(f"Do you work for {FIRM}?")
    nina.presses("Yes, ask to join")  # it looks like a button, and says that it is one
    print(nina.page.locator("main").inner_text()[:900])
    nina.reads(f"Do you work for {FIRM}?")
    fits(nina, width)
    nina.fills("message", "I am the new HR lead.")
    nina.presses("Ask to join")
    nina.reads("The owners have an email from us.")
    fits(nina, width)
    signs_in(olive, owner)
    olive.opens(mailed(portal, owner.email, "join_asked"))
    olive.reads("I am the new HR lead.")
    olive.presses("Save")
    olive.reads("Choose what you want to do.")
    olive.chooses("Let them in as a contributor")
    fits(olive, width)
    olive.presses("Save")
    olive.reads("Nina New is in the team now.")
    fits(olive, width)

    # The owner hands over; both sides do their part, and the new owner undoes nothing.
    olive.follows("Hand over to somebody else")
    olive.chooses("Nina New")
    olive.chooses("Stay in the team as a contributor")
    olive.fills("current", PASSWORD)
    fits(olive, width)
    olive.presses("Ask them to take over")
    olive.reads("Nothing changes until they accept.")
    nina.opens(mailed(portal, f"nina@{DOMAIN}", "transfer_offered"))
    fits(nina, width)
    nina.presses("Accept")
    nina.reads(f"You are now an owner of {FIRM}.")
    assert portal.inside(owners) == {"Nina New"}
    olive.opens(mailed(portal, owner.email, "transfer_news"))
    olive.presses("Undo it")
    fits(olive, width)
    olive.presses("Undo it")
    olive.reads("It is undone.")
    assert portal.inside(owners) == {"Olive Owner"}

    # The owner's account is closed. Nina claims, a colleague is still there; then she claims again and nobody is.
    portal.inside(lambda: closes(owner))
    nina.opens("/dashboard")
    nina.follows(f"Team of {FIRM}")
    nina.follows("Have all the owners left?")
    nina.reads("No owner can sign in any more.")
    fits(nina, width)
    nina.presses("Ask to take it over")
    nina.reads("If nobody does and you have pressed the button, you become an owner after that day.")
    fits(nina, width)
    fits(nina, width)
    colin = at_browser(scripts=scripts, width=width)
    colin.opens(mailed(portal, colleague.email, "claim_made"))
    fits(colin, width)
    colin.presses("I am still here")
    colin.reads("Thank you: it is stopped")
    nina.opens(nina.page.url.removeprefix(portal.url))
    nina.reads("Stopped")
    portal.inside(a_long_time_passes)
    nina.opens("/dashboard")
    nina.follows(f"Team of {FIRM}")
    nina.follows("Have all the owners left?")
    nina.presses("Ask to take it over")
    claim = nina.page.url.removeprefix(portal.url)
    her_mailbox = at_browser(scripts=scripts, width=width)  # not signed in there
    her_mailbox.opens(mailed(portal, f"nina@{DOMAIN}", "claim_received"))
    fits(her_mailbox, width)
    her_mailbox.presses("Yes, this mailbox is still mine")
    her_mailbox.reads("You need do nothing more.")
    fits(her_mailbox, width)
    nina.opens(claim)
    nina.reads("Pressed on")
    portal.inside(two_weeks_pass)
    nina.opens(claim)
    nina.reads("Granted")
    nina.opens("/dashboard")
    nina.reads("You are the only owner.")
    assert portal.inside(owners) == {"Nina New"}
    for person in (nina, olive, colin, her_mailbox):
        assert person.problems == []


def an_employer_whose_owner_has_gone() -> tuple[User, User, Content]:
    """With a company number and an owner whose account is closed; and an administrator."""
    make = Factory(now() - timedelta(days=100))
    owner = make.member(make.organisation(FIRM, company_number="01234567"), "Olive Owner")
    closes(owner)
    return owner, make.staff("administrator", "Ada Administrator"), make.framework().content


def the_request_has_waited() -> None:
    with transaction() as session:
        for one in session.scalars(sa.select(JoinRequest)):
            one.asked_at -= timedelta(days=15)


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_a_newcomer_asks_by_the_company_number_claims_and_an_administrator_decides(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    _, administrator, content = portal.inside(an_employer_whose_owner_has_gone)
    nina, ada = at_browser(scripts=scripts, width=width), at_browser(scripts=scripts, width=width)

    # Nothing in her address says where she works; the number that she gives does.
    signs_up(nina, portal, "Nina New", "nina@example.org")
    nina.opens("/organisations/new")
    nina.fills("name", "Teme Valley Orchards")
    nina.ticks("county", content.counties[0].code)
    nina.ticks("size_band", content.size_bands[0].code)
    nina.page.locator("[name=sector]").select_option(index=1)
    nina.ticks("scope", "whole")
    nina.fills("company_number", "01234567")
    nina.ticks("listed", "yes")
    nina.presses("Save and continue")
    nina.reads(f"{FIRM} in Herefordshire is here already")
    nina.reads("It has the company number that you gave.")
    fits(nina, width)
    nina.follows(f"Ask to join {FIRM}")
    nina.presses("Ask to join")
    nina.reads("The owners have an email from us.")
    request = nina.page.url.removeprefix(portal.url)
    portal.inside(the_request_has_waited)

    # Nobody answers. Her address proves nothing, so an administrator decides once there was time to object.
    nina.opens(request)
    nina.presses("Ask to take it over")  # a link that looks like a button
    nina.fills("message", "I am the new HR lead.")
    fits(nina, width)
    nina.presses("Ask to take it over")
    claim = nina.page.url.removeprefix(portal.url)
    portal.inside(two_weeks_pass)
    signs_in(ada, administrator)
    ada.opens(f"/admin/claims/details/?id={claim.rpartition('/')[2]}")
    ada.reads("example.org is not known as anybody’s domain.")
    fits(ada, width)
    ada.presses("Grant it")
    ada.presses("Grant it")  # without a reason
    ada.reads("Give the reason.")
    ada.fills("reason", "We called the employer.")
    fits(ada, width)
    ada.presses("Grant it")
    ada.reads("Decided. The claimant and the employer’s people are told.")
    fits(ada, width)
    nina.opens(claim)
    nina.reads("Granted")
    nina.reads("We called the employer.")
    assert portal.inside(owners) == {"Nina New"}
    assert nina.problems + ada.problems == []
