"""What was mailed about an employer is not shown to an administrator who has an interest in it."""

import re

import pytest
import sqlalchemy as sa

from charter.account.models import User
from charter.clock import now
from charter.extensions import db, transaction
from charter.notification import outbox
from charter.notification.models import Message
from charter.organisation import interests
from charter.organisation.models import Organisation
from tests.factories import Factory


@pytest.fixture
def mailed(employer: Organisation, owner: User, stranger: User) -> dict[str, Message]:
    """A message to one of the employer's people, one that names it, one with its address, and one about another."""
    with transaction() as session:
        found = {
            name: outbox.enqueue(
                session, "made_up", to=to, subject=f"About {name}", body=body, event_key=name, at=now()
            )
            for name, to, body in (
                ("member", owner, "Sign in."),
                ("name", "clerk@example.org", f"Cases given to you:\n- {employer.name.upper()}"),
                ("address", stranger, f"[portal]/organisations/{employer.id}/team"),
                ("nobody", "clerk@example.org", "Nothing of it."),
                ("another", stranger, "Yours."),
            )
        }
    return {name: message for name, message in found.items() if message is not None}


def listed(page: str) -> set[str]:
    return set(re.findall(r"About (\w+)</a>", page))


def test_messages_about_an_employer_of_an_interest_are_left_out_and_refused(
    sign_in, make: Factory, mailed, employer, administrator
) -> None:
    theirs = sign_in(administrator)
    assert listed(theirs.get("/admin/messages/").text) == {"member", "name", "address", "nobody", "another"}
    with transaction() as session:
        interests.declare(session, employer, reason="A friend.", by=administrator, at=now())
    page = theirs.get("/admin/messages/").text
    assert listed(page) == {"nobody", "another"}
    assert ("2 messages" in page, "Employers that you have an interest in are left out." in page) == (True, True)
    assert listed(theirs.get("/admin/messages/?search=About").text) == {"nobody", "another"}
    for name, message in mailed.items():
        got = theirs.get(f"/admin/messages/details/?id={message.id}")
        shut = name not in {"nobody", "another"}
        assert got.status_code == (403 if shut else 200), name
        assert ("You declared an interest in this employer" in got.text, employer.name in got.text) == (shut, False)
    assert db.session.scalar(sa.select(sa.func.count(Message.id))) == 5
