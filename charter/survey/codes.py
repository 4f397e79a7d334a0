"""The code on a slip: one person, one answer. Only its hash is kept, so that it is shown once and then gone."""

import hashlib
import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Letters and digits that are not taken for each other in print: no 0, 1, i, l or o."""
LENGTH, GROUP = 12, 4
"""59 bits: a code is typed from paper, can be tried only here, and opens nothing but one answer."""


def new() -> str:
    """A code nobody can guess, as it stands in an address: abcd-efgh-jkmn."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def tidy(typed: str) -> str:
    """A code as it stands in an address, however somebody typed it; empty when it cannot be one."""
    letters = "".join(letter for letter in typed.lower() if letter.isalnum())
    if len(letters) != LENGTH or not set(letters) <= set(ALPHABET):
        return ""
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def hashed(code: str) -> str:
    """What is stored of a code."""
    return hashlib.sha256(code.encode()).hexdigest()
