"""An employer's self-assessment and all that belongs to it."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from charter.assessment.status import EDITABLE, OPEN, AssessmentStatus
from charter.framework.models import Framework
from charter.lifecycle import HasStatus, Status, Transition
from charter.organisation.models import Organisation
from charter.orm import Base, Json

_open = sa.text("status IN ({})".format(", ".join(f"'{status.value}'" for status in sorted(OPEN))))


class Assessment(HasStatus, Base):
    """One employer, one version of the framework, one target level."""

    __tablename__ = "assessment"
    __table_args__ = (
        sa.CheckConstraint("status IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL", name="submitted_has_date"),
        sa.CheckConstraint("(status = 'decided') = (decided_at IS NOT NULL)", name="decided_has_date"),
        sa.CheckConstraint("round >= 1", name="rounds_start_at_one"),
        sa.Index("uq_assessment_one_open", "organisation_id", unique=True, sqlite_where=_open, postgresql_where=_open),
        sa.Index("ix_assessment_organisation_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    framework_id: Mapped[UUID] = mapped_column(sa.ForeignKey("framework.id"), index=True)
    came_from_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("framework.id"))
    """The older version on which the answers that came along were given; what changed since is marked."""
    target_level: Mapped[int]
    status: Mapped[AssessmentStatus]
    round: Mapped[int]
    """1 for the first submission; one more each time the employer answers a request for more."""
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    """When the employer last submitted."""
    decided_at: Mapped[datetime | None]
    decided_level: Mapped[int | None]
    """The rank of the level that was awarded for it, 0 for none: what was planned for an award is a promise."""
    version: Mapped[int] = mapped_column()

    organisation: Mapped[Organisation] = relationship()
    framework: Mapped[Framework] = relationship(foreign_keys=framework_id)
    came_from: Mapped[Framework | None] = relationship(foreign_keys=came_from_id)

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.status in OPEN

    @property
    def is_editable(self) -> bool:
        """Whether the employer may change anything; in a round of more information, only what was asked."""
        return self.status in EDITABLE


class Answer(Base):
    """What the employer says about one criterion. `version` counts its saves: a save names the one it saw."""

    __tablename__ = "answer"
    __table_args__ = (sa.UniqueConstraint("assessment_id", "criterion"),)

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    criterion: Mapped[str] = mapped_column(sa.String(32))
    value: Mapped[str | None] = mapped_column(sa.String(16))
    """A value of the framework's scale; empty when only something else was saved so far."""
    explanation: Mapped[str] = mapped_column(sa.Text, default="")
    action: Mapped[str] = mapped_column(sa.Text, default="")
    action_owner: Mapped[str] = mapped_column(sa.String(120), default="")
    action_due: Mapped[date | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    carried_at: Mapped[datetime | None]
    """When it was brought along from an earlier assessment, or its question changed; empty for one given here."""
    confirmed_at: Mapped[datetime | None]
    """When somebody looked at it again: confirmed it, or changed it."""
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_to_check(self) -> bool:
        """Whether nobody has looked at it again since it was brought along."""
        return self.carried_at is not None and self.confirmed_at is None


class EvidenceKind(Status):
    """What a piece of evidence is."""

    FILE = "file"
    LINK = "link"
    ACCOUNT = "account"

    @property
    def label(self) -> str:
        """The kind in the scheme's words."""
        return {"file": "File", "link": "Link", "account": "Written account"}[self.value]


class PrivacyReason(Status):
    """Why a piece of evidence was turned down for privacy."""

    NAMES = "names"
    HEALTH = "health"
    OTHER = "other"

    @property
    def label(self) -> str:
        """What was in it, in the scheme's words."""
        return {
            "names": "It names staff or applicants",
            "health": "It has health details",
            "other": "It has other private details",
        }[self.value]


class ScanState(Status):
    """What is known of a file's content: whether the virus scanner found it clean."""

    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"
    """Taken by a portal without a scanner, which only a demo may be: once there is one, the file waits for it."""

    @property
    def label(self) -> str:
        """The state in the scheme's words."""
        return {
            "waiting": "Being checked for viruses",
            "clean": "No virus found",
            "infected": "Deleted: it had a virus",
            "unscanned": "Not checked: this portal has no virus scanner",
        }[self.value]


OPENS = frozenset({ScanState.CLEAN, ScanState.UNSCANNED})
"""The states in which a file may be opened. Whatever else there may ever be is not among them."""


class Evidence(Base):
    """A file, a link or a written account. It belongs to the employer, and may support several criteria."""

    __tablename__ = "evidence"
    __table_args__ = (
        sa.CheckConstraint("kind <> 'file' OR (sha256 IS NOT NULL AND size > 0)", name="file_has_content"),
        sa.CheckConstraint("kind <> 'link' OR url IS NOT NULL", name="link_has_address"),
        sa.CheckConstraint("kind <> 'account' OR text IS NOT NULL", name="account_has_text"),
        sa.CheckConstraint("(removed_at IS NULL) = (removed_for IS NULL)", name="removed_for_a_reason"),
        sa.CheckConstraint("(scan = 'infected') = (virus IS NOT NULL)", name="infected_by_something"),
        sa.CheckConstraint("scan <> 'clean' OR scanned_with IS NOT NULL", name="clean_by_someone"),
        sa.UniqueConstraint("replaces_id"),  # of two people who replace one piece at once, the later is told
        sa.Index("ix_evidence_organisation_id", "organisation_id"),
        sa.Index("ix_evidence_sha256", "sha256"),
        sa.Index("ix_evidence_ends_on", "ends_on"),
        sa.Index("ix_evidence_scan", "scan"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    kind: Mapped[EvidenceKind]
    title: Mapped[str] = mapped_column(sa.String(200))
    filename: Mapped[str | None] = mapped_column(sa.String(200))
    media_type: Mapped[str | None] = mapped_column(sa.String(100))
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    """The content's hash, which is also its name in the store."""
    url: Mapped[str | None] = mapped_column(sa.String(2000))
    text: Mapped[str | None] = mapped_column(sa.Text)
    dated_on: Mapped[date | None]
    """The date of the document itself, when the employer gave it."""
    type: Mapped[str | None] = mapped_column(sa.String(32))
    """What kind of document it is: the code of one of the framework's types of evidence."""
    effective_from: Mapped[date | None]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    """The first and last day of what it covers."""
    valid_until: Mapped[date | None]
    """The last day on which it says that it is valid."""
    ends_on: Mapped[date | None]
    """The last day on which it counts as current, worked out when its dates were last said (`evidence_dates`)."""
    reminded_on: Mapped[date | None]
    """When its employer was last asked to renew it."""
    shelved: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether it was given to the library itself: it stays there when no criterion uses it."""
    replaces_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("evidence.id"))
    """The older version that this one stands in for; what was submitted before still names that one."""
    removed_at: Mapped[datetime | None]
    """When an assessor turned it down for privacy: then its content is gone, and that it was there is all we keep."""
    removed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("user.id"))
    removed_for: Mapped[PrivacyReason | None]
    scan: Mapped[ScanState] = mapped_column(default=ScanState.WAITING, server_default=ScanState.WAITING.value)
    """Whether a file may be opened (`quarantine`). It says nothing of links and written accounts."""
    scanned_at: Mapped[datetime | None]
    scanned_with: Mapped[str | None] = mapped_column(sa.String(200))
    """The version of the scanner and of its signatures that gave the verdict."""
    virus: Mapped[str | None] = mapped_column(sa.String(200))
    """The name of the signature that was found in it."""
    scan_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    scan_after: Mapped[datetime | None]
    """When it is tried again, after a try that gave no verdict."""
    scan_problem: Mapped[str | None] = mapped_column(sa.String(200))
    """Why the last try gave none."""
    UNREADABLE: ClassVar[str] = "It is not in the store as it was given."
    """The `scan_problem` of a file whose content is not there, or not sound: no scanner can help."""
    added_at: Mapped[datetime]
    added_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))

    @property
    def opens(self) -> bool:
        """Whether it may be opened: a file only when its content is there and was found clean."""
        return self.removed_at is None and (self.kind is not EvidenceKind.FILE or self.scan in OPENS)

    @property
    def is_being_checked(self) -> bool:
        """Whether it is a file that the virus scanner has not cleared yet."""
        return self.removed_at is None and self.kind is EvidenceKind.FILE and self.scan is ScanState.WAITING

    @property
    def is_unreadable(self) -> bool:
        """Whether it is a file whose content we cannot read any more: it waits until the employer gives it again."""
        return self.is_being_checked and self.scan_problem == self.UNREADABLE

    @property
    def is_infected(self) -> bool:
        """Whether it was a file with a virus in it: its content is gone, and it supports nothing any more."""
        return self.removed_at is None and self.kind is EvidenceKind.FILE and self.scan is ScanState.INFECTED

    @property
    def is_gone(self) -> bool:
        """Whether its content was deleted, for privacy or because of a virus: then another may take its place."""
        return self.removed_at is not None or self.is_infected

    organisation: Mapped[Organisation] = relationship()
    uses: Mapped[list["EvidenceUse"]] = relationship(back_populates="evidence", cascade="all, delete-orphan")


class VirusFinding(Base):
    """A virus in a file of an employer: what was found, when, by which signatures. The same content stays refused."""

    __tablename__ = "virus_finding"
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "sha256"),
        sa.Index("ix_virus_finding_sha256", "sha256"),
        sa.Index("ix_virus_finding_found_at", "found_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organisation.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    virus: Mapped[str] = mapped_column(sa.String(200))
    scanned_with: Mapped[str] = mapped_column(sa.String(200))
    found_at: Mapped[datetime]
    given_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    was_kept: Mapped[bool]
    """Whether it had been stored, as something not checked yet; else it was turned away at the door."""

    organisation: Mapped[Organisation] = relationship()


class EvidenceUse(Base):
    """One piece of evidence supporting one criterion of one assessment."""

    __tablename__ = "evidence_use"
    __table_args__ = (
        sa.UniqueConstraint("assessment_id", "criterion", "evidence_id"),
        sa.Index("ix_evidence_use_evidence_id", "evidence_id"),
    )

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    criterion: Mapped[str] = mapped_column(sa.String(32))
    evidence_id: Mapped[UUID] = mapped_column(sa.ForeignKey("evidence.id"))
    place: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    """Where in the evidence to look for this criterion, such as "pages 4 to 6"; empty when nobody said."""

    evidence: Mapped[Evidence] = relationship(back_populates="uses")


class Declaration(Base):
    """The employer's yes or no to one baseline declaration."""

    __tablename__ = "declaration"
    __table_args__ = (sa.UniqueConstraint("assessment_id", "code"),)

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(sa.String(32))
    agreed: Mapped[bool]
    note: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """What the employer adds in its own words, when the assessor asked about it."""
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))


class MetricReturn(Base):
    """The figures an employer returns with an assessment: counts go in, rates are computed from them.

    `inputs` maps the name of a context field or a metric's input to the number typed, as text. `notes` maps a
    metric's code to the explanation the employer gave for a figure outside the usual range, or far from last time's.
    `unknown` lists what the employer says it does not know yet: metrics by code, context fields by name.
    """

    __tablename__ = "metric_return"
    __table_args__ = (sa.UniqueConstraint("assessment_id"),)

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    period_end: Mapped[date | None]
    """The last day of the twelve months the figures cover."""
    inputs: Mapped[dict[str, Any]]
    notes: Mapped[dict[str, Any]]
    unknown: Mapped[list[Any]] = mapped_column(server_default="[]")
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class SignOffStatus(Status):
    """What became of asking a senior person to approve an assessment."""

    WAITING = "waiting"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"


APPROVE = Transition("approve", frozenset({SignOffStatus.WAITING}), SignOffStatus.APPROVED)
SEND_BACK = Transition("send back", frozenset({SignOffStatus.WAITING}), SignOffStatus.SENT_BACK)
TAKE_BACK = Transition("take back", frozenset({SignOffStatus.WAITING}), SignOffStatus.WITHDRAWN)

_waits = sa.text("status = 'waiting'")


class SignOff(HasStatus, Base):
    """A senior person was asked, by a link, to approve what an assessment says before it is sent.

    They need no account; only the hash of the link's token is kept. An approval names what it approved by its hash.
    """

    __tablename__ = "sign_off"
    __table_args__ = (
        sa.UniqueConstraint("token_hash"),
        sa.CheckConstraint("(status IN ('approved', 'sent_back')) = (decided_at IS NOT NULL)", name="decided_has_date"),
        sa.CheckConstraint("(status = 'approved') = (content_hash IS NOT NULL)", name="approved_has_content"),
        sa.Index("uq_sign_off_one_waiting", "assessment_id", unique=True, sqlite_where=_waits, postgresql_where=_waits),
        sa.Index("ix_sign_off_assessment_id", "assessment_id"),
        sa.Index("ix_sign_off_earlier_token_hash", "earlier_token_hash"),
    )

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    round: Mapped[int]
    """The round that was about to be sent."""
    name: Mapped[str] = mapped_column(sa.String(120))
    role: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254))
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    earlier_token_hash: Mapped[str | None] = mapped_column(sa.String(64))
    """The token of the link before a reminder: they may be reading it, so it is good as well."""
    status: Mapped[SignOffStatus]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    reminded_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    signed_as: Mapped[str] = mapped_column(sa.String(120), default="")
    """The name that the person typed when they approved it."""

    @property
    def is_signed_by_another(self) -> bool:
        """Whether another name was typed than the one that was asked."""
        return bool(self.signed_as) and self.signed_as.casefold() != self.name.casefold()

    @property
    def signature(self) -> str:
        """Who approved it, as they signed; with who was asked, when that is another name."""
        asked = f"asked of {self.name}, {self.role}" if self.is_signed_by_another else self.role
        return f"{self.signed_as or self.name} ({asked})"

    words: Mapped[str] = mapped_column(sa.Text, default="")
    """What they said when they sent it back."""
    content: Mapped[dict[str, Any] | None] = mapped_column(Json, deferred=True)
    """What they approved (`snapshot.to_approve`): so that they can be shown what changed since."""
    content_hash: Mapped[str | None] = mapped_column(sa.String(64))

    assessment: Mapped[Assessment] = relationship()

    def works_at(self, at: datetime) -> bool:
        """Whether the link may still be used to decide."""
        return self.status is SignOffStatus.WAITING and self.expires_at > at


class UploadedSheet(Base):
    """What was understood of a spreadsheet that a person uploaded, until they confirm it. No answer is saved before."""

    __tablename__ = "uploaded_sheet"
    __table_args__ = (sa.UniqueConstraint("assessment_id", "uploaded_by_id"),)

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    uploaded_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str] = mapped_column(sa.String(200))
    understood: Mapped[dict[str, Any]]
    """As `sheet_rows.Understood.document` writes it."""
    uploaded_at: Mapped[datetime] = mapped_column(index=True)


class Submission(Base):
    """The assessment exactly as it stood when it was submitted. Never changed; each round adds one."""

    __tablename__ = "submission"
    __table_args__ = (sa.UniqueConstraint("assessment_id", "round"),)

    assessment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("assessment.id", ondelete="CASCADE"))
    round: Mapped[int]
    submitted_at: Mapped[datetime]
    submitted_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("user.id"))
    declared_by: Mapped[str] = mapped_column(sa.String(120))
    declared_role: Mapped[str] = mapped_column(sa.String(120))
    attained_level: Mapped[int]
    """The level the employer's own answers reached, 0 for none."""
    only_owner: Mapped[bool | None]
    """What an employer with one owner said when asked for a second: true when there is nobody else, false when it went
    on without saying so. Empty when there were two, or nobody asked."""
    snapshot: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    snapshot_hash: Mapped[str] = mapped_column(sa.String(64))
    sign_off_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("sign_off.id"))
    """The approval by a senior person that this is what was to be sent, when there was one."""

    assessment: Mapped[Assessment] = relationship()
    sign_off: Mapped[SignOff | None] = relationship()
