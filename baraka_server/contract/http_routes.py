"""Routes over HTTP: what each is for, what is posted to it, and what it answers.

Those under /api are for users with an access token, which `Authorization: Bearer` has; they refuse with
`Refused`. Those under /auth give tokens out (D58).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from baraka_server.contract.acknowledgements import Refused
from baraka_server.contract.client_events import Who
from baraka_server.contract.fields import given
from baraka_server.contract.lots import RunListReport
from baraka_server.contract.records import Auction, User
from baraka_server.contract.refusals import AnyCode
from baraka_server.contract.reports import Checkpoint, HistoryEntry, WinningWithUser
from baraka_server.contract.server_events import RefusalDetails, ServerModel
from baraka_server.contract.settlement import SaleSummary


class AuctionWithRole(Auction):
    """An auction, and what the caller is in it (D46)."""

    role: str | None = Field(description="`owner`, `clerk`, `moderator` or null.")


class AuthRefused(RefusalDetails):
    """No token was given out."""

    status: Literal["error"]
    ok: Literal[False]
    code: AnyCode = Field(description="The reason, for programs.")
    message: str


class GuestToken(ServerModel):
    """A token that watches, and does nothing else."""

    access_token: str = Field(alias="accessToken", description="The token, for `auth.token`.")
    token: str = Field(description="The same.")
    expires_in: int = Field(alias="expiresIn", description="For how many seconds it is good.")


class GuestAnswer(ServerModel):
    """A token for a guest was given out."""

    status: Literal["success"]
    data: GuestToken = Field(description="The token.")


class CodeRequest(ServerModel):
    """Whose telephone a code is for: a number, or what an earlier request was answered with."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [given("number"), given("challengeToken")]}
    )

    number: str | None = Field(
        None, description="The telephone number, with or without the country's code."
    )
    challenge_token: str | None = Field(
        None, alias="challengeToken", description="What stands for the number."
    )


class SignInRequest(CodeRequest):
    """A code that was sent."""

    otp: str | None = Field(None, description="The code. Without it, one is sent.")
    name: str | None = Field(None, description="The name of a new user, after `name_needed`.")


class RefreshRequest(ServerModel):
    """The session that is meant."""

    refresh_token: str = Field(alias="refreshToken", description="The newest refresh token.")


class CodeSent(ServerModel):
    """A code is on its way, if the number is known. The answer is the same if it is not."""

    challenge_token: str = Field(
        alias="challengeToken", description="Stands for the number in the next requests."
    )
    expires_in: int = Field(alias="expiresIn", description="For how many seconds the code is good.")
    resend_in: int = Field(
        alias="resendIn", description="After how many seconds another one may be asked for."
    )


class Tokens(GuestToken):
    """The tokens of a session."""

    refresh_token: str = Field(
        alias="refreshToken",
        description="Good once: keep the new one of each answer before anything else.",
    )


class SignedIn(Tokens, User):
    """The user who signed in, with the own number whole, and the tokens of the session."""


class CodeAnswer(ServerModel):
    """The code was asked for."""

    status: Literal["success"]
    data: CodeSent = Field(description="What to do next.")


class SignInAnswer(ServerModel):
    """Signed in; or where no code was sent along, one was asked for."""

    status: Literal["success"]
    data: SignedIn | CodeSent = Field(description="Who signed in; or what to do next.")


class TokensAnswer(ServerModel):
    """The session goes on with other tokens."""

    status: Literal["success"]
    data: Tokens = Field(description="The new tokens.")


class SignOutAnswer(ServerModel):
    """The session is over."""

    status: Literal["success"]
    data: dict[str, Any] = Field(description="Empty.")


PAGES: Mapping[str, str] = {
    "limit": "how many rows, 1 to 1000",
    "before": "the cursor of the page before this one, as `Link` has it",
}


@dataclass(frozen=True, slots=True)
class Route:
    """A route. `is_list`: the answer is an array of these, in pages.

    `who` may use it; `query` has what may stand behind `?`, `body` is what is posted, as JSON.
    """

    path: str
    what: str
    answer: type[BaseModel]
    who: Who = Who.ANYBODY
    is_list: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: type[BaseModel] | None = None
    refusal: type[BaseModel] = Refused


ROUTES: tuple[Route, ...] = (
    Route(
        "/api/auctions",
        "The caller's own auctions, newest first; with `live=true` everybody's live ones.",
        Auction,
        is_list=True,
        query={"live": "`true` or `false`", **PAGES},
    ),
    Route("/api/auctions/{id}", "One auction, and the caller's role in it.", AuctionWithRole),
    Route(
        "/api/auctions/{id}/lots",
        "The run list in its order. Reserves are told to those who work in the auction.",
        RunListReport,
    ),
    Route(
        "/api/auctions/{id}/history",
        "The auction's ledger, oldest first; with `before` alone, the last entries before it.",
        HistoryEntry,
        Who.MODERATOR,
        is_list=True,
        query={**PAGES, "after": "the `seq` behind which it begins"},
    ),
    Route(
        "/api/auctions/{id}/winnings",
        "What was won, newest first, with the winners' numbers.",
        WinningWithUser,
        Who.CLERK,
        is_list=True,
        query=PAGES,
    ),
    Route(
        "/api/auctions/{id}/summary",
        "What became of every lot, and who owes what.",
        SaleSummary,
        Who.CLERK,
        query={"since": "a head, as an export names one: all changes behind it are told"},
    ),
    Route(
        "/api/auctions/{id}/checkpoint",
        "The end of the ledger, signed.",
        Checkpoint,
        Who.CLERK,
    ),
)

AUTH_ROUTES: tuple[Route, ...] = (
    Route(
        "/auth/guest",
        "A token to watch with, for anybody without an account, where the house lets guests in.",
        GuestAnswer,
        method="POST",
        refusal=AuthRefused,
    ),
    *(
        Route(path, what, answer, method="POST", body=body, refusal=AuthRefused)
        for path, what, body, answer in (
            ("/auth/request-otp", "Send a code to a telephone.", CodeRequest, CodeAnswer),
            ("/auth/resend-otp", "Send another code.", CodeRequest, CodeAnswer),
            ("/auth/otp", "Sign in with a code.", SignInRequest, SignInAnswer),
            (
                "/auth/refresh",
                "New tokens for those of a session. `session_over` says to sign in again.",
                RefreshRequest,
                TokensAnswer,
            ),
            ("/auth/logout", "End a session.", RefreshRequest, SignOutAnswer),
        )
    ),
)
"""The routes that give tokens out; they ask for none."""

COMMAND_PATH = "/api/auctions/{id}/{command}"
"""The path to which the commands that are taken over HTTP are posted."""
