"""Yearly figures of the demo: most are given, one is due soon, one is overdue; and what similar employers have."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import benchmarks, metrics
from charter.assessment.models import MetricReturn
from charter.award.models import Award
from charter.award.yearly import giving, opening, reminding
from charter.award.yearly.models import YearlyReturn
from charter.demo.people import at
from charter.extensions import transaction
from charter.framework.content import Content
from charter.organisation.models import MemberRole, Membership

LATE = timedelta(days=60)
"""A return that is due within so many days before today is left to be given: it is overdue."""


def add(*, seed: int, on: date) -> None:
    """Open the returns of all the awards as their days came, and give those that are long past, by the verbs."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn from it
    with transaction() as session:
        awards = session.scalars(sa.select(Award)).all()
        days = sorted({day for award in awards for day in opening.due_days(award) if day <= on - LATE})
    for day in days:
        with transaction() as session:
            opening.open_due(session, day - timedelta(days=40), at(day - timedelta(days=40)))
            session.flush()  # so that they are found
            given_on = day - timedelta(days=random.randint(3, 30))
            for due in session.scalars(sa.select(YearlyReturn).where(YearlyReturn.due_on == day)):
                _give(session, due, random, given_on)
    with transaction() as session:
        opening.open_due(session, on, at(on))
        session.flush()  # so that they are found
        reminding.remind(session, on, at(on))
        benchmarks.keep_up(session, on, at(on))


def _give(session: Session, due: YearlyReturn, random: Random, day: date) -> None:
    owner = session.scalars(
        sa.select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == due.organisation_id, Membership.role == MemberRole.OWNER)
    ).first()
    base = session.scalars(sa.select(MetricReturn).where(MetricReturn.assessment_id == due.award.assessment_id)).first()
    if owner is None or base is None or base.period_end is None or due.sent_at is not None:
        return
    years = round((due.due_on - due.award.starts_on).days / 365.25)
    giving.save(
        session,
        due,
        period_end=base.period_end.replace(year=base.period_end.year + years),
        inputs=_moved(due.content, base.inputs, random),
        notes={},
        unknown=base.unknown,
        seen_version=due.version,
        by=owner,
        at=at(day),
    )
    asked = giving.standing(due, giving.before(session, due))
    giving.save(
        session,
        due,
        period_end=due.period_end,
        inputs=due.inputs,
        notes=dict.fromkeys(
            [figure.metric.code for figure in asked.unexplained], "We changed how we count this, and some people left."
        ),
        unknown=due.unknown,
        seen_version=due.version,
        by=owner,
        at=at(day, 11),
    )
    giving.send(
        session,
        due,
        declared_by=owner.name,
        declared_role="Director",
        seen_version=due.version,
        by=owner,
        at=at(day, 12),
    )


def _moved(content: Content, inputs: dict[str, str], random: Random) -> dict[str, str]:
    """Last time's numbers, each a little up or down, and still no part above its whole."""
    fields = metrics.fields_of(content)
    found: dict[str, Decimal] = {}
    # Wholes before their parts: whoever is no part of anything comes first, then their parts, then the parts of those.
    for name in sorted(inputs, key=lambda name: _depth(content, name)):
        field = fields[name]
        value = Decimal(inputs[name].replace(",", "")) * random.randint(88, 116) / 100
        value = value.quantize(Decimal(1).scaleb(-field.decimals))
        if field.max_field in found:
            value = min(value, found[field.max_field])
        found[name] = max(value, field.min or Decimal(0))
    return {name: str(found[name]) for name in inputs}


def _depth(content: Content, name: str) -> int:
    whole = metrics.fields_of(content)[name].max_field
    return 0 if whole is None else 1 + _depth(content, whole)
