"""What every table shares: keys, names of constraints, aware times, statuses stored by value."""

import enum
import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from uuid_utils.compat import uuid7


class UTCDateTime(sa.TypeDecorator[datetime]):
    """Aware in Python, UTC in the database. A naive time is refused: nobody can say when it was."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _values(of: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in of]


Json = sa.JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """The parent of every table. `id` is a UUID version 7: it sorts by the time it was made."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime,
        dict[str, Any]: Json,
        list[Any]: Json,
        enum.StrEnum: sa.Enum(enum.StrEnum, native_enum=False, length=32, values_callable=_values),
    }

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)


Row = TypeVar("Row", bound=Base)


def locked(session: Session, row: Row) -> Row:
    """The row as it is now, held until the transaction ends.

    The lock is taken first and the row read after: reading it with the lock raises StaleDataError for whoever waited,
    when its table counts versions.
    """
    kind = type(row)
    session.execute(sa.select(kind.id).where(kind.id == row.id).with_for_update())
    session.refresh(row)
    return row
