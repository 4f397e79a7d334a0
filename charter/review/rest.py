"""Finding all the rest to be met at once, where each has what the framework asks for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.errors import Refusal
from charter.framework.content import Content, Extent
from charter.review import desk, findings, queries
from charter.review.findings import Given
from charter.review.handing_out.allocation import locked
from charter.review.models import Review
from charter.review.private import NO_NOTE
from charter.review.queries import Case, CriterionCase


@dataclass(frozen=True)
class Rest:
    """The criteria of a case that have no finding yet."""

    fits: tuple[CriterionCase, ...]
    """Those that have what the framework asks for."""
    left: tuple[tuple[CriterionCase, str], ...]
    """Those to look at one by one, each with why."""


def of_case(case: Case, *, on: date) -> Rest:
    """What is left to find in a case, and what of it may be found to be met together. Pure."""
    whys = [(one, _why_not(case, one, on)) for one in desk.unfound(case)]
    return Rest(
        tuple(one for one, why in whys if why is None), tuple((one, why) for one, why in whys if why is not None)
    )


def find_met(
    session: Session, review: Review, *, criteria: Collection[str], by: User, at: datetime, on: date
) -> tuple[str, ...]:
    """Find these criteria to be met, and return the codes of those that had no finding yet.

    What somebody found meanwhile stays. Raises `Refusal` when the case is not theirs, nothing is chosen, or a criterion
    lacks what the framework asks for.
    """
    review = locked(session, review)
    if not criteria:
        raise Refusal("Choose at least one.", field="criteria")
    case = queries.case(session, review, by=by, on=on)
    rest = of_case(case, on=on)
    for one, why in rest.left:
        if one.criterion.code in criteria:
            raise Refusal(f"“{one.criterion.title}” has to be looked at by itself. {why}", field="criteria")
    chosen = [one for one in rest.fits if one.criterion.code in criteria]
    given = [_met(case.content, one) for one in chosen]
    titles = {one.criterion.code: one.criterion.title for one in chosen}
    for code, refusal in findings.save_all(session, review, given=given, by=by, at=at).items():
        raise Refusal(f"“{titles[code]}” has to be looked at by itself. {refusal}", field="criteria")
    codes = tuple(one.criterion.code for one in chosen)
    if codes:
        audit.record(session, "case:rest-met", review, by=by.id, at=at, case=review.assessment_id, criteria=list(codes))
    return codes


def _met(content: Content, one: CriterionCase) -> Given:
    outcome = next(one.value for one in content.outcomes if one.extent is Extent.MET and not one.asks_employer)
    draft = one.finding
    return Given(
        one.criterion.code,
        outcome,
        draft.feedback if draft else "",
        draft.private_note if draft else NO_NOTE,
        one.seen_version,
        tuple(draft.checked) if draft else (),
    )


def _why_not(case: Case, one: CriterionCase, on: date) -> str | None:
    value = case.content.scale_value(one.answer.value) if one.answer else None
    if one.reopened:
        return "The employer was asked about it."
    if value is None or value.extent is not Extent.MET:
        return "The employer does not say that it is fully in place."
    if one.criterion.evidence_required and one.stand_in is None:
        there = [piece for piece in one.evidence if not piece.removed]
        if not there:
            return "It needs evidence and has none."
        if all(piece.ends_on is not None and piece.ends_on < on for piece in there):
            return "Its evidence is out of date."
    return None
