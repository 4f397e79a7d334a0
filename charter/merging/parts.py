"""What belongs to an employer, table by table, and what happens to it when two employers are merged.

Every table with an `organisation_id` has a part here: a test reads the tables and fails for one that is forgotten.
Nothing is lost. A row moves; or it says what a row that stays says too, and that one takes over what it lacks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from charter.aftercare.models import Appeal, AwardStep, Concern
from charter.assessment.metric_values import MetricValue
from charter.assessment.models import Assessment, Evidence, VirusFinding
from charter.award.models import Award
from charter.award.yearly.models import YearlyReturn
from charter.framework.content import Content
from charter.improvement.models import Action, ActionSource, ProgrammeRequest
from charter.organisation.engagement import Engagement
from charter.organisation.interests import EndedInterest
from charter.organisation.models import (
    Conflict,
    FormerMember,
    Invitation,
    MemberRole,
    Membership,
    Recognition,
    RecognitionStatus,
    Site,
)
from charter.orm import Base
from charter.succession.models import Claim, EmailDomain, JoinRequest, Transfer
from charter.succession.status import ClaimStatus, JoinStatus, TransferStatus
from charter.survey.models import Survey


@dataclass(frozen=True)
class Change:
    """Values that a row takes over."""

    row: Any
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Settled:
    """Two rows that cannot both stay: the one that goes away, the one that speaks for both, and a sentence on it."""

    gone: Any
    stays: Any
    sentence: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What happens to the rows of one table. Each row of the employer that goes is in `moves` or settled."""

    moves: Sequence[Any]
    settled: Sequence[Settled] = ()
    notes: Sequence[str] = ()
    """What changes beside, in sentences."""
    changes: Sequence[Change] = field(default=())

    @property
    def sentences(self) -> tuple[str, ...]:
        """All there is to say about what collides."""
        return (*self.notes, *(one.sentence for one in self.settled))


Rows = Sequence[Any]
Settle = Callable[[Rows, Rows, Content], Outcome]
"""From the rows of the employer that stays and of the one that goes to what happens to them."""


def _move(_: Rows, goes: Rows, __: Content) -> Outcome:
    return Outcome(goes)


def _matched(stays: Rows, goes: Rows, key: Callable[[Any], Any]) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """The rows of both that have the same key, as (stays, goes), and the rest of those that go."""
    there: dict[Any, Any] = {}
    for row in stays:
        there.setdefault(key(row), row)
    pairs, rest = [], []
    for row in goes:
        same = there.get(key(row))
        if same is None:
            rest.append(row)
        else:
            pairs.append((same, row))
    return pairs, rest


def _members(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: row.user_id)
    settled = []
    for mine, theirs in pairs:
        stronger = MemberRole.OWNER if MemberRole.OWNER in (mine.role, theirs.role) else mine.role
        values = {
            "role": stronger,
            "joined_at": min(mine.joined_at, theirs.joined_at),
            "chosen_at": max((at for at in (mine.chosen_at, theirs.chosen_at) if at), default=None),
        }
        sentence = f"{mine.user.name} belongs to both, and stays once, as {stronger.label.lower()}."
        settled.append(Settled(theirs, mine, sentence, (Change(mine, values),)))
    notes = [
        f"{row.user.name} joins the team of the one that stays, as {row.role.label.lower()}, and can read all of it."
        for row in rest
    ]
    return Outcome(rest, settled, notes)


def _joined(mine: str | None, theirs: str | None, between: str = "\n\n") -> str:
    """What both said, whole; once where one says it too."""
    mine, theirs = mine or "", theirs or ""
    if theirs in mine:
        return mine
    return theirs if mine in theirs else f"{mine}{between}{theirs}"


def _former_members(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: row.user_id)
    settled = []
    for mine, theirs in pairs:
        values = {"left_at": max(mine.left_at, theirs.left_at)}
        settled.append(Settled(theirs, mine, "Somebody left both teams. It stays once.", (Change(mine, values),)))
    return Outcome(rest, settled)


def _sites(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: (row.name.lower(), row.town.lower(), row.postcode, row.county))
    return Outcome(rest, [Settled(b, a, f"Both have the place {a.name}, {a.town}. It stays once.") for a, b in pairs])


_STRENGTH = {RecognitionStatus.CHECKED: 2, RecognitionStatus.STATED: 1, RecognitionStatus.DECLINED: 0}


def _recognitions(stays: Rows, goes: Rows, content: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: (row.scheme, row.level, row.starts_on))
    moves, settled = list(rest), []
    for mine, theirs in pairs:
        better, other = (theirs, mine) if _STRENGTH[theirs.status] > _STRENGTH[mine.status] else (mine, theirs)
        lacks = ("reference", "ends_on", "proof_id")
        values = {name: getattr(other, name) for name in lacks if getattr(better, name) is None}
        if other.declined_for:
            values["declined_for"] = _joined(better.declined_for, other.declined_for)
        title = content.passport_title(mine.scheme, mine.level)
        sentence = f"Both told us of {title} from the same day. The one that is {better.status.label.lower()} stays."
        if None not in (better.proof_id, other.proof_id) and better.proof_id != other.proof_id:
            sentence += " The proof of the other is kept among the evidence."
        if better is theirs:
            moves.append(theirs)
        settled.append(Settled(other, better, sentence, (Change(better, values),) if values else ()))
    return Outcome(moves, settled)


def _requests(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: (row.programme_id, row.asked_on))
    settled = []
    for mine, theirs in pairs:
        values = {
            "message": _joined(mine.message, theirs.message),
            "action_id": mine.action_id or theirs.action_id,
        }
        sentence = f"Both asked for {mine.programme.name} on one day. It stays once."
        settled.append(Settled(theirs, mine, sentence, (Change(mine, values),)))
    return Outcome(rest, settled)


_WRITTEN = ("title", "detail", "owner_id", "owner_name", "due_on", "status", "closing_note")
"""What a person may have written of an action."""


def _actions(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, [row for row in goes if row.key is not None], lambda row: row.key)
    moves, settled, changes = [*rest, *(row for row in goes if row.key is None)], [], []
    for mine, theirs in pairs:
        if all(getattr(mine, name) == getattr(theirs, name) for name in _WRITTEN):
            settled.append(Settled(theirs, mine, f"Both plan the same: {mine.title}. It stays once."))
        else:  # what a person wrote stays in the plan, as an action of the employer's own
            moves.append(theirs)
            changes.append(Change(theirs, {"key": None, "source": ActionSource.OWN}))
    count = len(changes)
    notes = [f"{count} of the actions are about the same, said in other words: both stay in the plan."] if count else []
    return Outcome(moves, settled, notes, changes)


def _conflicts(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: row.user_id)
    settled = []
    for mine, theirs in pairs:
        values = {
            "reason": _joined(mine.reason, theirs.reason, " / "),
            "declared_at": min(mine.declared_at, theirs.declared_at),
        }
        sentence = "One of the scheme’s staff declared an interest in both. It stays once."
        settled.append(Settled(theirs, mine, sentence, (Change(mine, values),)))
    return Outcome(rest, settled)


def _awards(stays: Rows, goes: Rows, _: Content) -> Outcome:
    if not stays or not goes:
        return Outcome(goes)
    both = [row for row in (*stays, *goes) if row.ended_on is None]
    overlap = any(
        a.starts_on <= b.ends_on and b.starts_on <= a.ends_on
        for a in both
        for b in both
        if a.organisation_id != b.organisation_id
    )
    notes = (
        ["Both hold an award. Both certificates stay as they are; the register and the counts show the higher level."]
        if overlap
        else []
    )
    return Outcome(goes, notes=notes, changes=[Change(row, {"beside_another": True}) for row in (*stays, *goes)])


def _domains(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: row.domain)
    return Outcome(rest, [Settled(b, a, f"Both have email addresses at {a.domain}. It stays once.") for a, b in pairs])


def _viruses(stays: Rows, goes: Rows, _: Content) -> Outcome:
    pairs, rest = _matched(stays, goes, lambda row: row.sha256)
    sentence = "The same virus was found in a file of both. It stays once."
    return Outcome(rest, [Settled(b, a, sentence) for a, b in pairs])


def _joining(stays: Rows, goes: Rows, _: Content) -> Outcome:
    waiting = [row for row in stays if row.status is JoinStatus.WAITING]
    also = [row for row in goes if row.status is JoinStatus.WAITING]
    pairs, _rest = _matched(waiting, also, lambda row: row.user_id)
    twice = {theirs.id for _mine, theirs in pairs}
    settled = []
    for mine, theirs in pairs:
        values = {
            "message": _joined(mine.message, theirs.message),
            "asked_at": min(mine.asked_at, theirs.asked_at),
        }
        settled.append(Settled(theirs, mine, "Somebody asks to join both. It stays once.", (Change(mine, values),)))
    return Outcome([row for row in goes if row.id not in twice], settled)


def _handing_over(_: Rows, goes: Rows, __: Content) -> Outcome:
    waits = any(row.status is TransferStatus.OFFERED for row in goes)
    return Outcome(goes, notes=["An offer to hand over the one that goes is taken back."] if waits else [])


def _claims(stays: Rows, goes: Rows, _: Content) -> Outcome:
    still_open = any(row.status in {ClaimStatus.NOTICE, ClaimStatus.WITH_SCHEME} for row in (*stays, *goes))
    notes = ["Somebody claims one of them. The claim ends, for there are other owners now."] if still_open else []
    return Outcome(goes, notes=notes)


@dataclass(frozen=True)
class Part:
    """One table: what its rows are called, and what happens to them."""

    model: type[Base]
    one: str
    many: str
    settle: Settle = _move
    kept: tuple[str, ...] = ()
    """What the trail keeps of a row that is there twice: facts, and nothing about a person but their part."""


PARTS: tuple[Part, ...] = (
    Part(Membership, "person", "people", _members, ("role", "joined_at")),
    Part(FormerMember, "person who left", "people who left", _former_members, ("left_at",)),
    Part(Invitation, "invitation", "invitations"),
    Part(Site, "place", "places", _sites, ("town", "postcode", "county")),
    Part(
        Recognition,
        "award of another scheme",
        "awards of other schemes",
        _recognitions,
        (
            *("scheme", "level", "reference", "county", "starts_on", "ends_on"),
            *("stated_at", "checked_at", "declined_at", "proof_id"),
        ),
    ),
    Part(Assessment, "assessment", "assessments"),
    Part(Evidence, "piece of evidence", "pieces of evidence"),
    Part(Award, "award", "awards", _awards),
    Part(Concern, "concern of the public", "concerns of the public"),
    Part(AwardStep, "step about an award", "steps about awards"),
    Part(Appeal, "appeal", "appeals"),
    Part(Survey, "staff survey", "staff surveys"),
    Part(
        ProgrammeRequest,
        "request for a service",
        "requests for services",
        _requests,
        ("programme_id", "asked_at", "action_id"),
    ),
    Part(Action, "action of the plan", "actions of the plan", _actions, ("key", "created_at")),
    Part(Conflict, "interest declared by staff", "interests declared by staff", _conflicts, ("declared_at",)),
    Part(EndedInterest, "ended interest of staff", "ended interests of staff"),
    Part(YearlyReturn, "year of figures", "years of figures"),
    Part(MetricValue, "figure worked out", "figures worked out"),
    Part(EmailDomain, "email domain", "email domains", _domains, ("domain", "added_at")),
    Part(JoinRequest, "request to join", "requests to join", _joining, ("matched_by", "status", "asked_at")),
    Part(Transfer, "offer to hand over", "offers to hand over", _handing_over),
    Part(Claim, "claim", "claims", _claims),
    Part(VirusFinding, "virus found", "viruses found", _viruses, ("sha256", "virus", "found_at")),
    Part(Engagement, "entry in the board’s counts", "entries in the board’s counts"),
)
"""In the order of the preview. Two open assessments or surveys are settled by their own verbs (`merging.merge`)."""


def ids(rows: Iterable[Any]) -> list[str]:
    """The rows' ids, as the trail keeps them."""
    return [str(row.id) for row in rows]


def requests_of(dropped: Mapping[UUID, UUID], requests: Rows) -> list[Change]:
    """Requests for services that were made for an action that stays under another id."""
    return [Change(row, {"action_id": dropped[row.action_id]}) for row in requests if row.action_id in dropped]
