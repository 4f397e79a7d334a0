"""People, the sessions they are signed in with, and the single-use links we mail them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from charter.lifecycle import Status
from charter.orm import Base

if TYPE_CHECKING:
    from charter.organisation.models import Conflict, Membership


class Role(Status):
    """What a person is to the scheme. An employer's people have their part in `Membership` besides."""

    EMPLOYER = "employer"
    ASSESSOR = "assessor"
    MODERATOR = "moderator"
    BOARD = "board"
    ADMINISTRATOR = "administrator"


STAFF = frozenset({Role.ASSESSOR, Role.MODERATOR, Role.BOARD, Role.ADMINISTRATOR})
"""Roles that may sign in only with a second factor."""
AT_THE_DESK = frozenset({Role.ASSESSOR, Role.MODERATOR})
"""Roles that work on cases."""


def domain_of(address: str) -> str:
    """What stands behind the @ of an email address, in small letters and as mail servers write it."""
    domain = address.rpartition("@")[2].strip().lower().rstrip(".")
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


class User(Base):
    """A person who can sign in. `email` is stored in lower case."""

    __tablename__ = "user"
    __table_args__ = (
        sa.UniqueConstraint("email"),
        sa.CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        sa.Index("ix_user_role_name", "role", "name"),
        sa.Index("ix_user_email_domain", "email_domain"),
    )

    email: Mapped[str] = mapped_column(sa.String(254))
    email_domain: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")
    """`domain_of` the address, kept beside it so that those at one domain are found by an index."""
    name: Mapped[str] = mapped_column(sa.String(120))
    role: Mapped[Role]
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]
    email_confirmed_at: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(sa.String(64))
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]
    """The 30-second step of the last code used, so that no code works twice."""
    last_signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="user")
    interests: Mapped[list["Conflict"]] = relationship(back_populates="user", passive_deletes="all")
    """What somebody of the staff declared (`organisation.interests`)."""

    @validates("email")
    def _keep_the_domain(self, key: str, email: str) -> str:
        self.email_domain = domain_of(email)
        return email

    @property
    def is_staff(self) -> bool:
        """Whether the person works for the scheme."""
        return self.role in STAFF

    @hybrid_property
    def can_sign_in(self) -> bool:
        """Whether the account is open and the address proved."""
        return self.disabled_at is None and self.email_confirmed_at is not None

    @can_sign_in.inplace.expression
    @classmethod
    def _can_sign_in(cls) -> sa.ColumnElement[bool]:
        return sa.and_(cls.disabled_at.is_(None), cls.email_confirmed_at.is_not(None))

    def __str__(self) -> str:
        return self.name


class SignInSession(Base):
    """One browser signed in as one person. The cookie holds a random token, this row only its hash."""

    __tablename__ = "sign_in_session"
    __table_args__ = (sa.UniqueConstraint("token_hash"),)

    token_hash: Mapped[str] = mapped_column(sa.String(64))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class LinkPurpose(Status):
    """What a mailed link lets its holder do."""

    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, not a password
    CHANGE_EMAIL = "change_email"


class MailedLink(Base):
    """A single-use link we mailed to somebody; only the hash of its token is kept."""

    __tablename__ = "mailed_link"
    __table_args__ = (sa.UniqueConstraint("token_hash"),)

    token_hash: Mapped[str] = mapped_column(sa.String(64))
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose]
    address: Mapped[str] = mapped_column(sa.String(254))
    """Where it was mailed to: using the link proves that this address is the person's own."""
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class SignInAttempt(Base):
    """A failed sign-in, counted for a while so that guessing is slow. `subject_hash` hides the address typed."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (sa.Index("ix_sign_in_attempt_subject_hash_at", "subject_hash", "at"),)

    subject_hash: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime]


class KeptForm(Base):
    """What somebody had typed when their session ended, kept for a day so that signing in again loses nothing."""

    __tablename__ = "kept_form"

    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(sa.String(500))
    fields: Mapped[dict[str, Any]]
    kept_at: Mapped[datetime]
