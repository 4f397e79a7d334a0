"""Awards of other schemes in the demo: one that stands in, one that waits with its certificate, one turned down.

An administrator has also edited the crosswalk: changed an item, added one, taken one out.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import evidence_kinds, file_checks, other_schemes, recognising
from charter.assessment.evidence_kinds import Given
from charter.assessment.models import EvidenceKind, ScanState
from charter.assessment.quarantine import Scan
from charter.assessment.standing_in import standing_in
from charter.demo import documents
from charter.demo.people import ACCOUNTS, Staff, at
from charter.extensions import transaction
from charter.framework import crosswalk, crosswalk_changes, publishing
from charter.framework.content import Content, Passport
from charter.framework.crosswalk_changes import Details, Why
from charter.organisation import recognition
from charter.organisation.models import Membership, Organisation, Recognition, RecognitionStatus
from charter.storage import Store

LIMIT = 10_000_000


@dataclass(frozen=True)
class Story:
    """An award of the demo's person at `account`: what becomes of it, and how many days it still lasts."""

    account: int
    becomes: RecognitionStatus
    lasts: int


STORIES = (
    Story(0, RecognitionStatus.CHECKED, 50),
    Story(0, RecognitionStatus.STATED, 700),
    Story(2, RecognitionStatus.DECLINED, 300),
    Story(2, RecognitionStatus.CHECKED, 13),
)


SEEN = Scan(ScanState.UNSCANNED)
"""A certificate can be opened when it is looked at; `demo.scans` lets it wait where there is a scanner."""


def add(store: Store, staff: Staff, on: date) -> None:
    """Let each award live its story by the verbs, up to the day `on`."""
    for story in STORIES:
        with transaction() as session:
            owner = session.scalars(sa.select(User).where(User.email == ACCOUNTS[story.account][1])).first()
            if owner is None:
                continue
            part = session.scalars(sa.select(Membership).where(Membership.user_id == owner.id)).first()
            if part is None:
                continue
            content = publishing.current(session).content
            passport = _fit(session, content, part.organisation, on)
            if passport is None:
                continue
            stated = _stated(session, part.organisation, passport, story, owner, on)
            proof = _certificate(store, part.organisation.name, passport, stated)
            recognising.prove(session, stated, EvidenceKind.FILE, proof, by=owner, at=at(on - timedelta(days=4)))
            assessor = session.get_one(User, staff.assessors[0])
            if story.becomes is RecognitionStatus.CHECKED:
                recognising.check(session, stated, by=assessor, at=at(on - timedelta(days=3)))
            elif story.becomes is RecognitionStatus.DECLINED:
                reason = "The last day on the certificate is not the one that you gave us. Please send the newest one."
                recognising.decline(session, stated, reason=reason, by=assessor, at=at(on - timedelta(days=3)))
    _edit_the_crosswalk(staff, on)


def _fit(session: Session, content: Content, organisation: Organisation, on: date) -> Passport | None:
    """An award of the employer's county that it does not hold yet; first one for something it has not answered."""
    said = other_schemes.read(session, organisation)
    query = sa.select(Recognition.scheme).where(Recognition.organisation_id == organisation.id)
    there = set(session.scalars(query))
    others = [county.title for county in content.counties if county.code != organisation.county]
    free = [
        one for one in content.passports if one.scheme not in there and not any(title in one.title for title in others)
    ]

    def worth(passport: Passport) -> tuple[int, int]:
        given = _Award(passport.scheme, passport.level, on, None)
        met = [code for code, one in standing_in(content, [given], on=on).items() if one.is_met]
        return sum(code not in said.answers for code in met), len(met)

    return max(free, key=worth, default=None)


@dataclass(frozen=True)
class _Award:
    scheme: str
    level: str | None
    starts_on: date
    ends_on: date | None


def _stated(
    session: Session, organisation: Organisation, passport: Passport, story: Story, owner: User, on: date
) -> Recognition:
    ends_on = on + timedelta(days=story.lasts)
    stated = recognition.state(
        session,
        organisation,
        scheme=passport.scheme,
        level=passport.level,
        reference=passport.number_example or "2026-0417",
        county=organisation.county,
        starts_on=ends_on - timedelta(days=1095),
        ends_on=ends_on,
        by=owner,
        at=at(on - timedelta(days=5)),
    )
    session.flush()  # the proof is of something
    return stated


def _certificate(store: Store, employer: str, passport: Passport, stated: Recognition) -> Given:
    name, content = documents.certificate_pdf(employer, passport.title, stated.starts_on, stated.ends_on)
    checked = file_checks.check(name, content, limit=LIMIT)
    return evidence_kinds.of_file(name, checked, store.put(content), len(content), SEEN)


def _edit_the_crosswalk(staff: Staff, on: date) -> None:
    """The scheme was asked: an item that was inferred is surer, one is new, and one is asked for no more."""
    with transaction() as session:
        content = publishing.current(session).content
        schemes = crosswalk.of(session, content)
        scheme = next(
            (one for one in schemes if len({item.status for item in one.items}) == 1 and not one.levels), None
        )
        if scheme is None or len(scheme.items) < 3:
            return
        changed, gone, *_ = scheme.items
        asked = Why("We asked the team that runs the scheme.", "An email from the scheme’s team, November 2026")
        crosswalk_changes.change(
            session,
            content,
            scheme=scheme.code,
            item=changed.code,
            details=Details(
                label=changed.label,
                group=changed.group,
                criteria=changed.criteria[: max(1, len(changed.criteria) - 1)],
                status="knowledge",
                note="The scheme is writing a list of its own. We will bring this up to date when it is out.",
            ),
            why=asked,
            seen_version=changed.version,
            by=staff.administrator,
            at=at(on - timedelta(days=9)),
        )
        crosswalk_changes.add(
            session,
            content,
            scheme=scheme.code,
            item=f"{scheme.code.upper()}-NEW-1",
            details=Details(
                label="Tells other employers what worked",
                group=None,
                criteria=changed.criteria[1:2],
                status="inferred",
            ),
            why=Why("The scheme’s page asks for it, in other words.", "The scheme’s web page, read in November 2026"),
            by=staff.administrator,
            at=at(on - timedelta(days=8)),
        )
        crosswalk_changes.take_out(
            session,
            content,
            scheme=scheme.code,
            item=gone.code,
            status="knowledge",
            why=asked,
            seen_version=gone.version,
            by=staff.administrator,
            at=at(on - timedelta(days=7)),
        )
