"""Employers, their sites and people, and the schemes they already hold."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.account.models import User
from charter.lifecycle import Status
from charter.orm import Base


class Scope(Status):
    """Which staff an employer's answers cover."""

    WHOLE = "whole"
    LOCAL = "local"

    @property
    def label(self) -> str:
        """The scope as the certificate says it."""
        return {"whole": "The whole organisation", "local": "Local staff only"}[self.value]


class Organisation(Base):
    """An employer. Codes (county, size band, sector) are those of the framework."""

    __tablename__ = "organisation"
    __table_args__ = (
        sa.UniqueConstraint("company_number"),
        sa.UniqueConstraint("charity_number"),
        sa.CheckConstraint("listed = (listed_at IS NOT NULL)", name="listed_has_date"),
        sa.CheckConstraint("(merged_into_id IS NULL) = (merged_at IS NULL)", name="merged_has_date"),
        sa.CheckConstraint("merged_into_id IS NULL OR NOT listed", name="merged_is_not_listed"),
        sa.Index("ix_organisation_name", "name"),
        sa.Index("ix_organisation_register", "listed", "name", "id", "county", "sector", "size_band"),
    )

    name: Mapped[str] = mapped_column(sa.String(160))
    county: Mapped[str] = mapped_column(sa.String(32))
    district: Mapped[str | None] = mapped_column(sa.String(64))
    size_band: Mapped[str] = mapped_column(sa.String(16))
    sector: Mapped[str] = mapped_column(sa.String(4))
    company_number: Mapped[str | None] = mapped_column(sa.String(8))
    charity_number: Mapped[str | None] = mapped_column(sa.String(10))
    website: Mapped[str | None] = mapped_column(sa.String(300))
    about: Mapped[str | None] = mapped_column(sa.String(600))
    """The employer in its own words, shown on the public register."""
    scope: Mapped[Scope]
    listed: Mapped[bool]
    """Whether it agreed to be named on the public register."""
    listed_at: Mapped[datetime | None]
    registered_at: Mapped[datetime]
    needs_sign_off: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether a senior person must approve what an assessment says before it is sent."""
    merged_into_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    """The employer that all of this one went to, when the two were one (`charter.merging`). Only its addresses stay."""
    merged_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    sites: Mapped[list["Site"]] = relationship(
        back_populates="organisation", order_by="Site.town", cascade="all, delete-orphan"
    )
    memberships: Mapped[list["Membership"]] = relationship(back_populates="organisation")

    __mapper_args__ = {"version_id_col": version}

    def __str__(self) -> str:
        return self.name


class Site(Base):
    """A place where the employer's staff work."""

    __tablename__ = "site"

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    town: Mapped[str] = mapped_column(sa.String(80))
    postcode: Mapped[str | None] = mapped_column(sa.String(8))
    county: Mapped[str] = mapped_column(sa.String(32))

    organisation: Mapped[Organisation] = relationship(back_populates="sites")


class MemberRole(Status):
    """A person's part in an employer: an owner may also submit, invite and change the employer's details."""

    OWNER = "owner"
    CONTRIBUTOR = "contributor"


class Membership(Base):
    """One person's part in one employer."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "user_id"),)

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[MemberRole]
    joined_at: Mapped[datetime]
    chosen_at: Mapped[datetime | None]
    """When the person last turned to this employer: of several, they see the one they turned to last."""

    organisation: Mapped[Organisation] = relationship(back_populates="memberships")
    user: Mapped[User] = relationship(back_populates="memberships")


class FormerMember(Base):
    """That somebody went out of an employer's team, by themselves or not. The row stays when they come back.

    The portal never gives them the employer by itself (`charter.succession.claiming`).
    """

    __tablename__ = "former_member"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "user_id"),)

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    left_at: Mapped[datetime]
    """When they went last."""


class InterestKind(Status):
    """What an employer is to the person who declares an interest in it."""

    EMPLOYER = "employer"
    FORMER_EMPLOYER = "former_employer"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The kind in the scheme's words."""
        return {
            "employer": "I work there",
            "former_employer": "I used to work there",
            "other": "Something else, such as family or business",
        }[self.value]

    @property
    def told(self) -> str:
        """The kind, as others read it."""
        return {"employer": "Works there", "former_employer": "Used to work there", "other": "Something else"}[
            self.value
        ]


class Conflict(Base):
    """A member of staff's interest in an employer. While the row is there, the interest stands."""

    __tablename__ = "conflict"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "organisation_id"),
        sa.CheckConstraint("(end_asked_at IS NULL) = (end_because IS NULL)", name="asked_with_a_reason"),
    )

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    kind: Mapped[InterestKind] = mapped_column(default=InterestKind.OTHER, server_default=InterestKind.OTHER.value)
    reason: Mapped[str] = mapped_column(sa.Text)
    """As they said it; of two employers that were merged, both."""
    since: Mapped[date | None]
    """From when it is an interest, as they said it."""
    declared_at: Mapped[datetime]
    end_asked_at: Mapped[datetime | None]
    """When they asked for its end, if nobody has answered yet."""
    end_because: Mapped[str | None] = mapped_column(sa.Text)
    kept_because: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """Why its end was last refused; empty when it never was."""

    user: Mapped[User] = relationship(back_populates="interests")
    organisation: Mapped[Organisation] = relationship()


class Invitation(Base):
    """An offer to join an employer, mailed as a link; only the hash of its token is kept."""

    __tablename__ = "invitation"
    __table_args__ = (sa.UniqueConstraint("token_hash"),)

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    role: Mapped[MemberRole]
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    invited_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()


class RecognitionStatus(Status):
    """Whether somebody has looked at another scheme's award yet, and what they made of it."""

    STATED = "stated"
    CHECKED = "checked"
    DECLINED = "declined"

    @property
    def label(self) -> str:
        """The status in the scheme's words."""
        return {"stated": "Not checked yet", "checked": "Checked", "declined": "Turned down"}[self.value]


class Recognition(Base):
    """Another scheme's award that an employer holds, with the dates printed on its certificate (never computed)."""

    __tablename__ = "recognition"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "scheme", "level", "starts_on"),
        sa.CheckConstraint("(checked_at IS NULL) = (checked_by_id IS NULL)", name="checked_by_someone"),
        sa.CheckConstraint("(declined_at IS NULL) = (declined_by_id IS NULL)", name="declined_by_someone"),
        sa.CheckConstraint("checked_at IS NULL OR declined_at IS NULL", name="checked_or_declined"),
        sa.Index("ix_recognition_proof_id", "proof_id"),
        sa.Index("ix_recognition_ends_on", "ends_on"),
        sa.Index("ix_recognition_scheme_county", "scheme", "county"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    scheme: Mapped[str] = mapped_column(sa.String(64))
    """A scheme's code, as in the framework's passports."""
    level: Mapped[str | None] = mapped_column(sa.String(32))
    reference: Mapped[str | None] = mapped_column(sa.String(64))
    county: Mapped[str] = mapped_column(sa.String(32))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    stated_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    checked_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    seen_on_list: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether whoever checked it says that they saw it in the scheme's own list."""
    declined_at: Mapped[datetime | None]
    declined_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    declined_for: Mapped[str | None] = mapped_column(sa.Text)
    """Why it was turned down, as the employer reads it. One that is not turned down has it from an entry of the same
    award that was, of an employer that was merged: staff read it then."""
    proof_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("evidence.id"))
    """The certificate, or a link to the scheme's list, among the employer's evidence."""

    organisation: Mapped[Organisation] = relationship()

    @property
    def status(self) -> RecognitionStatus:
        """What was made of it. Read from its facts, which say when and by whom too."""
        if self.checked_at is not None:
            return RecognitionStatus.CHECKED
        return RecognitionStatus.STATED if self.declined_at is None else RecognitionStatus.DECLINED
