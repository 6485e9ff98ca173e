// The sale as a viewer sees it: a value that is never changed, and what each event of the server makes of it.
// No page, no socket and no clock in here: `now` is performance.now() when the event arrived.

const BIDS_KEPT = 60;
const COMMENTS_KEPT = 120;

export const EMPTY = Object.freeze({
  phase: "unknown", // unknown | missing | waiting | live | ended | canceled | out (nothing is shown to this viewer)
  auction: null,
  lot: null, // what is on the block: {number, product, description, imageUrl, startPrice, minimumPrice, marketPrice}
  bids: [], // newest first, as records
  comments: [], // oldest first, as records
  viewers: 0,
  round: null,
  nextBid: null,
  reserveMet: null,
  clock: null, // {running, remainingMs, at}: remainingMs is as of `at`
  bidding: "open", // open | paused
  warning: 0, // 1, 2, 3: going once, going twice, last call
  last: null, // how the last lot ended: {number, product, price, userId, paddle, name, passed}
  correction: null, // {kind, seq} of what was just taken back: kind is "bidUndone" or "lotReopened"
  hostIsAway: false,
  maxima: false,
  registration: "open", // open | approval: only who was registered bids
  own: { userId: null, paddle: null, maximum: null, role: null, registered: false }, // maximum: in this round, also should its lot come back
  seq: 0,
  ledger: null,
});

/**
 * The sale that the answer to a join, or `auctionState`, tells of. `before` is what was shown until then,
 * `userId` who joined.
 */
export function ofState(state, now, before = EMPTY, userId = before.own.userId) {
  const { auction, lot } = state;
  return {
    ...EMPTY,
    phase: phaseOf(auction),
    auction,
    lot: auction.current_product ? lotOf(auction, lot) : null,
    bids: state.auctionBids.slice(0, BIDS_KEPT),
    comments: state.auctionComments.slice(-COMMENTS_KEPT),
    viewers: state.userCount,
    round: state.round,
    nextBid: state.nextBid ?? null,
    reserveMet: state.reserveMet ?? null,
    clock: clockOf(state.clock, now),
    bidding: state.bidding === "paused" ? "paused" : "open",
    last: auction.current_product ? null : (missedEnd(state.missed ?? [], before.lot) ?? before.last),
    maxima: state.maxima ?? false,
    registration: state.registration ?? "open",
    own: {
      userId,
      paddle: state.paddle ?? null,
      maximum: state.maximum ?? null,
      role: state.role ?? null,
      registered: state.registered ?? false,
    },
    seq: state.seq,
    ledger: state.ledger ?? null,
  };
}

/** The sale of an auction that nobody may join, by what a refused join tells of it: not yet, or not any more. */
export function ofRefused(auction) {
  return { ...EMPTY, phase: phaseOf(auction), auction };
}

/** The sale behind an event of its room. Whatever is older than what is shown changes nothing. */
export function heard(sale, event, data, now) {
  if (event === "auctionState") return ofState(data, now, sale);
  if (event === "userCountUpdate") return { ...sale, viewers: data.userCount };
  if (data.seq < sale.seq) return sale;
  const told = { ...sale, seq: data.seq, ledger: data.ledger ?? sale.ledger };
  return (EVENTS[event] ?? ((same) => same))(told, data, now);
}

/** Whether something was not heard between what is shown and this event of the room. */
export function hasGap(sale, event, data) {
  return event !== "userCountUpdate" && event !== "auctionState" && data.seq > sale.seq + 1;
}

/** What is left of the clock, in milliseconds; null without one. */
export function remaining(clock, now) {
  if (!clock) return null;
  return clock.running ? Math.max(0, clock.remainingMs - (now - clock.at)) : clock.remainingMs;
}

/** Whether the viewer may not bid because somebody has to be registered by the owner first. */
export function awaitsRegistration({ registration, own }) {
  return own.userId !== null && registration === "approval" && !own.registered && own.role === null;
}

/** Whether bids are taken now, as far as the viewer can know. */
export function takesBids(sale, now) {
  return (
    sale.phase === "live" &&
    sale.lot !== null &&
    sale.nextBid !== null &&
    sale.bidding === "open" &&
    remaining(sale.clock, now) !== 0
  );
}

const EVENTS = {
  newBid: (sale, data, now) => ({
    ...sale,
    bids: data.auctionBids ? data.auctionBids.slice(0, BIDS_KEPT) : added(sale.bids, data.newBid),
    round: data.round,
    ...asking(sale, data, now),
    warning: 0,
    last: null,
    correction: sameEntry(sale.correction, data),
    own: withPaddle(sale.own, data.newBid),
  }),
  auction_change_product: (sale, data, now) => ({
    ...sale,
    lot: {
      number: data.lotNumber ?? null,
      product: data.product,
      description: data.description ?? null,
      imageUrl: data.imageUrl ?? null,
      startPrice: data.bidPrice,
      minimumPrice: data.minBidPrice,
      marketPrice: data.actualPrice,
    },
    bids: data.auctionBids ?? (data.round === sale.round ? sale.bids : []),
    round: data.round,
    ...asking(sale, data, now),
    bidding: data.round === sale.round ? sale.bidding : "open",
    warning: 0,
    last: null,
    correction: sameEntry(sale.correction, data),
    hostIsAway: false,
    own: data.round === sale.round ? sale.own : { ...sale.own, maximum: null },
  }),
  auctionEnded: (sale, data, now) => ({
    ...sale,
    lot: null,
    bids: [],
    ...asking(sale, data, now),
    nextBid: null,
    reserveMet: null, // of what is on the block; that of the lot that ended is not shown
    bidding: "open",
    warning: 0,
    last: endOf(data, sale.lot),
    correction: null,
  }),
  bidUndone: (sale, data, now) => ({
    ...sale,
    bids: sale.bids.filter(({ id }) => !data.bidIds.includes(id)),
    ...asking(sale, data, now),
    warning: 0,
    correction: { kind: "bidUndone", seq: data.seq },
  }),
  lotReopened: (sale, data, now) => ({
    ...sale,
    ...asking(sale, data, now),
    last: null,
    correction: { kind: "lotReopened", seq: data.seq },
  }),
  newComment: (sale, data) => ({
    ...sale,
    comments: data.comments
      ? data.comments.slice(-COMMENTS_KEPT)
      : appended(sale.comments, data.newComment),
  }),
  commentRemoved: (sale, data) => ({
    ...sale,
    comments: sale.comments.filter(({ id }) => id !== data.commentId),
  }),
  auctionClock: (sale, data, now) => ({ ...sale, clock: clockOf(data, now) }),
  biddingPaused: (sale, data, now) => ({
    ...sale,
    bidding: "paused",
    clock: clockOf(data.clock, now),
  }),
  biddingResumed: (sale, data, now) => ({
    ...sale,
    bidding: "open",
    clock: clockOf(data.clock, now),
  }),
  fairWarning: (sale, data) => ({ ...sale, warning: data.stage }),
  nextBidChanged: (sale, data) => ({ ...sale, nextBid: data.nextBid }),
  houseRulesChanged: (sale, data) => ({ ...sale, maxima: data.maxima, registration: data.registration }),
  roleChanged: (sale, data) => ({ ...sale, own: { ...sale.own, role: data.role } }),
  maximumChanged: (sale, data) => ({ ...sale, own: { ...sale.own, maximum: data.maximum } }),
  registrationChanged: (sale, data) => ({
    ...sale,
    own: { ...sale.own, registered: data.registered, paddle: data.paddle },
  }),
  broadCasterLeft: (sale) => ({ ...sale, hostIsAway: true }),
  auctionFinished: (sale) => over(sale, "ended"),
  auctionCanceled: (sale) => over(sale, "canceled"),
  auctionChanged: (sale, data) => {
    const { auction, highestBid, round } = data;
    const same = round === sale.round;
    return {
      ...sale,
      phase: phaseOf(auction),
      auction,
      lot: auction.current_product ? lotOf(auction, same ? namedIn(sale.lot) : null) : null,
      bids: same && highestBid ? sale.bids : highestBid ? [highestBid] : [],
      round,
      own: same ? sale.own : { ...sale.own, maximum: null },
    };
  },
};

function phaseOf(auction) {
  if (auction.isCanceled) return "canceled";
  if (auction.isEnded) return "ended";
  if (auction.isLive) return "live";
  return auction.isExpired ? "ended" : "waiting";
}

function lotOf(auction, lot) {
  return {
    number: lot?.lotNumber ?? null,
    product: auction.current_product,
    description: lot?.description ?? auction.product_description ?? null,
    imageUrl: lot?.imageUrl ?? null,
    startPrice: auction.bidPrice,
    minimumPrice: auction.minBidPrice,
    marketPrice: auction.actualPrice,
  };
}

const namedIn = (lot) =>
  lot && { lotNumber: lot.number, description: lot.description, imageUrl: lot.imageUrl };

/** How the last lot ended that was missed; null where none did. `lot` was on the block before. */
function missedEnd(missed, lot) {
  const at = missed.findLastIndex(({ event }) => event === "auctionEnded");
  if (at === -1) return null;
  const opened = missed.slice(0, at).findLast(({ event }) => event === "auction_change_product");
  return endOf(missed[at].data, opened?.data ?? lot);
}

/** How a lot ended. Nothing is on the block of the auction by then: `lot` was. */
function endOf({ auction, winningBid, winningUser, passed, lotNumber }, lot) {
  const sold = winningBid !== null && winningUser !== null;
  return {
    number: lotNumber ?? null,
    product: auction.current_product ?? lot?.product ?? null,
    price: sold ? winningBid.bid : null,
    userId: sold ? winningUser.id : null,
    paddle: sold ? (winningBid.paddle ?? null) : null,
    name: sold ? winningUser.name : null,
    passed: passed ?? !sold,
  };
}

function clockOf(clock, now) {
  if (!clock || clock.remainingMs === null) return null;
  return { running: clock.running, remainingMs: clock.remainingMs, at: now };
}

/** What is told of the next bid, the reserve and the clock; what an event leaves out stays. */
function asking(sale, data, now) {
  return {
    nextBid: "nextBid" in data ? data.nextBid : sale.nextBid,
    reserveMet: "reserveMet" in data ? data.reserveMet : sale.reserveMet,
    clock: "clock" in data ? clockOf(data.clock, now) : sale.clock,
  };
}

const over = (sale, phase) => ({
  ...sale,
  phase,
  lot: null,
  bids: [],
  nextBid: null,
  clock: null,
  warning: 0,
});

/** What was taken back, as long as the events of that same entry are told; any later one is other news. */
const sameEntry = (correction, { seq }) => (correction?.seq === seq ? correction : null);

/** A first bid gives its bidder a paddle. */
const withPaddle = (own, bid) =>
  bid.user_id === own.userId && bid.paddle !== undefined ? { ...own, paddle: bid.paddle } : own;

const added = (bids, bid) =>
  bids.some(({ id }) => id === bid.id) ? bids : [bid, ...bids].slice(0, BIDS_KEPT);

const appended = (comments, comment) =>
  comments.some(({ id }) => id === comment.id)
    ? comments
    : [...comments, comment].slice(-COMMENTS_KEPT);
