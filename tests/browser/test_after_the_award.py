"""After the award in a real browser: a concern, the award under review, suspended, and an appeal that others decide."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from charter.account.models import User
from charter.clock import now
from tests.browser.conftest import Person, Portal
from tests.browser.test_main_job import signs_in
from tests.factories import Factory

WHISTLE = "wilma@example.org"


@dataclass
class Scheme:
    """An employer with an award, its owner, and three people of the scheme."""

    organisation: str
    number: str
    code: str
    owner: User
    moderator: User
    second: User
    administrator: User


def an_award() -> Scheme:
    make = Factory(now())
    employer = make.organisation("Teme Valley Orchards Ltd")
    owner = make.member(employer, "Olive Owner")
    award = make.award(employer, by=make.staff("assessor", "Asha Assessor"))
    return Scheme(
        str(employer.id),
        award.number,
        award.code,
        owner,
        make.staff("moderator", "Mo Moderator"),
        make.staff("moderator", "Mia Moderator"),
        make.staff("administrator", "Ada Admin"),
    )


def fits(person: Person) -> None:
    """The page is no wider than its window."""
    size = person.page.viewport_size
    assert size
    assert person.page.evaluate("document.documentElement.scrollWidth") <= size["width"], person.page.url


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 320)])
def test_a_concern_is_heard_the_award_suspended_and_an_appeal_decided_by_somebody_else(
    portal: Portal, at_browser: Callable[..., Person], scripts: bool, width: int
) -> None:
    scheme = portal.inside(an_award)
    wilma, mo, mia, ada, olive = (at_browser(scripts=scripts, width=width) for _ in range(5))
    entry = f"/employers/{scheme.organisation}"

    # Wilma finds the employer on the register and says what is not right --------------------------------------------
    wilma.opens(entry)
    wilma.follows("Tell us if something is not right")
    wilma.presses("Send it")  # with nothing said: what is missing is said, and axe reads that page too
    wilma.reads("Tell us what is not right.")
    fits(wilma)
    wilma.fills("what", "Hours are changed on the day, and nobody is asked.")
    wilma.fills("known_by", "I work there.")
    wilma.fills("email", WHISTLE)
    wilma.page.wait_for_timeout(3_000)  # nobody types this faster, so the page takes it for a machine's
    wilma.presses("Send it")
    wilma.reads("We have what you told us")
    fits(wilma)
    told = wilma.page.url

    # Mo looks into it, and asks the employer in her own words -------------------------------------------------------
    signs_in(mo, scheme.moderator)
    mo.opens("/admin/")
    mo.opens("/admin/concerns/")
    assert b"Teme Valley Orchards" in mo.downloads("Download as CSV")
    fits(mo)
    mo.page.locator("main tbody a").first.click()
    mo.looks()
    mo.reads("Only the scheme reads this page.")
    fits(mo)
    concern = mo.page.url
    mo.presses("Take this concern")
    mo.presses("Take it")
    mo.presses("Ask the employer for its side")
    mo.fills("substance", f"Rotas. It was {WHISTLE} who told us.")
    mo.presses("Ask the employer")
    mo.reads("The employer must not learn who it was.")
    fits(mo)
    mo.fills("substance", "Rotas are said to change on the day.")
    mo.presses("Ask the employer")
    mo.reads("The employer’s owners are asked.")

    # Olive gives her side -------------------------------------------------------------------------------------------
    signs_in(olive, scheme.owner)
    olive.opens("/dashboard")
    olive.follows("Decisions and appeals of Teme Valley Orchards Ltd", exact=False)
    olive.reads("A concern: please tell us your side")
    fits(olive)
    olive.follows("Read it and answer", exact=False)
    olive.reads("Rotas are said to change on the day.")
    assert not [word for word in ("nobody is asked", "I work there", WHISTLE) if word in olive.page.content()]
    fits(olive)
    olive.fills("text", "It happened in May, while three were ill.")
    olive.presses("Send your side")
    olive.reads("We will write to you when this is settled.")
    fits(olive)

    # Mo upholds it, and puts the award under review: the register says so -------------------------------------------
    mo.opens(concern)
    mo.reads("It happened in May, while three were ill.")
    mo.presses("Settle it")
    fits(mo)
    mo.chooses("Upheld")
    mo.fills("reasons", "Rotas changed on the day in June too.")
    mo.presses("Settle it")
    mo.reads("Settled.")
    wilma.opens(told)
    wilma.reads("Rotas changed on the day in June too.")
    fits(wilma)
    mo.follows(f"The award {scheme.number}")
    fits(mo)
    mo.presses("Look at it again")
    mo.fills("reason", "A concern about rotas was upheld.")
    mo.presses("Look at it again")
    mo.reads("The award is under review.")
    wilma.opens(entry)
    wilma.reads("Until that is decided, it is valid.")
    fits(wilma)

    # Mo proposes to suspend it. She cannot decide that herself ------------------------------------------------------
    mo.presses("Propose to suspend or revoke it")
    mo.follows("It follows from the concern of", exact=False)
    fits(mo)
    mo.chooses("Suspend it")
    mo.fills("reasons", "Rotas are still changed on the day.")
    mo.presses("Propose it")
    mo.reads("You proposed this, so somebody else must decide it.")
    mo.reads("The concern that led to this")
    fits(mo)
    step = mo.page.url

    # Olive replies, and Mia, who reads it first, suspends the award --------------------------------------------------
    olive.opens(f"/organisations/{scheme.organisation}/decisions")
    olive.follows("Read the reasons and reply", exact=False)
    olive.reads("We mean to suspend your award")
    olive.fills("text", "We publish rotas two weeks ahead since Monday.")
    olive.chooses("We have nothing to add. You can decide before that day.")
    fits(olive)
    olive.presses("Send your reply")
    olive.reads("Your reply is sent.")
    signs_in(mia, scheme.second)
    mia.opens(step)
    mia.presses("Suspend the award")
    mia.reads("We publish rotas two weeks ahead since Monday.")
    mia.presses("Suspend the award")  # without a tick: it is asked for
    mia.reads("Tick the box to confirm.")
    fits(mia)
    mia.chooses("I have read the employer’s reply")
    mia.chooses("I have checked that this is the right award")
    mia.presses("Suspend the award")
    mia.reads("The award is suspended.")
    fits(mia)
    for address in (entry, f"/certificates/{scheme.code}"):
        wilma.opens(address)
        wilma.reads("suspended")
        fits(wilma)

    # Olive appeals. Neither Mo nor Mia may look at it: Ada does -----------------------------------------------------
    olive.opens(f"/organisations/{scheme.organisation}/decisions")
    fits(olive)
    olive.follows("Appeal against this until", exact=False)
    olive.presses("Send the appeal")  # with nothing said
    olive.reads("Say why you think that the decision is wrong.")
    fits(olive)
    olive.fills("grounds", "Our new rota was not looked at.")
    olive.presses("Send the appeal")
    olive.reads("Your appeal is sent.")
    for person, user in ((mo, None), (mia, None), (ada, scheme.administrator)):
        if user is not None:
            signs_in(person, user)
        person.opens("/admin/appeals/")
        fits(person)
        person.page.locator("main tbody a").first.click()
        person.looks()
        fits(person)
        if user is None:
            person.reads("You had a part in the decision that this appeal is about")
    ada.presses("Take this appeal")
    ada.presses("Take it")
    ada.presses("Decide it")
    fits(ada)
    ada.chooses("The decision is changed")
    ada.fills("reasons", "The rota of this month keeps what the charter asks.")
    ada.presses("Decide it")
    ada.reads("Decided. The employer’s owners are told.")
    fits(ada)
    olive.opens(f"/organisations/{scheme.organisation}/decisions")
    olive.reads("The rota of this month keeps what the charter asks.")
    olive.reads("when it counted again")
    fits(olive)
    wilma.opens(f"/certificates/{scheme.code}")
    wilma.reads("Genuine and current")
    problems = {problem for person in (wilma, mo, mia, ada, olive) for problem in person.problems}
    assert not problems, "\n".join(sorted(problems))
