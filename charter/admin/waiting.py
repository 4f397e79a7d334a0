"""What waits for somebody of the scheme beside the cases, counted for the panel's first page."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import Session, aliased

from charter.account.models import User
from charter.aftercare import appeals, concerns
from charter.aftercare.models import Appeal, AwardStep, Concern
from charter.aftercare.status import OPEN_APPEALS, OPEN_CONCERNS, StepStatus
from charter.assessment.models import Evidence, EvidenceKind, ScanState
from charter.improvement.models import Programme, ProgrammeStatus
from charter.merging.models import LikelyPair
from charter.organisation.models import Organisation, Recognition
from charter.permissions import Permission, allows
from charter.succession.models import Claim
from charter.succession.status import ClaimStatus


@dataclass(frozen=True)
class Waits:
    """So many of one thing wait, and where to find them."""

    number: int
    text: str
    address: str


def for_person(session: Session, user: User, *, on: date) -> list[Waits]:
    """What waits now of all that `user` may open (one query). What is not there is left out."""
    first, second = aliased(Organisation), aliased(Organisation)
    every = (
        (
            Permission.DECIDE_CLAIM,
            sa.select(sa.func.count()).select_from(Claim).where(Claim.status == ClaimStatus.WITH_SCHEME),
            ("claim to decide", "claims to decide"),
            url_for("claims.index_view", flt0_status=ClaimStatus.WITH_SCHEME.value),
        ),
        (
            Permission.HANDLE_APPEAL,
            sa.select(sa.func.count()).select_from(Appeal).where(Appeal.status.in_(OPEN_APPEALS), appeals.free()),
            ("appeal that nobody has", "appeals that nobody has"),
            url_for("appeals.index_view", flt2_who="nobody"),
        ),
        (
            Permission.REVOKE_AWARD,
            sa.select(sa.func.count())
            .select_from(AwardStep)
            .where(
                AwardStep.status == StepStatus.PROPOSED,
                AwardStep.proposed_by_id != user.id,
                sa.or_(AwardStep.at_once != "", AwardStep.reply_by < on, AwardStep.reply_is_all),
            ),
            ("award to suspend or revoke, or not", "awards to suspend or revoke, or not"),
            url_for("steps.index_view", flt0_status=StepStatus.PROPOSED.value),
        ),
        (
            Permission.HANDLE_CONCERN,
            sa.select(sa.func.count()).select_from(Concern).where(Concern.status.in_(OPEN_CONCERNS), concerns.free()),
            ("concern that nobody has", "concerns that nobody has"),
            url_for("concerns.index_view", flt2_who="nobody"),
        ),
        (
            Permission.MERGE_ORGANISATIONS,
            sa.select(sa.func.count())
            .select_from(LikelyPair)
            .join(first, first.id == LikelyPair.first_id)
            .join(second, second.id == LikelyPair.second_id)
            .where(LikelyPair.dismissed_at.is_(None), first.merged_into_id.is_(None), second.merged_into_id.is_(None)),
            ("pair of employers that may be one", "pairs of employers that may be one"),
            url_for("duplicates.index_view"),
        ),
        (
            Permission.CHECK_RECOGNITION,
            sa.select(sa.func.count())
            .select_from(Recognition)
            .where(Recognition.checked_at.is_(None), Recognition.declined_at.is_(None)),
            ("award of another scheme to check", "awards of other schemes to check"),
            url_for("recognitions.index_view", flt0_status="stated"),
        ),
        (
            Permission.SEE_SCANS,
            sa.select(sa.func.count())
            .select_from(Evidence)
            .where(
                Evidence.kind == EvidenceKind.FILE,
                Evidence.removed_at.is_(None),
                Evidence.scan == ScanState.WAITING,
            ),
            ("file that waits for the virus scanner", "files that wait for the virus scanner"),
            url_for("scans.index_view"),
        ),
        (
            Permission.KEEP_PROGRAMMES,
            sa.select(sa.func.count())
            .select_from(Programme)
            .where(Programme.status == ProgrammeStatus.OPEN, Programme.review_by < on),
            ("service past the day to check it", "services past the day to check them"),
            url_for("programmes.index_view", flt2_past="yes"),
        ),
    )
    mine = [one for one in every if allows(user, one[0])]
    if not mine:
        return []
    numbers = session.execute(sa.select(*(query.scalar_subquery() for _, query, _, _ in mine))).one()
    return [
        Waits(number, one if number == 1 else many, address)
        for number, (_, _, (one, many), address) in zip(numbers, mine, strict=True)
        if number
    ]
