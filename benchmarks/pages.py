"""The pages that are measured, as data: where each is, who opens it, and what it should manage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import flask
import sqlalchemy as sa
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy.orm import Session, aliased

from benchmarks.load import AGENT, Visit
from benchmarks.serving import HOST
from charter.account.models import Role, User
from charter.assessment.models import Assessment
from charter.assessment.status import AssessmentStatus
from charter.award.models import Award
from charter.award.verification import valid_on
from charter.clock import today
from charter.extensions import db
from charter.organisation.models import MemberRole, Membership
from charter.review.models import Review
from charter.review.status import ReviewStatus
from charter.web.access import sign_in

EACH = 8
"""How many different records a page is opened for, in turn."""

Found = Sequence[tuple[str, UUID | None]]
"""Addresses, each with the id of the person who opens it."""


@dataclass(frozen=True)
class Page:
    """One page: `queries` is the most it may ask of the database, `rate` the least requests a second it should do."""

    name: str
    find: Callable[[Session], Found]
    queries: int
    rate: float | None = None


def everybody(path: str) -> Callable[[Session], Found]:
    """A page that needs no signing in."""
    return lambda _session: [(path, None)]


def staff(path: str, role: Role) -> Callable[[Session], Found]:
    """A page that one member of the scheme's staff opens."""
    return lambda session: [(path, _somebody(session, role))]


def _somebody(session: Session, role: Role) -> UUID:
    return session.scalars(sa.select(User.id).where(User.role == role).order_by(User.email).limit(1)).one()


def homes(session: Session) -> Found:
    """The home of owners whose first assessment is under way: what most people who sign in see."""
    other = aliased(Assessment)
    rows = session.scalars(
        sa.select(Membership.user_id)
        .join(Assessment, Assessment.organisation_id == Membership.organisation_id)
        .where(Assessment.status == AssessmentStatus.DRAFT, Membership.role == MemberRole.OWNER)
        .where(~sa.exists().where(other.organisation_id == Assessment.organisation_id, other.id != Assessment.id))
        .order_by(Assessment.id.desc())
        .limit(EACH)
    )
    return [("/dashboard", user) for user in rows]


def drafts(ending: Callable[[Assessment], str]) -> Callable[[Session], Found]:
    """A page of assessments under way, opened by their owners. Those that aim for the first level: the most common."""

    def find(session: Session) -> Found:
        rows = session.execute(
            sa.select(Assessment, Membership.user_id)
            .join(Membership, Membership.organisation_id == Assessment.organisation_id)
            .where(Assessment.status == AssessmentStatus.DRAFT, Assessment.target_level == 1)
            .where(Membership.role == MemberRole.OWNER)
            .order_by(Assessment.id.desc())
            .limit(EACH)
        )
        return [(f"/assessments/{assessment.id}{ending(assessment)}", user) for assessment, user in rows]

    return find


def _first_criterion(assessment: Assessment) -> str:
    return f"/criteria/{assessment.framework.content.asked(assessment.target_level, None)[0].code}"


def cases(session: Session) -> Found:
    """Cases that an assessor is working on."""
    assessor = _somebody(session, Role.ASSESSOR)
    found = session.scalars(
        sa.select(Review.id)
        .join(Review.assessment)
        .where(Review.status == ReviewStatus.IN_REVIEW, Assessment.target_level == 1)
        .order_by(Review.id.desc())
        .limit(EACH)
    )
    return [(f"/admin/reviews/{review}", assessor) for review in found]


def certificates(ending: str = "") -> Callable[[Session], Found]:
    """Certificates that hold today, or what belongs to each of them."""

    def find(session: Session) -> Found:
        codes = session.scalars(sa.select(Award.code).where(*valid_on(today())).order_by(Award.id.desc()).limit(EACH))
        return [(f"/certificates/{code}{ending}", None) for code in codes]

    return find


PAGES: tuple[Page, ...] = (
    Page("Home", everybody("/"), queries=12),
    Page("Register of employers", everybody("/employers"), queries=5, rate=200),
    Page("Certificate", certificates(), queries=12),
    Page("Badge", certificates("/badge.jwt"), queries=3),
    Page("Picture for websites", certificates("/status.svg"), queries=2),
    Page("List of badges that no longer count", everybody("/certificates/status/revocation/1"), queries=2),
    Page("Directory of services", everybody("/services"), queries=5),
    Page("An employer's home", homes, queries=11),
    Page("Task list", drafts(lambda _assessment: ""), queries=11),
    Page("One criterion", drafts(_first_criterion), queries=8, rate=80),
    Page("Assessors' queue", staff("/admin/reviews/", Role.ASSESSOR), queries=11, rate=60),
    Page("One case", cases, queries=15),
    Page("Board", staff("/board", Role.BOARD), queries=12),
)
MOST_SLOWER = 2.0
"""How much slower a page may be with the most employers than with the fewest."""


def visits(app: Flask, pages: Sequence[Page]) -> dict[str, list[Visit]]:
    """For each page, by name, the addresses to open, with the cookies of the people who open them, signed in.

    Raises LookupError when the database has nothing to show on a page.
    """
    with app.app_context():
        found = {page.name: page.find(db.session) for page in pages}
    for name, opened in found.items():
        if not opened:
            raise LookupError(f"there is nothing to show on the page {name!r}")
    people = {person for opened in found.values() for _, person in opened if person is not None}
    cookies: dict[UUID | None, str] = {None: "", **{person: _cookie(app, person) for person in people}}
    return {name: [Visit(path, cookies[person]) for path, person in opened] for name, opened in found.items()}


def _cookie(app: Flask, person: UUID) -> str:
    """A session cookie as the sign-in page would set it."""
    asking = app.test_request_context(headers={"User-Agent": AGENT}, environ_base={"REMOTE_ADDR": HOST})
    with app.app_context(), asking:
        sign_in(db.session.get_one(User, person))
        serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert serializer is not None
        return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(dict(flask.session))}"
