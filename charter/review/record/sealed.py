"""The record of a decision as one file that proves itself: what was decided on what, and where the public log has it.

Whoever has the file can check it without us: `docs/verifier/verify.py` needs nothing but the file.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from charter.award import log
from charter.award.log import LogEntry
from charter.keys import Keys
from charter.review.record.record_models import DecisionRecord

FORMAT = "charter-decision-record/1"


def bundle(session: Session, record: DecisionRecord, keys: Keys, *, address: str, at: datetime) -> dict[str, Any]:
    """The record of a decision with the part of the public log that holds its hash, up to the signed end of the log.

    The words of the evidence stand beside the document, which holds their hashes: those of a piece that was removed for
    privacy are gone, and the file says so. A decision that gave no award is in no log, and its file has no entries.
    `address` is that of the portal.
    """
    first = session.scalar(sa.select(sa.func.min(LogEntry.sequence)).where(LogEntry.record_sha256 == record.sha256))
    entries: list[Mapping[str, Any]] = []
    if first is not None:
        last = log.head(session)[0]
        entries = list(log.entries(session, after=first - 1, most=last - first + 1))
    return {
        "format": FORMAT,
        "sha256": record.sha256,
        "document": record.document,
        "evidence": record.evidence,
        "log": entries,
        "head": log.signed_head(session, keys, address=address, at=at),
        "keys": keys.published,
    }


def written(made: Mapping[str, Any]) -> str:
    """The file's text."""
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
