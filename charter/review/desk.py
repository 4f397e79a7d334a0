"""Where an assessor is in a case: what still has no finding, what comes next, and what lies open. Pure."""

from collections.abc import Collection

from charter.account.models import User
from charter.review.queries import Case, CriterionCase
from charter.review.status import ReviewStatus


def is_of(case: Case, user: User) -> bool:
    """Whether `user` works on the case now: has it in review, and no interest in the employer."""
    review = case.review
    return review.assessor_id == user.id and review.status is ReviewStatus.IN_REVIEW and not case.conflicted


def in_order(case: Case) -> tuple[CriterionCase, ...]:
    """The criteria of a case, in the order of its page."""
    return tuple(one for theme in case.themes for one in theme.criteria)


def has_finding(one: CriterionCase) -> bool:
    """Whether a finding that says an outcome stands on it. Feedback alone is a draft."""
    return one.finding is not None and one.finding.outcome is not None


def unfound(case: Case) -> tuple[CriterionCase, ...]:
    """The criteria that must have a finding before a level can be recommended, and have none."""
    return tuple(one for one in in_order(case) if one.counts and not has_finding(one) and not one.is_met_by_award)


def following(case: Case, after: str | None = None) -> CriterionCase | None:
    """The next criterion without a finding: the first below `after`, else the first of all; None when all have one.

    `after` is a criterion's code; one that is not part of the case asks for the first.
    """
    waiting = unfound(case)
    codes = [one.criterion.code for one in in_order(case)]
    if after in codes:
        below = frozenset(codes[codes.index(after) + 1 :])
        return next((one for one in waiting if one.criterion.code in below), waiting[0] if waiting else None)
    return waiting[0] if waiting else None


def lying_open(
    case: Case, *, at: str | None, following: CriterionCase | None, unsaved: Collection[str], everything: bool
) -> frozenset[str]:
    """The criteria that the page shows unfolded.

    They are the one the address asks for (`at`), the next without a finding, and those with words that are not saved;
    or all of them, to print or to search.
    """
    codes = frozenset(one.criterion.code for one in in_order(case))
    if everything:
        return codes
    wanted = {at, following.criterion.code if following else None, *unsaved}
    return frozenset(code for code in codes if code in wanted)
