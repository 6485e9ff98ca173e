"""Settings of the server, each with its unit in its name; they are read from `sources`."""

from __future__ import annotations

import os
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Self, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from baraka_server.sources import (
    ENCODING,
    ENV_FILE,
    Credentials,
    NamedFiles,
    NoSecret,
    require_a_file,
)
from baraka_server.weak_secrets import weakness

JWT_SECRET_BYTES_MIN = 32
"""RFC 7518: an HS256 key is at least as long as the hash (D1)."""

DEVELOPMENT_SECRET = "baraka-development-secret-that-everybody-knows"  # noqa: S105
"""The secret of access tokens in development, where no other is given."""

MAKE_A_SECRET = "openssl rand -base64 32"  # noqa: S105

METRICS_TOKEN_CHARS_MIN = 16

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""The hosts that a code may be posted to without TLS."""
UNIX = "unix:"
"""The beginning of an address that is a file."""
UNIX_PATH_BYTES_MAX = 107
"""The kernel takes no longer path for a socket."""

DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///baraka.db"


class Mode(StrEnum):
    """The mode of the server: production, or development on this machine."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class LogLevel(StrEnum):
    """The least level of entries that are logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class FanOutPath(StrEnum):
    """The path of announcements to the sockets of a room: our own, or the libraries'."""

    FAST = "fast"
    STOCK = "stock"


class SignInBy(StrEnum):
    """The way on which one-time codes reach telephones (D49)."""

    CONSOLE = "console"
    WEBHOOK = "webhook"


class PhoneNumbers(StrEnum):
    """The form in which other people see a phone number (D17)."""

    MASKED = "masked"
    FULL = "full"


Rate = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class Settings(BaseSettings):
    """The settings of every command; a field is read from the variable `BARAKA_<NAME>`.

    Settings().bids_per_second_max  # from BARAKA_BIDS_PER_SECOND_MAX, by default 10
    """

    model_config = SettingsConfigDict(
        env_prefix="BARAKA_", env_file=ENV_FILE, env_file_encoding=ENCODING, extra="ignore"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the first one wins. Raises `OSError` or `UnicodeDecodeError` for a bad `.env`."""
        if cast(DotEnvSettingsSource, dotenv_settings).env_file is not None:
            require_a_file()
        return (
            init_settings,
            NamedFiles(settings_cls, cast(EnvSettingsSource, env_settings).env_vars),
            env_settings,
            Credentials(settings_cls),
            NamedFiles(settings_cls, cast(EnvSettingsSource, dotenv_settings).env_vars),
            dotenv_settings,
        )

    mode: Mode = Field(
        Mode.PRODUCTION,
        description=(
            "`production` asks for a secret that nobody can guess; `development` has one that "
            "everybody knows, and listens on this machine only. For trying things."
        ),
    )
    database_url: SecretStr = Field(
        SecretStr(DEFAULT_DATABASE_URL),
        description="Where the auctions are: sqlite:///FILE or mysql://USER:PASSWORD@HOST/NAME.",
    )
    jwt_secret: SecretStr | None = Field(
        None,
        description=(
            "The HS256 key of the access tokens, at least 32 bytes. The issuer has the same. "
            "In development there is one without it."
        ),
    )
    jwt_audience: str | None = Field(
        None, description="The `aud` that access tokens must have; without it none is asked for."
    )
    jwt_issuer: str | None = Field(
        None, description="The `iss` that access tokens must have; without it none is asked for."
    )
    token_lifetime_seconds_max: Annotated[int, Field(ge=0, le=3_155_760_000)] = Field(
        2_592_000,
        description="How far in the future an access token may expire: 30 days. 0 is no limit.",
    )
    token_leeway_seconds: Annotated[int, Field(ge=0, le=3600)] = Field(
        30,
        description=(
            "How far the issuer's clock may be ahead: for `nbf` and `iat` of access tokens. "
            "`exp` is strict."
        ),
    )
    token_chars_max: Annotated[int, Field(ge=256)] = Field(
        4096, description="The longest access token that is looked at."
    )
    token_kinds: str = Field(
        "",
        description=(
            "What else the issuer's access tokens may say that they are, with commas: in a claim like "
            "`type`, `typ`, `use` or `purpose`. `access`, `Normal` and `Expert` pass in any case; one "
            "that names another use is refused."
        ),
    )
    guests: bool = Field(
        True,
        description=(
            "Whether anybody may watch a live auction without an account: pages get a token for a guest "
            "by POST /auth/guest, which joins and leaves and nothing else. Without it only links that "
            "you give out yourself (`baraka token --overlay`) show one."
        ),
    )
    guest_token_seconds: Annotated[int, Field(ge=60, le=2_592_000)] = Field(
        14_400,
        description="How long a guest's token is valid: 4 hours. A page asks for another one.",
    )
    guest_tokens_per_second_max: Rate = Field(
        20,
        description=(
            "Guests' tokens for one address, on average; 5 seconds' worth at once. 0 is no limit."
        ),
    )
    guests_max: Count = Field(
        10_000,
        description=(
            "Sockets of guests that are connected at once, so that users find room beside them. 0 is "
            "no limit."
        ),
    )
    sign_in: SignInBy | None = Field(
        None,
        description=(
            "How one-time codes are delivered to those who sign in here, under /auth: `webhook` posts them "
            "to an SMS gateway, `console` prints them in the log, in development alone. Without it nobody "
            "signs in here."
        ),
    )
    sign_in_webhook_url: SecretStr | None = Field(
        None, description="Where codes are posted: https://…, or http:// on this machine."
    )
    sign_in_webhook_secret: SecretStr | None = Field(
        None,
        description="The key of the signature of what is posted, at least 32 bytes; the receiver has it too.",
    )
    sign_up: bool = Field(
        False,
        description="Whether a number that is new gets a code, and its first code makes a user of it.",
    )
    otp_in_users: bool = Field(
        False,
        description=(
            "Whether codes are written into `users.otpCode` too, for an existing system that reads them "
            "there. Whoever reads that table can then sign in."
        ),
    )
    phone_region: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = Field(
        "",
        description=(
            "The country of numbers that are typed without its code, as two letters: KW, SA, EG. Without "
            "it every number begins with + or 00."
        ),
    )
    phone_countries: Annotated[str, Field(pattern=r"^[0-9, ]*$")] = Field(
        "",
        description=(
            "The calling codes of the countries to which codes are sent, with commas: 965, 966. Without "
            "it all: set it, since a message to some of them costs many times as much."
        ),
    )
    codes_per_prefix_per_hour_max: Count = Field(
        50,
        description=(
            "Codes an hour for numbers that differ in their last four digits alone, of all servers. 0 is "
            "no limit."
        ),
    )
    codes_per_address_per_hour_max: Count = Field(
        50, description="Codes an hour for one address, of all servers. 0 is no limit."
    )
    codes_per_hour_max: Count = Field(
        2_000,
        description="Codes an hour in all, of all servers: what a flood may cost. 0 is no limit.",
    )
    wrong_codes_per_address_per_hour_max: Count = Field(
        100, description="Wrong codes an hour of one address, on all servers. 0 is no limit."
    )
    sign_in_requests_per_second_max: Rate = Field(
        5,
        description=(
            "Requests of one address to sign in or to stay so, on average; 5 seconds' worth at once. 0 is "
            "no limit."
        ),
    )
    access_token_seconds: Annotated[int, Field(ge=60, le=86_400)] = Field(
        900, description="How long an access token that is given here is valid: 15 minutes."
    )
    session_idle_days_max: Annotated[int, Field(ge=1, le=3_650)] = Field(
        30, description="How long somebody stays signed in without a sign of life."
    )
    session_days_max: Annotated[int, Field(ge=1, le=3_650)] = Field(
        180, description="How long somebody stays signed in altogether."
    )
    sessions_per_user_max: Annotated[int, Field(ge=1, le=1_000)] = Field(
        20, description="Sessions of one user; above it the one that was not used for longest ends."
    )
    host: str = Field(
        "0.0.0.0",  # noqa: S104
        description=(
            "The address that the server listens on, or several with commas: `0.0.0.0,::` for both "
            "stacks (`::` alone is IPv6 alone), a name, or `unix:/run/baraka/baraka.sock` for a proxy on "
            "this machine. In development 127.0.0.1, if not set."
        ),
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        3000, description="The port that the server listens on; 0 takes a free one."
    )
    phone_numbers: PhoneNumbers = Field(
        PhoneNumbers.MASKED,
        description="How users' numbers leave the server: masked (••••••42) or full.",
    )
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = Field(
        None,
        description=(
            "The currency of all amounts, such as AED (ISO 4217): how pages, console, tables and sheets write them. "
            "Amounts are whole units of it. Without it they are written as numbers."
        ),
    )
    time_zone: str = Field(
        "UTC",
        description=(
            "The time zone in which the command line and its files show times to people, such as Asia/Riyadh; "
            "the console too, which shows those of its machine without it. They are kept, and given to "
            "programs, in UTC."
        ),
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
    ledger_poll_seconds_degraded: Annotated[float, Field(gt=0)] = Field(
        0.1, description="The same while the relay between the servers is interrupted."
    )
    node_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = Field(
        "",
        description="The name of this server among those of its database, letters and digits; "
        "without one it takes another at each start. Two servers never have the same.",
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        1,
        description="How many processes of this server serve, each on a core of its own; `auto` is one for "
        "each core. Limits on connections are those of each.",
    )
    redis_url: SecretStr | None = Field(
        None,
        description=(
            "The Redis or Valkey through which several servers of one database hear of each other at "
            "once, and count viewers together: redis://:PASSWORD@HOST:6379/0. Without it they look at "
            "the database once a second, and each counts its own."
        ),
    )
    redis_prefix: Annotated[str, Field(pattern=r"^[^\s]{1,64}$")] = Field(
        "baraka", description="What the channels of this house begin with in a shared Redis."
    )
    relay_gap_seconds: Annotated[float, Field(ge=0, le=1)] = Field(
        0.02, description="How long news that came too early wait for what is missing before them."
    )
    relay_echo_seconds_max: Annotated[float, Field(ge=1, le=60)] = Field(
        3,
        description="How long a server may not hear its own voice before it takes the relay for "
        "interrupted and connects anew.",
    )
    node_expiry_seconds: Annotated[float, Field(ge=2, le=600)] = Field(
        5, description="How long the viewers of a server that is silent are still counted."
    )
    forward_bids: bool = Field(
        True,
        description="Whether bids of an auction that several servers or workers are asked for at once are "
        "written by one of them. Another server is asked over its BARAKA_INTERNAL_ADDRESS.",
    )
    internal_address: (
        Annotated[str, Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):\d{1,5}$")] | None
    ) = Field(
        None,
        description="HOST:PORT of this server in the network of the servers, on which it takes bids and requests "
        "from the others, and from nobody else. Without one there are no links between machines.",
    )
    rows_look_seconds: Annotated[float, Field(ge=0)] = Field(
        2,
        description="How often watched auctions are checked for rows that other programs changed; "
        "0 is never.",
    )
    accounts_look_seconds: Annotated[float, Field(ge=0)] = Field(
        2,
        description="How often it is checked whether users who are connected were deleted or blocked "
        "everywhere (baraka user block); 0 is never, and blocks nobody.",
    )
    late_bid_seconds: Annotated[float, Field(ge=0, le=60)] = Field(
        0.75,
        description=(
            "How long a bidder must have been told of a product before a bid that names no round "
            "counts for it: what is on its way while the product changes is refused. 0 is at once."
        ),
    )
    asks_waiting_max: Annotated[int, Field(ge=1)] = Field(
        10_000,
        description="Bids and comments of one auction that may wait for their turn; joins likewise.",
    )
    joins_waiting_per_user_max: Count = Field(
        20,
        description=(
            "Joins of one user that may wait at once, over all sockets: each is answered with the "
            "state of the auction. 0 is no limit."
        ),
    )
    resume_events_max: Annotated[int, Field(ge=0)] = Field(
        1_000, description="Missed events that a viewer who resumes is sent at most."
    )
    requests_kept_hours: Annotated[int, Field(ge=1, le=87_600)] = Field(
        24,
        description=(
            "How long the answer to a `requestId` is remembered; while its auction is live in any case."
        ),
    )
    events_per_second_max: Rate = Field(
        50, description="Events of one socket, on average; 5 seconds' worth at once. 0 is no limit."
    )
    bytes_per_second_max: Rate = Field(
        30_000,
        description=(
            "What one socket may send, on average; 5 seconds' worth at once. 0 is no limit."
        ),
    )
    bids_per_second_max: Rate = Field(
        10,
        description=(
            "Bids of one user, on average; 5 seconds' worth at once; over all workers, and with a Redis "
            "over all servers. 0 is no limit."
        ),
    )
    comments_per_second_max: Rate = Field(
        6,
        description=(
            "Comments of one user, on average; 5 seconds' worth at once; over all workers, and with a "
            "Redis over all servers. 0 is no limit."
        ),
    )
    actions_per_second_max: Rate = Field(
        100,
        description=(
            "Joins, leaves and a host's actions of one user, on average; 5 seconds' worth at once; "
            "100 kB that are sent for a join, or for a start that is announced again, count as one "
            "more. 0 is no limit."
        ),
    )
    reads_per_second_max: Rate = Field(
        5,
        description=(
            "Requests to /api of one user, on average; 5 seconds' worth at once; 250 rows of a list "
            "count as one. 0 is no limit."
        ),
    )
    reads_waiting_max: Annotated[int, Field(ge=1)] = Field(
        100,
        description=(
            "Requests to /api of all users that may wait for the database; it reads for two users at "
            "once, so that bids find room beside them, and for each user one request after the other."
        ),
    )
    connections_max: Count = Field(
        20_000, description="Sockets that are connected at once. 0 is no limit."
    )
    connections_per_address_max: Count = Field(
        2_000,
        description=(
            "Sockets of one address (an IPv6 /64 is one); mobile carriers put thousands of phones "
            "behind one. 0 is no limit."
        ),
    )
    connections_unverified_max: Count = Field(
        2_000,
        description=(
            "Sockets that have shown no valid token yet, or were turned away. When more come, the "
            "oldest of the address with most of them is closed. 0 is no limit."
        ),
    )
    connections_per_second_max: Rate = Field(
        500,
        description=(
            "New network connections of one address, on average; 5 seconds' worth at once; what is "
            "above is closed unread. Those of trusted proxies do not count, and those of a session no "
            "longer once it showed a valid token. 0 is no limit."
        ),
    )
    requests_per_second_max: Rate = Field(
        1_000,
        description=(
            "HTTP requests of one address, on average; 5 seconds' worth at once. Those of sessions "
            "count where a session has more than twice its events; connecting does not count once a "
            "valid token was shown, at most twice a second for a user. 0 is no limit."
        ),
    )
    websocket_only: bool = Field(
        False,
        description=(
            "Whether long-polling is refused: its session id stands in URLs. Clients then need "
            "`transports: ['websocket']`."
        ),
    )
    session_keeps_token: bool = Field(
        True,
        description=(
            "Whether every request of a long-polling session must show the Authorization header that "
            "it was opened with, where there was one. Off only for clients that cannot: "
            "python-socketio's over polling alone."
        ),
    )
    session_keeps_address: bool = Field(
        False,
        description=(
            "Whether every request of a long-polling session must come from the address that opened "
            "it. Phones that change theirs then connect anew."
        ),
    )
    trusted_proxies: str = Field(
        "",
        description=(
            "Addresses or CIDR blocks of proxies whose X-Forwarded-For is believed, with commas."
        ),
    )
    cors_origins: str = Field(
        "*",
        description=(
            "Pages that may connect and read answers over HTTP, with commas: https://example.com, "
            "or * for all."
        ),
    )
    message_bytes_max: Annotated[int, Field(ge=1024)] = Field(
        100_000, description="The largest message or POST that a client may send."
    )
    send_buffer_bytes_max: Count = Field(
        4_000_000,
        description=(
            "What may wait for one socket that does not read, before it is closed. 0 is no limit."
        ),
    )
    list_bytes_per_second_max: Rate = Field(
        100_000_000,
        description=(
            "What the list of bids of one auction may cost for all of its room, and the list of "
            "comments; above it lists are sent less often, the newest after 5 seconds at the "
            "latest. 0 is no limit. Only with `BARAKA_FAN_OUT=fast`."
        ),
    )
    fan_out: FanOutPath = Field(
        FanOutPath.FAST,
        description=(
            "How what is announced reaches a room: `fast` makes one frame and writes it to every "
            "websocket; `stock` leaves it to the libraries, at several times the work."
        ),
    )
    compression: bool = Field(
        True,
        description=(
            "Whether messages of 1 KB and more are compressed for websockets that can read it, "
            "once for all of a room. Only with `BARAKA_FAN_OUT=fast`."
        ),
    )
    connect_seconds_max: Annotated[float, Field(gt=0)] = Field(
        10, description="How long a socket may stay without connecting, or over one POST."
    )
    read_seconds_max: Annotated[float, Field(gt=0)] = Field(
        60, description="How long a client may take to read one answer over HTTP."
    )
    shutdown_seconds_max: Annotated[float, Field(gt=0)] = Field(
        2,
        description="How long a stop may take: notice, work that was accepted, and the goodbyes.",
    )
    shutdown_notice_seconds: Annotated[float, Field(ge=0)] = Field(
        0.5,
        description=(
            "How long /readyz says 503 before the port is closed, so that a load balancer sees it; "
            "at most half of BARAKA_SHUTDOWN_SECONDS_MAX."
        ),
    )
    metrics_token: SecretStr | None = Field(
        None,
        description=(
            "What Prometheus and `baraka top` show as a bearer token, at least 16 characters. With it "
            "`/metrics` is on the port of the clients as well; without it only on a port of its own."
        ),
    )
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        None,
        description=(
            "A port for `/metrics` alone, which is not for clients, like 9464; 0 takes a free one. "
            "Without it and without BARAKA_METRICS_TOKEN there are no metrics."
        ),
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="The address of that port. Others than this machine's own need "
        "BARAKA_METRICS_TOKEN.",
    )
    log_level: LogLevel = Field(
        LogLevel.INFO, description="What is logged: this level and everything above it."
    )

    @field_validator("workers", mode="before")
    @classmethod
    def _one_for_each_core(cls, value: object) -> object:
        return len(os.sched_getaffinity(0)) if value == "auto" else value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            if name != "UTC":  # which is known where no data of zones is
                ZoneInfo(name)
        except (OSError, ValueError, ZoneInfoNotFoundError):
            raise ValueError(
                "is not a time zone; write it like Asia/Riyadh or Europe/Paris"
            ) from None
        return name

    @field_validator("*", mode="before")
    @classmethod
    def _was_read(cls, value: Any) -> Any:
        if isinstance(value, NoSecret):
            raise ValueError(value.reason)
        return value

    @field_validator("jwt_secret", "sign_in_webhook_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().encode()) < JWT_SECRET_BYTES_MIN:
            raise ValueError(
                f"must have at least {JWT_SECRET_BYTES_MIN} bytes; make a good one with: "
                f"{MAKE_A_SECRET}"
            )
        return secret

    @field_validator("host")
    @classmethod
    def _are_addresses(cls, host: str) -> str:
        for address in addresses(host):
            if address.startswith(UNIX):
                path = address.removeprefix(UNIX)
                if not path.startswith("/"):
                    raise ValueError(f"'{address}' needs a whole path, like unix:/run/baraka.sock")
                if len(path.encode()) > UNIX_PATH_BYTES_MAX:
                    raise ValueError(f"a socket's path has at most {UNIX_PATH_BYTES_MAX} bytes")
            elif "/" in address:
                raise ValueError(f"'{address}' is not an address; a socket is unix:/PATH")
        return host

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < METRICS_TOKEN_CHARS_MIN:
            raise ValueError(
                f"must have at least {METRICS_TOKEN_CHARS_MIN} characters; make a good one with: "
                f"{MAKE_A_SECRET}"
            )
        return token

    @field_validator("metrics_host")
    @classmethod
    def _open_to_nobody(cls, host: str, given: ValidationInfo) -> str:
        if not _is_own(host) and given.data.get("metrics_token") is None:
            raise ValueError(
                "is not an address of this machine alone: set BARAKA_METRICS_TOKEN as well"
            )
        return host

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, level: Any) -> Any:
        return level.upper() if isinstance(level, str) else level

    @model_validator(mode="after")
    def _for_development(self) -> Self:
        if self.mode is Mode.DEVELOPMENT:
            if self.jwt_secret is None:
                self.jwt_secret = SecretStr(DEVELOPMENT_SECRET)
            if "host" not in self.model_fields_set:
                self.host = "127.0.0.1"
        return self

    @field_validator("sign_in_webhook_url")
    @classmethod
    def _is_safe(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return url
        parts = urlsplit(url.get_secret_value())  # which may have the gateway's key in it
        try:
            has_port = parts.port != 0
        except ValueError:
            has_port = False
        if not has_port:
            raise ValueError("has no port between 1 and 65535")
        if not parts.hostname or parts.scheme not in {"http", "https"}:
            raise ValueError("must be an address like https://sms.example/codes")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("must be https://: whoever reads the line could sign in as anybody")
        return url

    @model_validator(mode="after")
    def _can_deliver(self) -> Self:
        if self.sign_in is SignInBy.CONSOLE and self.mode is not Mode.DEVELOPMENT:
            raise ValueError(
                "BARAKA_SIGN_IN=console prints codes in the log, and is for BARAKA_MODE=development "
                "alone: use webhook"
            )
        if self.sign_in is SignInBy.WEBHOOK:
            for name in ("sign_in_webhook_url", "sign_in_webhook_secret"):
                if getattr(self, name) is None:
                    raise ValueError(f"BARAKA_SIGN_IN=webhook needs BARAKA_{name.upper()}")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        for part in filter(None, map(str.strip, text.split(","))):
            try:
                ip_network(part, strict=False)
            except ValueError:
                raise ValueError(f"'{part}' is neither an address nor a CIDR block") from None
        return text

    @property
    def proxy_networks(self) -> list[IPv4Network | IPv6Network]:
        parts = filter(None, map(str.strip, self.trusted_proxies.split(",")))
        return [ip_network(part, strict=False) for part in parts]

    @property
    def metrics_are_on(self) -> bool:
        return self.metrics_token is not None or self.metrics_port is not None

    @property
    def internal_host_and_port(self) -> tuple[str, int] | None:
        if self.internal_address is None:
            return None
        host, _, port = self.internal_address.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def calling_codes(self) -> frozenset[int]:
        return frozenset(map(int, self.phone_countries.replace(",", " ").split()))

    @property
    def access_kinds(self) -> list[str]:
        return [kind.strip() for kind in self.token_kinds.split(",") if kind.strip()]

    @property
    def origins(self) -> list[str]:
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]

    @property
    def secret_fault(self) -> str | None:
        """The reason why the secret is not fit for production, behind its name; None for a good one."""
        if self.jwt_secret is None:
            return "is not set"
        secret = self.jwt_secret.get_secret_value()
        if secret == DEVELOPMENT_SECRET:
            return "is the secret for development, which everybody knows"
        return weakness(secret)


def addresses(host: str) -> list[str]:
    """The addresses in a value of `BARAKA_HOST`, in their order; one that is empty stands for all."""
    named = [part.strip() for part in host.split(",") if part.strip()]
    return list(dict.fromkeys(named)) or [""]


def where(settings: Settings) -> str:
    """The addresses that a server of these settings listens on, for people."""
    if all(address.startswith(UNIX) for address in addresses(settings.host)):
        return settings.host
    return f"{settings.host} port {settings.port}"


def _is_own(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
