"""Fields that the contract does not have, in objects of all kinds."""

from __future__ import annotations

import pytest

from baraka_cli.simulator.checks.acknowledgements import Done, Refused
from baraka_cli.simulator.checks.undocumented import undocumented
from baraka_server.contract.acknowledgements import Joined
from baraka_server.contract.server_events import Error, LotAwarded, NewBid


@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        (NewBid, {"seq": 1, "newBid": {"id": 1, "paddle": 7}, "nextBid": 5}, []),
        (NewBid, {"newBid": {"fee": 1}, "fee": 2}, ["newBid has the field 'fee'", "it has the"]),
        (NewBid, {"formerBid": {"bidId": 1, "name": "Dina"}}, ["formerBid has the field 'name'"]),
        (NewBid, {"auctionBids": [{"id": 1}, {"fee": 1}]}, ["auctionBids has the field 'fee'"]),
        (NewBid, {"newBid": {"user": {"fee": 1}}}, []),  # a leak, which is found elsewhere
        (NewBid, {"newBid": 5, "auctionBids": "none"}, []),  # of the wrong kind: found elsewhere
        (LotAwarded, {"auction": {"Auction_bids": [], "fee": 1}}, ["auction has the field 'fee'"]),
        (LotAwarded, {"role": None}, ["it has the field 'role'"]),
        (Error, {"message": "…", "nextBid": 5, "stack": "…"}, ["it has the field 'stack'"]),
        (Done, {"ok": True, "undone": True, "user": {}}, ["it has the field 'user'"]),
        (
            Joined,
            {"ok": True, "role": None, "auction": {"fee": 1}},
            ["auction has the field 'fee'"],
        ),
        (Refused, {"ok": False, "limit": 5, "fee": 1}, ["it has the field 'fee'"]),
    ],
)
def test_a_field_that_is_not_declared_is_found_where_it_stands(kind, data, found):
    told = list(undocumented(kind, data))
    assert len(told) == len(found)
    for one, words in zip(told, found, strict=True):
        assert one.startswith(words)
