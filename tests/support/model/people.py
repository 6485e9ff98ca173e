"""The people of a sale, on paper: roles, and who is silenced or put out (D46, D47)."""

from __future__ import annotations

from tests.support.model.hammer import acts_without, another_stands
from tests.support.model.notes import Comment, Entry, Refused, Said, SoAlready
from tests.support.model.order import MODERATOR, OWNER, Rule, may, not_over, this_round
from tests.support.model.sale import Sale


def set_role(sale: Sale, said: Said) -> Entry:
    may(sale, said, OWNER, "not_owner")
    not_over(sale)
    user, role = said.payload["userId"], said.payload["role"]
    wanted = (role, bool(said.get("seesNumbers")) and role == "clerk") if role else None
    before = sale.roles.get(user)
    if wanted == before:
        raise SoAlready
    this_round(sale, said)
    if wanted and user not in sale.exist:
        raise Refused("user_not_found")
    if user in (sale.owner, sale.floor_user):
        raise Refused("is_staff")
    if before is None and any(bid.user == user for bid in sale.bids):
        raise Refused("has_bids")
    if wanted:
        sale.roles[user] = wanted
    else:
        del sale.roles[user]
    told = {"event": "roleChanged", "role": role, "seq": sale.seq + 1}
    return sale.write("role_set", said.who, private=[(user, told)])


def mute(sale: Sale, said: Said) -> Entry:
    user = _whom(sale, said)
    minutes = said.get("minutes")
    if minutes is None and user in sale.muted and sale.muted[user] is None:
        raise SoAlready
    this_round(sale, said)
    _is_no_staff(sale, user)
    sale.muted[user] = None if minutes is None else sale.now + 60_000 * int(minutes)
    return sale.write("user_muted", said.who)


def unmute(sale: Sale, said: Said) -> Entry:
    user = _whom(sale, said)
    if user not in sale.muted:
        raise SoAlready
    this_round(sale, said)
    del sale.muted[user]
    return sale.write("user_unmuted", said.who)


def block(sale: Sale, said: Said) -> Entry:
    user = _whom(sale, said)
    if user in sale.blocked:
        raise SoAlready
    this_round(sale, said)
    _is_no_staff(sale, user)
    sale.blocked.add(user)
    former = sale.high
    gone = [bid for bid in sale.bids if bid.user == user]
    acts_without(sale, user)
    maximum = sale.maximum(user)
    private = []
    if maximum:
        sale.maxima.remove(maximum)
        sale.undone.add(maximum.seq)
        told = {"event": "maximumChanged", "maximum": None, "reason": "blocked"}
        private.append((user, told | {"seq": sale.seq + 1}))
    if gone:
        entry = another_stands(sale, "user_blocked", said.who, former, gone)
    else:
        entry = sale.write("user_blocked", said.who)
    entry.private += [*private, (user, {"event": "error", "code": "blocked"})]
    entry.puts_out = user
    return entry


def unblock(sale: Sale, said: Said) -> Entry:
    user = _whom(sale, said)
    if user not in sale.blocked:
        raise SoAlready
    this_round(sale, said)
    sale.blocked.remove(user)
    return sale.write("user_unblocked", said.who)


def slow_mode(sale: Sale, said: Said) -> Entry:
    may(sale, said, MODERATOR)
    not_over(sale)
    seconds = said.payload["seconds"]
    if seconds == sale.slow:
        raise SoAlready
    this_round(sale, said)
    if not sale.slow or not seconds:
        sale.wrote = {}
    sale.slow = seconds
    entry = sale.write("slow_mode_set", said.who, {"event": "slowMode", "seconds": seconds})
    text = f"Slow mode: one comment every {seconds} s" if seconds else "Slow mode is off"
    if sale.live:
        sale.says(said.get("say") or text)
    return entry


def remove(sale: Sale, said: Said) -> Entry:
    comment = _comment(sale, said)
    this_round(sale, said)
    if comment is None or comment.removed:
        raise Refused("comment_not_found")
    comment.removed = True
    told = {"event": "commentRemoved", "comment": comment.told}
    return sale.write("comment_removed", said.who, told)


def restore(sale: Sale, said: Said) -> Entry:
    comment = _comment(sale, said)
    if comment and not comment.removed:
        raise SoAlready
    this_round(sale, said)
    if comment is None:
        raise Refused("comment_not_found")
    comment.removed = False
    return sale.write("comment_restored", said.who, sale.of_comment(comment))


def _comment(sale: Sale, said: Said) -> Comment | None:
    may(sale, said, MODERATOR)
    not_over(sale)
    return next((one for one in sale.comments if one.id == said.payload["commentId"]), None)


def _whom(sale: Sale, said: Said) -> int:
    may(sale, said, MODERATOR)
    not_over(sale)
    paddle: int | None = said.get("paddle")
    if paddle is not None:
        bidder = sale.paddles[paddle - 1] if 1 <= paddle <= len(sale.paddles) else None
        if not isinstance(bidder, int):
            raise Refused("paddle_not_found")
        return bidder
    user: int = said.payload["userId"]
    if user not in sale.exist:
        raise Refused("user_not_found")
    return user


def _is_no_staff(sale: Sale, user: int) -> None:
    if sale.role(user) or user == sale.floor_user:
        raise Refused("is_staff")


RULES: dict[str, Rule] = {
    "setRole": set_role,
    "muteUser": mute,
    "unmuteUser": unmute,
    "blockUser": block,
    "unblockUser": unblock,
    "slowMode": slow_mode,
    "removeComment": remove,
    "restoreComment": restore,
}
