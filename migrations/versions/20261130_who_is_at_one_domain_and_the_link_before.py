"""who is at one domain, and the link before

The domain of each person's address stands beside it, for an index to find those at one domain; and the link that a
reminder replaced stays good for whoever is reading.
"""

import sqlalchemy as sa
from alembic import op

revision = "30cf77d8484c"
down_revision = "5b7e0c94d1f3"

PERSON = sa.table(
    "user", sa.column("id", sa.Uuid()), sa.column("email", sa.String()), sa.column("email_domain", sa.String())
)
AT_ONCE = 1_000


def upgrade() -> None:
    with op.batch_alter_table("user") as table:
        table.add_column(sa.Column("email_domain", sa.String(length=254), server_default="", nullable=False))
    connection = op.get_bind()
    people = connection.execute(sa.select(PERSON.c.id, PERSON.c.email)).all()
    change = sa.update(PERSON).where(PERSON.c.id == sa.bindparam("whose")).values(email_domain=sa.bindparam("domain"))
    for begin in range(0, len(people), AT_ONCE):
        some = people[begin : begin + AT_ONCE]
        connection.execute(change, [{"whose": key, "domain": _domain(email)} for key, email in some])
    with op.batch_alter_table("user") as table:
        table.create_index(table.f("ix_user_email_domain"), ["email_domain"])
    with op.batch_alter_table("sign_off") as table:
        table.add_column(sa.Column("earlier_token_hash", sa.String(length=64), nullable=True))
        table.create_index(table.f("ix_sign_off_earlier_token_hash"), ["earlier_token_hash"])


def downgrade() -> None:
    with op.batch_alter_table("sign_off") as table:
        table.drop_index(table.f("ix_sign_off_earlier_token_hash"))
        table.drop_column("earlier_token_hash")
    with op.batch_alter_table("user") as table:
        table.drop_index(table.f("ix_user_email_domain"))
        table.drop_column("email_domain")


def _domain(address: str) -> str:
    """As the portal works it out (`charter.account.models.domain_of`)."""
    domain = address.rpartition("@")[2].strip().lower().rstrip(".")
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
