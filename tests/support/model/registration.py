"""The rules of a sale that its owner sets, and who is registered to bid in it, on paper (D48)."""

from __future__ import annotations

from tests.support.model.notes import Entry, Refused, Said, SoAlready
from tests.support.model.order import OWNER, Rule, may, not_over, this_round
from tests.support.model.sale import Sale


def set_rules(sale: Sale, said: Said) -> Entry:
    may(sale, said, OWNER, "not_owner")
    not_over(sale)
    kind = said.payload.get("registration", "approval" if sale.by_approval else "open")
    maxima = said.payload.get("maxima", sale.takes_maxima)
    floor = said.payload.get("floorUserId", sale.floor_user)
    news = kind == "approval", maxima, floor
    if news == (sale.by_approval, sale.takes_maxima, sale.floor_user):
        raise SoAlready
    this_round(sale, said)
    if floor is not None and floor != sale.floor_user:
        if floor not in sale.exist:
            raise Refused("user_not_found")
        if sale.role(floor):
            raise Refused("is_staff")
    sale.by_approval, sale.takes_maxima, sale.floor_user = news
    told = {"event": "houseRulesChanged", "registration": kind, "maxima": maxima}
    return sale.write("house_rules_set", said.who, told)


def register(sale: Sale, said: Said) -> Entry:
    may(sale, said, OWNER, "not_owner")
    not_over(sale)
    user, limit = said.payload["userId"], said.get("limit")
    approved = said.payload["approved"]
    is_so = (user in sale.registered, sale.registered.get(user)) == (approved, limit)
    if is_so:
        raise SoAlready
    this_round(sale, said)
    if approved:
        if user not in sale.exist:
            raise Refused("user_not_found")
        if sale.role(user) or user == sale.floor_user:
            raise Refused("is_staff")
        sale.registered[user] = limit
        if user not in sale.paddles:
            sale.paddles.append(user)
    else:
        del sale.registered[user]
    told = {
        "event": "registrationChanged",
        "registered": approved,
        "paddle": sale.paddle(user),
        "limit": limit,
        "seq": sale.seq + 1,
    }
    return sale.write("bidder_registered", said.who, private=[(user, told)])


RULES: dict[str, Rule] = {"setHouseRules": set_rules, "registerBidder": register}
