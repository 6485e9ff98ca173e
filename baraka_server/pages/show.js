// Shows a sale in the parts that a page has (`data-part`), and the page's own words (`data-say`).
import { remaining, takesBids } from "./sale.js";
import { LANGUAGES, amounts, times } from "./texts.js";

const BIDS_SHOWN = 12;
const TICK_MS = 200;
const ANNOUNCE_MS = 2_500;
// One entry may be told in several events: what it is in between is not read aloud.
const SETTLE_MS = 200;
const PHASES_NAMED = new Set(["waiting", "live", "ended", "canceled"]);
const LAST_SECONDS = 10;

/** The element of this id. */
export const $ = (id) => document.getElementById(id);

/** Make an element with its text or its children; what people wrote comes in as text alone. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A name of somebody, kept apart from the direction of the words around it. */
const person = (name) => element("bdi", {}, name);

export class Stage {
  /** `me()` is the id of the user who watches, or null. `lists` are how many rows are shown. */
  constructor(root, { language, currency, me = () => null, lists = {} }) {
    this._root = root;
    this._currency = currency;
    this._me = me;
    this._lists = { bids: BIDS_SHOWN, comments: 50, ...lists };
    this._parts = new Map();
    for (const part of root.querySelectorAll("[data-part]")) this._parts.set(part.dataset.part, part);
    this._frame = null;
    this._announced = { at: -Infinity, text: "", timer: null };
    const picture = this.part("picture");
    picture?.addEventListener("load", () => (picture.hidden = false));
    this.speak(language);
    setInterval(() => this._tick(), TICK_MS);
  }

  /** Change the language of everything that is shown. */
  speak(language) {
    this.language = language;
    this.words = LANGUAGES[language];
    this.amount = amounts(language, this._currency);
    this._number = amounts(language, null);
    this._time = times(language);
    document.documentElement.lang = language;
    document.documentElement.dir = this.words.direction;
    for (const one of this._root.querySelectorAll("[data-say]")) {
      one.textContent = this.words[one.dataset.say];
    }
    for (const one of this._root.querySelectorAll("[data-label]")) {
      one.setAttribute("aria-label", this.words[one.dataset.label]);
    }
    for (const one of this._root.querySelectorAll("[data-hint]")) {
      one.setAttribute("placeholder", this.words[one.dataset.hint]);
    }
    if (this._sale) this.show(this._sale);
  }

  part(name) {
    return this._parts.get(name) ?? null;
  }

  /** Show this sale with the next frame; of several before it, the last. */
  show(sale) {
    this._sale = sale;
    this._frame ??= requestAnimationFrame(() => {
      this._frame = null;
      this._paint(this._sale);
    });
  }

  line(line, why) {
    const text =
      line === "out"
        ? (this.words.out[why] ?? why)
        : line === "offline"
          ? (this.words.refused[why] ?? (this._sale ? this.words.offline : this.words.connecting))
          : "";
    this._put("line", text);
    this._root.dataset.line = line;
  }

  /** Who leads: `1 Layla`, the paddle first where there is one. */
  who({ paddle, name }) {
    const numbered = paddle === null || paddle === undefined ? null : String(paddle);
    return element(
      "span",
      { class: "who" },
      numbered && element("span", { class: "paddle", title: this.words.paddle(numbered) }, numbered),
      person(name),
    );
  }

  _paint(sale) {
    const { words } = this;
    this._takesBids = takesBids(sale, performance.now());
    this._root.dataset.phase = sale.phase;
    this._root.dataset.block = sale.lot ? "open" : "empty";
    this._put("title", sale.auction?.title ?? "");
    this._put("phase", PHASES_NAMED.has(sale.phase) ? words[sale.phase] : "");
    this._put("watchers", sale.phase === "live" ? words.watchers(sale.viewers) : "");
    this._paintLot(sale);
    this._paintPrice(sale);
    const notice = this._paintNotice(sale);
    this._paintList("bids", sale.bids.slice(0, this._lists.bids), (bid) => this._bid(bid));
    if (!sale.bids.length && this.part("bids")) {
      this.part("bids").replaceChildren(element("li", { class: "none" }, words.noBids));
    }
    const comments = sale.comments.slice(-this._lists.comments);
    this._paintList("comments", comments, (comment) => this._comment(comment));
    this._tick();
    this._announce(sale, notice);
  }

  _paintLot({ lot, auction }) {
    this._put("lot", lot?.number == null ? "" : this.words.lot(lot.number));
    const product = lot?.product ?? "";
    this._put("product", product);
    const shrink = product.length > 90 ? 0.7 : product.length > 45 ? 0.85 : 1;
    this.part("product")?.closest("h2")?.style.setProperty("--shrink", shrink);
    this._put("description", lot?.description ?? "");
    const prices = ["startPrice", "marketPrice"].filter((name) => lot?.[name]);
    // A line is broken between two prices, not in one.
    const told = prices.map((name) => `${this.words[name]} ${this.amount(lot[name])}`.replaceAll(" ", "\u00a0"));
    this._put("market", told.join(" · "));
    const picture = this.part("picture");
    if (!picture) return;
    picture.alt = product;
    const url = pictureUrl(lot?.imageUrl) ?? pictureUrl(auction?.image_url);
    if (url === this._picture) return;
    this._picture = url;
    picture.hidden = true; // until it is there: one that cannot be loaded leaves no hole
    if (url === null) picture.removeAttribute("src");
    else picture.src = url;
  }

  _paintPrice(sale) {
    const { lot, bids, last } = sale;
    const [leading] = bids;
    // Nobody is asked for a first bid that would be refused.
    const least = this._isClosed(sale) ? null : lot?.minimumPrice;
    const shown = leading ? leading.bid : (least ?? last?.price ?? null);
    const price = shown === null ? "" : this.amount(shown);
    // The longer it is, the smaller it is written: it is never cut.
    this.part("price")?.style.setProperty("--chars", Math.max(5, price.length));
    this._put("price", price);
    const label = leading ? "currentBid" : !lot ? null : shown === null ? "noBids" : "firstBid";
    this._put("price-label", label ? this.words[label] : "");
    const leader = this.part("leader");
    if (leader) {
      const mine = this._isMe(leading?.user_id) ? "youLead" : this._wasOutbid(bids) ? "outbid" : null;
      leader.classList.toggle("is-me", mine === "youLead");
      leader.classList.toggle("is-lost", mine === "outbid");
      const who = leading && { paddle: leading.paddle, name: leading.user.name };
      leader.replaceChildren(...(who ? [this.who(who), mine ? ` · ${this.words[mine]}` : ""] : []));
    }
    const next = this._takesBids && leading ? this.amount(sale.nextBid) : "";
    this._put("next", next);
    this._put("next-label", next && this.words.next);
    const reserve = sale.reserveMet === null || !lot ? "" : sale.reserveMet ? "reserveMet" : "reserveNotMet";
    this._put("reserve", reserve && this.words[reserve]);
  }

  /** Returns what the notice says. */
  _paintNotice(sale) {
    const [kind, ...content] = this._noticeOf(sale);
    const made = element("span", {}, ...content);
    const text = made.textContent;
    const notice = this.part("notice");
    if (notice) {
      notice.dataset.kind = kind;
      if (text !== notice.textContent) notice.replaceChildren(made);
    }
    return text;
  }

  _noticeOf(sale) {
    const { words } = this;
    const alone = { waiting: "notStarted", ended: "saleEnded", canceled: "saleCanceled", missing: "missing" };
    if (sale.phase === "out") return ["none", ""]; // the line says why
    if (alone[sale.phase]) return ["quiet", [words[alone[sale.phase]], this._begins(sale)].filter(Boolean).join(" ")];
    if (sale.phase !== "live") return ["quiet", words.connecting];
    if (sale.last && !sale.lot) return this._endOf(sale.last);
    if (sale.bidding === "paused" && sale.lot) return ["paused", words.paused];
    if (sale.warning) return ["warning", words.warnings[sale.warning]];
    if (sale.correction && sale.lot) return ["quiet", words[sale.correction.kind]];
    if (sale.hostIsAway) return ["quiet", words.hostAway];
    return sale.lot ? ["none", ""] : ["quiet", words.nextLotSoon];
  }

  _endOf(last) {
    const { words } = this;
    const number = last.number === null ? "" : `${words.lot(last.number)} `;
    const what = last.product ? [number, person(last.product), ": "] : [];
    if (last.passed) return ["passed", ...what, words.passed];
    if (this._isMe(last.userId)) return ["won", ...what, words.youWon(this.amount(last.price))];
    return ["sold", ...what, ...this.about((who) => words.soldTo(who, this.amount(last.price)), last)];
  }

  /** A sentence about somebody, in parts: it is cut at the name, so that the name keeps its own direction. */
  about(sentence, somebody) {
    const [before, after] = sentence("\u0000").split("\u0000");
    return [before, this.who(somebody), after];
  }

  /** When a sale is to begin, where that is to come. */
  _begins({ phase, auction }) {
    const at = new Date(auction?.startDate ?? NaN);
    return phase === "waiting" && at > Date.now() ? this.words.begins(this._time.format(at)) : "";
  }

  _bid(bid) {
    return element(
      "li",
      { class: this._isMe(bid.user_id) ? "mine" : "" },
      this.who({ paddle: bid.paddle, name: bid.user.name }),
      element("span", { class: "amount" }, this._number(bid.bid)),
    );
  }

  _comment({ user, comment, user_id: userId }) {
    const isHost = userId === this._sale.auction?.user_id;
    return element(
      "li",
      { class: isHost ? "host" : "" },
      element("b", {}, person(user.name)),
      " ",
      element("span", { dir: "auto" }, comment),
    );
  }

  /** Rows by their record's id: those that stay are not made anew, and the list does not flicker. */
  _paintList(name, records, make) {
    const list = this.part(name);
    if (!list) return;
    const there = new Map([...list.children].map((row) => [row.dataset.id, row]));
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const rows = records.map((record) => {
      const key = `${this.language}-${this._me()}-${record.id}`;
      const row = there.get(key) ?? make(record);
      row.dataset.id = key;
      return row;
    });
    const same = rows.length === list.children.length && rows.every((row, at) => row === list.children[at]);
    if (same) return;
    list.replaceChildren(...rows);
    if (name === "comments" && atEnd) list.scrollTop = list.scrollHeight;
  }

  _tick() {
    if (!this._sale) return;
    if (takesBids(this._sale, performance.now()) !== this._takesBids) this.show(this._sale); // the clock ran out
    const box = this.part("clock");
    const { clock, lot } = this._sale;
    const left = lot ? remaining(clock, performance.now()) : null;
    box.hidden = left === null;
    if (left === null) return;
    const state = clockState(clock, left);
    box.dataset.state = state;
    this._put("clock-time", clockText(left));
    this._put("clock-label", this.words[CLOCK_LABELS[state]]);
  }

  /** Tell a screen reader what changed, at most every few seconds: of five hundred bids the newest. */
  _announce(sale, notice) {
    const said = this._announced;
    if (!this.part("status")) return;
    const [leading] = sale.bids;
    const price = leading
      ? [
          this.words.announced(this.amount(leading.bid), this._isMe(leading.user_id) ? this.words.youLead : leading.user.name),
          ...(this._wasOutbid(sale.bids) ? [this.words.outbid] : []),
        ]
      : sale.lot
        ? [sale.lot.product, this._isClosed(sale) ? "" : `${this.words.firstBid} ${this.amount(sale.lot.minimumPrice)}`]
        : [];
    said.next = sentences([...price, this._isClosed(sale) ? this.words.closed : "", notice]);
    if (said.next === said.text || said.timer) return;
    const delay = Math.max(SETTLE_MS, said.at + ANNOUNCE_MS - performance.now());
    said.timer = setTimeout(() => {
      said.timer = null;
      said.at = performance.now();
      said.text = said.next;
      this._put("status", said.text);
    }, delay);
  }

  /** Whether the viewer bid on this lot and somebody else leads. */
  _wasOutbid([leading, ...others]) {
    return !this._isMe(leading?.user_id) && others.some((bid) => this._isMe(bid.user_id));
  }

  /** Whether the clock ran out, and the lot on the block is not decided yet. */
  _isClosed({ lot, clock }) {
    return lot !== null && remaining(clock, performance.now()) === 0;
  }

  _isMe(userId) {
    return userId !== undefined && userId !== null && userId === this._me();
  }

  /** Change the text of a part only where it is another one. */
  _put(name, text) {
    const part = this.part(name);
    if (!part || part.textContent === text) return;
    part.textContent = text;
    if (part.dataset.part === "price") flash(part);
  }
}

/** Parts of what is read aloud; those that are nothing are left out. */
function sentences(parts) {
  const said = parts.filter(Boolean);
  return said.map((part, at) => (at < said.length - 1 ? part.replace(/\.$/, "") : part)).join(". ");
}

const CLOCK_LABELS = {
  closed: "closed",
  paused: "clockPaused",
  last: "clockRunning",
  running: "clockRunning",
};

function clockState(clock, left) {
  if (left === 0) return "closed";
  if (!clock.running) return "paused";
  return left <= LAST_SECONDS * 1000 ? "last" : "running";
}

/** `0:07`, `1:05`, `2:03:09`: whole seconds, rounded up, so that 0:00 means over. */
function clockText(ms) {
  const seconds = Math.ceil(ms / 1000);
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** The address of a picture, where it is one that a page may load. */
function pictureUrl(text) {
  if (!text) return null;
  try {
    const url = new URL(text, location.href);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function flash(part) {
  part.classList.remove("changed");
  void part.offsetWidth; // the animation begins anew
  part.classList.add("changed");
}

/** What the server says of itself, in the page's head. */
export function house() {
  const of = (name) => document.querySelector(`meta[name="baraka-${name}"]`)?.content ?? "";
  return { currency: of("currency") || null, signIn: of("sign-in") === "true", signUp: of("sign-up") === "true" };
}

/** The auction that the page's address names. */
export function auctionId() {
  return Number(location.pathname.split("/").filter(Boolean).at(-1));
}
