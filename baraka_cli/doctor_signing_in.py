"""Checks of `baraka doctor` about signing in: who gets codes, and who can read them (D50)."""

from __future__ import annotations

from collections.abc import Iterator

from baraka_cli.doctor_checks import CheckResult, look, mend, ok
from baraka_server.settings import Settings, SignInBy
from baraka_server.wire.phone_numbers import calling_code, is_calling_code

CHECK = "sign in"

OF_SIGNING_IN_ALONE = (
    *("sign_in_webhook_url", "sign_in_webhook_secret"),
    *("sign_up", "otp_in_users", "phone_countries"),
)
"""Settings that nothing reads where nobody signs in."""


def of_signing_in(settings: Settings) -> Iterator[CheckResult]:
    if settings.sign_in is None:
        yield _of_nobody(settings)
        return
    yield ok(CHECK, f"codes by {settings.sign_in}, {_who(settings)}")
    yield from _numbers(settings)
    if settings.otp_in_users:
        yield look(
            CHECK,
            "codes are written into users.otpCode too: whoever reads that table can sign in as anybody",
            "BARAKA_OTP_IN_USERS=false, unless an existing system reads them there",
        )


def _of_nobody(settings: Settings) -> CheckResult:
    given = [f"BARAKA_{name.upper()}" for name in OF_SIGNING_IN_ALONE if getattr(settings, name)]
    if not given:
        return ok(CHECK, "nobody here: tokens come from their issuer, or from baraka token")
    return look(
        CHECK,
        f"nobody signs in here, so nothing reads {', '.join(given)}",
        "BARAKA_SIGN_IN=webhook, or leave them out",
    )


def _who(settings: Settings) -> str:
    return "also for new numbers" if settings.sign_up else "for users who are there"


def _numbers(settings: Settings) -> Iterator[CheckResult]:
    codes, region = settings.calling_codes, settings.phone_region
    local = calling_code(region) if region else None
    if unknown := sorted(code for code in codes if not is_calling_code(code)):
        yield mend(
            CHECK,
            f"BARAKA_PHONE_COUNTRIES has {', '.join(map(str, unknown))}, which no country has: "
            "nobody there gets a code",
            "the calling codes alone, like 965 for Kuwait",
        )
    if region and local is None:
        yield mend(
            CHECK,
            f"BARAKA_PHONE_REGION={region} is not a country: numbers without a code are refused",
            "its two letters, like KW",
        )
    elif local and codes and local not in codes:
        yield mend(
            CHECK,
            f"numbers without a country's code are taken for those of {region} (+{local}), and "
            "BARAKA_PHONE_COUNTRIES has none sent there",
            f"add {local} to BARAKA_PHONE_COUNTRIES, or correct BARAKA_PHONE_REGION",
        )
    if not codes and settings.sign_in is SignInBy.WEBHOOK:
        yield look(
            CHECK,
            "codes are sent to every country, and a message to some costs many times as much",
            f"BARAKA_PHONE_COUNTRIES={local or 965}, the calling codes of your bidders",
        )
