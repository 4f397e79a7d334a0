"""How far the two people who look at a case agree on each criterion, to find the criteria that are not clear.

Only what both found alone counts: second findings keep what each held when the two were compared.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.framework.content import Content
from charter.review.second.kappa import Agreement, agreement
from charter.review.second.second_models import LookKind, SecondFinding, SecondLook


@dataclass(frozen=True)
class CriterionAgreement:
    """How far two people agree on one criterion."""

    code: str
    title: str
    theme: str
    agreement: Agreement
    often: str
    """How they differ most, in words; empty when they never do."""


@dataclass(frozen=True)
class AllAgreement:
    """Every criterion that two people ever looked at, the least clear first, and all of them together."""

    together: Agreement
    criteria: Sequence[CriterionAgreement]
    cases: int
    """How many second looks were compared."""


def by_criterion(session: Session, content: Content, *, kind: LookKind | None = LookKind.MODERATOR) -> AllAgreement:
    """The agreement of assessors with moderators, with second assessors, or with both (`None`), in two queries.

    Codes are the same in all versions of the charter; titles are those of `content`, and a criterion that it has no
    more goes by its code.
    """
    compared = [SecondLook.compared_at.is_not(None), *([SecondLook.kind == kind] if kind else [])]
    rows = session.execute(
        sa.select(SecondFinding.criterion, SecondFinding.first_outcome, SecondFinding.outcome, sa.func.count())
        .join(SecondFinding.look)
        .where(*compared, SecondFinding.first_outcome.is_not(None), SecondFinding.outcome.is_not(None))
        .group_by(SecondFinding.criterion, SecondFinding.first_outcome, SecondFinding.outcome)
    )
    each: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    together: dict[tuple[str, str], int] = defaultdict(int)
    for code, first, second, number in rows:
        assert first is not None, "the query says so"
        assert second is not None, "the query says so"
        each[code][first, second] = number
        together[first, second] += number
    themes = {theme.code: theme.title for theme in content.themes}
    found = []
    for code, pairs in each.items():
        criterion = content.criterion(code)
        found.append(
            CriterionAgreement(
                code,
                criterion.title if criterion else code,
                themes.get(criterion.theme, "") if criterion else "",
                agreement(pairs),
                _often(content, pairs),
            )
        )
    looks = session.scalar(sa.select(sa.func.count(SecondLook.id)).where(*compared)) or 0
    return AllAgreement(agreement(together), sorted(found, key=_least_clear_first), looks)


def _least_clear_first(one: CriterionAgreement) -> tuple[bool, float, str]:
    """First those with enough pairs, by kappa, or by the share that is the same where there is no kappa."""
    said = one.agreement
    clear = said.kappa if said.kappa is not None and said.is_enough else said.raw or 0.0
    return (not said.is_enough, clear, one.code)


def _often(content: Content, pairs: dict[tuple[str, str], int]) -> str:
    differing = {pair: number for pair, number in pairs.items() if pair[0] != pair[1]}
    if not differing:
        return ""
    (first, second), number = max(differing.items(), key=lambda item: (item[1], item[0]))
    labels = {one.value: one.label for one in content.outcomes}
    return f"{labels.get(first, first)}, then {labels.get(second, second).lower()} ({number})"
