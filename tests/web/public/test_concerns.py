"""The public tells the scheme of something that is not right: without a cookie, and not as a machine would."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from charter.aftercare.models import Concern
from charter.award.models import Award
from charter.clock import now
from charter.extensions import db
from charter.organisation.models import Organisation
from tests.conftest import AT
from tests.factories import Factory

SAID = {
    "what": "They pay less than the minimum wage.",
    "happened": "Since spring",
    "known_by": "I work there.",
    "name": "",
    "email": "wilma@example.org",
    "leave_empty": "",
}


@pytest.fixture
def award(make: Factory, employer: Organisation, assessor) -> Award:
    return make.award(employer, by=assessor)


def stamp(page: str) -> str:
    found = re.search(r'name="stamp"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def send(client, address: str, *, after: float = 30, **values: str):
    """Open the page, and send the form so many seconds later."""
    opened = stamp(client.get(address).text)
    with time_machine.travel(now() + timedelta(seconds=after), tick=False):
        return client.post(address, data={**SAID, "stamp": opened, **values})


def raised() -> list[Concern]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Concern)))


@pytest.fixture(autouse=True)
def _then():
    with time_machine.travel(AT, tick=False):
        yield


def test_from_the_register_to_a_reference_that_shows_how_it_stands(client, award: Award, employer) -> None:
    entry = f"/employers/{employer.id}"
    assert f'href="{entry}/concern"' in client.get(entry).text
    sent = send(client, f"{entry}/concern")
    (concern,) = raised()
    assert (sent.status_code, sent.location) == (303, f"/concern/{concern.reference}")
    assert "Set-Cookie" not in sent.headers
    page = client.get(sent.location)
    assert concern.reference in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    for secret in (SAID["what"], SAID["known_by"], SAID["email"], employer.name):
        assert secret not in page.text
    assert client.get("/concern/ABCD-EFGH-JKMN").status_code == 404


def test_from_the_certificate_of_an_employer_that_is_not_listed(client, make: Factory, assessor) -> None:
    hidden = make.organisation("Hidden Ltd", listed=False, listed_at=None)
    award = make.award(hidden, by=assessor)
    assert client.get(f"/employers/{hidden.id}/concern").status_code == 404
    assert f"/certificates/{award.code}/concern" in client.get(f"/certificates/{award.code}").text
    assert send(client, f"/certificates/{award.code}/concern").status_code == 303
    assert [one.certificate for one in raised()] == [award.number]


def test_a_page_sent_twice_makes_one(client, award: Award, employer) -> None:
    address = f"/employers/{employer.id}/concern"
    opened = stamp(client.get(address).text)
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        sent = [client.post(address, data={**SAID, "stamp": opened}).location for _ in range(2)]
    assert sent[0] == sent[1]
    assert len(raised()) == 1


@pytest.mark.parametrize(
    ("after", "values", "said"),
    [
        (1, {}, "That was very quick."),
        (30, {"leave_empty": "http://spam"}, "Leave the last field empty"),
        (90000, {}, "This page was open for too long."),
        (30, {"stamp": "made-up"}, "This page was open for too long."),
        (30, {"what": ""}, "Tell us what is not right."),
        (30, {"what": "www.a www.b www.c www.d www.e www.f"}, "There are 6 links in what you wrote"),
        (30, {"email": "wilma"}, "Enter an email address"),
    ],
)
def test_what_looks_like_a_machine_is_refused_and_nothing_typed_is_lost(
    client, award: Award, employer, after: float, values: dict[str, str], said: str
) -> None:
    refused = send(client, f"/employers/{employer.id}/concern", after=after, **values)
    assert refused.status_code == 400
    assert said in refused.text
    assert "I work there.</textarea>" in refused.text
    assert raised() == []
    if said.startswith(("This page", "That was")):
        with time_machine.travel(AT + timedelta(seconds=after + 30), tick=False):
            again = {**SAID, "stamp": stamp(refused.text)}
            assert client.post(f"/employers/{employer.id}/concern", data=again).status_code == 303


def test_the_stamp_of_one_employers_page_is_not_good_for_another(client, award: Award, employer, make, assessor):
    other = make.organisation("Other Ltd")
    make.award(other, by=assessor)
    opened = stamp(client.get(f"/employers/{other.id}/concern").text)
    with time_machine.travel(AT + timedelta(minutes=1), tick=False):
        sent = client.post(f"/employers/{employer.id}/concern", data={**SAID, "stamp": opened})
    assert sent.status_code == 400


def test_a_suspended_employer_is_on_its_page_and_apart_in_the_list(client, award: Award, employer, moderator) -> None:
    from charter.award import issuing
    from charter.clock import today
    from charter.extensions import transaction

    with transaction() as session:
        issuing.suspend(session, session.get_one(Award, award.id), reason="x", by=moderator, at=AT, on=today())
    assert "This award is suspended: it does not count now." in client.get(f"/employers/{employer.id}").text
    listed = client.get("/employers").text
    assert "The award of this employer does not count now." in listed
    assert employer.name in listed
    assert employer.name not in client.get("/employers.csv").text
    page = client.get(f"/certificates/{award.code}")
    assert "Suspended: do not rely on it now" in page.text
    assert client.get(f"/certificates/{award.code}.pdf").status_code == 410
