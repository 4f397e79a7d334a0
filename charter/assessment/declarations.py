"""Save the employer's yes or no to each baseline declaration."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment.answers import FROZEN, is_open
from charter.assessment.models import Assessment, Declaration
from charter.errors import Refusal, Stale, who_saved
from charter.framework.content import Content, DeclarationsRule

NOTE_LIMIT = 1_000


def mark(agreed: bool | None, note: str) -> str:
    """A declaration as a person saw it, in a few characters, for a form to bring back."""
    return hashlib.sha256(f"{agreed} {note}".encode()).hexdigest()[:16]


def in_the_way(agreed: Mapping[str, bool], content: Content) -> str:
    """That no level can be reached while the employer says no to some of them, and what to do, in words; empty when it
    says no to none, or when a level asks for none. `agreed` is its yes or no by the declaration's code."""
    count = sum(agreed.get(declaration.code) is False for declaration in content.declarations)
    lowest = min(content.levels, key=lambda level: level.rank)
    needed = any(isinstance(rule, DeclarationsRule) for rule in lowest.rules)
    if not count or not needed:
        return ""
    return (
        f"You say No to {count} of the legal basics. While you do, no level can be reached. "
        f"Put {'it' if count == 1 else 'them'} right first, then come back and say Yes. What you have answered stays."
    )


def save(
    session: Session,
    assessment: Assessment,
    *,
    agreed: Mapping[str, bool],
    notes: Mapping[str, str] | None = None,
    seen: Mapping[str, str] | None = None,
    by: User,
    at: datetime,
    open_declarations: Collection[str] | None = None,
) -> None:
    """Save the declarations named in `agreed`, each with its note if `notes` has one; the others stay as they were.

    `open_declarations` are those that the assessor asked about, which only a round of more information needs. Raises
    Refusal (on the field `declaration-<code>` or `note-<code>`) when one may not be changed now, a code is not one of
    the framework's, or a note is too long, and Stale when one that would change is no longer what `seen` (its `mark`,
    by code) says the person saw: somebody's note would be lost.
    """
    author = by.id  # read now: a query later would store a half-filled row
    notes, seen = notes or {}, seen or {}
    session.refresh(assessment, with_for_update=True)
    if not assessment.is_editable:
        raise Refusal(FROZEN)
    known = {declaration.code for declaration in assessment.framework.content.declarations}
    if not agreed.keys() <= known:
        raise Refusal("This is not one of the declarations of your assessment.")
    stored = {
        declaration.code: declaration
        for declaration in session.scalars(sa.select(Declaration).where(Declaration.assessment_id == assessment.id))
    }
    for code, yes in agreed.items():
        declaration = stored.get(code)
        note = notes[code].strip() if code in notes else declaration.note if declaration else ""
        if declaration is not None and (declaration.agreed, declaration.note) == (yes, note):
            continue
        if code in seen and seen[code] == mark(yes, note):  # left as it was: what a colleague said meanwhile stands
            continue
        if not is_open(assessment, code, open_declarations):
            raise Refusal(FROZEN, field=f"declaration-{code}")
        if len(note) > NOTE_LIMIT:
            raise Refusal(f"The note must be {NOTE_LIMIT:,} characters or fewer.", field=f"note-{code}")
        now = mark(declaration.agreed, declaration.note) if declaration else mark(None, "")
        if seen.get(code, now) != now:
            raise Stale(
                who_saved(
                    declaration and declaration.saved_by_id, author, "Somebody else saved these while you were typing."
                ),
                current=declaration,
            )
        if declaration is None:
            declaration = Declaration(assessment_id=assessment.id, code=code)
            session.add(declaration)
        declaration.agreed = yes
        declaration.note = note
        declaration.saved_at = at
        declaration.saved_by_id = author
        audit.record(
            session, "declaration:save", declaration, by=author, at=at, case=assessment.id, code=code, agreed=yes
        )
