// Who watches: a guest, the holder of a link with a token in its fragment, or a user who signed in.

const KEPT = "baraka.session";
const RENEW_MS = 60_000;
// The only answers to a refresh that mean: sign in again.
const OVER = new Set(["session_over", "blocked_everywhere"]);

/** A refusal of the server, by its code. */
class Refused extends Error {
  constructor({ code, message }) {
    super(message ?? code);
    this.code = code;
  }
}

export class Session {
  /**
   * `onUser(user)` is called when somebody signs in or out; null is a guest. With `keeps: false` nobody does:
   * the page only watches.
   */
  constructor({ onUser = () => {}, keeps = true } = {}) {
    this._onUser = onUser;
    this._keeps = keeps;
    this._guest = null;
    this._link = new URLSearchParams(location.hash.slice(1)).get("token");
    // A token that was renewed in another tab changes nothing; another user does.
    this._last = this.userId;
    addEventListener("storage", ({ key }) => key === KEPT && this._isAnother() && this._onUser(this.user));
  }

  /** The user who signed in on this page, `{id, name, ending}` (of the telephone number); null for a guest. */
  get user() {
    return this._link || !this._keeps ? null : (kept()?.user ?? null);
  }

  /** The id of the user whom the server takes the viewer for; null for a guest. */
  get userId() {
    return this._link ? subjectOf(this._link) : (this.user?.id ?? null);
  }

  /** An access token. `stale` is one that the server refused: it is not given again. */
  async token(stale = null) {
    if (this._link) {
      if (this._link === stale) throw new Refused({ code: "invalid_token" });
      return this._link;
    }
    if (this.user) {
      const token = await this._userToken(stale);
      if (token) return token;
    }
    if (this._guest && this._guest !== stale) return this._guest;
    this._guest = (await post("/auth/guest", {})).accessToken;
    return this._guest;
  }

  _forget() {
    forget();
    this._last = null;
    this._onUser(null);
  }

  _isAnother() {
    const last = this._last;
    this._last = this.userId;
    return last !== this._last;
  }

  /** Send a code to a telephone number. Returns what the code is to be sent back with. */
  requestCode(number) {
    return post("/auth/request-otp", { number });
  }

  resendCode(number) {
    return post("/auth/resend-otp", { number });
  }

  /** Sign in with the code; `name` makes a user where the house lets people sign up. */
  async signIn(number, otp, name) {
    keep(await post("/auth/otp", { number, otp, ...(name && { name }) }));
    this._last = this.userId;
    this._onUser(this.user);
  }

  async signOut() {
    const { refreshToken } = kept() ?? {};
    this._forget();
    if (refreshToken) await post("/auth/logout", { refreshToken }).catch(() => {});
  }

  /** The user's access token, renewed where it is about to expire; null when the session is over. */
  async _userToken(stale) {
    const fresh = () => {
      const { accessToken, expiresAt } = kept() ?? {};
      return accessToken && accessToken !== stale && expiresAt - Date.now() > RENEW_MS
        ? accessToken
        : null;
    };
    // Several tabs share one session: the first renews it, the others find it renewed.
    return fresh() ?? locked(async () => fresh() ?? this._renewed());
  }

  async _renewed() {
    const { refreshToken, user } = kept() ?? {};
    if (!refreshToken) return null;
    try {
      keep(await post("/auth/refresh", { refreshToken }), user);
      return kept().accessToken;
    } catch (error) {
      if (!OVER.has(error.code)) throw error; // a network that is down says nothing of the session
      this._forget();
      return null;
    }
  }
}

// Where a browser keeps nothing (a private window), a session lasts as long as the page.
let unkept = null;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? unkept;
  } catch {
    return unkept;
  }
}

function forget() {
  unkept = null;
  try {
    localStorage.removeItem(KEPT);
  } catch {} // nothing was kept
}

function keep(data, user = null) {
  const { accessToken, refreshToken, expiresIn, id, name, number } = data;
  const expiresAt = Date.now() + expiresIn * 1000;
  const who = id === undefined ? user : { id, name, ending: number?.slice(-2) ?? "" };
  const session = { accessToken, refreshToken, expiresAt, user: who };
  try {
    localStorage.setItem(KEPT, JSON.stringify(session));
  } catch {
    unkept = session;
  }
}

/** The user that a token is of; null for one of a guest. Nothing is decided by it: the server verifies it. */
function subjectOf(token) {
  try {
    const { sub, scope, id } = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
    return scope === "watch" ? null : Number(id ?? sub) || null;
  } catch {
    return null;
  }
}

const locked = (work) => (navigator.locks ? navigator.locks.request(KEPT, work) : work());

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok && told.status === "success") return told.data;
  throw new Refused({ code: `http_${answer.status}`, ...told });
}
