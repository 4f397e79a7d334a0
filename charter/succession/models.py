"""An employer's email domains, requests to join it, offers to hand it over, and claims to it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.lifecycle import HasStatus, Status
from charter.organisation.models import MemberRole, Organisation
from charter.orm import Base
from charter.succession.status import ClaimStatus, JoinStatus, TransferStatus


class EmailDomain(Base):
    """A domain of email addresses that only an employer's own people have, as an owner with such an address said.

    Two employers of a group may share one; then nothing happens by itself because of it.
    """

    __tablename__ = "email_domain"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "domain"), sa.Index("ix_email_domain_domain", "domain"))

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    domain: Mapped[str] = mapped_column(sa.String(253))
    added_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    added_at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship()


class Matched(Status):
    """By what somebody who asks to join is known to the employer."""

    DOMAIN = "domain"
    """At a domain that an owner said is theirs."""
    OWNER = "owner_domain"
    """At the domain of an owner's address, of which nobody said anything: it offers them to ask, and proves nothing."""
    COMPANY = "company_number"
    CHARITY = "charity_number"

    @property
    def label(self) -> str:
        """What they have in common, in words."""
        return {
            "domain": "An email address at your domain",
            "owner_domain": "An email address at the domain of an owner’s address",
            "company_number": "They gave your company number",
            "charity_number": "They gave your charity number",
        }[self.value]

    @property
    def by_number(self) -> bool:
        """Whether they gave a number, and so said which employer it is."""
        return self in {Matched.COMPANY, Matched.CHARITY}


class JoinRequest(Base, HasStatus):
    """One person asks an employer's owners to be let in."""

    __tablename__ = "join_request"
    __table_args__ = (
        sa.CheckConstraint("(status = 'accepted') = (role IS NOT NULL)", name="accepted_has_role"),
        sa.Index("ix_join_request_organisation_id_status", "organisation_id", "status"),
        sa.Index("ix_join_request_user_id", "user_id"),
        sa.Index("ix_join_request_status_asked_at", "status", "asked_at"),
        sa.Index(
            "uq_join_request_one_waiting",
            "organisation_id",
            "user_id",
            unique=True,
            sqlite_where=sa.text("status = 'waiting_for_owner'"),
            postgresql_where=sa.text("status = 'waiting_for_owner'"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    matched_by: Mapped[Matched]
    message: Mapped[str] = mapped_column(sa.Text)
    """What they said to the owners; of two employers that were merged, to both."""
    status: Mapped[JoinStatus]
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    role: Mapped[MemberRole | None]
    """The part they were given."""
    reason: Mapped[str] = mapped_column(sa.String(500))
    """Why they were not let in, as they read it."""

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])


class Afterwards(Status):
    """What becomes of whoever hands an employer over."""

    STAYS = "stays"
    LEAVES = "leaves"


class Transfer(Base, HasStatus):
    """An owner offers their part to somebody else. It takes effect only when that person accepts."""

    __tablename__ = "transfer"
    __table_args__ = (
        sa.CheckConstraint("to_email = lower(to_email)", name="to_email_is_lower_case"),
        sa.Index("ix_transfer_organisation_id_status", "organisation_id", "status"),
        sa.Index("ix_transfer_to_email", "to_email"),
        sa.Index(
            "uq_transfer_one_offered",
            "organisation_id",
            "from_id",
            unique=True,
            sqlite_where=sa.text("status = 'offered'"),
            postgresql_where=sa.text("status = 'offered'"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    from_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    to_email: Mapped[str] = mapped_column(sa.String(254))
    to_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    """The member it is offered to; of somebody who has no account yet, known once they accept."""
    afterwards: Mapped[Afterwards]
    status: Mapped[TransferStatus]
    offered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was accepted, declined or withdrawn."""
    undone_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    from_user: Mapped[User] = relationship(foreign_keys=[from_id])
    to_user: Mapped[User | None] = relationship(foreign_keys=[to_id])


class Ground(Status):
    """Why an employer may be claimed."""

    NOBODY = "nobody"
    SILENT = "silent"

    @property
    def label(self) -> str:
        """The reason in the scheme's words."""
        return {
            "nobody": "No owner can sign in any more",
            "silent": "The owners have not signed in or answered for a long time",
        }[self.value]


class Claim(Base, HasStatus):
    """Somebody says that an employer's owners have gone, and asks to become its owner."""

    __tablename__ = "claim"
    __table_args__ = (
        sa.UniqueConstraint("proof_hash"),
        sa.CheckConstraint("proved_at >= claimed_at", name="proved_after_claimed"),
        sa.Index("ix_claim_user_id", "user_id"),
        sa.Index("ix_claim_status_claimed_at", "status", "claimed_at"),
        sa.Index("ix_claim_organisation_id", "organisation_id"),
        sa.Index(
            "uq_claim_one_open",
            "organisation_id",
            unique=True,
            sqlite_where=sa.text("status IN ('notice', 'with_scheme')"),
            postgresql_where=sa.text("status IN ('notice', 'with_scheme')"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(sa.String(254))
    """The claimant's confirmed address when they claimed. With another address the claim is void."""
    ground: Mapped[Ground]
    message: Mapped[str] = mapped_column(sa.String(500))
    status: Mapped[ClaimStatus]
    claimed_at: Mapped[datetime]
    proof_hash: Mapped[str] = mapped_column(sa.String(64))
    """Of the token in the newest link to the claimant's own address, by which they show that they still read it."""
    proof_mailed_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
    """When they pressed the button of such a link."""
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    """Who stopped, withdrew or decided it; empty when the portal did."""
    reason: Mapped[str] = mapped_column(sa.String(500))
    """Why it ended as it did, as the claimant reads it."""

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])

    @property
    def is_open(self) -> bool:
        """Whether it can still be granted or stopped."""
        return self.status in {ClaimStatus.NOTICE, ClaimStatus.WITH_SCHEME}


class ClaimNotice(Base):
    """A link by which one of the employer's people says "I am still here"; only the hash of its token is kept."""

    __tablename__ = "claim_notice"
    __table_args__ = (sa.UniqueConstraint("token_hash"),)

    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(sa.String(64))

    claim: Mapped[Claim] = relationship()
    user: Mapped[User] = relationship()
