"""The shorter way for small employers: who is offered it, and the short accounts that stand in for documents."""

from datetime import datetime

from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment import evidence, evidence_kinds, queries
from charter.assessment.models import Assessment, Evidence
from charter.assessment.progress import CriterionTask, Progress, TaskState, ThemeTasks
from charter.assessment.status import AssessmentStatus
from charter.errors import Refusal
from charter.framework.content import Criterion, ShortPath

CLOSED = "The short way is there until you send your answers. Answer each question on its own page now."


def offered(assessment: Assessment) -> ShortPath | None:
    """The short path, when this version of the charter has one for an employer of this size and this target level."""
    short = assessment.framework.content.evidence_rules.short_path
    ceiling = queries.headcount_ceiling(assessment)
    if short is None or ceiling is None or ceiling > short.headcount_ceiling:
        return None
    small_enough = assessment.target_level in short.levels
    return short if small_enough and assessment.status is AssessmentStatus.DRAFT else None


def pages(progress: Progress) -> tuple[ThemeTasks, ...]:
    """The themes with something that counts today: a page for each. What is only announced is left for later."""
    return tuple(theme for theme in progress.themes if any(task.counts for task in theme.tasks))


def next_page(progress: Progress) -> ThemeTasks | None:
    """The first of the pages on which something is still to do; None when nothing is."""
    return next((theme for theme in pages(progress) if is_open(theme)), None)


def unfinished(progress: Progress) -> list[CriterionTask]:
    """The answers that were begun, count today, and lack something; and those that fall short of the level."""
    tasks = [task for theme in progress.themes for task in theme.tasks if task.counts and task.said is not None]
    return [task for task in tasks if task.state is TaskState.INCOMPLETE or task.falls_short]


def place(progress: Progress, code: str) -> tuple[str, str] | None:
    """The page of the short way on which a criterion is asked, by its theme, and its place there; None when on none."""
    found = (task for theme in pages(progress) for task in theme.tasks if task.counts and task.criterion.code == code)
    task = next(found, None)
    return (task.criterion.theme, f"question-{code}") if task else None


def is_open(theme: ThemeTasks) -> bool:
    """Whether something that counts is still to do in a theme."""
    return any(task.counts and task.state is not TaskState.COMPLETED for task in theme.tasks)


def add_account(
    session: Session, assessment: Assessment, criterion: Criterion, *, text: str, by: User, at: datetime
) -> Evidence:
    """Add a short account as the evidence for one criterion.

    Raises Refusal when the short path is not for this employer, and on "account" when the account is too long.
    """
    short = offered(assessment)
    if short is None or criterion.level not in short.levels:
        raise Refusal(CLOSED)
    count = evidence_kinds.words(text)
    if count > short.account_max_words:
        raise Refusal(
            f"This must be {short.account_max_words:,} words or fewer. It has {count:,}. Make it shorter.",
            field="account",
        )
    try:
        return evidence.add_account(
            session,
            assessment,
            criteria=[criterion.code],
            title="",
            text=text,
            dated_on=None,
            by=by,
            at=at,
        )
    except Refusal as refusal:
        raise Refusal(str(refusal), field="account" if refusal.field == "text" else refusal.field) from refusal
