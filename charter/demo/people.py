"""The people of the demo: one account for each role, and the colleagues who make a history plausible."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from uuid import UUID

from charter.account.models import Role, User
from charter.account.passwords import PASSWORD_HASHER
from charter.extensions import transaction

PASSWORD = "walking boots on the malverns"  # noqa: S105 - a demo's, printed on its first page
ACCOUNTS = (
    ("owner", "olive.owner@example.org", "Olive Preece"),
    ("contributor", "colin.colleague@example.org", "Colin Yapp"),
    ("awarded owner", "wanda.winner@example.org", "Wanda Skyrme"),
    ("assessor", "asha.assessor@example.org", "Asha Begum"),
    ("moderator", "mo.moderator@example.org", "Mo Griffiths"),
    ("board", "bea.board@example.org", "Bea Vaughan"),
    ("administrator", "ada.admin@example.org", "Ada Weaver"),
    ("owner who can renew", "rena.renewer@example.org", "Rena Probert"),
    ("asks to join", "nia.newcomer@example.org", "Nia Bowen"),
    ("claims an employer", "iwan.price@lugg-and-arrow.example", "Iwan Price"),
    ("owner of two employers", "tilda.two@example.org", "Tilda Bounds"),
)
SECRETS = {
    "asha.assessor@example.org": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXA",
    "mo.moderator@example.org": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXM",
    "bea.board@example.org": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXB",
    "ada.admin@example.org": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXD",
    "alun.assessor@example.org": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXE",
    "priya.moderator@example.org": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXF",
}


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of a working day."""
    return datetime.combine(day, time(hour, minute), UTC)


@dataclass(frozen=True)
class Staff:
    """Ids of the scheme's staff."""

    assessors: tuple[UUID, ...]
    moderators: tuple[UUID, ...]
    board: UUID
    administrator: UUID
    password_hash: str

    @classmethod
    def hire(cls, on: date) -> Self:
        """Make the staff's accounts, long before `on`."""
        hashed = PASSWORD_HASHER.hash(PASSWORD)
        names = {email: name for _, email, name in ACCOUNTS} | {
            "alun.assessor@example.org": "Alun Powell",
            "priya.moderator@example.org": "Priya Shah",
        }
        found: dict[str, UUID] = {}
        with transaction() as session:
            for email, secret in SECRETS.items():
                role = next(role for role in Role if role.value.startswith(email.split("@")[0].split(".")[1][:5]))
                user = person(email, names[email], hashed, at(on - timedelta(days=1300)), role=role, secret=secret)
                session.add(user)
                session.flush()  # for its id
                found[email] = user.id
        return cls(
            assessors=(found["asha.assessor@example.org"], found["alun.assessor@example.org"]),
            moderators=(found["mo.moderator@example.org"], found["priya.moderator@example.org"]),
            board=found["bea.board@example.org"],
            administrator=found["ada.admin@example.org"],
            password_hash=hashed,
        )


def person(
    email: str, name: str, password_hash: str, since: datetime, *, role: Role = Role.EMPLOYER, secret: str | None = None
) -> User:
    """An account whose address is confirmed."""
    return User(
        email=email,
        name=name,
        role=role,
        password_hash=password_hash,
        created_at=since,
        email_confirmed_at=since,
        totp_secret=secret,
        totp_confirmed_at=since if secret else None,
        totp_last_step=None,
        last_signed_in_at=None,
        disabled_at=None,
    )
