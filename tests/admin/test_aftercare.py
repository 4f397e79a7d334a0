"""From a concern that was upheld to what is done about the award: whoever looked into it stays known."""

import re

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.aftercare import concerns, raising
from charter.aftercare.models import AwardStep, Concern
from charter.aftercare.raising import Told
from charter.aftercare.status import ConcernStatus
from charter.award.models import Award
from charter.clock import today
from charter.extensions import db, transaction
from charter.organisation import interests
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

TOLD = Told(what="Wages are low.", happened="", known_by="I work there.")


@pytest.fixture
def award(make: Factory, employer: Organisation, assessor: User) -> Award:
    return make.award(employer, by=assessor)


@pytest.fixture
def upheld(award: Award, owner: User, assessor: User) -> Concern:
    """A concern that an assessor looked into and upheld."""
    with transaction() as session:
        found = raising.raise_concern(session, award, TOLD, sent_as="1", network="192.0.2.1", at=AT)
        session.flush()
        concerns.take(session, found, by=assessor, at=AT)
        concerns.ask(session, found, substance="Pay is said to be low.", by=assessor, at=AT, on=today())
        session.flush()
        concerns.answer(session, found, text="It was.", seen_version=found.version, by=owner, at=AT)
        session.flush()
        how = {"outcome": ConcernStatus.UPHELD, "reasons": "It was.", "seen_version": found.version}
        concerns.settle(session, found, **how, by=assessor, at=AT, on=today())
    return found


def test_what_is_proposed_from_a_concern_remembers_which(sign_in, award, upheld, moderator) -> None:
    theirs = sign_in(moderator)
    page = f"/admin/awards/{award.id}/propose?concern={upheld.id}"
    for address in (f"/admin/concerns/details/?id={upheld.id}", f"/admin/awards/{award.id}/propose"):
        assert page in theirs.get(address).text, "it leads there from the concern, and from the award"
    assert theirs.send(page, {"deed": "suspend", "reasons": "Pay is low.", "at_once": ""}).status_code == 302
    db.session.rollback()
    assert db.session.scalars(sa.select(AwardStep)).one().concern_id == upheld.id


def test_who_may_not_propose_a_step_is_shown_the_award_and_no_way_to_it(sign_in, award, upheld, assessor) -> None:
    text = sign_in(assessor).get(f"/admin/concerns/details/?id={upheld.id}").text
    assert f"/admin/awards/details/?id={award.id}" in text
    assert "/propose" not in text


def test_a_record_says_nothing_of_what_has_not_happened(sign_in, award, upheld, moderator) -> None:
    theirs = sign_in(moderator)
    text = theirs.get(f"/admin/awards/details/?id={award.id}").text
    assert not re.search(r">(Ended on|Why it ended|People)</dt>", text)
    assert "Links in it" not in theirs.get(f"/admin/concerns/details/?id={upheld.id}").text


def test_a_concern_whose_holder_has_an_interest_by_now_is_found_among_those_that_nobody_has(
    sign_in, award: Award, employer: Organisation, assessor: User, moderator: User
) -> None:
    with transaction() as session:
        found = raising.raise_concern(session, award, TOLD, sent_as="1", network="192.0.2.1", at=AT)
        session.flush()
        concerns.take(session, found, by=assessor, at=AT)
    theirs = sign_in(moderator)
    assert "that nobody has" not in theirs.get("/admin/").text
    with transaction() as session:  # as when two employers turn out to be one
        interests.declare(session, employer, reason="My sister runs it.", by=assessor, at=AT)
    home = theirs.get("/admin/").text
    link = re.search(r'href="(/admin/concerns/[^"]*)"[^>]*>(?:(?!</a>).)*concerns? that nobody has', home, re.S)
    assert link is not None
    listed = theirs.get(link[1].replace("&amp;", "&")).text
    assert f"/admin/concerns/details/?id={found.id}" in listed
    assert "Take this concern" in theirs.get(f"/admin/concerns/details/?id={found.id}").text


def test_whoever_judges_an_employer_again_reads_which_concerns_were_upheld_and_no_others(
    sign_in, make, award, upheld, owner, assessor, moderator
) -> None:
    again = make.submitted(make.answered(make.assessment(award.organisation, level=2, by=owner), by=owner), by=owner)
    review = make.claimed(again, by=moderator)
    page = sign_in(moderator).get(f"/admin/reviews/{review.id}").text
    assert f"/admin/concerns/details/?id={upheld.id}" in page
    assert "A concern about this employer was upheld" in page
    with transaction() as session:
        session.get_one(Concern, upheld.id).status = ConcernStatus.NOT_UPHELD
    assert "was upheld" not in sign_in(moderator).get(f"/admin/reviews/{review.id}").text
