"""Bids stay in the round of their product (D10); when a name is the same (D33)."""

import pytest

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.events import (
    Awarded,
    BroadcasterLeft,
    Commented,
    Event,
    LotOpened,
    LotRepriced,
    Started,
)
from baraka_server.domain.parts import Lot
from baraka_server.domain.state import next_entry
from tests.domain.phases import (
    AMINA,
    BID_ON,
    BILAL,
    LIVE,
    NECKLACE,
    OPENING,
    RING,
    adopted,
    after,
    bid,
    change_to,
)

ROUNDS = [
    # what happened after the two bids on the ring; the round, the high bid and the next least bid
    ("nothing", [], 1, 1500, 1501),
    ("other prices", [(AMINA, LotRepriced(Lot(RING.product, 9000, 1, 1)))], 1, 1500, 1501),
    ("a comment", [(BILAL, Commented("!"))], 1, 1500, 1501),
    ("announced again", [(AMINA, Started())], 1, 1500, 1501),
    ("the host left", [(AMINA, BroadcasterLeft())], 1, 1500, 1501),
    ("another product", [(AMINA, LotOpened(NECKLACE))], 2, None, 50),
    ("there and back", [(AMINA, LotOpened(NECKLACE)), (AMINA, LotOpened(RING))], 3, None, 800),
    ("awarded", [(AMINA, Awarded("Ring", "", None))], 1, None, None),
    (
        "the same product again after its award",
        [(AMINA, Awarded("Ring", "", None)), (AMINA, LotOpened(RING))],
        2,
        None,
        800,
    ),
]


@pytest.mark.parametrize(
    ("events", "bid_round", "high", "least"),
    [case[1:] for case in ROUNDS],
    ids=[case[0] for case in ROUNDS],
)
def test_bids_stay_in_their_round(
    events: list[tuple[int, Event]], bid_round: int, high: int | None, least: int | None
) -> None:
    """D10: a late bid can never land on the next product."""
    state = after(*BID_ON, *events)
    assert state.round == bid_round
    assert (state.high.amount if state.high else None) == high
    if least is None:
        assert isinstance(bid(state, 2147483647), Refusal)
    else:
        assert isinstance(bid(state, least - 1), Refusal)
        assert bid(state, least) == BidPlaced(least)
        assert bid(state, least, bid_round) == BidPlaced(least)
    if bid_round > 1:
        late = bid(state, 2147483647, 1)
        assert isinstance(late, Refusal)
        assert late.code is Code.ROUND_OVER


@pytest.mark.parametrize(
    ("on_the_block", "product", "is_the_same"),
    [
        ("Gold Ring – 18K", "gold ring – 18k", False),
        ("Gold Ring – 18K", "Gold Ring", False),
        ("Gold Ring – 18K", "Gold Ring – 18K ", True),
        ("Gold Ring – 18K", "  Gold   Ring\t–\n18K", True),
        ("Gold Ring – 18K", "Gold\u00a0Ring – 18K", True),
        ("Perl\u00e9", "Perle\u0301", True),  # one letter, or a letter and its accent
        ("آ", "آ", True),
        ("Ring", "R ing", False),
    ],
)
def test_a_name_is_the_same_but_for_blanks_and_unicode_forms(
    on_the_block: str, product: str, is_the_same: bool
) -> None:
    """D33: the prices change and the bids stay, or a new round begins. The name is kept as it came."""
    before = after(*LIVE, (AMINA, LotOpened(Lot(on_the_block, 1, 1, 1))), (BILAL, BidPlaced(9, 1)))
    decision = decide(before, Command(change_to(product), AMINA), HouseRules())
    assert isinstance(decision, LotOpened | LotRepriced)
    assert type(decision) is (LotRepriced if is_the_same else LotOpened)
    assert decision.lot.product == product
    adoption = adopted(live=True, lot=Lot(product, 1, 1, 1))[1]
    for event in (decision, adoption):  # another program writes as it likes, too
        assert next_entry(before, event, AMINA, OPENING).round == (1 if is_the_same else 2)
