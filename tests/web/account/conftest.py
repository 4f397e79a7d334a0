"""What the tests of these pages share: reading the mail, codes of a phone, a browser that signs in as people do."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from charter.account.models import User
from charter.clock import now
from charter.extensions import db
from charter.notification.models import Message
from tests.conftest import browser
from tests.factories import PASSWORD
from tests.pages import CheckedClient


@pytest.fixture
def another(app: Flask) -> CheckedClient:
    """Another browser."""
    return browser(app)


@pytest.fixture
def mail(app: Flask) -> Callable[..., list[Message]]:
    """`mail("olive@example.org")` is what was written there, the oldest first."""

    def read(address: str) -> list[Message]:
        with app.app_context():
            found = sa.select(Message).where(Message.to_address == address).order_by(Message.id)
            return list(db.session.scalars(found))

    return read


@pytest.fixture
def link(mail) -> Callable[[str], str]:
    """The address of the newest single-use link mailed to somebody."""

    def newest(address: str) -> str:
        found = re.findall(r"\[portal\](/(?:confirm-email|reset-password)/\S+)", mail(address)[-1].body)
        return found[0]

    return newest


@pytest.fixture
def again(app: Flask) -> Callable[[User], User]:
    """A person as they stand in the database now."""

    def read(person: User) -> User:
        with app.app_context():
            found = db.session.get(User, person.id)
            assert found is not None
            return found

    return read


@pytest.fixture
def code(again) -> Callable[[User], str]:
    """The code that the person's phone shows; the next one each time it is asked, for none works twice."""
    asked = count(-1)

    def show(person: User) -> str:
        return pyotp.TOTP(again(person).totp_secret).at(now() + timedelta(seconds=30 * next(asked)))

    return show


@pytest.fixture
def password() -> Callable[..., object]:
    """`password(client, person)` types the person's address and password on the sign-in page."""

    def go(client: CheckedClient, person: User, typed: str = PASSWORD) -> object:
        return client.send("/sign-in", {"email": person.email, "password": typed})

    return go
