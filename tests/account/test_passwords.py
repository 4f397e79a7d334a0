"""Which passwords will do, and whether one typed is the right one."""

import time

import pytest

from charter.account import passwords
from charter.account.models import User
from charter.errors import Refusal

GOOD = "teapot marigold cycling"
CONTEXT = ["Good Employment Charter", "Herefordshire and Worcestershire"]


def user(password: str | None) -> User:
    return User(email="olive@example.org", password_hash=passwords.hashed(password) if password else None)


def test_the_password_somebody_chose_is_right_and_any_other_is_wrong():
    olive = user(GOOD)
    assert passwords.check(olive, GOOD)
    assert not passwords.check(olive, GOOD + " ")
    assert not passwords.check(olive, "")


def test_letters_that_look_alike_are_the_same_password_on_every_phone():
    assert passwords.check(user("caf\u00e9 teapot marigold"), "cafe\u0301 teapot marigold")


def test_nobody_has_a_password_and_somebody_without_one_cannot_sign_in_with_any():
    assert not passwords.check(None, GOOD)
    assert not passwords.check(None, "nobody has this password")
    assert not passwords.check(user(None), GOOD)
    assert not passwords.check(user(None), "nobody has this password")


def test_a_stored_hash_that_cannot_be_read_lets_nobody_in():
    assert not passwords.check(User(email="x@example.org", password_hash="!"), "!")


def test_looking_at_a_password_takes_as_long_for_nobody_as_for_somebody():
    olive = user(GOOD)
    passwords.check(None, "warm up")

    def took(person: User | None) -> float:
        began = time.perf_counter()
        passwords.check(person, "a wrong password")
        return time.perf_counter() - began

    nobody, somebody = zip(
        *((took(None), took(olive)) for _ in range(15)), strict=True
    )  # in turns: others work here too
    assert 0.5 < min(nobody) / min(somebody) < 2


def test_the_hash_is_argon2id_with_the_least_that_owasp_asks_for():
    assert passwords.hashed(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "good",
    [
        GOOD,
        "correct horse battery staple",
        "7#kQ!vz9Lm2@",
        "blackbird-ladder-98",
        "пароль из трёх слов",
        "a password nobody would think of",
        "x" * 3 + "wombat lantern sofa",
        "teapot marigold cycling " * 5,
    ],
)
def test_any_characters_will_do_when_there_are_enough_of_them(good):
    passwords.must_do(good, email="olive.owner@example.org", context=CONTEXT)
    with pytest.raises(Refusal, match="at least 12"):  # the same rules, fewer characters
        passwords.must_do(good[:11], email="olive.owner@example.org", context=CONTEXT)


@pytest.mark.parametrize(
    ("bad", "because"),
    [
        ("", "Use at least 12 characters. Three random words work well."),
        ("elevenchars", "Use at least 12 characters. Three random words work well."),
        ("wombat lantern sofa " * 7, "Use 128 characters or fewer."),
        ("password1234", passwords.TOO_EASY),
        ("P4ssw0rd!2026", passwords.TOO_EASY),
        ("PasswordPassword", passwords.TOO_EASY),
        ("qwertyuiop123", passwords.TOO_EASY),
        ("1q2w3e4r5t6y", passwords.TOO_EASY),
        ("sunshineprincess1", passwords.TOO_EASY),
        ("aaaaaaaaaaaaaa", passwords.TOO_EASY),
        ("abababababababab", passwords.TOO_EASY),
        ("abcdefghijklmnop", passwords.TOO_EASY),
        ("987654321098", passwords.TOO_EASY),
        ("Worcestershire!", passwords.TOO_EASY),
        ("GoodCharter2026!", passwords.TOO_EASY),
        ("employment-charter", passwords.TOO_EASY),
        ("olive.owner@example.org", "Do not use your email address as your password."),
        ("Olive.Owner2026", "Do not use your email address as your password."),
        ("oliveolive1234", "Do not use your email address as your password."),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_in_a_plain_sentence(bad, because):
    with pytest.raises(Refusal) as refused:
        passwords.must_do(bad, email="olive.owner@example.org", context=CONTEXT)
    assert str(refused.value) == because
    assert refused.value.field == "password"
