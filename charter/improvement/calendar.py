"""The dates of an improvement plan as a calendar file (iCalendar, RFC 5545).

Each action with a date is an event of a whole day, not a task: Outlook, Google and Apple all take in such an event, and
Google leaves out tasks. An action keeps its identifier, so taking the file in again changes the entry that is there.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from charter.improvement.actions import BEFORE
from charter.improvement.models import Action, ActionStatus

LINE = 75
"""The most bytes of a line, without its end."""


def write(actions: Iterable[Action], *, name: str, url: str, scheme: str) -> bytes:
    """The actions still to do that have a date. `name` is the employer's; `url` the address of its plan; `scheme` the
    name of the charter. The same actions always give the same bytes."""
    host = url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(scheme)}//Improvement plan//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(f'Improvement plan: {name}')}",
    ]
    for action in actions:
        if action.status is ActionStatus.TO_DO and action.due_on is not None:
            lines += _event(action, name=name, url=url, host=host)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(action: Action, *, name: str, url: str, host: str) -> Iterator[str]:
    assert action.due_on is not None
    feedback = f"The assessor says: {action.feedback}" if action.feedback else ""
    said = [action.detail, feedback, action.why, f"Who: {action.doer}" if action.doer else "", url]
    yield "BEGIN:VEVENT"
    yield f"UID:action-{action.id}@{host}"
    yield f"DTSTAMP:{_moment(action.changed_at)}"
    yield f"LAST-MODIFIED:{_moment(action.changed_at)}"
    yield f"SEQUENCE:{action.version}"
    yield f"DTSTART;VALUE=DATE:{action.due_on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{action.due_on + timedelta(days=1):%Y%m%d}"  # the day after: the end is not part of it
    yield f"SUMMARY:{_text(action.title)}"
    yield "DESCRIPTION:" + _text("\n\n".join(part for part in said if part))
    yield f"URL:{url}"
    yield f"CATEGORIES:{_text(name)}"
    yield "TRANSP:TRANSPARENT"  # it takes nobody's time on that day
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"DESCRIPTION:{_text(action.title)}"
    yield f"TRIGGER:-P{BEFORE.days}D"
    yield "END:VALARM"
    yield "END:VEVENT"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A text as iCalendar writes it: on one line, with its own signs escaped, and no control characters."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\\n".join("".join(letter for letter in line if letter.isprintable()) for line in lines)


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most `LINE` bytes, no letter cut in two; each after the first begins with a space."""
    piece, size = "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LINE:
            yield piece
            piece, size = " ", 1
        piece, size = piece + letter, size + width
    yield piece
