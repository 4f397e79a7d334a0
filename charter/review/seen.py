"""What somebody saw of a case when they opened the page that decides it, and what is other since."""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy.orm import Session

from charter.errors import Stale
from charter.review import findings
from charter.review.models import Review
from charter.review.status import ReviewStatus

CHANGED = (
    "This case is other than when you opened this page. Nothing is decided, and what you typed is still here. Read "
    "what is new, then decide."
)
RECOMMENDATION = ""
"""Stands for the recommendation, where a finding has the code of its criterion."""
Said = dict[str, tuple[object, ...]]
"""What the recommendation and each finding say, by their codes, in the order of the charter."""


@dataclass(frozen=True)
class News:
    """A finding, or the recommendation, that is not as somebody saw it: what it says now."""

    code: str
    """Of the criterion; empty for the recommendation."""
    title: str
    says: str
    words: str
    """The feedback, or the assessor's reasons."""


@dataclass(frozen=True)
class Now:
    """A case as it is now: the mark of it, and what is other than it was seen."""

    mark: str
    news: tuple[News, ...]


def mark(session: Session, review: Review) -> str:
    """A short mark of the recommendation and of each finding that stands, for the form of a page that decides."""
    return _mark(_said(session, review))


def since(session: Session, review: Review, seen: str) -> Now:
    """A case as it is now, beside how somebody saw it (`mark`); without news when it is the same."""
    said = _said(session, review)
    now = _mark(said)
    before, after = _parts(seen), _parts(now)
    order = [*said, *sorted(before.keys() - said.keys())]
    return Now(now, tuple(_news(review, code, said) for code in order if before.get(code) != after.get(code)))


def check(session: Session, review: Review, seen: str) -> None:
    """Raise `Stale` when a case, held, is other than it was seen (`mark`); its `current` is `Now`.

    A case without a recommendation is left to the verb, which says what became of it.
    """
    if review.status is not ReviewStatus.RECOMMENDED:
        return
    now = since(session, review, seen)
    if now.news:
        raise Stale(CHANGED, current=now)


def _said(session: Session, review: Review) -> Said:
    stands = findings.standing(
        findings.of_review(session, review), findings.requests_of(session, review.id), review.assessment.round
    )
    said: Said = {RECOMMENDATION: (review.recommended_level, review.recommendation, review.assessment.round)}
    content = review.assessment.framework.content
    for found in (stands[one.code] for one in content.criteria if one.code in stands):
        said[found.criterion] = (found.outcome, found.feedback)
    return said


def _mark(said: Said) -> str:
    return " ".join(f"{code}:{_short(words)}" for code, words in said.items())


def _short(words: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()[:16]


def _parts(seen: str) -> dict[str, str]:
    return {code: short for code, _, short in (part.rpartition(":") for part in seen.split())}


def _news(review: Review, code: str, said: Said) -> News:
    content = review.assessment.framework.content
    if code == RECOMMENDATION:
        level = content.level_title(review.recommended_level) if review.recommended_level else "No award"
        return News(code, "The recommendation", level, review.recommendation)
    value, words = said.get(code, (None, ""))
    criterion, outcome = content.criterion(code), content.outcome(str(value))
    return News(code, criterion.title if criterion else code, outcome.label if outcome else "No finding", str(words))
