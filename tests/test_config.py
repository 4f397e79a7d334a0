"""The portal refuses to start half-configured."""

import pytest
from pydantic import ValidationError

from charter.config import Settings

WHOLE = {
    "environment": "production",
    "secret_key": "x" * 32,
    "base_url": "https://charter.example.org",
    "clamd": "unix:///run/clamav/clamd.ctl",
    "issuer_key": "/run/secrets/issuer.pem",
    "seal_key": "/run/secrets/seal.pem",
    "seal_chain": "/run/secrets/seal-chain.pem",
}


def test_a_whole_configuration_starts() -> None:
    settings = Settings(**WHOLE)
    assert settings.secure
    assert settings.trusted_hosts == ["charter.example.org"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"secret_key": ""}, "SECRET_KEY"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"base_url": "http://charter.example.org"}, "BASE_URL"),
        ({"mail": "file"}, "MAIL"),
        ({"clamd": ""}, "CLAMD"),
        ({"issuer_key": None}, "ISSUER_KEY"),
        ({"seal_key": None}, "SEAL_KEY"),
        ({"seal_chain": None}, "SEAL_CHAIN"),
        ({"clamd": "clamd:3310"}, "CLAMD"),
        ({"clamd_signature_days": 0}, "SIGNATURE_DAYS"),
        ({"clamd_signature_days": -1}, "signature_days"),
        ({"databse_url": "sqlite://"}, "databse_url"),
    ],
)
def test_what_is_missing_or_wrong_is_named(change: dict[str, str], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Settings(**{**WHOLE, **change})


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE.items():
        monkeypatch.setenv(f"CHARTER_{name.upper()}", value)
    monkeypatch.setenv("CHARTER_SCHEME_NAME", "Another Charter")
    assert Settings().scheme_name == "Another Charter"


def test_a_demo_answers_to_both_names_of_the_own_machine() -> None:
    assert set(Settings(environment="demo").trusted_hosts) == {"localhost", "127.0.0.1"}
