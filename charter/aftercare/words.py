"""What people write in this part: how long it may be."""

import re

from charter.errors import Refusal

LONGEST = 4000
SHORT = 200
LINKS = 5
"""More links than these in one concern are not taken: they are how advertising looks."""


def needed(text: str, message: str, field: str) -> str:
    """The text without spaces around. Raises `Refusal` on the field when there is none, or too much."""
    text = text.strip()
    if not text:
        raise Refusal(message, field=field)
    return at_most(text, field)


def at_most(text: str, field: str, most: int = LONGEST) -> str:
    """The text without spaces around. Raises `Refusal` on the field when it is too long."""
    text = text.strip()
    if len(text) > most:
        raise Refusal(f"Say it in {most:,} characters or fewer. You have {len(text):,}.", field=field)
    return text


def links(*texts: str) -> int:
    """How many links are in what somebody wrote."""
    return sum(len(re.findall(r"https?://|\bwww\.", text, re.IGNORECASE)) for text in texts)
