"""Single-use links."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from charter.account import links
from charter.account.models import LinkPurpose, MailedLink, Role, User
from charter.errors import Refusal
from tests.conftest import AT

CONFIRM, RESET = LinkPurpose.CONFIRM_EMAIL, LinkPurpose.RESET_PASSWORD


@pytest.fixture
def person(session):
    found = User(email="olive@example.org", name="Olive", role=Role.EMPLOYER, created_at=AT)
    session.add(found)
    session.commit()
    return found


def test_a_link_names_its_person_once(session, person):
    token = links.create(session, person, CONFIRM, at=AT)
    assert links.use(session, token, CONFIRM, at=AT).user is person
    with pytest.raises(Refusal, match="used or is too old"):
        links.use(session, token, CONFIRM, at=AT)


def test_looking_at_a_link_does_not_use_it(session, person):
    token = links.create(session, person, CONFIRM, at=AT)
    assert links.find(session, token, CONFIRM, at=AT).address == "olive@example.org"
    assert links.use(session, token, CONFIRM, at=AT).user is person


@pytest.mark.parametrize(("purpose", "hours"), [(CONFIRM, 24), (LinkPurpose.CHANGE_EMAIL, 24), (RESET, 1)])
def test_a_link_lasts_as_long_as_its_email_says(session, person, purpose, hours):
    token = links.create(session, person, purpose, at=AT)
    end = AT + timedelta(hours=hours)
    links.find(session, token, purpose, at=end - timedelta(seconds=1))
    with pytest.raises(Refusal, match="too old"):
        links.use(session, token, purpose, at=end)


def test_a_new_link_ends_the_one_before_but_not_those_for_other_purposes(session, person):
    first, other = links.create(session, person, CONFIRM, at=AT), links.create(session, person, RESET, at=AT)
    second = links.create(session, person, CONFIRM, at=AT)
    with pytest.raises(Refusal):
        links.use(session, first, CONFIRM, at=AT)
    links.use(session, second, CONFIRM, at=AT)
    links.use(session, other, RESET, at=AT)


def test_a_link_to_confirm_an_address_does_not_reset_a_password(session, person):
    with pytest.raises(Refusal):
        links.use(session, links.create(session, person, CONFIRM, at=AT), RESET, at=AT)


def test_no_link_works_for_somebody_whose_account_is_closed(session, person):
    token = links.create(session, person, RESET, at=AT)
    person.disabled_at = AT
    with pytest.raises(Refusal):
        links.use(session, token, RESET, at=AT)


def test_who_reads_the_database_finds_no_link_to_use(session, person):
    token = links.create(session, person, CONFIRM, at=AT)
    session.flush()
    stored = session.scalars(sa.select(MailedLink)).one()
    assert token not in {str(getattr(stored, column.key)) for column in MailedLink.__mapper__.column_attrs}
    with pytest.raises(Refusal):
        links.use(session, stored.token_hash, CONFIRM, at=AT)
