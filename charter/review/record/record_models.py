"""The record of a decision: what explains it, as it was known when it was taken."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.assessment.models import Assessment
from charter.orm import Base
from charter.review.models import Review
from charter.review.private import PrivateNote, PrivateText


class DecisionRecord(Base):
    """One decision on one case, explained. Only `evidence` ever changes: what was removed for privacy goes from it."""

    __tablename__ = "decision_record"
    __table_args__ = (
        sa.UniqueConstraint("review_id", "number"),
        sa.CheckConstraint("number > 0", name="counts_from_1"),
    )

    review_id: Mapped[UUID] = mapped_column(sa.ForeignKey("review.id", ondelete="CASCADE"))
    number: Mapped[int]
    """1 for the first decision on the case; one more for each after an appeal."""
    decided_at: Mapped[datetime]
    document: Mapped[str] = mapped_column(sa.Text, deferred=True)
    """What the employer may read too: JSON, in the one form that `wording.canonical` writes."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of `document`."""
    for_staff: Mapped[PrivateNote] = mapped_column(PrivateText, deferred=True)
    """Names of staff, and what they noted for each other: JSON of the same form, which no employer is shown."""
    for_staff_sha256: Mapped[str] = mapped_column(sa.String(64))
    evidence: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """The words of each piece of evidence by its id, which `document` holds only as a hash."""
    made_at: Mapped[datetime]
    made_later: Mapped[bool]
    """Whether it was put together after the decision, from what was kept, for the portal kept no records then."""

    review: Mapped[Review] = relationship()

    @property
    def assessment(self) -> Assessment:
        """The assessment that was decided on; so the permissions find whose it is."""
        return self.review.assessment
