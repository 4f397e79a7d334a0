"""What explains a decision, put into words when it is taken and kept for good: who, when, what they saw, which rules.

The words are kept, not only the facts: an explanation that is printed again says the same however names, people, the
rules or the words of the portal have changed since. It is two documents. One the employer may read; the other holds the
names of staff and what they noted for each other. Each is frozen with its hash (`charter.review.record.record_models`).

The words of a piece of evidence stand beside the document, which holds a salted hash of them: what is removed for
privacy goes from there, and the document stays as it was, with the hash of what was seen.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from charter.account.models import User
from charter.assessment.models import Assessment, Evidence
from charter.award.models import Award
from charter.clock import day_in_words, local_date
from charter.review import queries
from charter.review.models import Review
from charter.review.private import PrivateNote
from charter.review.record import wording
from charter.review.record.record_models import DecisionRecord
from charter.review.record.wording import Block, Together
from charter.review.status import ReviewStatus

AT_ONCE = 50
"""How many decisions of before are put into words at one go."""


def keep(
    session: Session,
    review: Review,
    *,
    award: Award | None,
    by: User,
    at: datetime,
    on: date,
    together: Together | None = None,
    later: datetime | None = None,
    found: int | None = None,
) -> DecisionRecord:
    """Put the decision just taken on a case into words and keep them.

    `award` is what it gave, and `together` who decided when it was more than one. `later` is the moment when this is
    done for a decision of before. `found` is the level that was decided on, when the employer keeps a higher one.
    """
    session.flush()  # so that all that led to it is found
    case = queries.case(session, review, by=by, on=on)
    words = {
        str(piece.id): wording.of_evidence(case, piece) for pieces in case.said.evidence.values() for piece in pieces
    }
    for_staff = wording.canonical(wording.for_staff(session, case, by, together))
    staff_hash = wording.digest(for_staff)
    before = session.scalar(sa.select(sa.func.count()).where(DecisionRecord.review_id == review.id)) or 0
    document = wording.canonical(
        wording.document(
            case,
            award,
            together,
            at=at,
            number=before + 1,
            words=words,
            later=later,
            found=found,
            staff_hash=staff_hash,
        )
    )
    record = DecisionRecord(
        review_id=review.id,
        number=before + 1,
        decided_at=at,
        document=document,
        sha256=wording.digest(document),
        for_staff=PrivateNote(for_staff),
        for_staff_sha256=staff_hash,
        evidence=words,
        made_at=later or at,
        made_later=later is not None,
    )
    session.add(record)
    return record


def of_case(session: Session, review_id: UUID) -> Sequence[DecisionRecord]:
    """The records of a case, the first decision first."""
    query = sa.select(DecisionRecord).where(DecisionRecord.review_id == review_id)
    return session.scalars(query.order_by(DecisionRecord.number)).all()


def is_there(session: Session, review_id: UUID) -> bool:
    """Whether a case has a record, also of a decision before an appeal opened it again (one query)."""
    return bool(session.scalar(sa.select(sa.exists().where(DecisionRecord.review_id == review_id))))


def take_out(session: Session, evidence: Evidence, *, at: datetime) -> None:
    """Take the words of a piece that was removed for privacy out of every record of its employer. Its hashes stay."""
    query = (
        sa.select(DecisionRecord)
        .join(Review, Review.id == DecisionRecord.review_id)
        .join(Assessment, Assessment.id == Review.assessment_id)
        .where(Assessment.organisation_id == evidence.organisation_id)
        .options(undefer(DecisionRecord.evidence))
    )
    for record in session.scalars(query):
        if str(evidence.id) in record.evidence:
            record.evidence = {**record.evidence, str(evidence.id): {"removed_on": local_date(at).isoformat()}}


Finds = Callable[[Session, Review], Together | None]
"""Finds who decided a case, when it was more than one."""


def keep_those_of_before(session: Session, at: datetime, together: Finds) -> int:
    """Keep a record of decisions that have none, for they were taken before there were any; how many were kept.

    They say on what day they were put together.
    """
    recorded = sa.exists().where(DecisionRecord.review_id == Review.id)
    query = (
        sa.select(Review)
        .where(Review.status == ReviewStatus.DECIDED, ~recorded)
        .order_by(Review.decided_at, Review.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return sum(keep_that_of_before(session, review, at, together) for review in session.scalars(query).all())


def keep_that_of_before(session: Session, review: Review, at: datetime, together: Finds) -> bool:
    """Keep a record of the decision on one case that has none; whether it was kept. Whoever opens a case again does so
    first, for the case then forgets its decision."""
    decided_by = session.get(User, review.decided_by_id) if review.decided_by_id else None
    if review.decided_at is None or decided_by is None or is_there(session, review.id):
        return False
    award = session.scalars(
        sa.select(Award).where(Award.assessment_id == review.assessment_id).order_by(Award.issued_at.desc())
    ).first()
    keep(
        session,
        review,
        award=award if review.decided_level else None,
        by=decided_by,
        at=review.decided_at,
        on=local_date(review.decided_at),
        together=together(session, review),
        later=at,
    )
    return True


def faults(record: DecisionRecord) -> tuple[str, ...]:
    """What in a record does not fit its hashes, a sentence each: none when it is as it was kept."""
    found = []
    if wording.digest(record.document) != record.sha256:
        found.append("The explanation was changed after it was kept.")
    if wording.digest(record.for_staff.for_staff) != record.for_staff_sha256:
        found.append("The part for staff was changed after it was kept.")
    for block in _evidence_blocks(json.loads(record.document)):
        words = record.evidence.get(block[1], {})
        if "removed_on" not in words and wording.digest(wording.canonical(words)) != block[3]:
            found.append("The words of a piece of evidence were changed after they were kept.")
            break
    return tuple(found)


# What is read from a record ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explanation:
    """A record as it is shown or printed."""

    title: str
    employer: str
    decided_on: date
    sha256: str
    sections: Sequence[tuple[str, Sequence[Block]]]
    """Each with its heading. Of a piece of evidence there are only words here."""
    words: Mapping[str, str]
    """What stands around it (`wording.WORDS`), as it was kept."""
    private: bool
    """Whether it holds what no employer may read."""


def for_employer(record: DecisionRecord) -> Explanation:
    """What the employer reads. Nothing that is for staff is even looked at."""
    return _read(record, json.loads(record.document)["sections"], private=False)


def for_staff(record: DecisionRecord, *, notes: bool = False) -> Explanation:
    """The same with the names of who worked on it, and with what staff noted for each other when asked for."""
    sections = json.loads(record.document)["sections"]
    own = json.loads(record.for_staff.for_staff)
    return _read(record, [*sections, own["people"], *(own["notes"] if notes else ())], private=True)


def _read(record: DecisionRecord, sections: Sequence[Any], *, private: bool) -> Explanation:
    document = json.loads(record.document)
    return Explanation(
        title=document["title"],
        employer=document["employer"],
        decided_on=date.fromisoformat(document["decided_on"]),
        sha256=record.sha256,
        words=document["words"],
        sections=[
            (
                one["title"],
                [
                    _shown(block, record.evidence.get(block[1], {}), document["words"])
                    if block[0] == "evidence"
                    else block
                    for block in one["blocks"]
                ],
            )
            for one in sections
        ],
        private=private,
    )


def _shown(block: Block, words: Mapping[str, Any], around: Mapping[str, str]) -> Block:
    """A piece of evidence in words: what it is called and says, or that it was removed, with its hashes."""
    _, _, facts, words_hash, sha256, criterion = block
    if "removed_on" in words:
        name = around["removed"].format(day=day_in_words(date.fromisoformat(words["removed_on"])))
        said = ""
    else:
        place = words.get("places", {}).get(criterion, "")
        names = dict.fromkeys((words.get("title"), words.get("filename"), words.get("url")))  # often the same
        name = " · ".join(one for one in names if one)
        said = "\n".join(
            one for one in (around["place"].format(place=place) if place else "", words.get("text") or "") if one
        )
    hashes = around["file_hash" if sha256 else "words_hash"].format(hash=sha256 or words_hash)
    return ["evidence", name, facts, said, hashes, around["evidence"]]


def _evidence_blocks(document: Mapping[str, Any]) -> Iterator[Block]:
    for section in document["sections"]:
        yield from (block for block in section["blocks"] if block[0] == "evidence")
