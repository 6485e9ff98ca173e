// The dialog that signs somebody in: a telephone number, then the code that was sent to it.
import { $ } from "./show.js";

export class SignIn {
  constructor(session, stage, { signUp }) {
    this._session = session;
    this._stage = stage;
    this._number = null; // the one that a code was sent to
    $("name-field").hidden = $("name-help").hidden = !signUp;
    $("sign-in-close").addEventListener("click", () => $("sign-in-dialog").close());
    $("code-again").addEventListener("click", () => this._try(() => this._session.resendCode(this._number)));
    $("number").addEventListener("input", () => this._askForNumber());
    $("sign-in-dialog").querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this._submit();
    });
  }

  open() {
    if ($("sign-in-dialog").open) return;
    this._tell("");
    $("sign-in-dialog").showModal();
    (this._number ? $("code") : $("number")).focus();
  }

  _submit() {
    if (this._number === null) return this._try(() => this._send());
    return this._try(() => this._enter());
  }

  async _send() {
    const number = $("number").value.trim();
    if (!number) return $("number").focus();
    await this._session.requestCode(number);
    this._number = number;
    this._show();
    $("code").focus();
  }

  async _enter() {
    const code = $("code").value.trim();
    if (!code) return $("code").focus();
    await this._session.signIn(this._number, code, $("name").value.trim());
    $("code").value = "";
    this._number = null;
    this._show();
    $("sign-in-dialog").close();
  }

  /** Another number needs another code. */
  _askForNumber() {
    if (this._number === null) return;
    this._number = null;
    this._show();
  }

  _show() {
    const isSent = this._number !== null;
    $("code-step").hidden = !isSent;
    $("code-again").hidden = !isSent;
    $("sign-in-go").dataset.say = isSent ? "signIn" : "sendCode";
    $("sign-in-go").textContent = this._stage.words[$("sign-in-go").dataset.say];
  }

  async _try(step) {
    if ($("sign-in-go").disabled) return;
    $("sign-in-go").disabled = true;
    this._tell("");
    try {
      await step();
    } catch (error) {
      const { refused } = this._stage.words;
      // What the server calls malformed is, of all that is typed here, the number.
      const code = error.code === "malformed" && this._number === null ? "bad_number" : (error.code ?? "network");
      this._tell(refused[code] ?? error.message);
      if (error.code === "challenge_over") this._askForNumber();
      if (error.code === "name_needed") $("name").focus();
    } finally {
      $("sign-in-go").disabled = false;
    }
  }

  _tell(text) {
    $("sign-in-told").textContent = text;
  }
}
