// The bar at the foot of the page: the next bid under one thumb, other amounts, and comments.
import { awaitsRegistration, takesBids } from "./sale.js";
import { $ } from "./show.js";

const FAR_ABOVE = 3;
// A finger on its way to the button when the amount under it changes must not bid the new one.
const SETTLED_MS = 350;
const TOLD_MS = 6_000;
const AMOUNT_MAX = 2_147_483_647;

export class Bidding {
  constructor(connection, session, stage, { onSignIn }) {
    this._connection = connection;
    this._session = session;
    this._stage = stage;
    this._onSignIn = onSignIn;
    this._shown = { amount: null, at: null };
    this._line = "connecting";
    this._isSending = false;
    this._sure = null;
    this._toldUntil = null;
    $("bid").addEventListener("click", () => this._press());
    $("more").addEventListener("click", () => this._openAmount());
    $("withdraw").addEventListener("click", () => this._place("withdrawMaximum", {}));
    $("amount-cancel").addEventListener("click", () => $("amount-dialog").close());
    $("amount").addEventListener("input", () => this._changedAmount());
    $("as-maximum").addEventListener("change", () => this._changedAmount());
    $("amount-dialog").querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this._placeAmount();
    });
    $("comment").addEventListener("submit", (event) => {
      event.preventDefault();
      this._comment();
    });
    setInterval(() => this._tick(), 250);
  }

  line(line) {
    this._line = line;
    this._tick();
  }

  show(sale) {
    const { words, amount } = this._stage;
    this._sale = sale;
    const isLive = sale.phase === "live";
    $("bidding").hidden = !isLive || !(this._session.userId !== null || this._onSignIn);
    $("comment").hidden = !isLive || this._session.userId === null;
    put($("mine"), this._ownFacts(sale));
    $("withdraw").hidden = sale.own.maximum === null || !sale.lot;
    $("maximum-choice").hidden = !sale.maxima;
    this._showHelp();
    if (!sale.lot && $("amount-dialog").open) $("amount-dialog").close();
    this._tick();
  }

  _ownFacts({ own, ...sale }) {
    const { words, amount } = this._stage;
    if (own.role) return words.staff;
    if (own.maximum !== null && sale.lot) return words.yourMaximum(amount(own.maximum));
    return awaitsRegistration({ own, ...sale }) ? words.refused.not_registered : "";
  }

  /** What can be pressed now, and what it says. */
  _tick() {
    const sale = this._sale;
    if (!sale) return;
    const isGuest = this._session.userId === null;
    const open = takesBids(sale, performance.now()) && sale.own.role === null && !awaitsRegistration(sale);
    const canSend = this._line === "online" && !this._isSending;
    const leads = sale.bids[0]?.user_id === this._session.userId && !isGuest;
    const button = $("bid");
    const next = isGuest ? null : sale.nextBid;
    if (next !== this._shown.amount) {
      // The first amount of all was not another one before; that of the next lot was.
      const { at } = this._shown;
      this._shown = { amount: next, at: next === null ? at : at === null ? -Infinity : performance.now() };
    }
    button.disabled = !isGuest && (!open || leads || !canSend);
    $("withdraw").disabled = !canSend;
    button.dataset.state = leads ? "leading" : open ? "open" : "closed";
    put(button, this._saying(isGuest, leads));
    $("more").hidden = isGuest || !open;
    if (this._toldUntil !== null && performance.now() > this._toldUntil) this._tell("");
  }

  /** What the button says. */
  _saying(isGuest, leads) {
    const { words, amount } = this._stage;
    const sale = this._sale;
    if (isGuest) return words.signInToBid;
    if (this._isSending) return words.sending;
    if (leads) return words.youLead;
    if (!sale.lot) return words.noLot;
    if (awaitsRegistration(sale)) return words.unregistered;
    if (takesBids(sale, performance.now())) return words.bid(amount(sale.nextBid));
    return sale.bidding === "paused" ? words.paused : words.closed;
  }

  _press() {
    if (this._session.userId === null) return this._onSignIn?.();
    if (performance.now() - this._shown.at < SETTLED_MS) return this._tell(this._stage.words.moved);
    this._place("placeBid", { amount: this._shown.amount });
  }

  async _place(event, payload) {
    if (this._isSending) return;
    this._isSending = true;
    this._tell("");
    this._tick();
    const answer = await this._connection.ask(event, { ...payload, round: this._sale.round });
    this._isSending = false;
    if (!answer.ok) this._tell(this._words(answer));
    this._tick();
  }

  _openAmount() {
    $("amount").value = "";
    this._changedAmount();
    $("amount-dialog").showModal();
    $("amount").focus();
  }

  _changedAmount() {
    this._sure = null;
    $("amount-help").textContent = "";
    const { words } = this._stage;
    $("amount-place").textContent = this._asMaximum ? words.setIt : words.place;
    this._showHelp();
  }

  _showHelp() {
    $("maximum-help").hidden = !this._asMaximum;
  }

  get _asMaximum() {
    return this._sale.maxima && $("as-maximum").checked;
  }

  /** A bid far above the next one is asked about once more. */
  _placeAmount() {
    const { words, amount } = this._stage;
    const number = read($("amount").value);
    if (number === null || number < (this._sale.nextBid ?? 1)) {
      const least = this._sale.nextBid;
      $("amount-help").textContent = least === null ? words.closed : `${words.next}: ${amount(least)}`;
      return;
    }
    if (!this._asMaximum && number > FAR_ABOVE * this._sale.nextBid && this._sure !== number) {
      this._sure = number;
      $("amount-help").textContent = words.sure(amount(number));
      $("amount-place").textContent = words.bid(amount(number));
      return;
    }
    $("amount-dialog").close();
    if (this._asMaximum) this._place("setMaximumBid", { amount: number });
    else this._place("placeBid", { amount: number });
  }

  async _comment() {
    const field = $("comment").elements.comment;
    const comment = field.value.trim();
    if (!comment) return;
    field.value = "";
    const answer = await this._connection.ask("comment", { comment });
    if (answer.ok) return;
    if (!field.value) field.value = comment; // nothing that was written is lost
    this._tell(this._words(answer));
  }

  _words(answer) {
    return this._stage.words.refused[answer.code] ?? answer.message ?? answer.code;
  }

  _tell(text) {
    put($("told"), text);
    this._toldUntil = text ? performance.now() + TOLD_MS : null;
  }
}

/** The whole number that was typed, with Arabic digits or separators of thousands; null for anything else. */
function read(text) {
  const plain = text
    .trim()
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.codePointAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.codePointAt(0) - 0x6f0))
    .replace(/^(\d{1,3})(?:[ \u00a0\u202f'’\u066c]\d{3})+$/, (whole) => whole.replace(/\D/g, ""));
  // `1.500` and `1,500` mean 1500 to some and 1.5 to others: neither is read.
  if (!/^\d{1,10}$/.test(plain)) return null;
  const number = Number(plain);
  return number >= 1 && number <= AMOUNT_MAX ? number : null;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
