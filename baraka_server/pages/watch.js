// The page of a viewer: the sale, and for who signed in, bids and comments.
import { Bidding } from "./bidding.js";
import { Connection } from "./connection.js";
import { $, Stage, auctionId, house } from "./show.js";
import { Session } from "./session.js";
import { SignIn } from "./sign_in.js";
import { LANGUAGES, choose, languageNow } from "./texts.js";

const about = house();
const session = new Session({ onUser: () => changed() });
const stage = new Stage(document.body, {
  language: languageNow(),
  currency: about.currency,
  me: () => session.userId,
});
const connection = new Connection(auctionId(), session, {
  onSale(sale) {
    stage.show(sale);
    bidding.show(sale);
    named();
    document.title = sale.auction ? `${sale.auction.title} · Baraka` : "Baraka";
  },
  onLine(line, why) {
    stage.line(line, why);
    bidding.line(line);
    if (line === "offline" && why === "guests_off" && about.signIn) signIn.open();
  },
});
const signIn = new SignIn(session, stage, about);
const bidding = new Bidding(connection, session, stage, { onSignIn: about.signIn ? () => signIn.open() : null });

const account = $("account");
account.addEventListener("click", () => (session.user ? session.signOut() : signIn.open()));

const OTHER = { en: "ar", ar: "en" };
const language = $("language");
language.addEventListener("click", () => {
  const next = OTHER[stage.language];
  choose(next);
  speak(next);
});

function speak(name) {
  stage.speak(name);
  const words = LANGUAGES[OTHER[name]];
  language.textContent = words.languageShort;
  language.setAttribute("aria-label", `${words.languageShort} – ${words.language}`);
  language.lang = OTHER[name];
  bidding.show(connection.sale);
  named();
}

function named() {
  account.hidden = !about.signIn && !session.user;
  account.textContent = stage.words[session.user ? "signOut" : "signIn"];
  const who = document.createElement("span");
  who.append(...whoIs());
  if (who.textContent !== $("who").textContent) $("who").replaceChildren(...who.childNodes);
}

/** As whom the viewer is signed in, for people: the paddle, and a name or how the telephone number ends. */
function whoIs() {
  const { userId, user } = session;
  if (userId === null) return [];
  const { own, bids } = connection.sale;
  const name = user ? user.name || `••${user.ending ?? ""}` : bids.find((bid) => bid.user_id === userId)?.user.name;
  if (!name && own.paddle === null) return [stage.words.signedInByLink];
  return stage.about(stage.words.signedInAs, { paddle: own.paddle, name: name ?? "" });
}

/** Somebody signed in or out, here or in another tab: connect as who it is now. */
function changed() {
  named();
  connection.reopen();
}

speak(stage.language);
connection.open();
