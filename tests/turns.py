"""Two people who do something to one thing in the same moment, as two threads with a database session each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.errors import Refusal
from charter.extensions import db, transaction

Deed = Callable[[Session, Any, User], Any]

WAITS = 0.4
"""Seconds for which the first holds what the second wants."""


def in_turn(
    app: Flask,
    subject: Any,
    first: tuple[User, Deed],
    second: tuple[User, Deed],
    *,
    beginning: Callable[[Session, Any], object] | None = None,
) -> list[Any]:
    """What each deed gave or was refused. The second begins before the first is kept, having read the subject.

    With a `beginning`, the second begins when the first has done that much and the rest of its deed is to come.
    """
    done = Event()
    model, subject_id, people = type(subject), subject.id, [first[0].id, second[0].id]
    db.session.rollback()

    def go(place: int) -> Any:
        with app.app_context():
            user, mine = db.session.get(User, people[place]), db.session.get(model, subject_id)
            assert user is not None
            assert mine is not None
            if place:
                assert done.wait(20)
            try:
                with transaction() as session:
                    assert getattr(mine, "version", 1) > 0  # as a page reads it, before the verb takes its lock
                    if not place and beginning:
                        beginning(session, mine)
                        done.set()
                        sleep(WAITS)
                    given = (first, second)[place][1](session, mine, user)
                    session.flush()
                    if not place and not beginning:
                        done.set()
                        sleep(WAITS)
                    return given
            except Refusal as refusal:
                return refusal

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(go, range(2)))
    db.session.expire_all()
    return found
