"""How a decision is put into words when it is taken: what the employer may read of it, and what is for staff only.

`charter.review.record.explanation` keeps these words and reads them again. They are never put together twice.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.account.models import User
from charter.assessment.models import EvidenceKind
from charter.award.models import Award
from charter.clock import LOCAL, day_in_words, local_date
from charter.framework.content import Content
from charter.review.models import About, ModerationOutcome
from charter.review.queries import Case, CriterionCase
from charter.review.second.second_models import LookKind
from charter.review.submitted import EvidenceSaid

FORMAT = 1
"""How the documents are built. Whoever changes how they are written or drawn gives the new way a number of its own."""
NO_AWARD = "No award"
WORDS: Mapping[str, str] = {
    "evidence": "Evidence",
    "removed": "Removed for privacy on {day}. Its hash stays.",
    "place": "Where to look: {place}",
    "file_hash": "SHA-256 of the file: {hash}",
    "words_hash": "SHA-256 of its words: {hash}",
    "private": "For staff only. Do not give this copy to the employer.",
    "as_at": "Decided on {day}",
    "page": "Page",
}
"""What stands around the words of a document when it is shown. Each document keeps those of its day."""
Block = list[Any]
"""One thing on the page: its kind, and its words. Kinds: heading, fact, text, rule and evidence."""


@dataclass(frozen=True)
class Together:
    """How a decision was taken by several in a meeting."""

    meets_on: date
    place: str
    chair: str
    quorum: int
    partners: Sequence[str]
    people: Sequence[str]
    """Who was in the room, for staff."""
    left: Sequence[str]
    """Who left it because of an interest, for staff."""
    discussion: str
    """What was said, for staff."""


def canonical(said: Mapping[str, Any]) -> str:
    """The one text of a document: the same words always give the same bytes."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(value: datetime) -> str:
    there = value.astimezone(LOCAL)
    return f"{day_in_words(there.date())} at {there:%H:%M}"


def document(
    case: Case,
    award: Award | None,
    together: Together | None,
    *,
    at: datetime,
    number: int,
    words: Mapping[str, Any],
    later: datetime | None,
    found: int | None,
    staff_hash: str,
) -> dict[str, Any]:
    """What the employer may read of the decision just taken on a case: its sections, and what stands around them.

    `award`, `together`, `later` and `found` are those of `explanation.keep`. `number` says which decision on the case
    it is. Of the evidence (`words`, by its id) and of what is for staff it holds only the hashes.
    """
    framework, submission = case.assessment.framework, case.submission
    sections: list[tuple[str, Iterator[Block]]] = [
        ("The decision", _decision(case, award, together, at=at, number=number, later=later, found=found)),
        ("How it came about", _way(case, together)),
        ("The rules, and whether each was met", _rules(case)),
        *((f"Theme: {one.theme.title}", _theme(case, one.criteria, words)) for one in case.themes),
        ("Legal basics", _declarations(case)),
        ("Figures", _figures(case)),
        ("What it rests on", _rests_on(case)),
    ]
    return {
        "format": FORMAT,
        "title": f"Explanation of a decision: {case.organisation.name}",
        "employer": case.organisation.name,
        "decided_on": local_date(at).isoformat(),
        "number": number,
        "level": case.review.decided_level,
        "assessment": str(case.assessment.id),
        "round": case.assessment.round,
        "submission_hash": submission.snapshot_hash,
        "framework": {"code": framework.code, "version": framework.version, "hash": framework.content_hash},
        "for_staff_sha256": staff_hash,
        "words": dict(WORDS),
        "sections": [{"title": title, "blocks": list(blocks)} for title, blocks in sections],
    }


def _level(content: Content, rank: int | None) -> str:
    return content.level_title(rank) if rank else NO_AWARD


def _texts(text: str, before: str = "") -> Iterator[Block]:
    """Written text, line by line; `before` says what it is."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    for number, line in enumerate(lines):
        yield ["fact", before, line] if before and not number else ["text", line]


def _decision(
    case: Case,
    award: Award | None,
    together: Together | None,
    *,
    at: datetime,
    number: int,
    later: datetime | None,
    found: int | None,
) -> Iterator[Block]:
    review, content = case.review, case.content
    yield ["fact", "Employer", case.organisation.name]
    yield ["fact", "Aimed at", content.level_title(case.assessment.target_level)]
    yield ["fact", "Decided", _level(content, review.decided_level)]
    yield ["fact", "When", _moment(at)]
    yield ["fact", "Who decided", "The panel of the partners" if together else "A moderator of the scheme"]
    if number > 1:
        yield ["fact", "After an appeal", f"This is decision {number} on this case. Other people took it."]
    if found is not None:
        said = f"Those who decided again found: {_level(content, found)}. An appeal takes no level away, so it stays."
        yield ["fact", "Why it is this level", said]
    if award is not None:
        starts_on, ends_on = day_in_words(award.starts_on), day_in_words(award.ends_on)
        yield ["fact", "Certificate", f"{award.number}, from {starts_on} to {ends_on}"]
    if later is not None:
        put = day_in_words(local_date(later))
        said = f"On {put}, from what was kept. Names of people are as they were on that day."
        yield ["fact", "Put together later", said]
    yield from _texts(review.reasons, "The reasons")


def _way(case: Case, together: Together | None) -> Iterator[Block]:
    review, content = case.review, case.content
    for one in case.submissions:
        who = ", ".join(part for part in (one.declared_by, one.declared_role) if part)
        yield ["fact", f"Round {one.round} sent", f"{_moment(one.submitted_at)}, by {who}"]
        if one.sign_off is not None and one.sign_off.decided_at is not None:
            who = f"{one.sign_off.signed_as} ({one.sign_off.role})"
            yield ["fact", "Approved before", f"{who}, {_moment(one.sign_off.decided_at)}"]
        asked = [request for request in case.requests if request.round == one.round]
        for request in asked:
            asked_on, answer_by = day_in_words(local_date(request.asked_at)), day_in_words(request.answer_by)
            until = f"asked on {asked_on}, to be answered by {answer_by}"
            yield ["fact", f"More was needed on “{_subject(content, request.about, request.code)}”", until]
            yield from _texts(request.question)
    for talk in case.second.conversations:
        yield ["fact", f"{talk.kind.label} on {day_in_words(talk.held_on)}", f"for the employer: {talk.for_employer}"]
        yield from _texts(talk.summary)
    if review.recommended_at is not None:
        yield ["fact", "Recommendation", f"Made by an assessor, {_moment(review.recommended_at)}"]
    if any(look.kind is LookKind.ASSESSOR and look.compared_at for look in case.second.looks):
        yield ["fact", "Second assessor", "Found everything alone. The findings were then compared."]
    for moderation, _ in reversed(case.moderations):
        if moderation.outcome is not ModerationOutcome.SENT_BACK:
            yield ["fact", "Second person", f"Looked at by a moderator, {_moment(moderation.at)}"]
    if together is not None:
        yield ["fact", "Meeting of the panel", f"{day_in_words(together.meets_on)}, {together.place}"]
        yield ["fact", "Partners in the room", ", ".join(together.partners) or "None"]
        yield ["fact", "Partners needed", str(together.quorum)]


def _subject(content: Content, about: About, code: str) -> str:
    if about is About.DECLARATION:
        return next((one.statement for one in content.declarations if one.code == code), code)
    if about is About.FIGURE:
        return next((one.label for one in content.metrics if one.code == code), code)
    found = content.criterion(code)
    return found.title if found else code


def _rules(case: Case) -> Iterator[Block]:
    content, framework = case.content, case.assessment.framework
    yield ["fact", "Version of the charter", f"{content.meta.title}, {framework.version}"]
    yield ["fact", "SHA-256 of the version", framework.content_hash]
    yield ["fact", "The findings reach", _level(content, case.level)]
    rank = 0
    for step in case.reached.steps:
        if step.level > case.assessment.target_level:
            continue
        if step.level != rank:
            rank = step.level
            yield ["heading", content.level_title(rank)]
        yield ["rule", "Met" if step.held else "Not met", step.asks, [one.sentence for one in step.missing]]


def _theme(case: Case, criteria: Sequence[CriterionCase], words: Mapping[str, Any]) -> Iterator[Block]:
    content = case.content
    for one in criteria:
        criterion, answer = one.criterion, one.answer
        yield ["heading", criterion.title]
        yield ["text", criterion.statement]
        outcome = content.outcome(one.finding.outcome) if one.finding else None
        by_award = one.stand_in.passport.title if one.stand_in and one.is_met_by_award else ""
        yield ["fact", "Found", outcome.label if outcome else f"Met by {by_award}" if by_award else "No finding"]
        if one.finding is not None:
            yield from _texts(one.finding.feedback, "Feedback")
            yield ["fact", "Found on", f"{day_in_words(local_date(one.finding.found_at))}, round {one.finding.round}"]
        if not one.counts and criterion.counts_from is not None:
            yield ["fact", "Counts from", day_in_words(criterion.counts_from)]
        yield ["fact", "Answered", one.label]
        if answer is not None:
            yield from _texts(answer.explanation, "In the employer’s words")
            yield from _texts(answer.reason, "Their reason")
            if answer.action:
                due = day_in_words(answer.action_due) if answer.action_due else "no day given"
                yield ["fact", "Planned", f"{answer.action} ({answer.action_owner or 'nobody named'}, {due})"]
        if one.stand_in is not None:
            until = f", until {day_in_words(one.stand_in.until)}" if one.stand_in.until else ""
            does = "counts as met by it" if one.is_met_by_award else "needs no other evidence"
            yield ["fact", "Award of another scheme", f"{one.stand_in.passport.title}{until}: {does}"]
        for piece in one.evidence:
            yield [
                "evidence",
                str(piece.id),
                _facts(piece),
                digest(canonical(words[str(piece.id)])),
                piece.sha256 if piece.kind is EvidenceKind.FILE else None,
                criterion.code,
            ]
        if not one.evidence:
            yield ["fact", "Evidence", "None given"]


def of_evidence(case: Case, piece: EvidenceSaid) -> dict[str, Any]:
    """What a piece of evidence says of itself, with a salt, so that nobody finds removed words by guessing."""
    places = {
        one.criterion.code: same.place
        for theme in case.themes
        for one in theme.criteria
        for same in one.evidence
        if same.id == piece.id and same.place
    }
    return {
        "salt": secrets.token_hex(16),
        "title": piece.title,
        "filename": piece.filename or "",
        "url": piece.url or "",
        "text": piece.text or "",
        "places": places,
    }


def _facts(piece: EvidenceSaid) -> str:
    size = f"{piece.size:,} bytes" if piece.size else ""
    dated = f"dated {day_in_words(piece.dated_on)}" if piece.dated_on else ""
    ends = f"current until {day_in_words(piece.ends_on)}" if piece.ends_on else ""
    return ", ".join(one for one in (piece.kind.label, size, dated, ends) if one)


def _declarations(case: Case) -> Iterator[Block]:
    for one in case.content.declarations:
        agreed = case.said.declarations.get(one.code)
        yield ["fact", one.statement, "No answer" if agreed is None else "Yes" if agreed else "No"]
        yield from _texts(case.said.declaration_notes.get(one.code, ""))


def _figures(case: Case) -> Iterator[Block]:
    if case.said.period_end is not None:
        yield ["fact", "For the year to", day_in_words(case.said.period_end)]
    for field, value in case.context:
        yield ["fact", field.label, value or "Not given"]
    for row in case.figures:
        figure = row.figure
        value = "Not known yet" if figure.unknown else "Not worked out" if figure.value is None else f"{figure.value:f}"
        unit = figure.metric.unit if figure.value is not None else ""
        yield ["fact", figure.metric.label, f"{value} {unit}".strip()]
        numbers = [f"{field.label}: {value}" for field, value in row.inputs if value]
        if numbers:
            yield ["text", "; ".join(numbers)]
        yield from _texts(row.note)
    if not case.figures and not case.context:
        yield ["text", "This level asks for no figures."]


def _rests_on(case: Case) -> Iterator[Block]:
    yield ["text", "Those who decided saw what the employer had sent. Each round is kept with its SHA-256:"]
    for one in case.submissions:
        yield ["fact", f"Round {one.round}", one.snapshot_hash]
    yield ["text", "This explanation was kept when the decision was taken. Its own SHA-256 stands on each page."]


# For staff only ----------------------------------------------------------------------------------------------------


def for_staff(session: Session, case: Case, by: User, together: Together | None) -> dict[str, Any]:
    """The names of who worked on a case that `by` decided, and what staff noted for each other."""
    return {
        "format": FORMAT,
        "salt": secrets.token_hex(16),  # the other document holds a hash of this one, and some employers guess
        "people": {"title": "For staff: who worked on it", "blocks": list(_people(session, case, by, together))},
        "notes": [{"title": "For staff only: private notes", "blocks": list(_notes(case, together))}],
    }


def _people(session: Session, case: Case, by: User, together: Together | None) -> Iterator[Block]:
    review = case.review
    found = {one.finding.found_by_id for theme in case.themes for one in theme.criteria if one.finding}
    wanted = {review.assessor_id, review.recommended_by_id, *found} - {None}
    rows = session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted)))
    names: dict[UUID, str] = {row.id: row.name for row in rows}
    if review.assessor_id:
        yield ["fact", "Assessor", names.get(review.assessor_id, "")]
    others = sorted(name for key, name in names.items() if key in found and key != review.assessor_id)
    if others:
        yield ["fact", "Also made findings", ", ".join(others)]
    if review.recommended_by_id:
        level = _level(case.content, review.recommended_level)
        yield ["fact", "Recommended by", f"{names.get(review.recommended_by_id, '')}: {level}"]
    for look in case.second.looks:
        yield ["fact", f"{look.kind.label}, round {look.round}", look.by.name]
    for moderation, name in reversed(case.moderations):
        level = (
            "" if moderation.outcome is ModerationOutcome.SENT_BACK else f": {_level(case.content, moderation.level)}"
        )
        what = moderation.outcome.label.lower()
        yield ["fact", f"Moderator ({what})", f"{name}, {_moment(moderation.at)}{level}"]
    yield ["fact", "Recorded by" if together else "Decided by", by.name]
    if together is not None:
        yield ["fact", "Chair", together.chair]
        yield ["fact", "In the room", "; ".join(together.people) or "Nobody"]
        if together.left:
            yield ["fact", "Left because of an interest", "; ".join(together.left)]


def _notes(case: Case, together: Together | None) -> Iterator[Block]:
    content, second = case.content, case.second
    yield from _texts(case.review.recommendation, "Why the level was recommended")
    for doubt in second.doubts:
        yield from _texts(doubt.reason, "The assessor was not sure")
    if second.lot is not None:
        drawn = "drawn" if second.lot.drawn else "not drawn"
        yield ["fact", "Lot for a second look", f"{drawn}, of {second.lot.percent} in 100 (seed {second.lot.seed})"]
    for moderation, _ in reversed(case.moderations):
        yield from _texts(moderation.reasons, f"The moderator’s reasons ({moderation.outcome.label.lower()})")
    for talk in second.conversations:
        yield from _texts(talk.notes, f"Notes of the {talk.kind.label.lower()} on {day_in_words(talk.held_on)}")
    if together is not None:
        yield from _texts(together.discussion, "What was said in the panel")
    for theme in case.themes:
        for one in theme.criteria:
            yield from _notes_on(content, case, one)


def _notes_on(content: Content, case: Case, one: CriterionCase) -> Iterator[Block]:
    code = one.criterion.code
    blocks: list[Block] = []
    if one.finding is not None:
        blocks += [["fact", "Seen in the evidence", check] for check in one.finding.checked]
        blocks += _texts(one.finding.private_note.for_staff, "Private note")
    for found in case.second.found:
        if found.criterion == code:
            outcome = content.outcome(found.outcome)
            blocks.append(["fact", f"{found.look.kind.label} found", outcome.label if outcome else "Nothing"])
            blocks += _texts(found.private_note.for_staff, "Their private note")
            blocks += _texts(found.left_open, "Left open because")
    for change in case.second.changed(code):
        before, after = content.outcome(change.outcome_before), content.outcome(change.outcome)
        said = f"from “{before.label if before else 'no finding'}” to “{after.label if after else change.outcome}”"
        blocks.append(["fact", f"Changed by {change.by.name}", said])
        blocks += _texts(change.reason, "Why it was changed")
    if blocks:
        yield ["heading", one.criterion.title]
        yield from blocks
