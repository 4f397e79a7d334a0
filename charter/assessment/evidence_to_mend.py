"""The evidence of an assessment that shows nothing any more, so that its people hear of it before they send. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from charter.assessment.evidence_dates import State, state
from charter.assessment.models import Evidence, EvidenceUse


@dataclass(frozen=True)
class ToMend:
    """One piece to look at again, with the first criterion it is for."""

    piece: Evidence
    criterion: str
    sentence: str


def to_mend(evidence: Mapping[str, Sequence[EvidenceUse]], *, on: date) -> tuple[ToMend, ...]:
    """The pieces whose content is gone, and those out of date on the day `on`, each once.

    What only waits for the virus scanner is none of them: nobody can do anything about it.
    """
    found: dict[object, ToMend] = {}
    for criterion, uses in evidence.items():
        for use in uses:
            sentence = _why(use.evidence, on)
            if sentence:
                found.setdefault(use.evidence.id, ToMend(use.evidence, criterion, sentence))
    return tuple(found.values())


def _why(piece: Evidence, on: date) -> str | None:
    if piece.is_infected:
        return "We found a virus in it and deleted it, so it shows nothing now. Give another file."
    if piece.is_gone:
        return "An assessor turned it down to protect people’s privacy. Give another in its place."
    if piece.is_unreadable:
        return "We could not open it, so it shows nothing now. Give it again."
    if state(piece, on=on) is State.EXPIRED:
        return "It is out of date. Give a newer one if you have it."
    return None
