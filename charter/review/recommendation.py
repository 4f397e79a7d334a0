"""The assessor recommends a level, for another person to look at."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from charter import audit
from charter.account.models import User
from charter.assessment.level import counts_on
from charter.award import renewal
from charter.errors import Refusal
from charter.review import submitted
from charter.review.attainment import reached
from charter.review.findings import met_by_awards, of_review, requests_of, stand_ins, standing
from charter.review.handing_out.allocation import check_holds, locked
from charter.review.models import Review
from charter.review.second import sampling, second_looks
from charter.review.status import RECOMMEND

LONGEST = 4000
"""The most characters of anybody's reasons."""


def unfound(session: Session, review: Review, *, on: date) -> tuple[str, ...]:
    """What keeps the case from a recommendation: a sentence for each criterion without a finding that settles it."""
    assessment = review.assessment
    content = assessment.framework.content
    stands = standing(of_review(session, review), requests_of(session, review.id), assessment.round)
    said = submitted.latest(session, assessment)
    met = met_by_awards(review, said, stand_ins(session, review, on=on))
    sentences = []
    for criterion in submitted.asked(assessment, said):
        finding = stands.get(criterion.code)
        outcome = content.outcome(finding.outcome) if finding else None
        if outcome is None and counts_on(criterion, on) and criterion.code not in met:
            sentences.append(f"“{criterion.title}” has no finding yet.")
        elif outcome is not None and outcome.asks_employer:
            sentences.append(f"“{criterion.title}” still needs more information from the employer.")
    return (*sentences, *second_looks.open_points(session, review))


def recommend(
    session: Session,
    review: Review,
    *,
    level: int,
    reasons: str,
    unsure: str | None = None,
    by: User,
    at: datetime,
    on: date,
    seed: str | None = None,
) -> None:
    """Recommend `level` (0: no award) for a case that is wholly found, and draw its lot if it was never drawn.

    `unsure` says what the assessor is not sure about, for the moderator: None when they are sure. `seed` is for
    `sampling.draw`.

    Raises `Refusal` when the case is not theirs, when a criterion has no finding or still asks the employer, when what
    the level asks for (a conversation, a second assessor) is not there, when the
    level is above what the findings reach, and when a level below it, or below the one aimed at, comes without reasons.
    """
    review = locked(session, review)
    check_holds(session, by, review)
    open_points = unfound(session, review, on=on)
    if open_points:
        more = f" There {'is 1 more' if len(open_points) == 2 else f'are {len(open_points) - 1} more'} like it."
        raise Refusal(open_points[0] + (more if len(open_points) > 1 else ""))
    reasons = reasons.strip()
    check_level(session, review, level=level, on=on)
    if not reasons and level < review.assessment.target_level:
        raise Refusal("Say why the level is not the one the employer aimed for.", field="reasons")
    check_length(reasons)
    if unsure is not None:
        sampling.doubt(session, review, unsure, by=by, at=at)
    review.move(RECOMMEND, at=at)
    review.recommended_level, review.recommendation = level, reasons
    review.recommended_by_id, review.recommended_at = by.id, at
    audit.record(session, "case:recommend", review, by=by.id, at=at, case=review.assessment_id, level=level)
    sampling.draw(session, review, by=by, at=at, seed=seed)


def check_level(session: Session, review: Review, *, level: int, on: date) -> None:
    """Refuse a level that does not exist, that is held once and was held, or is above what the findings reach."""
    content = review.assessment.framework.content
    if level != 0 and content.level(level) is None:
        raise Refusal("Choose one of the levels in the list.", field="level")
    held = renewal.levels_held(session, review.assessment.organisation_id, but=review.assessment_id)
    if renewal.why_not(content, level, held) is not None:
        raise Refusal(
            f"The employer has held “{content.level_title(level)}”, and that level cannot be renewed. Choose a higher "
            "level that the findings reach, or no award.",
            field="level",
        )
    highest = reached(session, review, on=on)
    if level > highest:
        raise Refusal(
            f"The findings reach “{content.level_title(highest)}”, so “{content.level_title(level)}” is too high. "
            "Change the findings first, or choose a lower level."
            if highest
            else "The findings do not reach any level yet, so there can be no award.",
            field="level",
        )


def check_length(reasons: str) -> None:
    """Refuse reasons that are too long to read."""
    if len(reasons) > LONGEST:
        message = f"The reasons must be {LONGEST:,} characters or fewer. They have {len(reasons):,}."
        raise Refusal(message, field="reasons")
