"""The settings, from the environment (`CHARTER_...`). The portal refuses to start half-configured."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from charter import scanning

DEMO_KEY = "this key is public and fits only a demo"


class Settings(BaseSettings):
    """Everything that differs from one installation to the next."""

    model_config = SettingsConfigDict(env_prefix="CHARTER_", extra="forbid")

    environment: Literal["production", "demo", "test"] = "production"
    secret_key: SecretStr = SecretStr("")
    """Signs the cookies. At least 32 characters in production."""
    var: Path = Path("var")
    """Where files live that belong to this installation: database, evidence, messages of a demo."""
    database_url: str = ""
    """`sqlite:///...` or `postgresql://...`; a SQLite file under `var` unless given."""
    evidence_url: str = ""
    """Where evidence is stored: a folder, or `s3://bucket/prefix`; a folder under `var` unless given."""
    base_url: str = "http://127.0.0.1:8000"
    """How people reach the portal; certificates and emails print it."""
    trusted_hosts: list[str] = Field(default_factory=list)
    """Host names the portal answers to; those of `base_url` unless given."""

    mail: Literal["file", "smtp"] = "smtp"
    """`file` writes messages under `var/mail` and is for demos."""
    smtp_host: str = "localhost"
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: bool = True
    mail_from: str = "charter@example.org"

    clamd: str = ""
    """The virus scanner: `tcp://host:port` or `unix:///path/of/the/socket`. Only a demo may do without."""
    clamd_signature_days: int = Field(default=7, ge=0)
    """Signatures older than this are not trusted; 0 trusts them at any age, which only a demo may."""

    issuer_key: Path | None = None
    """The file of the key (Ed25519, PEM) that signs badges and the head of the public log. A demo makes its own."""
    issuer_keys_before: list[Path] = Field(default_factory=list)
    """Files of the public keys (PEM) that signed before this one: they stay published."""
    seal_key: Path | None = None
    """The file of the key (PEM) that seals certificates. A demo makes its own."""
    seal_password: SecretStr = SecretStr("")
    """Opens the seal's key when it is locked."""
    seal_chain: Path | None = None
    """The file of the seal's certificate (PEM), followed by those of the authorities that vouch for it."""
    seal_timestamps: str = ""
    """The address of a time stamp authority (RFC 3161); certificates carry no time stamp without one."""

    upload_limit_mb: int = 10
    """The largest evidence file, in megabytes."""
    session_idle_minutes: int = 120
    session_hours: int = 12
    """A session ends this long after signing in, whatever happens."""

    scheme_name: str = "Good Employment Charter"
    scheme_area: str = "Herefordshire and Worcestershire"
    scheme_owner: str = "Herefordshire and Worcestershire Integrated Care System"
    scheme_email: str = "charter@example.org"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.environment == "production":
            if len(self.secret_key.get_secret_value()) < 32:
                raise ValueError("CHARTER_SECRET_KEY must be set, with at least 32 characters")
            if not self.base_url.startswith("https://"):
                raise ValueError("CHARTER_BASE_URL must be set, and begin with https://")
            if self.mail == "file":
                raise ValueError("CHARTER_MAIL=file is for demos")
            if not self.clamd:
                raise ValueError("CHARTER_CLAMD must be set: nobody may open a file that was not checked for viruses")
            if not self.clamd_signature_days:
                raise ValueError("CHARTER_CLAMD_SIGNATURE_DAYS=0 is for demos")
            if not (self.issuer_key and self.seal_key and self.seal_chain):
                raise ValueError(
                    "CHARTER_ISSUER_KEY, CHARTER_SEAL_KEY and CHARTER_SEAL_CHAIN must be set: "
                    "nobody could check a certificate that is not sealed"
                )
        elif not self.secret_key.get_secret_value():
            self.secret_key = SecretStr(DEMO_KEY)
        if self.clamd:
            try:
                scanning.where(self.clamd)
            except ValueError as error:
                raise ValueError(f"CHARTER_CLAMD is wrong: {error}") from error
        self.database_url = self.database_url or f"sqlite:///{(self.var / 'charter.db').absolute()}"
        self.evidence_url = self.evidence_url or str((self.var / "evidence").absolute())
        self.base_url = self.base_url.rstrip("/")
        if not self.trusted_hosts:
            host = self.base_url.split("://", 1)[1].split("/")[0].rsplit(":", 1)[0]
            nearby = [] if self.environment == "production" else ["localhost", "127.0.0.1"]
            self.trusted_hosts = [host, *(name for name in nearby if name != host)]
        return self

    @property
    def keys_folder(self) -> Path:
        """Where a demo keeps the keys it makes."""
        return self.var / "keys"

    @property
    def signature_age(self) -> timedelta | None:
        """How old the scanner's signatures may be; None when their age does not matter."""
        return timedelta(days=self.clamd_signature_days) if self.clamd_signature_days else None

    @property
    def secure(self) -> bool:
        """Whether the portal is reached over HTTPS, so that cookies may say so."""
        return self.base_url.startswith("https://")
