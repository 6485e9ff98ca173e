"""Every address and limit, named with its unit. A flag beats `BARAKA_*`, which beats `.env`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

JWT_SECRET_BYTES_MIN = 32
"""RFC 7518: an HS256 key is at least as long as the hash (D1)."""

DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///baraka.db"


class PhoneNumbers(StrEnum):
    """How much of a phone number other people see (D17)."""

    MASKED = "masked"
    FULL = "full"


class Settings(BaseSettings):
    """The settings of every command. Each field is read from `BARAKA_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="BARAKA_", env_file=".env", env_file_encoding="utf-8", extra="ignore"
    )

    database_url: SecretStr = Field(
        SecretStr(DEFAULT_DATABASE_URL),
        description="Where the auctions are: sqlite:///FILE or mysql://USER:PASSWORD@HOST/NAME.",
    )
    jwt_secret: SecretStr | None = Field(
        None,
        description="The HS256 key of the access tokens, at least 32 bytes. The issuer has the same.",
    )
    host: str = Field("0.0.0.0", description="The address that the server listens on.")  # noqa: S104
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        3000, description="The port that the server listens on; 0 takes a free one."
    )
    phone_numbers: PhoneNumbers = Field(
        PhoneNumbers.MASKED,
        description="How users' numbers leave the server: masked (••••••42) or full.",
    )
    owner_bids: bool = Field(False, description="Whether an owner may bid on the own auction.")
    disconnect_expired: bool = Field(
        False, description="Whether a connection ends when its access token expires."
    )
    database_connections_max: Annotated[int, Field(ge=1)] = Field(
        10, description="Connections to a MySQL or MariaDB server."
    )
    database_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        10, description="How long a transaction may take before it is given up."
    )
    ledger_poll_seconds: Annotated[float, Field(ge=0)] = Field(
        1, description="How often watched auctions are checked for bids of other nodes; 0 is never."
    )
    asks_waiting_max: Annotated[int, Field(ge=1)] = Field(
        10_000, description="Bids, comments and joins of one auction that may wait for their turn."
    )
    resume_events_max: Annotated[int, Field(ge=0)] = Field(
        1_000, description="Missed events that a viewer who resumes is sent at most."
    )
    message_bytes_max: Annotated[int, Field(ge=1024)] = Field(
        100_000, description="The largest message that a client may send."
    )
    shutdown_seconds_max: Annotated[float, Field(gt=0)] = Field(
        2, description="How long accepted work may take to finish when the server stops."
    )

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().encode()) < JWT_SECRET_BYTES_MIN:
            raise ValueError(
                f"must have at least {JWT_SECRET_BYTES_MIN} bytes; make a good one with: "
                "openssl rand -base64 32"
            )
        return secret
