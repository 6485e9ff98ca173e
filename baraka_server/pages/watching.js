// A page that shows a sale and asks nothing of it: with the token of its link, or as a guest.
import { Connection } from "./connection.js";
import { Session } from "./session.js";
import { Stage, auctionId, house } from "./show.js";
import { languageNow } from "./texts.js";

export function watch(lists) {
  const stage = new Stage(document.body, {
    language: languageNow(),
    currency: house().currency,
    lists,
  });
  const connection = new Connection(auctionId(), new Session({ keeps: false }), {
    onSale: (sale) => stage.show(sale),
    onLine: (line, why) => stage.line(line, why),
  });
  connection.open();
}
