"""Made-up employers with whole histories, clearly labelled: for the demo, for tests of pages, and for benchmarks.

The first employers live their histories through the scheme's own verbs, with real files as evidence. Beyond `BY_VERBS`
their rows are written in bulk, so that a hundred thousand take minutes, not days (`bulk.py` says what those lack).
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import sqlalchemy as sa
from flask import current_app

from charter.clock import local_date, now
from charter.demo import (
    aftercare,
    bulk,
    clock,
    desk,
    drafts,
    figures,
    histories,
    library,
    measures,
    panel,
    phrases,
    recognitions,
    scans,
    second_looks,
    services,
    staffing,
    succession,
    surveys,
    teamwork,
)
from charter.demo import employers as several
from charter.demo.people import ACCOUNTS, PASSWORD, SECRETS, Staff, at
from charter.extensions import db, transaction
from charter.framework import publishing
from charter.framework.models import Framework
from charter.improvement import programmes
from charter.organisation.models import Organisation
from charter.reporting import targets

PUBLISHED = (timedelta(days=1300), timedelta(days=80), timedelta(days=12))
"""How long ago each version of the charter came out, so that some drafts and awards are on the first."""
BY_VERBS = 60
"""How many employers live through the verbs; also the number in the demo."""


def fill(*, employers: int, seed: int, on: date, say: Callable[[str], None]) -> None:
    """Publish the framework, load measures and services, and make `employers` employers up to the day `on`.

    A database that has employers already is left as it is. `say` is told of progress, a line at a time.
    """
    for path, ago in zip(publishing.SHIPPED, PUBLISHED, strict=True):
        content = publishing.read(path)
        with transaction() as session:
            publishing.publish(session, content, by=None, at=at(on - ago))
    with transaction() as session:
        targets.load_measures(session, by=None, at=now())
    if db.session.scalar(sa.select(sa.func.count()).select_from(Organisation)):
        with transaction() as session:
            programmes.load(session, by=None, at=now(), on=on)
        say("The database has employers already; nothing was added.")
        return
    random = Random(seed)  # noqa: S311 - nothing secret is drawn from it
    framework = publishing.current(db.session)
    staff = Staff.hire(on)
    services.open_directory(staff, on)
    second_looks.set_shares(staff, on)
    versions = db.session.execute(
        sa.select(Framework.published_at, Framework.id).order_by(Framework.published_at)
    ).all()
    known = [(local_date(published_at), framework_id) for published_at, framework_id in versions]
    maker = histories.Maker(current_app.extensions["charter_store"], known, staff, random, on)
    first = min(employers, BY_VERBS)
    for position in range(first):
        maker.make(position)
        if (position + 1) % 10 == 0 or position + 1 == first:
            say(f"Made {position + 1} of {employers:,} employers")
    panel.add(staff, on)
    measures.enter(staff, random, on)
    services.ask(on, Random(seed), current_app.extensions["charter_settings"].scheme_email)  # noqa: S311 - no secret
    figures.add(seed=seed, on=on)
    recognitions.add(current_app.extensions["charter_store"], staff, on)
    phrases.add(staff, on=on)
    succession.add(staff, on)
    library.add(current_app.extensions["charter_store"], seed=seed, on=on)
    has_scanner = bool(current_app.extensions["charter_settings"].clamd)
    scans.add(current_app.extensions["charter_store"], seed=seed, on=on, has_scanner=has_scanner)
    teamwork.add(staff, seed=seed, on=on)
    several.add(staff, on=on)
    surveys.add(seed=seed, on=on)
    aftercare.add(staff, on=on)
    if first == BY_VERBS:
        store, again = current_app.extensions["charter_store"], Random(seed)  # noqa: S311 - no secret
        highest = histories.Maker(store, known, staff, again, on, second_looks.STORIES)
        for position in second_looks.POSITIONS:
            highest.make(position)
    desk.add(staff, on)
    clock.add(staff, on)
    staffing.add(staff, on)
    drafts.add(staff, on=on)
    if employers > first:
        bulk.fill(framework.id, staff, random, on, start=first, stop=employers, say=say)


def accounts() -> list[dict[str, str | None]]:
    """One account to sign in with for each role of the demo: role, email, password, totp_secret."""
    return [
        {"role": role, "email": email, "password": PASSWORD, "totp_secret": SECRETS.get(email)}
        for role, email, _ in ACCOUNTS
    ]


__all__ = ["BY_VERBS", "accounts", "fill"]
