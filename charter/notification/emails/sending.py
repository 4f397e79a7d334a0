"""Write one email into the outbox: its words from a template, one row for each person."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

import jinja2
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.clock import day_in_words
from charter.notification import outbox

PACKAGE = Path(__file__).parents[2]


@cache
def _templates() -> jinja2.Environment:
    # beside the package in a checkout, inside it in an installed wheel
    folders = [PACKAGE / "templates" / "emails", PACKAGE.parent / "templates" / "emails"]
    environment = jinja2.Environment(  # noqa: S701 - plain text: escaping would print &amp; to people
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["date"] = day_in_words
    environment.globals |= {"portal": outbox.PORTAL, "scheme": outbox.SCHEME}
    return environment


def tell(
    session: Session,
    kind: str,
    subject: str,
    to: User | str | Iterable[User],
    event_key: str,
    at: datetime,
    **values: object,
) -> None:
    """Tell each of `to` (but nobody who is disabled) what the template `kind` makes of `values`."""
    template = _templates().get_template(f"{kind}.txt")
    for person in [to] if isinstance(to, User | str) else to:
        if isinstance(person, User) and person.disabled_at is not None:
            continue
        outbox.enqueue(
            session,
            kind,
            to=person,
            subject=subject,
            body=template.render(values, name=_greeted(person)),
            event_key=f"{event_key}:{kind}:{person.id if isinstance(person, User) else person}"[:200],
            at=at,
        )


def words(kind: str, *, name: str, **values: object) -> str:
    """What the template `kind` makes of `values`, to be read before anybody is told. `name` stands in the greeting."""
    return _templates().get_template(f"{kind}.txt").render(values, name=name)


def _greeted(person: User | str) -> str:
    """The name to greet with; none before the address is proved, for a stranger may have typed anything as the name."""
    return person.name if isinstance(person, User) and person.email_confirmed_at else ""
