"""How many queries a page asks, counted in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask

from benchmarks.load import AGENT, Visit
from charter.extensions import db


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Everything that the application asks of its database while the block lasts."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            said.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        sa.event.remove(engine, "before_cursor_execute", listen)


def queries(app: Flask, visits: list[Visit]) -> int:
    """The most queries that a page asks at any of its addresses, once it was opened before."""
    most = 0
    for visit in visits:
        for again in (False, True):
            client = app.test_client(use_cookies=False)
            headers = {"User-Agent": AGENT, **({"Cookie": visit.cookie} if visit.cookie else {})}
            with statements(app) as said, app.app_context():  # its own, as on a server, also when one is open
                response = client.get(visit.path, headers=headers, base_url=f"http://{app.config['TRUSTED_HOSTS'][0]}")
            if response.status_code != 200:
                raise RuntimeError(f"{visit.path} answered {response.status}")
            if again:
                most = max(most, len(said))
    return most
