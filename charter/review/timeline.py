"""The life of a case in words, from the audit trail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from charter.audit import AuditEvent
from charter.clock import day_in_words
from charter.framework.content import Content

PORTAL = "The portal"

WORDS: Mapping[str, str] = {
    "assessment:start": "started the assessment",
    "assessment:retarget": "aimed for another level",
    "assessment:submit": "submitted the assessment",
    "assessment:resubmit": "submitted it again",
    "assessment:withdraw": "withdrew the assessment",
    "sign-off:approve": "noted that a senior person approved the answers",
    "case:claim": "took the case",
    "case:allocate": "gave the case to an assessor",
    "case:release": "gave the case back to the queue",
    "case:ask-for-more": "asked the employer for more",
    "case:more-time": "gave the employer more time",
    "case:go-on": "went on without an answer",
    "case:rest-met": "found what was left to be met, together",
    "case:recommend": "recommended a level",
    "case:refer": "put the case before the panel",
    "case:send-back": "sent the case back to the assessor",
    "case:decide": "decided",
    "case:draw": "drew the lot of the case",
    "case:doubt": "was not sure, and said why",
    "second-look:begin": "began a second look",
    "second-look:compare": "compared the findings of two people",
    "second-look:give-back": "stepped back as the second assessor",
    "second-finding:come-round": "came round to the first finding",
    "second-finding:leave-open": "left a difference to those who decide",
    "finding:change": "changed a finding",
    "conversation:record": "wrote down a conversation with the employer",
    "case:close": "closed the case",
    "case:open-again": "opened the case again, because of an appeal",
    "appeal:make": "appealed",
    "appeal:take": "took the appeal",
    "appeal:give-back": "gave the appeal back",
    "appeal:decide": "decided on the appeal",
    "panel:put": "put the case on the agenda of the panel",
    "panel:take-off": "took the case off the agenda of the panel",
    "panel:put-off": "recorded that the panel put the case off",
    "panel:decide": "recorded the decision of the panel",
    "evidence:turn-down": "turned down a piece of evidence for privacy",
    "award:issue": "issued the award",
    "award:supersede": "ended the award before it",
    "award:review": "opened a review of the award",
    "award:reinstate": "ended the review of the award",
    "award:suspend": "suspended the award",
    "award:restore": "let the award count again",
    "award:revoke": "revoked the award",
    "step:propose": "proposed to suspend or revoke the award",
    "step:reply": "replied to the proposal about the award",
    "step:carry-out": "carried out the proposal about the award",
    "step:drop": "dropped the proposal about the award",
    "assessment:longer-grace": "gave the employer longer on its version of the charter",
}
QUIET = (
    "case:open",
    "case:receive",
    "answer:",
    "evidence:",
    "declaration:",
    "return:",
    "task:",
    "comment:",
    "sign-off:",
    "second-finding:",
)
"""Many small saves, what the portal does by itself, and what the employer's people share out and say among themselves.
They are in the trail; here they would bury the story, and the last are nobody else's business."""


@dataclass(frozen=True)
class Moment:
    """One thing that happened: when, who and what."""

    at: datetime
    who: str
    what: str
    detail: str


def told(content: Content, events: Iterable[AuditEvent], names: Mapping[UUID, str]) -> tuple[Moment, ...]:
    """The events worth telling, in the order given. Saves by one person that follow each other are one moment."""
    moments: list[Moment] = []
    findings: AuditEvent | None = None
    for event in events:
        who = names.get(event.actor_id, "Somebody whose account is gone") if event.actor_id else PORTAL
        if event.action == "finding:save":
            if findings is None or findings.actor_id != event.actor_id:
                moments.append(Moment(event.at, who, "wrote findings", ""))
            findings = event
            continue
        if event.action.startswith(QUIET) and event.action not in WORDS:
            continue
        findings = None
        what = WORDS.get(event.action, event.action.replace(":", " ").replace("_", " "))
        moments.append(Moment(event.at, who, what, _detail(content, event)))
    return tuple(moments)


def without_levels(moments: Iterable[Moment]) -> tuple[Moment, ...]:
    """The same moments for somebody who is not to know yet which level was recommended."""
    hidden = {WORDS["case:recommend"], WORDS["case:refer"]}
    return tuple(replace(one, detail="") if one.what in hidden else one for one in moments)


def _detail(content: Content, event: AuditEvent) -> str:
    details = event.details
    if event.action in {"case:recommend", "case:refer", "case:decide", "award:issue"}:
        rank = details.get("level")
        return content.level_title(rank) if rank else "No award"
    if event.action == "case:draw":
        return "A second look" if details.get("drawn") else "No second look"
    if event.action in {"finding:change", "second-finding:come-round", "second-finding:leave-open"}:
        found = content.criterion(details.get("criterion", ""))
        return found.title if found else ""
    if event.action.startswith("panel:"):
        day = date.fromisoformat(details["meets_on"])
        return f"meeting on {day_in_words(day)}"
    if event.action == "case:ask-for-more":
        return "; ".join(_asked(content, details))
    if event.action == "case:more-time":
        day = date.fromisoformat(details["after"])
        return f"until {day_in_words(day)}"
    if event.action == "case:rest-met":
        return "; ".join(_asked(content, details))
    if event.action in {"assessment:submit", "assessment:resubmit"}:
        return f"Round {details.get('round')}"
    return ""


def _asked(content: Content, details: Mapping[str, Any]) -> list[str]:
    """What an employer was asked about, in words. Events of older portals name criteria alone."""
    criteria = [found.title for code in details.get("criteria", ()) if (found := content.criterion(code))]
    declarations = [
        f"the declaration “{one.statement}”"
        for one in content.declarations
        if one.code in details.get("declarations", ())
    ]
    figures = [
        f"the figure “{metric.label}”" for metric in content.metrics if metric.code in details.get("figures", ())
    ]
    return [*criteria, *declarations, *figures]
