"""What makes a piece of evidence of a file, a link or a written account, and whether the same was given before."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from charter.account.models import User
from charter.assessment.evidence_dates import Dates
from charter.assessment.file_checks import FIELD, Checked, clean_name
from charter.assessment.models import Evidence, EvidenceKind, ScanState
from charter.assessment.quarantine import NOT_CHECKED, Scan
from charter.errors import Refusal
from charter.framework.content import EvidenceRules

TITLE_LIMIT = 200
URL_LIMIT = 2_000
_LONGEST_WORD = 30
"""The most characters that a word of a written account has on average: a longer text has forgotten its spaces."""
_TITLE_FROM_TEXT = 60
FIELD_OF = {EvidenceKind.FILE: FIELD, EvidenceKind.LINK: "url", EvidenceKind.ACCOUNT: "text"}
"""The field of a form that holds what makes a piece of each kind."""
TURNED_DOWN = (
    "An assessor turned this down for privacy. Take out names, health details and other private details, then add it."
)
HAD_VIRUS = "We deleted this file before because it had a virus in it. Choose a clean copy."
Given = tuple[dict[str, object], sa.ColumnElement[bool], str]
"""What makes a piece of evidence of one kind: its facts, what another must be to be the same, and a name for it."""


def of_file(filename: str, checked: Checked, sha256: str, size: int, scan: Scan = NOT_CHECKED) -> Given:
    """The facts of a file that was checked and stored, with what the virus scanner said of it."""
    name = clean_name(filename)
    facts: dict[str, object] = {
        "filename": name,
        "media_type": checked.media_type,
        "size": size,
        "sha256": sha256,
        "scan": scan.state,
        "scanned_at": scan.at,
        "scanned_with": scan.scanned_with,
    }
    return facts, (Evidence.kind == EvidenceKind.FILE) & (Evidence.sha256 == sha256), name


def of_link(url: str) -> Given:
    """The facts of a link to a web page. Raises Refusal on "url" when it is none."""
    address = web_address(url)
    name = address.split("://", 1)[1].rstrip("/")
    return {"url": address}, (Evidence.kind == EvidenceKind.LINK) & (Evidence.url == address), name


def of_account(text: str, rules: EvidenceRules) -> Given:
    """The facts of a written account. Raises Refusal on "text" when there is none, or when it is too long."""
    text = text.strip()
    most = rules.written_account_max_words
    if not text:
        raise Refusal("Enter your written account.", field="text")
    if words(text) > most:
        raise Refusal(
            f"Your written account must be {most:,} words or fewer. It has {words(text):,}. Make it shorter.",
            field="text",
        )
    if len(text) > most * _LONGEST_WORD:
        raise Refusal(
            f"Your written account must be {most:,} words or fewer, with a space between each word and the next.",
            field="text",
        )
    return {"text": text}, (Evidence.kind == EvidenceKind.ACCOUNT) & (Evidence.text == text), _beginning(text)


def words(text: str) -> int:
    """How many words a text has, counted as the counter on the page counts them."""
    return len(text.split())


def web_address(typed: str) -> str:
    """The address of a web page as it is kept. Raises Refusal on "url" when it is none."""
    address = typed.strip()
    if not address:
        raise Refusal("Enter the address of the web page.", field="url")
    if "://" not in address and not re.match(r"[a-z]+:", address, re.IGNORECASE):
        address = f"https://{address}"
    if len(address) > URL_LIMIT:
        raise Refusal(f"The address must be {URL_LIMIT:,} characters or fewer.", field="url")
    try:
        parts = urlsplit(address)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host = ""
    ends = re.search(r"\.[^\W\d_][\w-]+$", host)
    odd = not address.isprintable() or any(one.isspace() or one in '<>"\\^`{|}' for one in address)
    if (
        odd
        or not ends
        or ".." in host
        or _is_number(host)
        or parts.scheme not in {"http", "https"}
        or "@" in parts.netloc  # what stands before it looks like the host, and is not
    ):
        raise Refusal("Enter the whole address of a web page, such as https://www.example.co.uk/policy.", field="url")
    return address


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _beginning(text: str) -> str:
    line = text.split("\n", 1)[0].strip()
    if len(line) <= _TITLE_FROM_TEXT:
        return line
    return line[:_TITLE_FROM_TEXT].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def new_piece(
    organisation_id: UUID,
    kind: EvidenceKind,
    facts: Mapping[str, object],
    *,
    title: str,
    dates: Dates,
    by: User,
    at: datetime,
) -> Evidence:
    """A piece of evidence with these facts, that nothing uses yet. It is not added to any session."""
    evidence = Evidence(
        id=uuid7(),
        organisation_id=organisation_id,
        kind=kind,
        title=title[:TITLE_LIMIT],
        filename=None,
        media_type=None,
        size=None,
        sha256=None,
        url=None,
        text=None,
        **asdict(dates),
        type=None,
        ends_on=None,
        reminded_on=None,
        shelved=False,
        replaces_id=None,
        removed_at=None,
        removed_by_id=None,
        removed_for=None,
        scan=ScanState.WAITING,
        scanned_at=None,
        scanned_with=None,
        virus=None,
        scan_tries=0,
        scan_after=None,
        scan_problem=None,
        added_at=at,
        added_by_id=by.id,
    )
    for name, fact in facts.items():
        setattr(evidence, name, fact)
    return evidence


def one_like_it(
    session: Session,
    organisation_id: UUID,
    same: sa.ColumnElement[bool],
    facts: Mapping[str, object],
    *,
    field: str,
) -> Evidence | None:
    """The piece that the employer gave before and that is the `same`, if there is one.

    A file that the scanner finds clean now opens from now on, whatever was known of it. Raises Refusal (on `field`)
    when an assessor turned the piece down for privacy, or when it had a virus: it must not come back as it was.
    """
    found = session.scalars(
        sa.select(Evidence).where(Evidence.organisation_id == organisation_id, same).order_by(Evidence.id)
    ).first()
    if found is not None and found.removed_at is not None:
        raise Refusal(TURNED_DOWN, field=field)
    if found is None or found.kind is not EvidenceKind.FILE or found.scan is ScanState.CLEAN:
        return found
    if facts.get("scan") is ScanState.CLEAN:
        for name in ("scan", "scanned_at", "scanned_with"):
            setattr(found, name, facts[name])
        found.virus, found.scan_problem, found.scan_after = None, None, None
    elif found.is_infected:
        raise Refusal(HAD_VIRUS, field=field)
    elif found.is_unreadable:  # it was stored again just now
        for name in ("scan", "scanned_at", "scanned_with"):
            setattr(found, name, facts[name])
        found.scan_tries, found.scan_problem, found.scan_after = 0, None, None
    return found
