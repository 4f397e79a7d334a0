"""Which passwords will do, and whether one typed is the right one."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from charter.account.models import User
from charter.errors import Refusal

PASSWORD_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with the least that OWASP's password storage guidance asks for: 19 MiB, two passes, one lane."""

SHORTEST, LONGEST = 12, 128
"""Length counts, composition does not: NIST SP 800-63B-4, section 3.1.1.2, and the NCSC's three random words."""
LOOKS_LIKE = str.maketrans("013457@$!", "oleastasi")
TOO_EASY = "This password is too easy to guess. Use three or more random words, or a password manager."

COMMON = Path(__file__).parent / "data" / "common-passwords.txt"


def hashed(typed: str) -> str:
    """What is stored of a password. Slow on purpose: call it before a transaction, not in it."""
    return PASSWORD_HASHER.hash(_normal(typed))


def set_password(user: User, password_hash: str) -> None:
    """Give `user` the password that `hashed` made `password_hash` of."""
    user.password_hash = password_hash


def check(user: User | None, typed: str) -> bool:
    """Whether `typed` is the password of `user`. Takes as long for nobody as for somebody. Slow on purpose."""
    known = user.password_hash if user is not None else None
    try:
        right = PASSWORD_HASHER.verify(known or _nobodys_hash(), _normal(typed[: LONGEST * 4]))
    except (VerificationError, InvalidHashError):
        return False
    return right and known is not None


def must_do(typed: str, *, email: str, context: Iterable[str] = ()) -> None:
    """Raise `Refusal` in a plain sentence unless `typed` will do as the password of whoever has the address `email`.

    `context` are words a guesser would try here: the scheme's name, its places.
    """
    password = _normal(typed)
    if len(password) < SHORTEST:
        raise Refusal(f"Use at least {SHORTEST} characters. Three random words work well.", field="password")
    if len(password) > LONGEST:
        raise Refusal(f"Use {LONGEST} characters or fewer.", field="password")
    name = email.split("@")[0].lower()
    if password.lower() == email.lower() or _made_of(password, [name, *re.split(r"[._+-]", name)]):
        raise Refusal("Do not use your email address as your password.", field="password")
    words = {word for phrase in context for word in re.findall(r"\w{4,}", phrase.lower())}
    if len(set(password.lower())) < 5 or _is_a_run(password.lower()) or _made_of(password, _common() | words):
        raise Refusal(TOO_EASY, field="password")


def _normal(typed: str) -> str:
    """One form for what looks alike: phones and computers may send the same letters differently."""
    return unicodedata.normalize("NFKC", typed)


@cache
def _nobodys_hash() -> str:
    return PASSWORD_HASHER.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))


def _made_of(password: str, words: Iterable[str]) -> bool:
    """Whether a password is one or two of `words` with nothing but digits and signs and a letter or two besides.

    Digits that stand for letters are read as letters, but not at the ends, where they only pad.
    """
    longest_first = sorted({word for word in words if len(word) >= 4}, key=lambda word: (-len(word), word))
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password.lower())
    for form in {password.lower(), core, core.translate(LOOKS_LIKE)}:
        rest, used = form, 0
        for word in longest_first:
            if word in rest:
                rest, used = rest.replace(word, " "), used + 1
        if used in {1, 2} and len(re.sub(r"[\W\d_]", "", rest)) < 3:
            return True
    return False


def _is_a_run(password: str) -> bool:
    """Whether the characters just follow one another (abcdef..., 987654...) or one short piece repeats."""
    if re.fullmatch(r"(.{1,4})\1+.{0,3}", password):
        return True
    steps = [ord(after) - ord(before) for before, after in pairwise(password)]
    return sum(step in {1, -1, 0} for step in steps) >= len(steps) * 0.8
