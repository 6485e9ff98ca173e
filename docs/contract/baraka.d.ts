// The contract of Baraka, a live-auction server. Made by `baraka contract --format typescript`.
//
//   import { io, type Socket } from "socket.io-client";
//   import type { ClientToServerEvents, ServerToClientEvents } from "./baraka.js";
//
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, { auth: { token } });
//   const answer = await socket.emitWithAck("placeBid", { auctionId: 42, amount: 1500 });

/** The event was accepted, and is committed. */
export interface Accepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
}

/** Add lots to the run list. */
export interface AddLots {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** 1 to 500. */
  lots: NewLot[];
  /** The lot that it is put before; none is the end. */
  before?: number | null;
  /** The `lotsVersion` that the sender looked at. */
  version?: number | null;
}

/** What everybody is told of an auction that cannot be joined: nothing of lots, prices and people. */
export interface AnnouncedAuction {
  /** The row's own number. */
  id: number;
  /** The auction's title. */
  title: string;
  /** The address of its picture. */
  image_url: string;
  /** When it is to begin. */
  startDate: string | null;
  /** Whether it is live. */
  isLive: boolean;
  /** Whether it has expired. */
  isExpired: boolean;
  /** Whether it was canceled. */
  isCanceled: boolean;
  /** Whether it was ended. */
  isEnded: boolean;
}

/** A row of `Auction`. */
export interface Auction {
  /** The row's own number. */
  id: number;
  /** The auction's title. */
  title: string;
  /** A text about it. */
  description: string;
  /** The kind, one of those of the guide. */
  type: AuctionType;
  /** What is on the block; null for nothing. */
  current_product: string | null;
  /** A text about what is on the block. */
  product_description: string | null;
  /** The market price. */
  actualPrice: number;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The price that is shown at the start. */
  bidPrice: number;
  /** How many. */
  quantity: number;
  /** When it expires. */
  expiryDate: string;
  /** When it is to begin. */
  startDate: string | null;
  /** Whether it is live. */
  isLive: boolean;
  /** Whether it has expired. */
  isExpired: boolean;
  /** Whether it was canceled. */
  isCanceled: boolean;
  /** Whether it was ended. */
  isEnded: boolean;
  /** The address of its picture. */
  image_url: string;
  /** The user whose it is. */
  user_id: number | null;
  /** The user who won the last lot. */
  winning_user_id: number | null;
  /** The category. */
  category_id: number;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
}

/** The owner canceled the auction. */
export interface AuctionCanceled {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The text to show. */
  message: string;
}

/**
 * Another program changed the auction: its row as it is now, and the bid that stands.
 *
 * It is the first entry of every ledger too. For clients that know the guide alone, documented events with the same `seq` follow.
 */
export interface AuctionChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The auction as it is now. */
  auction: Auction;
  /** The bid that stands; null for none. */
  highestBid: BidWithUser | null;
  /** The round: it begins with every product on the block. */
  round: number;
}

/** The clock was started, paused, resumed or stopped. */
export interface AuctionClock {
  /** When it runs out, as of `serverTime`; null after a stop. */
  endsAt: string | null;
  /** What is left of it, as of `serverTime`; null after a stop. */
  remainingMs: number | null;
  /** False while it stands still, and when it has run out. */
  running: boolean;
  /** How much is left at least after a bid in the window. */
  extendSeconds: number | null;
  /** The last seconds, in which a bid extends the clock. */
  windowSeconds: number | null;
  /** `auto`, or null. */
  award: string | null;
  /** `interrupted`: the server stopped it. */
  reason?: string | null;
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
}

/** An entry whose content the room is not told: only its `seq`, so that there is no gap. */
export interface AuctionEntry {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
}

/** The owner ended the auction. */
export interface AuctionFinished {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The text to show. */
  message: string;
}

/** An auction went live. */
export interface AuctionStarted {
  /** The row's own number. */
  id: number;
  /** The auction's title. */
  title: string;
  /** A text about it. */
  description: string;
  /** The kind, one of those of the guide. */
  type: AuctionType;
  /** What is on the block; null for nothing. */
  current_product: string | null;
  /** A text about what is on the block. */
  product_description: string | null;
  /** The market price. */
  actualPrice: number;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The price that is shown at the start. */
  bidPrice: number;
  /** How many. */
  quantity: number;
  /** When it expires. */
  expiryDate: string;
  /** When it is to begin. */
  startDate: string | null;
  /** Whether it is live. */
  isLive: boolean;
  /** Whether it has expired. */
  isExpired: boolean;
  /** Whether it was canceled. */
  isCanceled: boolean;
  /** Whether it was ended. */
  isEnded: boolean;
  /** The address of its picture. */
  image_url: string;
  /** The user whose it is. */
  user_id: number | null;
  /** The user who won the last lot. */
  winning_user_id: number | null;
  /** The category. */
  category_id: number;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
}

/**
 * The whole current state: to the joiner, as the answer to `joinAuction` or beside it.
 *
 * It is sent to everybody in the room when what they heard is no longer true: the database was restored, or lost commits. Whatever its `seq`, it replaces all that was heard.
 */
export interface AuctionState {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The auction as it is now. */
  auction: Auction;
  /** The bids of the round, newest first. */
  auctionBids: BidWithUser[];
  /** The comments, oldest first. */
  auctionComments: CommentWithUser[];
  /** How many sockets are in the room. */
  userCount: number;
  /** The round: it begins with every product on the block. */
  round: number;
  /** The least that would be accepted next; null where nothing would be. */
  nextBid?: number | null;
  /** Whether the bid that stands is at least the reserve; null where there is none. */
  reserveMet?: boolean | null;
  /** The clock by which bidding closes, as of `serverTime`; null where there is none. */
  clock?: ClockShown | null;
  /** `open`, `paused`, or `closed`: the clock ran out. */
  bidding?: string | null;
  /** Seconds that a user has to wait between two comments; 0 is off. */
  slowMode?: number | null;
  /** `open`, or `approval`: only those whom the owner registered may bid. */
  registration?: string | null;
  /** Whether maximum bids are taken. */
  maxima?: boolean | null;
  /** The joiner's own maximum bid in this round; null for none. */
  maximum?: number | null;
  /** Whether the joiner is registered to bid in this auction. */
  registered?: boolean | null;
  /** The joiner's highest single bid in this auction; null for no limit. */
  limit?: number | null;
  /** What the joiner is here: `owner`, `clerk`, `moderator` or null. */
  role?: string | null;
  /** The joiner's own number in this auction; null before registration and first bid. */
  paddle?: number | null;
  /** The lot of the run list that is on the block; only where the auction has a run list. */
  lot?: LotOnTheBlock | null;
  /** The last change of the run list; 0 without one. */
  lotsVersion?: number | null;
  /** With `lastSeq`: `{event, data}` of each event since then, lists left out. */
  missed?: MissedEvent[] | null;
  /** False when more was missed than is sent; the state itself is always whole. */
  missedComplete?: boolean | null;
}

/** The guide's enum of auctions. Both types are treated alike. */
export type AuctionType = "Live" | "Open";

/** The auction with its relations, as `auctionEnded` carries it. */
export interface AuctionWithLists {
  /** The row's own number. */
  id: number;
  /** The auction's title. */
  title: string;
  /** A text about it. */
  description: string;
  /** The kind, one of those of the guide. */
  type: AuctionType;
  /** What is on the block; null for nothing. */
  current_product: string | null;
  /** A text about what is on the block. */
  product_description: string | null;
  /** The market price. */
  actualPrice: number;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The price that is shown at the start. */
  bidPrice: number;
  /** How many. */
  quantity: number;
  /** When it expires. */
  expiryDate: string;
  /** When it is to begin. */
  startDate: string | null;
  /** Whether it is live. */
  isLive: boolean;
  /** Whether it has expired. */
  isExpired: boolean;
  /** Whether it was canceled. */
  isCanceled: boolean;
  /** Whether it was ended. */
  isEnded: boolean;
  /** The address of its picture. */
  image_url: string;
  /** The user whose it is. */
  user_id: number | null;
  /** The user who won the last lot. */
  winning_user_id: number | null;
  /** The category. */
  category_id: number;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
  /** The bids, which are none by now. */
  Auction_bids: BidWithUser[];
  /** The comments, which are none by now. */
  Auction_comments: CommentWithUser[];
}

/** An auction, and what the caller is in it. */
export interface AuctionWithRole {
  /** The row's own number. */
  id: number;
  /** The auction's title. */
  title: string;
  /** A text about it. */
  description: string;
  /** The kind, one of those of the guide. */
  type: AuctionType;
  /** What is on the block; null for nothing. */
  current_product: string | null;
  /** A text about what is on the block. */
  product_description: string | null;
  /** The market price. */
  actualPrice: number;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The price that is shown at the start. */
  bidPrice: number;
  /** How many. */
  quantity: number;
  /** When it expires. */
  expiryDate: string;
  /** When it is to begin. */
  startDate: string | null;
  /** Whether it is live. */
  isLive: boolean;
  /** Whether it has expired. */
  isExpired: boolean;
  /** Whether it was canceled. */
  isCanceled: boolean;
  /** Whether it was ended. */
  isEnded: boolean;
  /** The address of its picture. */
  image_url: string;
  /** The user whose it is. */
  user_id: number | null;
  /** The user who won the last lot. */
  winning_user_id: number | null;
  /** The category. */
  category_id: number;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
  /** `owner`, `clerk`, `moderator` or null. */
  role: string | null;
}

/** No token was given out. */
export interface AuthRefused {
  /** When it may be tried again, with `too_fast` and `slow_mode`. */
  retryAfterMs?: number | null;
  /** With `standing_bid_changed`: the bid that stands by now; null for none. */
  standingBid?: NamedBid | null;
  /** With `standing_bid_changed`: the bid that another program took away. */
  formerBid?: NamedBid | null;
  /** The round that it is now, with `round_over`. */
  round?: number | null;
  /** The least that would do, with `bid_below_step`. */
  nextBid?: number | null;
  /** With `bidding_closed` and `clock_running`: the clock as it is. */
  clock?: ClockShown | null;
  /** With `lot_not_waiting`. */
  lotState?: string | null;
  /** The bidder's limit, with `over_limit`. */
  limit?: number | null;
  /** Those at fault, with `number_taken`. */
  numbers?: number[] | null;
  /** That of the run list, or of the lot, by now. */
  lotsVersion?: number | null;
  /** Of a join with `not_live` that asked for it: what is to come here, or is over. */
  announced?: AnnouncedAuction | null;
  /** `success` or `error`. */
  status: "error";
  /** Whether the event was accepted. */
  ok: false;
  /** The reason, for programs. */
  code: Code | (string & {});
  /** The text to show. */
  message: string;
}

/** The lot was awarded. */
export interface AwardAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The row in `winnings`; null where nobody won. */
  winningId: number | null;
}

/** Award the lot on the block to the highest bidder; a weight is not needed. */
export interface AwardLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** Name of the product being awarded. */
  product: string;
  /** Weight of the product; kept with the winning. None: no weight. */
  weight?: string | null;
  /** Award only while this bid is the highest; 0: only while there is none. */
  bidId?: number | null;
  /** Award to `bidId`, which stands, is not the highest and is of another bidder. */
  runnerUp?: boolean | null;
  /** Award also where the bid is below the reserve of the lot. */
  belowReserve?: boolean | null;
}

/** The bid was accepted, and is committed. */
export interface BidAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The bid's `id`. */
  bidId: number;
}

/** The newest bid was taken back. The guide's words follow: `newBid`, or `auction_change_product`. */
export interface BidUndone {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The bids that are gone. */
  bidIds: number[];
  /** Stands now, or null. */
  standingBid: NamedBid | null;
  /** Stood before. */
  formerBid: NamedBid | null;
  /** The least that would be accepted next; null where nothing would be. */
  nextBid?: number | null;
  /** Whether the bid that stands is at least the reserve; null where there is none. */
  reserveMet?: boolean | null;
  /** The clock by which bidding closes, as of `serverTime`; null where there is none. */
  clock?: ClockShown | null;
  /** The round: it begins with every product on the block. */
  round: number;
}

/**
 * A bid and its bidder, as the wire always has it.
 *
 * `paddle` is the bidder's number in the auction. `automatic`: the server bid it for the user's maximum. `floor`: it was made in the room or by telephone. No other bid has these fields. The guide has none of them, nor do its bids.
 */
export interface BidWithUser {
  /** The row's own number. */
  id: number;
  /** The auction that it belongs to. */
  auction_id: number;
  /** The user whose it is. */
  user_id: number;
  /** The amount. */
  bid: number;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
  /** The user whose it is. */
  user: User;
  /** The bidder's number in this auction; null before there is one. */
  paddle?: number | null;
  /** True where the server bid it for a maximum. */
  automatic?: boolean | null;
  /** True where it was made in the room or by telephone. */
  floor?: boolean | null;
}

/** Bids are refused from now on; the clock stands still. */
export interface BiddingPaused {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The clock as it stands; null where there is none. */
  clock: ClockShown | null;
}

/** Bids are taken again. */
export interface BiddingResumed {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The clock as it stands; null where there is none. */
  clock: ClockShown | null;
}

/** The user is out of the auction. */
export interface BlockAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The bids that are gone; absent beside `changed`. */
  bidIds?: number[] | null;
}

/** Put a user out of the auction; the bids of the round are withdrawn. */
export interface BlockUser {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The user who is meant; or: */
  userId?: number | null;
  /** The bidder's number in this auction. */
  paddle?: number | null;
}

/** The owner has left the live video stream. */
export interface BroadcasterLeave {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
}

/** The owner has left the live video stream. */
export interface BroadcasterLeft {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
}

/** What one bidder bought: a bidder is a paddle. `number` is masked for who may not see it. */
export interface Buyer {
  /** The user's `id`. */
  userId: number;
  /** The bidder's number in this auction; null before there is one. */
  paddle: number | null;
  /** The name that is shown. */
  name: string;
  /** The telephone number: its last two digits, but for those who may see all of it. */
  number: string;
  /** The lots; of a buyer, how many were bought. */
  lots: number;
  /** The sum of what was bought. */
  total: number;
  /** Whether it was paid; of a buyer and in totals, how much. */
  paid: number;
  /** What is still to be paid. */
  due: number;
}

/** Cancel a live auction. */
export interface CancelAuction {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
}

/** What happened to a lot or to its winning. */
export type Change = "sold" | "passed" | "reopened" | "corrected" | "reassigned" | "paid" | "not paid";

/** Put a product on the block, or change the prices of the one that is there. */
export interface ChangeLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** Product name. */
  product: string;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The price shown at the start. */
  bidPrice: number;
  /** Market price of the product. */
  actualPrice: number;
}

/** The end of a ledger, signed with the server's secret: `text` is the line to keep elsewhere. */
export interface Checkpoint {
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the auction's ledger. */
  seq: number;
  /** The hash of the last entry. */
  hash: string;
  /** When it was made. */
  time: string;
  /** The line to keep elsewhere. */
  text: string;
}

/** A clock as it was at the `serverTime` beside it: count from the arrival, not from that time. */
export interface ClockShown {
  /** When it runs out, as of `serverTime`; null after a stop. */
  endsAt: string | null;
  /** What is left of it, as of `serverTime`; null after a stop. */
  remainingMs: number | null;
  /** False while it stands still, and when it has run out. */
  running: boolean;
  /** How much is left at least after a bid in the window. */
  extendSeconds: number | null;
  /** The last seconds, in which a bid extends the clock. */
  windowSeconds: number | null;
  /** `auto`, or null. */
  award: string | null;
  /** `interrupted`: the server stopped it. */
  reason?: string | null;
}

/** The reason of a refusal. */
export type Code = "no_token" | "invalid_token" | "old_client" | "auction_not_found" | "user_not_found" | "not_owner" | "not_live" | "already_canceled" | "already_ended" | "bid_too_low" | "bid_below_minimum" | "no_lot" | "not_joined" | "round_over" | "other_bid_leads" | "standing_bid_changed" | "owner_bid" | "request_id_reused" | "malformed" | "bad_parameter" | "unknown_event" | "too_fast" | "busy" | "unavailable" | "unsuited" | "outcome_unknown" | "fault" | "not_staff" | "staff_bid" | "is_staff" | "has_bids" | "lot_not_found" | "lot_not_waiting" | "lot_open" | "number_taken" | "lots_changed" | "bids_stand" | "nothing_to_undo" | "not_newest" | "nothing_to_reopen" | "winning_settled" | "not_standing" | "below_reserve" | "bid_below_step" | "over_limit" | "not_registered" | "maxima_off" | "no_maximum" | "bidding_closed" | "bidding_paused" | "no_clock" | "clock_running" | "clock_moved" | "comment_not_found" | "muted" | "slow_mode" | "blocked" | "blocked_everywhere" | "paddle_not_found" | "no_floor_user" | "floor_closed" | "winning_paid" | "other_history" | "watch_only" | "other_auction" | "too_many_guests" | "guests_off" | "too_many_codes" | "wrong_code" | "too_many_tries" | "challenge_over" | "name_needed" | "session_over" | "sign_in_unavailable";

/** The code was asked for. */
export interface CodeAnswer {
  /** `success` or `error`. */
  status: "success";
  /** What to do next. */
  data: CodeSent;
}

/** Whose telephone a code is for: a number, or what an earlier request was answered with. */
export interface CodeRequest {
  /** The telephone number, with or without the country's code. */
  number?: string | null;
  /** What stands for the number. */
  challengeToken?: string | null;
}

/** A code is on its way, if the number is known. The answer is the same if it is not. */
export interface CodeSent {
  /** Stands for the number in the next requests. */
  challengeToken: string;
  /** For how many seconds the code is good. */
  expiresIn: number;
  /** After how many seconds another one may be asked for. */
  resendIn: number;
}

/** The comment was accepted, and is committed. */
export interface CommentAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The comment's `id`. */
  commentId: number;
}

/** A comment was taken off the list; later lists lack it. */
export interface CommentRemoved {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The comment's `id`. */
  commentId: number;
}

/** A comment and its author, as the wire always has it. */
export interface CommentWithUser {
  /** The row's own number. */
  id: number;
  /** The auction that it belongs to. */
  auction_id: number;
  /** The user whose it is. */
  user_id: number;
  /** The text of the comment. */
  comment: string;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
  /** The user whose it is. */
  user: User;
}

/** Change a lot. Fields that are left out stay; null takes away what a lot need not have. */
export interface EditLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The lot. */
  lotId: number;
  /** The `lotsVersion` that the sender looked at. */
  version: number;
  /** The product's name. */
  product?: string | null;
  /** The least that a first bid may be. */
  minBidPrice?: number | null;
  /** The price that is shown at the start. */
  bidPrice?: number | null;
  /** The market price. */
  actualPrice?: number | null;
  /** The number that people say. */
  lotNumber?: number | null;
  /** A text about it. */
  description?: string | null;
  /** The product's weight. */
  weight?: string | null;
  /** The address of its picture. */
  imageUrl?: string | null;
  /** The steps by which bids rise; null for those of the auction. */
  increments?: number | { from: number; step: number; }[] | null;
  /** The least that it is sold for. */
  reserve?: number | null;
}

/** Mark an auction as ended, without a winner. */
export interface EndAuction {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
}

/** A refusal, to the sender alone. */
export interface Error {
  /** When it may be tried again, with `too_fast` and `slow_mode`. */
  retryAfterMs?: number | null;
  /** With `standing_bid_changed`: the bid that stands by now; null for none. */
  standingBid?: NamedBid | null;
  /** With `standing_bid_changed`: the bid that another program took away. */
  formerBid?: NamedBid | null;
  /** The round that it is now, with `round_over`. */
  round?: number | null;
  /** The least that would do, with `bid_below_step`. */
  nextBid?: number | null;
  /** With `bidding_closed` and `clock_running`: the clock as it is. */
  clock?: ClockShown | null;
  /** With `lot_not_waiting`. */
  lotState?: string | null;
  /** The bidder's limit, with `over_limit`. */
  limit?: number | null;
  /** Those at fault, with `number_taken`. */
  numbers?: number[] | null;
  /** That of the run list, or of the lot, by now. */
  lotsVersion?: number | null;
  /** Of a join with `not_live` that asked for it: what is to come here, or is over. */
  announced?: AnnouncedAuction | null;
  /** The reason, for people. */
  message: string;
  /** The reason, for programs. */
  code?: Code | (string & {}) | null;
  /** The client event that was refused; absent for a refused connection. */
  event?: string | null;
}

/** Warn the room: going once, going twice, last call. */
export interface FairWarning {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** 1, 2 or 3. */
  stage: number;
  /** What the host says with it in the comments, 1 to 191 characters, in place of the English text. */
  say?: string | null;
}

/** The room was warned: going once, going twice, last call. */
export interface FairWarningGiven {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** 1 going once, 2 going twice, 3 last call. */
  stage: number;
}

/**
 * Enter a bid from the room or the telephone: of a paddle, or of somebody who is known by a label.
 *
 * A label gets a paddle of its own with its first bid; its bids are of the auction's floor user.
 */
export interface FloorBid {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The bid; strictly greater than the last one. */
  amount: number;
  /** The bidder's number in this auction; a label's too. */
  paddle?: number | null;
  /** Who bids, as the staff calls them; it is told to nobody in the room. */
  label?: string | null;
}

/** The bid from the floor was accepted, and is committed. */
export interface FloorBidAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The bid's `id`. */
  bidId: number;
  /** The label's number, where a label bids. */
  paddle?: number | null;
}

/** A token for a guest was given out. */
export interface GuestAnswer {
  /** `success` or `error`. */
  status: "success";
  /** The token. */
  data: GuestToken;
}

/** A token that watches, and does nothing else. */
export interface GuestToken {
  /** The token, for `auth.token`. */
  accessToken: string;
  /** The same. */
  token: string;
  /** For how many seconds it is good. */
  expiresIn: number;
}

/**
 * One entry of an auction's ledger, in words. `what` completes the sentence "<who> …".
 *
 * `paddle` is the number of `who` in the auction, of a bidder; in `what` it is before the name. `known` is false for one that a newer program wrote: nothing is certain of its data.
 */
export interface HistoryEntry {
  /** The entry of the auction's ledger. */
  seq: number;
  /** The round: it begins with every product on the block. */
  round: number;
  /** When it was. */
  at: string;
  /** The kind of the entry. */
  kind: string;
  /** The user's `id`. */
  userId: number | null;
  /** The name of who acted; null for nobody. */
  who: string | null;
  /** The bidder's number in this auction; null before there is one. */
  paddle?: number | null;
  /** What it says, behind the name. */
  what: string;
  /** The entry as it is stored. */
  data: Record<string, unknown>;
  /** False for an entry that a newer program wrote. */
  known?: boolean;
}

/** The rules of the auction were set: as they are now. */
export interface HouseRulesChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** `open`: everybody may bid; `approval`: those whom the owner registered. */
  registration: string;
  /** Whether maximum bids are taken. */
  maxima: boolean;
}

/** Enter an auction's room. */
export interface JoinAuction {
  /** The auction that is meant. */
  auctionId: number;
  /** The last `seq` that was heard: asks for what was missed. */
  lastSeq?: number | null;
  /** The `ledger` that came with that `seq`: another history is told whole. */
  ledger?: string | null;
  /** Asks, where the auction is not live, what is to come there, or is over. */
  announced?: boolean | null;
}

/** The socket is in the room: the whole current state. */
export interface Joined {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The auction as it is now. */
  auction: Auction;
  /** The bids of the round, newest first. */
  auctionBids: BidWithUser[];
  /** The comments, oldest first. */
  auctionComments: CommentWithUser[];
  /** How many sockets are in the room. */
  userCount: number;
  /** The round: it begins with every product on the block. */
  round: number;
  /** The least that would be accepted next; null where nothing would be. */
  nextBid?: number | null;
  /** Whether the bid that stands is at least the reserve; null where there is none. */
  reserveMet?: boolean | null;
  /** The clock by which bidding closes, as of `serverTime`; null where there is none. */
  clock?: ClockShown | null;
  /** `open`, `paused`, or `closed`: the clock ran out. */
  bidding?: string | null;
  /** Seconds that a user has to wait between two comments; 0 is off. */
  slowMode?: number | null;
  /** `open`, or `approval`: only those whom the owner registered may bid. */
  registration?: string | null;
  /** Whether maximum bids are taken. */
  maxima?: boolean | null;
  /** The joiner's own maximum bid in this round; null for none. */
  maximum?: number | null;
  /** Whether the joiner is registered to bid in this auction. */
  registered?: boolean | null;
  /** The joiner's highest single bid in this auction; null for no limit. */
  limit?: number | null;
  /** What the joiner is here: `owner`, `clerk`, `moderator` or null. */
  role?: string | null;
  /** The joiner's own number in this auction; null before registration and first bid. */
  paddle?: number | null;
  /** The lot of the run list that is on the block; only where the auction has a run list. */
  lot?: LotOnTheBlock | null;
  /** The last change of the run list; 0 without one. */
  lotsVersion?: number | null;
  /** With `lastSeq`: `{event, data}` of each event since then, lists left out. */
  missed?: MissedEvent[] | null;
  /** False when more was missed than is sent; the state itself is always whole. */
  missedComplete?: boolean | null;
  /** Whether the event was accepted. */
  ok: true;
}

/** Exit an auction's room. */
export interface LeaveAuction {
  /** The auction that is meant. */
  auctionId: number;
}

/** The socket is no longer in the room. */
export interface Left {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The viewers who are left. */
  userCount: number;
}

/** The lot was changed. */
export interface LotAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** What else to know, where a reserve was set. */
  warning?: string | null;
}

/** A lot was awarded; the auction itself goes on. */
export interface LotAwarded {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The auction as it is now. */
  auction: AuctionWithLists;
  /** The bid that won; null for nobody. */
  winningBid: BidWithUser | null;
  /** The user who won; null for nobody. */
  winningUser: User | null;
  /** Whether the bid that led was passed over. */
  runnerUp?: boolean;
  /** Null: nothing is on the block. */
  nextBid?: number | null;
  /** Whether the winning bid is at least the reserve of this lot, false where nobody won; null where there is none. */
  reserveMet?: boolean | null;
  /** The clock by which bidding closes, as of `serverTime`; null where there is none. */
  clock?: ClockShown | null;
  /** The lot of the run list that is on the block; only where the auction has a run list. */
  lotId?: number | null;
  /** The number that people say. */
  lotNumber?: number | null;
  /** Whether it goes to nobody. */
  passed?: boolean | null;
}

/** A product is on the block, or its prices changed. */
export interface LotChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The product's name. */
  product: string;
  /** The price that is shown at the start. */
  bidPrice: number;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The market price. */
  actualPrice: number;
  /** The round: it begins with every product on the block. */
  round: number;
  /** Empty, and only beside `formerBid`: no bid stands. */
  auctionBids?: BidWithUser[] | null;
  /** Only where another program took away or changed the bid that stood: that one, null for none. The list is whole then, for everybody. */
  formerBid?: NamedBid | null;
  /** The least that would be accepted next; null where nothing would be. */
  nextBid?: number | null;
  /** Whether the bid that stands is at least the reserve; null where there is none. */
  reserveMet?: boolean | null;
  /** The clock by which bidding closes, as of `serverTime`; null where there is none. */
  clock?: ClockShown | null;
  /** The lot of the run list that is on the block; only where the auction has a run list. */
  lotId?: number | null;
  /** The number that people say. */
  lotNumber?: number | null;
  /** A text about it. */
  description?: string | null;
  /** The product's weight. */
  weight?: string | null;
  /** The address of its picture. */
  imageUrl?: string | null;
}

/** The lot of the run list that is on the block. */
export interface LotOnTheBlock {
  /** The lot's own number, which never changes. */
  lotId: number;
  /** The number that people say. */
  lotNumber: number;
  /** The product's name. */
  product: string;
  /** A text about it. */
  description: string | null;
  /** The product's weight. */
  weight: string | null;
  /** The address of its picture. */
  imageUrl: string | null;
}

/** The last award was taken back, and its bids have come back. The guide's words follow. */
export interface LotReopened {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The product's name. */
  product: string;
  /** The winning that is no longer; null where nobody had won. */
  winningId: number | null;
  /** Stands now, or null. */
  standingBid: NamedBid | null;
  /** The least that would be accepted next; null where nothing would be. */
  nextBid?: number | null;
  /** Whether the bid that stands is at least the reserve; null where there is none. */
  reserveMet?: boolean | null;
  /** The round: it begins with every product on the block. */
  round: number;
  /** The lot of the run list that is on the block; only where the auction has a run list. */
  lotId?: number | null;
  /** The number that people say. */
  lotNumber?: number | null;
}

/** What became of a lot so far. */
export type LotState = "waiting" | "open" | "sold" | "passed" | "withdrawn";

/** The lots were added. */
export interface LotsAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** What else to know, where a reserve was set. */
  warning?: string | null;
  /** In the order of `lots`. */
  lotIds: number[];
  /** In the order of `lots`. */
  lotNumbers: number[];
}

/** Lots of the run list were added, edited, moved, withdrawn or offered again. */
export interface LotsChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The last change of the run list. */
  lotsVersion: number;
  /** Those that changed; null for more than 20: read `GET /api/auctions/{id}/lots`. */
  lots: RunListLot[] | null;
}

/** The reader's maximum bid in this round is another one, or none; the room is told `auctionEntry`. */
export interface MaximumChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The amount; null for none. */
  maximum: number | null;
  /** `set`, `withdrawn`, `undone` or `blocked`. */
  reason: string;
}

/** An event of the auction that a viewer did not hear, without its lists. */
export type MissedEvent = {
  [Name in keyof ServerToClientEvents]: {
    /** The name of the event. */
    event: Name;
    /** Its payload. */
    data: Parameters<ServerToClientEvents[Name]>[0];
  };
}[keyof ServerToClientEvents];

/** Put a lot that waits at another place of the run list. */
export interface MoveLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The lot. */
  lotId: number;
  /** The lot that it is put before; none is the end. */
  before: number | null;
}

/** Refuse a user's comments in this auction, for some minutes or until it is taken back. */
export interface MuteUser {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The user who is meant; or: */
  userId?: number | null;
  /** The bidder's number in this auction. */
  paddle?: number | null;
  /** For how long; without it until `unmuteUser`. */
  minutes?: number | null;
}

/** A bid by its ids, as refusals and announcements name it. */
export interface NamedBid {
  /** The bid's `id`. */
  bidId: number;
  /** The user's `id`. */
  userId: number;
  /** The amount. */
  amount: number;
}

/**
 * A bid was accepted. Newest first in the list, which `updates: "delta"` leaves out.
 *
 * With `formerBid` it is not a new bid but the one that stands now.
 */
export interface NewBid {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The bid that leads now. */
  newBid: BidWithUser;
  /** The bids of the round, newest first. */
  auctionBids?: BidWithUser[] | null;
  /** The round: it begins with every product on the block. */
  round: number;
  /** Only where another program took away or changed the bid that stood: that one, null for none. The list is whole then, for everybody. */
  formerBid?: NamedBid | null;
  /** The least that would be accepted next; null where nothing would be. */
  nextBid?: number | null;
  /** Whether the bid that stands is at least the reserve; null where there is none. */
  reserveMet?: boolean | null;
  /** The clock by which bidding closes, as of `serverTime`; null where there is none. */
  clock?: ClockShown | null;
  /** The lot of the run list that is on the block; only where the auction has a run list. */
  lotId?: number | null;
  /** The number that people say. */
  lotNumber?: number | null;
}

/** A comment was posted. Oldest first in the list, which `updates: "delta"` leaves out. */
export interface NewComment {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The comment. */
  newComment: CommentWithUser;
  /** The comments, oldest first. */
  comments?: CommentWithUser[] | null;
}

/** A lot as it is added. Without a number it gets the next one. */
export interface NewLot {
  /** Product name. */
  product: string;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The price that is shown at the start. */
  bidPrice: number;
  /** The market price. */
  actualPrice: number;
  /** The number that people say. */
  lotNumber?: number | null;
  /** A text about it. */
  description?: string | null;
  /** The product's weight. */
  weight?: string | null;
  /** The address of its picture. */
  imageUrl?: string | null;
  /** The steps by which bids rise; null for those of the auction. */
  increments?: number | { from: number; step: number; }[] | null;
  /** The least that it is sold for. */
  reserve?: number | null;
  /** What became of it before the auction had a run list. */
  was?: "passed" | "sold" | null;
  /** With `was: sold`. */
  winningId?: number | null;
}

/** The least that would be accepted next has changed. */
export interface NextBidChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** The least that would be accepted next; null where nothing would be. */
  nextBid: number | null;
}

/** Let a lot that was passed or withdrawn wait again. */
export interface OfferAgain {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The lot. */
  lotId: number;
  /** The lot that it is put before; none is the end. */
  before?: number | null;
}

/** Put a lot on the block. */
export interface OpenLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The lot. */
  lotId: number;
  /** The bid that stands, to set it aside with the others. */
  withBids?: number | null;
}

/** Take the lot off the block without a sale. */
export interface PassLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The bid that stands, to set it aside with the others. */
  withBids?: number | null;
}

/** Refuse bids until bidding is resumed; the clock stands still. */
export interface PauseBidding {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** What the host says with it in the comments, 1 to 191 characters, in place of the English text. */
  say?: string | null;
}

/** Let the clock stand still; bidding stays open. */
export interface PauseClock {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
}

/** Place a bid on the lot on the block. */
export interface PlaceBid {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The bid; strictly greater than the last one. */
  amount: number;
}

/** Post a comment in the auction. */
export interface PostComment {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The comment, 1 to 191 characters. */
  comment: string;
}

/** The session that is meant. */
export interface RefreshRequest {
  /** The newest refresh token. */
  refreshToken: string;
}

/** The event was refused, and changed nothing. `error` says the same to clients without acknowledgement. */
export interface Refused {
  /** When it may be tried again, with `too_fast` and `slow_mode`. */
  retryAfterMs?: number | null;
  /** With `standing_bid_changed`: the bid that stands by now; null for none. */
  standingBid?: NamedBid | null;
  /** With `standing_bid_changed`: the bid that another program took away. */
  formerBid?: NamedBid | null;
  /** The round that it is now, with `round_over`. */
  round?: number | null;
  /** The least that would do, with `bid_below_step`. */
  nextBid?: number | null;
  /** With `bidding_closed` and `clock_running`: the clock as it is. */
  clock?: ClockShown | null;
  /** With `lot_not_waiting`. */
  lotState?: string | null;
  /** The bidder's limit, with `over_limit`. */
  limit?: number | null;
  /** Those at fault, with `number_taken`. */
  numbers?: number[] | null;
  /** That of the run list, or of the lot, by now. */
  lotsVersion?: number | null;
  /** Of a join with `not_live` that asked for it: what is to come here, or is over. */
  announced?: AnnouncedAuction | null;
  /** Whether the event was accepted. */
  ok: false;
  /** The reason, for programs. */
  code: Code | (string & {});
  /** The reason, for people. */
  message: string;
}

/** Register a user to bid in the auction, or take that back. */
export interface RegisterBidder {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The user who is meant. */
  userId: number;
  /** Whether the user is registered from now on. */
  approved: boolean;
  /** The user's highest single bid; without it there is no limit. */
  limit?: number | null;
}

/** The registration was set. */
export interface RegistrationAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The number that the bidder got by it. */
  paddle?: number | null;
}

/** The reader's registration in the auction was set; the room is told `auctionEntry`. */
export interface RegistrationChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** Whether the reader is registered to bid. */
  registered: boolean;
  /** The reader's number in this auction. */
  paddle: number | null;
  /** The reader's highest single bid; null for no limit. */
  limit: number | null;
}

/** Take a comment off the list. */
export interface RemoveComment {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The comment's `id`. */
  commentId: number;
}

/** Take back the last award or pass, until another lot is opened. */
export interface ReopenLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The `seq` of the award that is meant; else it is the last that was told. */
  awardSeq?: number | null;
  /** The comment to the room, in place of the English one. */
  say?: string | null;
}

/** The award was taken back. */
export interface ReopeningAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The winning that is no longer; null where nobody had won. */
  winningId: number | null;
  /** Stands now, or null. */
  standingBid: NamedBid | null;
}

/** Change prices, steps or reserve of the lot on the block. */
export interface RepriceLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The least that a first bid may be. */
  minBidPrice?: number | null;
  /** The price that is shown at the start. */
  bidPrice?: number | null;
  /** The market price. */
  actualPrice?: number | null;
  /** The steps by which bids rise; null for those of the auction. */
  increments?: number | { from: number; step: number; }[] | null;
  /** The least that it is sold for. */
  reserve?: number | null;
}

/** Put a comment back that was removed, until the lot is awarded. */
export interface RestoreComment {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The comment's `id`. */
  commentId: number;
}

/** Take bids again. */
export interface ResumeBidding {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** What the host says with it in the comments, 1 to 191 characters, in place of the English text. */
  say?: string | null;
}

/** Let a paused clock run on, with what was left or with so many seconds. */
export interface ResumeClock {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** How long it runs then; what was left where this is absent. */
  seconds?: number | null;
}

/** The reader has another role in the auction; the room is told `auctionEntry`. */
export interface RoleChanged {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** `clerk`, `moderator`, or null for none. */
  role: string | null;
}

/** A lot of the run list. `reserve` is only told to those who work in the auction. */
export interface RunListLot {
  /** The lot's own number, which never changes. */
  lotId: number;
  /** The number that people say. */
  lotNumber: number;
  /** Rising along the run list, with gaps. */
  position: number;
  /** What became of it so far. */
  state: LotState;
  /** The product's name. */
  product: string;
  /** The least that a first bid may be. */
  minBidPrice: number;
  /** The price that is shown at the start. */
  bidPrice: number;
  /** The market price. */
  actualPrice: number;
  /** A text about it. */
  description: string | null;
  /** The product's weight. */
  weight: string | null;
  /** The address of its picture. */
  imageUrl: string | null;
  /** The steps by which bids rise; null for those of the auction. */
  increments: { from: number; step: number; }[] | null;
  /** The row in `winnings`. */
  winningId: number | null;
  /** The `seq` of its last change. */
  version: number;
  /** The least that it is sold for. */
  reserve?: number | null;
}

/**
 * The run list in its order, as `GET /api/auctions/{id}/lots` answers it.
 *
 * Lots in a state that only a newer server knows are left out.
 */
export interface RunListReport {
  /** The last change of the run list. */
  lotsVersion: number;
  /** The lots; of a buyer, how many were bought. */
  lots: RunListLot[];
}

/**
 * One change of what was sold, at entry `seq` of the ledger.
 *
 * Of a reopened lot `…Before` is the sale that was taken back; nobody where it had passed. `winnerId` is None where nobody has the lot any more.
 */
export interface SaleChange {
  /** The entry of the auction's ledger. */
  seq: number;
  /** When it was. */
  at: string;
  /** What happened. */
  change: Change;
  /** The lot's number in the run list; null without one. */
  lot: number | null;
  /** The product's name. */
  product: string;
  /** The row in `winnings`. */
  winningId?: number | null;
  /** The user who has it; null for nobody. */
  winnerId?: number | null;
  /** The name of who has it. */
  winner?: string | null;
  /** The bidder's number in this auction; null before there is one. */
  paddle?: number | null;
  /** What it was sold for. */
  price?: number | null;
  /** The user who had it before. */
  winnerBeforeId?: number | null;
  /** The name of who had it before. */
  winnerBefore?: string | null;
  /** The paddle of who had it before. */
  paddleBefore?: number | null;
  /** The price before. */
  priceBefore?: number | null;
  /** Why, in the words of who did it. */
  reason?: string | null;
}

/**
 * A lot of the sale and what became of it.
 *
 * `lot` is its number in the run list; without a run list each time of a product on the block is a lot. `price` is what it was sold for, `reached` the bid that stood when it came off the block unsold, `at` when it came off. `paid` is None where it was not sold.
 */
export interface SaleLot {
  /** The lot's number in the run list; null without one. */
  lot: number | null;
  /** The lot's own number, which never changes. */
  lotId: number | null;
  /** The product's name. */
  product: string;
  /** The product's weight. */
  weight: string | null;
  /** What became of it so far. */
  state: LotState;
  /** What it was sold for. */
  price?: number | null;
  /** The bid that stood when it came off the block unsold. */
  reached?: number | null;
  /** The row in `winnings`. */
  winningId?: number | null;
  /** The user who has it; null for nobody. */
  winnerId?: number | null;
  /** The name of who has it. */
  winner?: string | null;
  /** The bidder's number in this auction; null before there is one. */
  paddle?: number | null;
  /** Whether it was paid; of a buyer and in totals, how much. */
  paid?: boolean | null;
  /** When it was. */
  at?: string | null;
}

/**
 * A sale as its ledger and its winnings have it, up to entry `seq`.
 *
 * `at` is the time of that entry. `changes` are all since the head that was asked about, else those of winnings behind the hammer. `numbersMasked` says that the reader may not see buyers' numbers. `understood` is False where a newer program wrote entries that may say more.
 */
export interface SaleSummary {
  /** The auction that it is about. */
  auctionId: number;
  /** The auction's title. */
  title: string;
  /** Whether the auction is over. */
  over: boolean;
  /** The entry of the auction's ledger. */
  seq: number;
  /** Which history the `seq` is of. */
  ledger: string;
  /** When it was. */
  at: string | null;
  /** Numbers and amounts of the whole sale. */
  totals: SaleTotals;
  /** The lots; of a buyer, how many were bought. */
  lots: SaleLot[];
  /** Who bought, and what is owed. */
  buyers: Buyer[];
  /** What was changed behind the hammer. */
  changes: SaleChange[];
  /** The head that was asked about. */
  since?: string | null;
  /** Whether the reader may not see whole telephone numbers. */
  numbersMasked?: boolean;
  /** False where a newer program wrote entries that may say more. */
  understood?: boolean;
}

/** Numbers of lots, and amounts. `open` are lots that wait or are on the block. */
export interface SaleTotals {
  /** Whether it was paid; in totals, how many were sold. */
  sold: number;
  /** How many were not sold. */
  passed: number;
  /** How many were taken out of the sale. */
  withdrawn: number;
  /** How many wait or are on the block. */
  open: number;
  /** The sum of what was sold. */
  turnover: number;
  /** How many were paid. */
  paidLots: number;
  /** Whether it was paid; of a buyer and in totals, how much. */
  paid: number;
  /** What is still to be paid. */
  due: number;
}

/** Set rules of the auction. Those that are left out stay as they are. */
export interface SetHouseRules {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** `open`: everybody may bid; `approval`: those whom the owner registered. */
  registration?: "open" | "approval";
  /** Whether maximum bids are taken. */
  maxima?: boolean;
  /** The user in whose name bids from the room are placed; null for nobody. */
  floorUserId?: number | null;
}

/** Set the steps by which bids rise in the auction. */
export interface SetIncrements {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** A step, or up to 50 of `{from, step}`, rising; null is none. */
  increments: number | { from: number; step: number; }[] | null;
}

/** Have the server bid the least that leads, up to an amount; it replaces an earlier one of the round. */
export interface SetMaximumBid {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round: number;
  /** The highest bid that may be made; what `placeBid` would take, or the own bid. */
  amount: number;
}

/** Give a user a role in the auction, another one, or none any more. */
export interface SetRole {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The user who is meant. */
  userId: number;
  /** `clerk`, `moderator`, or null to take it away. */
  role: "clerk" | "moderator" | null;
  /** Whether a clerk sees the whole telephone numbers of winners. */
  seesNumbers?: boolean;
}

/** Set how long a user has to wait between two comments. */
export interface SetSlowMode {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** 0 is off. */
  seconds: number;
  /** The host's comment about it, in place of the English one. */
  say?: string | null;
}

/** Signed in; or where no code was sent along, one was asked for. */
export interface SignInAnswer {
  /** `success` or `error`. */
  status: "success";
  /** Who signed in; or what to do next. */
  data: SignedIn | CodeSent;
}

/** A code that was sent. */
export interface SignInRequest {
  /** The telephone number, with or without the country's code. */
  number?: string | null;
  /** What stands for the number. */
  challengeToken?: string | null;
  /** The code. Without it, one is sent. */
  otp?: string | null;
  /** The name of a new user, after `name_needed`. */
  name?: string | null;
}

/** The session is over. */
export interface SignOutAnswer {
  /** `success` or `error`. */
  status: "success";
  /** Empty. */
  data: Record<string, unknown>;
}

/** The user who signed in, with the own number whole, and the tokens of the session. */
export interface SignedIn {
  /** The row's own number. */
  id: number;
  /** The name that is shown. */
  name: string;
  /** The kind, one of those of the guide. */
  type: UserType;
  /** The category. */
  category_id: number | null;
  /** The telephone number: its last two digits, but for those who may see all of it. */
  number: string;
  /** Always null. */
  otpCode: string | null;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
  /** The token, for `auth.token`. */
  accessToken: string;
  /** The same. */
  token: string;
  /** For how many seconds it is good. */
  expiresIn: number;
  /** Good once: keep the new one of each answer before anything else. */
  refreshToken: string;
}

/** The time that a user has to wait between two comments; 0 is off. */
export interface SlowMode {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** How many seconds; 0 is off. */
  seconds: number;
}

/** Go live with an auction. */
export interface StartAuction {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
}

/** Start a clock: bidding closes when it runs out. */
export interface StartClock {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** How long the clock runs, 1 to 604800. */
  seconds: number;
  /** How much is left at least after a bid in the window, 0 to 600. */
  extendSeconds?: number;
  /** The last seconds, in which a bid extends the clock, 0 to 600. */
  windowSeconds?: number;
  /** `auto`: the lot is awarded, or passed, when the clock runs out. */
  award?: "auto" | null;
  /** What the host says with it in the comments, 1 to 191 characters, in place of the English text. */
  say?: string | null;
}

/** Take the clock off; bidding goes on without one. */
export interface StopClock {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
}

/** The tokens of a session. */
export interface Tokens {
  /** The token, for `auth.token`. */
  accessToken: string;
  /** The same. */
  token: string;
  /** For how many seconds it is good. */
  expiresIn: number;
  /** Good once: keep the new one of each answer before anything else. */
  refreshToken: string;
}

/** The session goes on with other tokens. */
export interface TokensAnswer {
  /** `success` or `error`. */
  status: "success";
  /** The new tokens. */
  data: Tokens;
}

/** Let a user in again; no bid comes back. */
export interface UnblockUser {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The user who is meant; or: */
  userId?: number | null;
  /** The bidder's number in this auction. */
  paddle?: number | null;
}

/** The bids were taken back. */
export interface UndoAccepted {
  /** Whether the event was accepted. */
  ok: true;
  /** The auction that it is about. */
  auctionId: number;
  /** The entry of the ledger that it became. */
  seq: number;
  /** The round that it belongs to. */
  round: number;
  /** When it happened, by the server. */
  serverTime: string;
  /** False where it asked for what is so already; `seq` is that of the state then. */
  changed?: false | null;
  /** A repeated award that was taken back since. */
  reopened?: true | null;
  /** A repeated bid or maximum that was taken back since. */
  undone?: true | null;
  /** The bids that are gone. */
  bidIds: number[];
  /** Stands now, or null. */
  standingBid: NamedBid | null;
}

/** Take back the newest bid, with all automatic bids that followed it. */
export interface UndoBid {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** Any bid of what is taken back. */
  bidId: number;
}

/** Let a user comment again. */
export interface UnmuteUser {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The user who is meant; or: */
  userId?: number | null;
  /** The bidder's number in this auction. */
  paddle?: number | null;
}

/** A row of `users`. `otpCode` is never read, and `number` masked for others. */
export interface User {
  /** The row's own number. */
  id: number;
  /** The name that is shown. */
  name: string;
  /** The kind, one of those of the guide. */
  type: UserType;
  /** The category. */
  category_id: number | null;
  /** The telephone number: its last two digits, but for those who may see all of it. */
  number: string;
  /** Always null. */
  otpCode: string | null;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
}

/** Viewers joined or left; at most a few a second in a busy room. */
export interface UserCountUpdate {
  /** The auction that it is about. */
  auctionId: number;
  /** Gap-free and rising for each auction. */
  seq: number;
  /** Which history it is of, up to this `seq`: goes back with `lastSeq`. */
  ledger?: string | null;
  /** When it happened, by the server. */
  serverTime: string;
  /** How many sockets are in the room. */
  userCount: number;
}

/** The guide's enum of users. It gives no rights. */
export type UserType = "Normal" | "Expert";

/**
 * An awarded lot and its winner, whose number is whole: the host has to call.
 *
 * `paddle` is the winner's in that auction. Of a bidder on the floor without an account it is the label's, and `label` what the staff called them, empty where that was erased.
 */
export interface WinningWithUser {
  /** The row's own number. */
  id: number;
  /** The user whose it is. */
  user_id: number;
  /** The auction that it belongs to. */
  auction_id: number | null;
  /** The product's name. */
  product: string;
  /** What it was sold for. */
  price: number;
  /** The product's weight. */
  weight: string | null;
  /** Whether it was paid; in totals, how many were sold. */
  sold: boolean;
  /** When the row was made. */
  createdAt: string;
  /** When the row was changed last. */
  updatedAt: string;
  /** The user whose it is. */
  user: User;
  /** The bidder's number in this auction; null before there is one. */
  paddle?: number | null;
  /** What the staff called a bidder without an account. */
  label?: string | null;
}

/** Take a lot that waits, or was passed, out of the sale. */
export interface WithdrawLot {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round?: number | null;
  /** The lot. */
  lotId: number;
}

/** Withdraw the own maximum bid; bids that it made stand. */
export interface WithdrawMaximum {
  /** The auction that is meant. */
  auctionId: number;
  /** The client's own unique string; a repeat changes nothing. */
  requestId?: string | null;
  /** The round that the sender was looking at; in another one it is refused. */
  round: number;
}

/** The events that a client sends, each with the callback of its acknowledgement. */
export interface ClientToServerEvents {
  startLiveAuction: (payload: StartAuction, acknowledge: (answer: Accepted | Refused) => void) => void;
  joinAuction: (payload: JoinAuction, acknowledge: (answer: Joined | Refused) => void) => void;
  leaveAuction: (payload: LeaveAuction, acknowledge: (answer: Left | Refused) => void) => void;
  broadCasterLeave: (payload: BroadcasterLeave, acknowledge: (answer: Accepted | Refused) => void) => void;
  comment: (payload: PostComment, acknowledge: (answer: CommentAccepted | Refused) => void) => void;
  placeBid: (payload: PlaceBid, acknowledge: (answer: BidAccepted | Refused) => void) => void;
  cancelAuction: (payload: CancelAuction, acknowledge: (answer: Accepted | Refused) => void) => void;
  endAuction: (payload: EndAuction, acknowledge: (answer: Accepted | Refused) => void) => void;
  awardingAuction: (payload: AwardLot, acknowledge: (answer: AwardAccepted | Refused) => void) => void;
  changeCuurentProduct: (payload: ChangeLot, acknowledge: (answer: Accepted | Refused) => void) => void;
  addLots: (payload: AddLots, acknowledge: (answer: LotsAccepted | Refused) => void) => void;
  editLot: (payload: EditLot, acknowledge: (answer: LotAccepted | Refused) => void) => void;
  moveLot: (payload: MoveLot, acknowledge: (answer: Accepted | Refused) => void) => void;
  withdrawLot: (payload: WithdrawLot, acknowledge: (answer: Accepted | Refused) => void) => void;
  offerAgain: (payload: OfferAgain, acknowledge: (answer: Accepted | Refused) => void) => void;
  openLot: (payload: OpenLot, acknowledge: (answer: Accepted | Refused) => void) => void;
  repriceLot: (payload: RepriceLot, acknowledge: (answer: LotAccepted | Refused) => void) => void;
  passLot: (payload: PassLot, acknowledge: (answer: Accepted | Refused) => void) => void;
  setIncrements: (payload: SetIncrements, acknowledge: (answer: Accepted | Refused) => void) => void;
  floorBid: (payload: FloorBid, acknowledge: (answer: FloorBidAccepted | Refused) => void) => void;
  setMaximumBid: (payload: SetMaximumBid, acknowledge: (answer: Accepted | Refused) => void) => void;
  withdrawMaximum: (payload: WithdrawMaximum, acknowledge: (answer: Accepted | Refused) => void) => void;
  startClock: (payload: StartClock, acknowledge: (answer: Accepted | Refused) => void) => void;
  pauseClock: (payload: PauseClock, acknowledge: (answer: Accepted | Refused) => void) => void;
  resumeClock: (payload: ResumeClock, acknowledge: (answer: Accepted | Refused) => void) => void;
  stopClock: (payload: StopClock, acknowledge: (answer: Accepted | Refused) => void) => void;
  fairWarning: (payload: FairWarning, acknowledge: (answer: Accepted | Refused) => void) => void;
  pauseBidding: (payload: PauseBidding, acknowledge: (answer: Accepted | Refused) => void) => void;
  resumeBidding: (payload: ResumeBidding, acknowledge: (answer: Accepted | Refused) => void) => void;
  undoBid: (payload: UndoBid, acknowledge: (answer: UndoAccepted | Refused) => void) => void;
  reopenLot: (payload: ReopenLot, acknowledge: (answer: ReopeningAccepted | Refused) => void) => void;
  setRole: (payload: SetRole, acknowledge: (answer: Accepted | Refused) => void) => void;
  setHouseRules: (payload: SetHouseRules, acknowledge: (answer: Accepted | Refused) => void) => void;
  registerBidder: (payload: RegisterBidder, acknowledge: (answer: RegistrationAccepted | Refused) => void) => void;
  removeComment: (payload: RemoveComment, acknowledge: (answer: Accepted | Refused) => void) => void;
  restoreComment: (payload: RestoreComment, acknowledge: (answer: Accepted | Refused) => void) => void;
  muteUser: (payload: MuteUser, acknowledge: (answer: Accepted | Refused) => void) => void;
  unmuteUser: (payload: UnmuteUser, acknowledge: (answer: Accepted | Refused) => void) => void;
  blockUser: (payload: BlockUser, acknowledge: (answer: BlockAccepted | Refused) => void) => void;
  unblockUser: (payload: UnblockUser, acknowledge: (answer: Accepted | Refused) => void) => void;
  slowMode: (payload: SetSlowMode, acknowledge: (answer: Accepted | Refused) => void) => void;
}

/** The same events as a client sends them that asks for no acknowledgement: it hears `error`. */
export interface UnacknowledgedEvents {
  startLiveAuction: (payload: StartAuction) => void;
  joinAuction: (payload: JoinAuction) => void;
  leaveAuction: (payload: LeaveAuction) => void;
  broadCasterLeave: (payload: BroadcasterLeave) => void;
  comment: (payload: PostComment) => void;
  placeBid: (payload: PlaceBid) => void;
  cancelAuction: (payload: CancelAuction) => void;
  endAuction: (payload: EndAuction) => void;
  awardingAuction: (payload: AwardLot) => void;
  changeCuurentProduct: (payload: ChangeLot) => void;
  addLots: (payload: AddLots) => void;
  editLot: (payload: EditLot) => void;
  moveLot: (payload: MoveLot) => void;
  withdrawLot: (payload: WithdrawLot) => void;
  offerAgain: (payload: OfferAgain) => void;
  openLot: (payload: OpenLot) => void;
  repriceLot: (payload: RepriceLot) => void;
  passLot: (payload: PassLot) => void;
  setIncrements: (payload: SetIncrements) => void;
  floorBid: (payload: FloorBid) => void;
  setMaximumBid: (payload: SetMaximumBid) => void;
  withdrawMaximum: (payload: WithdrawMaximum) => void;
  startClock: (payload: StartClock) => void;
  pauseClock: (payload: PauseClock) => void;
  resumeClock: (payload: ResumeClock) => void;
  stopClock: (payload: StopClock) => void;
  fairWarning: (payload: FairWarning) => void;
  pauseBidding: (payload: PauseBidding) => void;
  resumeBidding: (payload: ResumeBidding) => void;
  undoBid: (payload: UndoBid) => void;
  reopenLot: (payload: ReopenLot) => void;
  setRole: (payload: SetRole) => void;
  setHouseRules: (payload: SetHouseRules) => void;
  registerBidder: (payload: RegisterBidder) => void;
  removeComment: (payload: RemoveComment) => void;
  restoreComment: (payload: RestoreComment) => void;
  muteUser: (payload: MuteUser) => void;
  unmuteUser: (payload: UnmuteUser) => void;
  blockUser: (payload: BlockUser) => void;
  unblockUser: (payload: UnblockUser) => void;
  slowMode: (payload: SetSlowMode) => void;
}

/** The events that a client hears. */
export interface ServerToClientEvents {
  auctionStarted: (payload: AuctionStarted) => void;
  userCountUpdate: (payload: UserCountUpdate) => void;
  newComment: (payload: NewComment) => void;
  newBid: (payload: NewBid) => void;
  auctionCanceled: (payload: AuctionCanceled) => void;
  auctionFinished: (payload: AuctionFinished) => void;
  auctionEnded: (payload: LotAwarded) => void;
  auction_change_product: (payload: LotChanged) => void;
  broadCasterLeft: (payload: BroadcasterLeft) => void;
  error: (payload: Error) => void;
  auctionState: (payload: AuctionState) => void;
  auctionChanged: (payload: AuctionChanged) => void;
  auctionEntry: (payload: AuctionEntry) => void;
  lotsChanged: (payload: LotsChanged) => void;
  nextBidChanged: (payload: NextBidChanged) => void;
  maximumChanged: (payload: MaximumChanged) => void;
  auctionClock: (payload: AuctionClock) => void;
  fairWarning: (payload: FairWarningGiven) => void;
  biddingPaused: (payload: BiddingPaused) => void;
  biddingResumed: (payload: BiddingResumed) => void;
  bidUndone: (payload: BidUndone) => void;
  lotReopened: (payload: LotReopened) => void;
  roleChanged: (payload: RoleChanged) => void;
  houseRulesChanged: (payload: HouseRulesChanged) => void;
  registrationChanged: (payload: RegistrationChanged) => void;
  commentRemoved: (payload: CommentRemoved) => void;
  slowMode: (payload: SlowMode) => void;
}
