"""Parts of signing in, put together from the settings (D49 to D51)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from baraka_server.live.code_delivery import Channel, CodeDelivery, ConsoleChannel
from baraka_server.live.sign_in import SignIn
from baraka_server.live.sign_in_counts import Counts
from baraka_server.settings import Mode, Settings, SignInBy
from baraka_server.store.codes import CodeLimits
from baraka_server.store.sessions import SessionLimits
from baraka_server.store.store import Store
from baraka_server.wire.auth import AuthRoutes, Regions
from baraka_server.wire.guests import GuestTokens
from baraka_server.wire.webhook import WebhookChannel


@dataclass(frozen=True, slots=True)
class SigningIn:
    """What a server has of it: the routes, the codes on their way, and the commands."""

    routes: AuthRoutes
    delivery: CodeDelivery
    sign_in: SignIn


def signing_in(
    settings: Settings,
    store: Store,
    counts: Counts,
    secret: str,
    mint: Callable[[int, timedelta], str],
    access_lifetime: timedelta,
    address: Callable[[web.Request], str],
    note: Callable[[web.Request, str, str], None],
    clock: Callable[[], float],
) -> SigningIn | None:
    """None where the settings do not ask for it. See `AuthRoutes` for the rest."""
    if settings.sign_in is None:
        return None
    sign_up, in_users = settings.sign_up, settings.otp_in_users
    delivery = CodeDelivery(store, _channel(settings), counts, sign_up=sign_up, in_users=in_users)
    sign_in = SignIn(
        store,
        hmac.new(secret.encode(), b"one-time codes", hashlib.sha256).digest(),
        delivery,
        counts,
        CodeLimits(
            per_prefix_per_hour_max=settings.codes_per_prefix_per_hour_max,
            per_address_per_hour_max=settings.codes_per_address_per_hour_max,
            per_hour_max=settings.codes_per_hour_max,
            wrong_per_address_per_hour_max=settings.wrong_codes_per_address_per_hour_max,
        ),
        session_limits(settings),
        sign_up=sign_up,
        in_users=in_users,
    )
    routes = AuthRoutes(
        sign_in,
        mint,
        access_lifetime,
        Regions(
            settings.phone_region or None,
            settings.calling_codes,
            of_demo_data=settings.mode is Mode.DEVELOPMENT,
        ),
        address,
        note,
        body_bytes_max=settings.message_bytes_max,
        per_second_max=settings.sign_in_requests_per_second_max,
        clock=clock,
    )
    return SigningIn(routes, delivery, sign_in)


def guest_tokens(
    settings: Settings,
    mint: Callable[[timedelta], str],
    lifetime: timedelta,
    address: Callable[[web.Request], str],
    note: Callable[[web.Request, str, str], None],
    clock: Callable[[], float],
) -> GuestTokens:
    """The route for those who watch without an account (D58)."""
    return GuestTokens(
        mint,
        lifetime,
        address,
        note,
        open_to_all=settings.guests,
        per_second_max=settings.guest_tokens_per_second_max,
        clock=clock,
    )


def session_limits(settings: Settings) -> SessionLimits:
    return SessionLimits(
        idle=timedelta(days=settings.session_idle_days_max),
        age=timedelta(days=settings.session_days_max),
        per_user_max=settings.sessions_per_user_max,
    )


def _channel(settings: Settings) -> Channel:
    url, secret = settings.sign_in_webhook_url, settings.sign_in_webhook_secret
    if settings.sign_in is SignInBy.WEBHOOK and url and secret:
        return WebhookChannel(url.get_secret_value(), secret.get_secret_value())
    return ConsoleChannel()
