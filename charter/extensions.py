"""The Flask extensions, made once, and `transaction()`, the only code that commits."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, g
from flask_login import LoginManager
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import event
from sqlalchemy.orm import Session

from charter import audit
from charter.award import log
from charter.database import writing
from charter.notification import rehearsal
from charter.organisation import gone

db = SQLAlchemy(session_options={"expire_on_commit": False})
login_manager = LoginManager()
csrf = CSRFProtect()
event.listen(Session, "after_flush", gone.refuse_late)


@contextmanager
def transaction() -> Iterator[Session]:
    """Keep everything the block did, or none of it.

    What was read before is read again inside, under the lock that the writing needs: a request reads freely, does its
    slow work (hashing, scanning, drawing), and holds up other writers only for the length of this block.

    In the panel a `last_look` is taken of the whole before it is kept, which may raise and so undo it
    (`charter.admin.before_it_leaves`).
    """
    session = db.session
    session.rollback()
    last_look = g.get("last_look")
    if last_look:
        rehearsal.watch(session)
    with writing():
        try:
            yield session
            if last_look:
                last_look(session)
            log.seal(session, current_app.extensions["charter_press"])
            audit.seal(session)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            log.forget(session)
            audit.forget(session)
            rehearsal.forget(session)
