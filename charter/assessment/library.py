"""The library of an employer's evidence: give it once, say when it holds, replace it, and see what it supports."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, joinedload

from charter import audit
from charter.account.models import User
from charter.assessment import evidence, evidence_dates, evidence_kinds, queries
from charter.assessment.answers import is_open
from charter.assessment.evidence_dates import Dates
from charter.assessment.evidence_kinds import FIELD_OF, TITLE_LIMIT, Given
from charter.assessment.history import ASSESSOR
from charter.assessment.models import Assessment, Evidence, EvidenceKind, EvidenceUse
from charter.assessment.shelf import Entry, dates_of, entry
from charter.audit import AuditEvent
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.framework.content import EvidenceRules
from charter.organisation import naming
from charter.organisation.models import Organisation

NO_DATES = Dates()


# Look --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    """One criterion of one assessment that a piece supports."""

    assessment: Assessment
    criterion: str
    place: str


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a piece or to an older version of it."""

    at: datetime
    who: str
    action: str
    criteria: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """Everything about one piece of evidence."""

    entry: Entry
    added_by: str
    uses: tuple[Use, ...]
    versions: tuple[Evidence, ...]
    """All its versions, the newest first; the piece is one of them."""
    history: tuple[Happening, ...]
    """The newest first."""
    is_used: bool
    """Whether a criterion uses it, or a submission holds it."""

    @property
    def newer(self) -> Evidence | None:
        """The version that replaced it."""
        place = self.versions.index(self.entry.piece)
        return self.versions[place - 1] if place else None


def item(session: Session, piece: Evidence, rules: EvidenceRules, *, on: date) -> Item:
    """Everything about one piece (seven queries)."""
    uses = tuple(
        Use(assessment, criterion, place)
        for assessment, criterion, place in session.execute(
            sa.select(Assessment, EvidenceUse.criterion, EvidenceUse.place)
            .join(Assessment, Assessment.id == EvidenceUse.assessment_id)
            .where(EvidenceUse.evidence_id == piece.id)
            .options(joinedload(Assessment.framework))
            .order_by(Assessment.started_at.desc(), EvidenceUse.criterion)
        )
    )
    versions = _versions(session, piece)
    events = session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.subject_id.in_([one.id for one in versions]))
        .order_by(AuditEvent.sequence.desc())
    ).all()
    people = {event.actor_id for event in events} | {one.added_by_id for one in versions}
    known = naming.names(session, piece.organisation_id, acted=people - {None})
    history = tuple(
        Happening(
            event.at,
            known.of(event.actor_id, staff=ASSESSOR),
            event.action,
            tuple(event.details.get("criteria") or filter(None, [event.details.get("criterion")])),
        )
        for event in events
    )
    return Item(
        entry(piece, dict.fromkeys(use.criterion for use in uses), rules, on=on),
        known.of(piece.added_by_id),
        uses,
        versions,
        history,
        evidence.is_used(session, piece),
    )


def _versions(session: Session, piece: Evidence) -> tuple[Evidence, ...]:
    """The chain that a piece is part of, the newest first."""
    older = aliased(Evidence)
    linked = session.scalars(
        sa.select(Evidence).where(
            Evidence.organisation_id == piece.organisation_id,
            sa.or_(Evidence.replaces_id.is_not(None), sa.exists().where(older.replaces_id == Evidence.id)),
        )
    ).all()
    by_id = {one.id: one for one in linked}
    newer = {one.replaces_id: one for one in linked if one.replaces_id}
    last = piece
    while last.id in newer:
        last = newer[last.id]
    chain = [last]
    while (before := chain[-1].replaces_id) and before in by_id:
        chain.append(by_id[before])
    return tuple(chain)


def under_way(session: Session, piece: Evidence) -> Assessment | None:
    """The assessment of a piece's employer that is not at its end, if there is one."""
    return queries.open_one(session, piece.organisation_id)


def in_place_of(session: Session, pieces: Collection[UUID]) -> dict[UUID, Evidence]:
    """What was given in the place of these pieces, by their ids (one query, or none)."""
    if not pieces:
        return {}
    found = session.scalars(sa.select(Evidence).where(Evidence.replaces_id.in_(pieces)))
    return {one.replaces_id: one for one in found if one.replaces_id}


# Do ----------------------------------------------------------------------------------------------------------------


def give(
    session: Session,
    organisation: Organisation,
    kind: EvidenceKind,
    given: Given,
    *,
    rules: EvidenceRules,
    title: str = "",
    type: str | None = None,
    dates: Dates = NO_DATES,
    by: User,
    at: datetime,
) -> tuple[Evidence, bool]:
    """Put a piece into the library; no criterion uses it yet. Says whether it is new: the same twice is one piece.

    `given` is what `evidence_kinds.of_file` or its like made of it. Dates that its kind needs may be said
    later. Raises Refusal when something said cannot be, or when an assessor turned the same down for privacy.
    """
    _hold(session, organisation)
    facts, same, name = given
    title, kind_of = _title(title), _type(rules, type)
    there = evidence_kinds.one_like_it(session, organisation.id, same, facts, field=FIELD_OF[kind])
    if there is not None:
        there.shelved = True
        return there, False
    piece = evidence_kinds.new_piece(organisation.id, kind, facts, title=title or name, dates=dates, by=by, at=at)
    piece.type, piece.shelved = kind_of, True
    piece.ends_on = evidence_dates.last_day(rules, kind_of, dates)
    session.add(piece)
    audit.record(
        session, "evidence:add", piece, by=by.id, at=at, kind=kind.value, criteria=[], sha256=facts.get("sha256")
    )
    return piece, True


def use(
    session: Session,
    assessment: Assessment,
    chosen: Mapping[UUID, Sequence[str]],
    *,
    open_criteria: Collection[str] | None = None,
    by: User,
    at: datetime,
) -> int:
    """Have pieces of the library support criteria of the assessment; `chosen` has the criteria of each piece, by its
    id. Says how many uses were added: what is used already is no second use.

    Raises Refusal, on the piece's id, when a piece was deleted or replaced meanwhile or cannot be used, and when a
    criterion may not be changed now. Then nothing is used.
    """
    session.refresh(assessment, with_for_update=True)  # the assessment first, as `replace` does
    pieces = {
        one.id: one
        for one in session.scalars(
            sa.select(Evidence)
            .where(Evidence.id.in_(chosen), Evidence.organisation_id == assessment.organisation_id)
            .order_by(Evidence.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    replaced = in_place_of(session, chosen)
    count = _uses(session, assessment)
    for piece_id, criteria in chosen.items():
        piece = pieces.get(piece_id)
        if piece is None:
            raise Refusal("A colleague deleted this meanwhile.", field=str(piece_id))
        if piece_id in replaced:
            raise Refusal("A colleague replaced this meanwhile. Use the newer version.", field=str(piece_id))
        try:
            evidence.reuse(session, assessment, piece, criteria=criteria, open_criteria=open_criteria, by=by, at=at)
        except Refusal as refusal:
            raise Refusal(str(refusal), field=str(piece_id)) from refusal
    session.flush()
    return _uses(session, assessment) - count


def _uses(session: Session, assessment: Assessment) -> int:
    query = sa.select(sa.func.count()).select_from(EvidenceUse).where(EvidenceUse.assessment_id == assessment.id)
    return session.scalar(query) or 0


def mark(piece: Evidence) -> str:
    """What is said of a piece, in a few characters, for a form to bring back."""
    parts = (piece.title, piece.type, *asdict(dates_of(piece)).values())
    return sha256("\x00".join(str(part or "") for part in parts).encode()).hexdigest()[:16]


def describe(
    session: Session,
    piece: Evidence,
    *,
    rules: EvidenceRules,
    title: str,
    type: str | None,
    dates: Dates,
    seen: str | None = None,
    by: User,
    at: datetime,
) -> bool:
    """Say what a piece is called, what kind it is and when it holds. What was submitted keeps what it said then.

    Says whether anything changed. `seen` is the `mark` of the piece as the person saw it. Raises Refusal on the field
    that is wrong, or on a date that its kind needs, and Stale when a colleague said something else meanwhile.
    """
    session.refresh(piece, with_for_update=True)
    _check_there(piece)
    title = _title(title)
    if not title:
        raise Refusal("Enter a title.", field="title")
    kind = _type(rules, type)
    evidence_dates.checked(rules, kind, dates, on=local_date(at))
    said = {"title": title, "type": kind, **asdict(dates)}
    changed = sorted(name for name, value in said.items() if getattr(piece, name) != value)
    if not changed:
        return False
    if seen and seen != mark(piece):
        raise Stale("A colleague changed these details meanwhile.", current=piece)
    for name in changed:
        setattr(piece, name, said[name])
    ends_on = evidence_dates.last_day(rules, kind, dates)
    if ends_on != piece.ends_on:
        piece.ends_on, piece.reminded_on = ends_on, None
    audit.record(session, "evidence:describe", piece, by=by.id, at=at, changed=changed)
    return True


def replace(
    session: Session,
    piece: Evidence,
    given: Given,
    *,
    rules: EvidenceRules,
    dates: Dates,
    title: str = "",
    type: str | None = None,
    open_criteria: Collection[str] | None = None,
    by: User,
    at: datetime,
) -> Evidence:
    """Put a newer version in the place of a piece, of the same kind, and return it. The older one stays as it was.

    Where the employer may change its evidence now (`open_criteria` in a round of more information), the newer one is
    used instead. What was submitted keeps the older one, unless that is gone (turned down for privacy, or for its
    virus): then the newer one stands in for it in the assessment under way too. Raises Refusal when a colleague
    replaced it meanwhile, when it is the same or the employer gave it before, or when the dates cannot be. Of a piece
    that could not be opened, the same given again mends it: that piece is returned.

    `title` and `type` are what the newer one is called and its kind; without them those of the older one stay, but for
    a title that is no more than the name of the older file: the newer one is called by its own.
    """
    title, kind = _title(title) or piece.title, _type(rules, type) or piece.type
    organisation = session.get_one(Organisation, piece.organisation_id)
    _hold(session, organisation)
    assessment = under_way(session, piece)
    if assessment is not None:
        session.refresh(assessment, with_for_update=True)
    session.refresh(piece, with_for_update=True)
    if session.scalar(sa.select(Evidence.id).where(Evidence.replaces_id == piece.id)) is not None:
        raise Refusal("A colleague replaced this meanwhile. Open the newer version.")
    facts, same, name = given
    field = FIELD_OF[piece.kind]
    was_unreadable = piece.is_unreadable
    there = evidence_kinds.one_like_it(session, organisation.id, same, facts, field=field)
    if there is not None and there.id == piece.id and was_unreadable:
        return piece
    if there is not None and there.id == piece.id:
        raise Refusal("This is the same as before. Choose the newer version.", field=field)
    if there is not None:
        raise Refusal(f"You gave this before, as “{there.title}”. Use that one instead.", field=field)
    dates = evidence_dates.checked(rules, kind, dates, on=local_date(at))
    was_removed = piece.is_gone
    if title == (piece.title if was_removed else piece.filename):
        title = name
    newer = evidence_kinds.new_piece(organisation.id, piece.kind, facts, title=title, dates=dates, by=by, at=at)
    newer.type, newer.shelved, newer.replaces_id = kind, piece.shelved, piece.id
    newer.ends_on = evidence_dates.last_day(rules, newer.type, dates)
    session.add(newer)
    try:
        session.flush()
    except IntegrityError as error:
        raise Refusal("A colleague replaced this meanwhile. Open the newer version.") from error
    moved: list[str] = []
    if assessment is not None:
        for use in session.scalars(
            sa.select(EvidenceUse).where(
                EvidenceUse.assessment_id == assessment.id, EvidenceUse.evidence_id == piece.id
            )
        ):
            if was_removed or is_open(assessment, use.criterion, open_criteria):
                use.evidence_id = newer.id
                moved.append(use.criterion)
    audit.record(
        session,
        "evidence:replace",
        newer,
        by=by.id,
        at=at,
        case=assessment.id if assessment is not None and moved else None,
        older=str(piece.id),
        criteria=sorted(moved),
        sha256=newer.sha256,
    )
    session.flush()
    session.expire(piece, ["uses"])
    return newer


def remove(session: Session, piece: Evidence, *, by: User, at: datetime) -> None:
    """Take a piece out of the library for good.

    Raises Refusal while a criterion uses it or a submission holds it, and when its content is gone already.
    """
    session.refresh(piece, with_for_update=True)
    _check_there(piece)  # that it was there is on record
    if evidence.is_used(session, piece):
        raise Refusal("This is used, so it cannot be deleted. Remove it from its questions first.")
    audit.record(session, "evidence:remove", piece, by=by.id, at=at, kind=piece.kind.value, sha256=piece.sha256)
    newer = session.scalars(sa.select(Evidence).where(Evidence.replaces_id == piece.id)).first()
    before, piece.replaces_id = piece.replaces_id, None
    session.flush()  # an older version has one newer at a time
    if newer is not None:
        newer.replaces_id = before
        session.flush()
    session.delete(piece)


def _hold(session: Session, organisation: Organisation) -> None:
    """Hold the employer's row, so that two colleagues who give the same in one moment make one piece."""
    session.execute(sa.select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())


def _check_there(piece: Evidence) -> None:
    if piece.removed_at is not None:
        raise Refusal("This was removed for privacy. You can give another in its place.")
    if piece.is_infected:
        raise Refusal("This had a virus in it, so its content is gone. You can give another in its place.")


def _title(typed: str) -> str:
    title = " ".join(typed.split())
    if len(title) > TITLE_LIMIT:
        raise Refusal(f"The title must be {TITLE_LIMIT} characters or fewer. It has {len(title):,}.", field="title")
    return title


def _type(rules: EvidenceRules, code: str | None) -> str | None:
    if code and rules.type(code) is None:
        raise Refusal("Choose what kind of document it is.", field="type")
    return code or None
