// The connection to an auction's room: joins, comes back, and tells what was heard. It shows nothing.
import { io } from "./socket.io.js";
import { EMPTY, hasGap, heard, ofRefused, ofState } from "./sale.js";

const ANSWER_MS_MAX = 8_000;
const ASK_AGAIN_MS = 2_000;
const ASKED_MS_MAX = 60_000;
const COME_BACK_MS = [1_000, 5_000];
const LOOK_AGAIN_MS = 10_000;
// Refusals of a connection behind which another token may do.
const OTHER_TOKEN = new Set(["invalid_token", "no_token"]);
const STAY_AWAY = new Set(["blocked", "blocked_everywhere", "user_not_found", "other_auction"]);
const NOT_NOW = new Set(["unavailable", "busy", "too_fast", "not_live", "too_many_guests", "fault"]);
// Phases behind which nothing comes; should one be started all the same, everybody is told.
const OVER = new Set(["ended", "canceled"]);
// Outcomes that nobody knows: the same request is sent again under the same id.
const UNSETTLED = new Set(["unavailable", "busy", "outcome_unknown", "not_joined"]);

/**
 * Follow the sale of `auctionId`. `session.token(stale)` gives an access token; `stale` is one that was refused.
 *
 * `onSale(sale)` is called with every change, `onLine(line, why)` with "online", "offline" or "out" (it is
 * not tried again).
 */
export class Connection {
  constructor(auctionId, session, { onSale, onLine }) {
    this.auctionId = auctionId;
    this.sale = EMPTY;
    this.joined = false;
    this._session = session;
    this._tell = { onSale, onLine };
    this._refused = null;
    this._why = null; // why the server does not let us in, as it said itself
    this._tries = 0;
    this._timer = null;
    this._isOut = false;
    this._socket = io({
      auth: (give) => this._authenticate(give),
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: COME_BACK_MS[0],
      reconnectionDelayMax: COME_BACK_MS[1],
      autoConnect: false,
    });
    this._socket.on("connect", () => this._join());
    this._socket.on("connect_error", (error) => this._failed(error.data?.code ?? error.message));
    this._socket.on("disconnect", (reason) => this._lost(reason));
    this._socket.on("error", (refusal) => this._refusedWith(refusal));
    this._socket.onAny((event, data) => this._heard(event, data));
  }

  open() {
    this._socket.connect();
  }

  /** Connect anew, as whoever the session says by now. */
  reopen() {
    this._isOut = false;
    this._tries = 0;
    this._set({ ...this.sale, own: EMPTY.own });
    this._socket.disconnect();
    this._socket.connect();
  }

  /**
   * Send a command and wait for its answer. One that does not come is asked for again under the same
   * `requestId`, behind the next join: nothing happens twice. Returns `{ok: false, code: "no_answer"}`
   * when there is none within a minute.
   */
  async ask(event, payload) {
    const request = { auctionId: this.auctionId, requestId: newId(), ...payload };
    const until = performance.now() + ASKED_MS_MAX;
    let wasSent = false;
    while (performance.now() < until && !this._isOut) {
      if (this.joined) {
        wasSent = true;
        const answer = await this._answer(event, request);
        if (answer && !UNSETTLED.has(answer.code)) return answer;
      }
      await wait(this.joined ? ASK_AGAIN_MS : 200);
    }
    return { ok: false, code: wasSent ? "no_answer" : "offline" };
  }

  async _answer(event, request) {
    try {
      return await this._socket.timeout(ANSWER_MS_MAX).emitWithAck(event, request);
    } catch {
      return null;
    }
  }

  async _authenticate(give) {
    try {
      this._given = await this._session.token(this._refused);
      this._refused = null;
      give({ token: this._given, updates: "delta" });
    } catch (error) {
      give({});
      this._why = error.code ?? "offline";
    }
  }

  async _join() {
    const { seq, ledger } = this.sale;
    const request = { auctionId: this.auctionId, announced: true, ...(seq && { lastSeq: seq, ledger }) };
    const socketId = this._socket.id;
    const state = await this._answer("joinAuction", request);
    if (this._socket.id !== socketId) return; // of a connection that is gone
    if (!state) return this._later();
    if (!state.ok) return this._notIn(state);
    this._tries = 0;
    this._why = null;
    this.joined = true;
    clearTimeout(this._timer);
    this._set(ofState(state, performance.now(), this.sale, this._session.userId));
    this._tell.onLine("online");
  }

  _notIn(refusal) {
    this._tell.onLine("online");
    if (STAY_AWAY.has(refusal.code)) return this._goOut(refusal.code);
    if (refusal.announced) this._set(ofRefused(refusal.announced));
    else if (refusal.code === "auction_not_found") this._set({ ...EMPTY, phase: "missing" });
    else if (refusal.code === "not_live") this._set({ ...this.sale, phase: "waiting" });
    if (NOT_NOW.has(refusal.code) && !OVER.has(this.sale.phase)) this._later();
  }

  /** Join again after a while, longer each time. */
  _later() {
    clearTimeout(this._timer);
    const delay = Math.min(LOOK_AGAIN_MS, 500 * 2 ** this._tries++) * (0.5 + Math.random());
    this._timer = setTimeout(() => this._socket.connected && !this.joined && this._join(), delay);
  }

  _heard(event, data) {
    if (event === "error" || data?.auctionId !== this.auctionId) return;
    if (event === "auctionStarted") {
      if (!this.joined) this._join();
      return;
    }
    if (!this.joined) return; // what came before the state is in it
    if (hasGap(this.sale, event, data)) this._join(); // the whole state says what was not heard
    this._set(heard(this.sale, event, data, performance.now()));
  }

  _set(sale) {
    this.sale = sale;
    this._tell.onSale(sale);
  }

  _refusedWith({ code, event }) {
    if (STAY_AWAY.has(code)) this._goOut(code);
    else if (OTHER_TOKEN.has(code)) this._refused = this._given;
    if (!event) this._why = code; // of a command that was refused, its own answer tells
  }

  _failed(why) {
    this.joined = false;
    this._tell.onLine("offline", this._why ?? why);
    // Refusals of the server end the client's own tries; a lost network does not.
    if (!this._socket.active) this._comeBack();
  }

  _lost(reason) {
    this.joined = false;
    if (this._isOut) return;
    this._tell.onLine("offline", reason);
    if (reason === "io server disconnect") this._comeBack();
  }

  _comeBack() {
    if (this._isOut) return;
    clearTimeout(this._timer);
    const delay = Math.min(COME_BACK_MS[1], COME_BACK_MS[0] * 2 ** this._tries++);
    this._timer = setTimeout(() => this._socket.connect(), delay * (0.5 + Math.random()));
  }

  _goOut(code) {
    this._isOut = true;
    this.joined = false;
    clearTimeout(this._timer);
    this._socket.disconnect();
    this._set({ ...EMPTY, phase: "out", auction: this.sale.auction });
    this._tell.onLine("out", code);
  }
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** An id of a request. `crypto.randomUUID` is missing on pages without TLS. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
