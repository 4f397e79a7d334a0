"""Evidence: add a file, a link or a written account, use it for several criteria, use it again, take it away.

A piece of evidence belongs to the employer; each criterion it supports is one use of it. Whoever changes either holds
the lock of the assessment, so that nothing changes while it is submitted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from charter import audit
from charter.account.models import User
from charter.assessment import evidence_dates, evidence_kinds, snapshot
from charter.assessment.answers import FROZEN, is_open
from charter.assessment.evidence_dates import Dates
from charter.assessment.file_checks import Checked
from charter.assessment.models import Assessment, Evidence, EvidenceKind, EvidenceUse, Submission
from charter.assessment.quarantine import NOT_CHECKED, Scan
from charter.assessment.status import AssessmentStatus
from charter.clock import local_date
from charter.errors import Refusal, Stale
from charter.framework.content import EvidenceRules
from charter.organisation.models import Recognition

PLACE_LIMIT = 200


def add_file(
    session: Session,
    assessment: Assessment,
    *,
    criteria: Sequence[str],
    title: str,
    filename: str,
    checked: Checked,
    sha256: str,
    size: int,
    dated_on: date | None = None,
    type: str | None = None,
    dates: Dates | None = None,
    by: User,
    at: datetime,
    scan: Scan = NOT_CHECKED,
    places: Mapping[str, str] | None = None,
    open_criteria: Collection[str] | None = None,
) -> Evidence:
    """Add a file that was checked and stored as `sha256`, as evidence for `criteria`. An empty title is its name.

    `scan` is what the virus scanner said of it; until it says clean nobody opens the file. A file that the employer
    gave before is the same piece of evidence. `places` says where in it to look, by criterion; one that is left out
    keeps what was said before. `open_criteria` are the criteria that the assessor asked about, which only a round of
    more information needs. `type` is its kind of document and `dates` when it holds; with its own date alone,
    `dated_on` is enough. Raises Refusal when the assessment or one of the criteria may not be changed now, when
    something typed cannot be kept (on its field), or when a date that its kind needs is missing (on that date).
    """
    facts, same, name = evidence_kinds.of_file(filename, checked, sha256, size, scan)
    return _add(
        session,
        assessment,
        EvidenceKind.FILE,
        same,
        facts,
        criteria=criteria,
        title=title,
        otherwise=name,
        type=type,
        dates=Dates(dated_on) if dates is None else dates,
        by=by,
        at=at,
        places=places,
        open_criteria=open_criteria,
    )


def add_link(
    session: Session,
    assessment: Assessment,
    *,
    criteria: Sequence[str],
    title: str,
    url: str,
    dated_on: date | None = None,
    type: str | None = None,
    dates: Dates | None = None,
    by: User,
    at: datetime,
    places: Mapping[str, str] | None = None,
    open_criteria: Collection[str] | None = None,
) -> Evidence:
    """Add the address of a web page, which is never fetched, as evidence for `criteria`. An empty title is the address.

    Raises Refusal as `add_file` does, and on "url" when it is not the address of a web page.
    """
    facts, same, name = evidence_kinds.of_link(url)
    return _add(
        session,
        assessment,
        EvidenceKind.LINK,
        same,
        facts,
        criteria=criteria,
        title=title,
        otherwise=name,
        type=type,
        dates=Dates(dated_on) if dates is None else dates,
        by=by,
        at=at,
        places=places,
        open_criteria=open_criteria,
    )


def add_account(
    session: Session,
    assessment: Assessment,
    *,
    criteria: Sequence[str],
    title: str,
    text: str,
    dated_on: date | None,
    by: User,
    at: datetime,
    places: Mapping[str, str] | None = None,
    open_criteria: Collection[str] | None = None,
) -> Evidence:
    """Add what the employer says in its own words as evidence for `criteria`. An empty title is how it begins.

    Raises Refusal as `add_file` does, and on "text" when there is none or it has more words than the framework allows.
    """
    facts, same, name = evidence_kinds.of_account(text, assessment.framework.content.evidence_rules)
    return _add(
        session,
        assessment,
        EvidenceKind.ACCOUNT,
        same,
        facts,
        criteria=criteria,
        title=title,
        otherwise=name,
        type=None,
        dates=Dates(dated_on),
        by=by,
        at=at,
        places=places,
        open_criteria=open_criteria,
    )


def reuse(
    session: Session,
    assessment: Assessment,
    evidence: Evidence,
    *,
    criteria: Sequence[str],
    by: User,
    at: datetime,
    places: Mapping[str, str] | None = None,
    open_criteria: Collection[str] | None = None,
) -> None:
    """Use what the employer gave before for `criteria` too; `places` says where in it to look, by criterion.

    Where it is used already, only a place that is said changes. Raises Refusal when the evidence is another employer's,
    or when the criteria may not be changed now.
    """
    codes = _allowed(session, assessment, criteria, open_criteria)
    if evidence.organisation_id != assessment.organisation_id:
        raise Refusal("This evidence is not yours to use.", field="library")
    if evidence.removed_at is not None:
        raise Refusal("This evidence was removed for privacy. Give another in its place.", field="library")
    if evidence.is_infected:
        raise Refusal("This file had a virus in it, so it is gone. Give another in its place.", field="library")
    _use(session, assessment, evidence, codes, places, by=by, at=at)


def say_where(
    session: Session,
    assessment: Assessment,
    evidence: Evidence,
    *,
    criterion: str,
    place: str,
    seen: str | None = None,
    by: User,
    at: datetime,
    open_criteria: Collection[str] | None = None,
) -> bool:
    """Say where in a piece of evidence to look for one criterion; an empty `place` takes back what was said.

    Says whether anything changed. `seen` is what the person saw there. Raises Refusal when the criterion may not be
    changed now or does not use the evidence, and on "place" when the text is too long; Stale when a colleague said
    something else meanwhile.
    """
    _allowed(session, assessment, [criterion], open_criteria, of_target=False)
    use = _one_use(session, assessment, evidence, criterion)
    if use is None:
        raise Refusal("This evidence was removed meanwhile. Add it again first.")
    place = _place(place)
    if use.place == place:
        return False
    if seen is not None and seen != use.place:
        raise Stale("A colleague said something else meanwhile.", current=use)
    use.place = place
    _record_place(session, assessment, evidence, [criterion], by=by, at=at)
    return True


def detach(
    session: Session,
    assessment: Assessment,
    evidence: Evidence,
    *,
    criterion: str,
    by: User,
    at: datetime,
    open_criteria: Collection[str] | None = None,
) -> bool:
    """Stop using the evidence for one criterion. Says whether the evidence itself went too.

    It stays with the employer while another criterion uses it or a submission holds it; otherwise it is removed, so
    that a wrong file does not linger. (Its content stays in the store: another employer may have given the same.)
    Raises Refusal when the criterion may not be changed now. What is removed already changes nothing.
    """
    _allowed(session, assessment, [criterion], open_criteria, of_target=False)
    use = _one_use(session, assessment, evidence, criterion)
    if use is None:
        return False
    details = {"kind": evidence.kind.value, "criterion": criterion}
    audit.record(session, "evidence:detach", evidence, by=by.id, at=at, case=assessment.id, **details)
    session.delete(use)
    session.flush()  # so that what is counted next leaves it out
    if is_kept(session, evidence):
        session.expire(evidence, ["uses"])
        return False
    audit.record(
        session,
        "evidence:remove",
        evidence,
        by=by.id,
        at=at,
        case=assessment.id,
        kind=evidence.kind.value,
        sha256=evidence.sha256,
    )
    session.expire(evidence, ["uses"])
    session.delete(evidence)
    return True


def is_kept(session: Session, evidence: Evidence, *, but_for: tuple[Assessment, str] | None = None) -> bool:
    """Whether evidence stays when no criterion (but for `but_for`) uses it: it was given to the library, or it is used.

    It also stays as part of a chain of versions, and where its content was deleted: that it was is on record.
    """
    newer = aliased(Evidence)
    chained = evidence.replaces_id or session.scalar(sa.select(newer.id).where(newer.replaces_id == evidence.id))
    if evidence.shelved or evidence.is_gone or chained:
        return True
    return is_used(session, evidence, but_for=but_for)


def is_used(session: Session, evidence: Evidence, *, but_for: tuple[Assessment, str] | None = None) -> bool:
    """Whether a criterion uses the evidence (another than `but_for`), a submission holds it, or it shows an award."""
    shows = sa.select(Recognition.id).where(Recognition.proof_id == evidence.id)
    uses = sa.select(EvidenceUse.id).where(EvidenceUse.evidence_id == evidence.id)
    if but_for is not None:
        assessment, criterion = but_for
        uses = uses.where(sa.or_(EvidenceUse.assessment_id != assessment.id, EvidenceUse.criterion != criterion))
    submitted = (
        sa.select(Submission.id)
        .join(Assessment, Assessment.id == Submission.assessment_id)
        .where(snapshot.names(Submission.snapshot, evidence))
    )
    return bool(session.scalar(sa.select(sa.or_(uses.exists(), submitted.exists(), shows.exists()))))


def of(session: Session, assessment: Assessment) -> dict[str, tuple[Evidence, ...]]:
    """The evidence of one assessment by criterion, the oldest first (one query)."""
    found: dict[str, list[Evidence]] = {}
    for criterion, evidence in session.execute(
        sa.select(EvidenceUse.criterion, Evidence)
        .join(Evidence, Evidence.id == EvidenceUse.evidence_id)
        .where(EvidenceUse.assessment_id == assessment.id)
        .order_by(Evidence.added_at, Evidence.id)
    ):
        found.setdefault(criterion, []).append(evidence)
    return {criterion: tuple(pieces) for criterion, pieces in found.items()}


def _add(
    session: Session,
    assessment: Assessment,
    kind: EvidenceKind,
    same: sa.ColumnElement[bool],
    facts: dict[str, object],
    *,
    criteria: Sequence[str],
    title: str,
    otherwise: str,
    type: str | None,
    dates: Dates,
    by: User,
    at: datetime,
    places: Mapping[str, str] | None,
    open_criteria: Collection[str] | None,
) -> Evidence:
    """The piece of evidence with these facts, made when the employer has none that is the `same`, and its uses."""
    codes = _allowed(session, assessment, criteria, open_criteria)
    said = {code: _place(place) for code, place in (places or {}).items()}
    title = " ".join(title.split())
    if len(title) > evidence_kinds.TITLE_LIMIT:
        raise Refusal(
            f"The title must be {evidence_kinds.TITLE_LIMIT} characters or fewer. It has {len(title):,}.", field="title"
        )
    rules = assessment.framework.content.evidence_rules
    if type and rules.type(type) is None:
        raise Refusal("Choose a kind of document from the list.", field="type")
    evidence = evidence_kinds.one_like_it(
        session, assessment.organisation_id, same, facts, field=evidence_kinds.FIELD_OF[kind]
    )
    if evidence is not None:
        if assessment.status is AssessmentStatus.DRAFT:  # later it may be part of what the assessor is reading
            evidence.title = title or evidence.title
            _say_again(evidence, rules, type or evidence.type, dates, on=local_date(at))
        _use(session, assessment, evidence, codes, places, by=by, at=at)
        return evidence
    evidence_dates.checked(rules, type, dates, on=local_date(at))
    evidence = evidence_kinds.new_piece(
        assessment.organisation_id, kind, facts, title=title or otherwise, dates=dates, by=by, at=at
    )
    evidence.type = type or None
    evidence.ends_on = evidence_dates.last_day(rules, evidence.type, dates)
    session.add(evidence)
    session.add_all(
        EvidenceUse(assessment_id=assessment.id, criterion=code, evidence_id=evidence.id, place=said.get(code, ""))
        for code in codes
    )
    audit.record(
        session,
        "evidence:add",
        evidence,
        by=by.id,
        at=at,
        case=assessment.id,
        kind=kind.value,
        criteria=codes,
        sha256=evidence.sha256,
    )
    return evidence


def _allowed(
    session: Session,
    assessment: Assessment,
    criteria: Sequence[str],
    open_criteria: Collection[str] | None,
    *,
    of_target: bool = True,
) -> list[str]:
    """The criteria, each once, when all of them may be changed now. Holds the assessment's lock from here on.

    What was attached before the employer aimed lower can still be taken away: then `of_target` is false.
    """
    session.refresh(assessment, with_for_update=True)
    content = assessment.framework.content
    codes = list(dict.fromkeys(criteria))
    if not codes:
        raise Refusal("Choose what this is evidence for.", field="criteria")
    for code in codes:
        asked = content.criterion(code)
        if asked is None or (of_target and asked.level > assessment.target_level):
            raise Refusal("This is not one of the questions of your assessment.", field="criteria")
        if not is_open(assessment, code, open_criteria):
            raise Refusal(FROZEN)
    return codes


def _say_again(evidence: Evidence, rules: EvidenceRules, type: str | None, dates: Dates, *, on: date) -> None:
    """Keep what is said now of a piece that was given before; what is not said now stays as it was."""
    said = {name: value for name, value in asdict(dates).items() if value is not None}
    if not said and type == evidence.type:
        return
    together = Dates(**{name: said.get(name, getattr(evidence, name)) for name in Dates.__dataclass_fields__})
    evidence_dates.checked(rules, type if type != evidence.type else None, together, on=on)
    for name, value in said.items():
        setattr(evidence, name, value)
    evidence.type = type
    ends_on = evidence_dates.last_day(rules, type, together)
    if ends_on != evidence.ends_on:
        evidence.ends_on, evidence.reminded_on = ends_on, None


def _use(
    session: Session,
    assessment: Assessment,
    evidence: Evidence,
    codes: Sequence[str],
    places: Mapping[str, str] | None,
    *,
    by: User,
    at: datetime,
) -> None:
    """Have a piece that the employer gave before support these criteria, and note what that changed."""
    said = {code: _place(place) for code, place in (places or {}).items()}
    session.flush()  # so that what this transaction attached before is seen
    there = {
        use.criterion: use
        for use in session.scalars(
            sa.select(EvidenceUse).where(
                EvidenceUse.assessment_id == assessment.id, EvidenceUse.evidence_id == evidence.id
            )
        )
    }
    new = [code for code in codes if code not in there]
    session.add_all(
        EvidenceUse(assessment_id=assessment.id, criterion=code, evidence_id=evidence.id, place=said.get(code, ""))
        for code in new
    )
    if new:
        audit.record(
            session,
            "evidence:attach",
            evidence,
            by=by.id,
            at=at,
            case=assessment.id,
            kind=evidence.kind.value,
            criteria=new,
        )
    moved = [code for code in codes if code in there and said.get(code) and there[code].place != said[code]]
    for code in moved:
        there[code].place = said[code]
    if moved:
        _record_place(session, assessment, evidence, moved, by=by, at=at)


def _one_use(session: Session, assessment: Assessment, evidence: Evidence, criterion: str) -> EvidenceUse | None:
    return session.scalars(
        sa.select(EvidenceUse).where(
            EvidenceUse.assessment_id == assessment.id,
            EvidenceUse.criterion == criterion,
            EvidenceUse.evidence_id == evidence.id,
        )
    ).first()


def _place(typed: str) -> str:
    """Where to look, as it is kept. Raises Refusal on "place" when it is too long."""
    place = " ".join(typed.split())
    if len(place) > PLACE_LIMIT:
        raise Refusal(f"Where to look must be {PLACE_LIMIT} characters or fewer. It has {len(place):,}.", field="place")
    return place


def _record_place(
    session: Session, assessment: Assessment, evidence: Evidence, criteria: Sequence[str], *, by: User, at: datetime
) -> None:
    audit.record(
        session,
        "evidence:place",
        evidence,
        by=by.id,
        at=at,
        case=assessment.id,
        kind=evidence.kind.value,
        criteria=list(criteria),
    )
