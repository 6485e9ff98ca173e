// A viewer with the official client: prints what the room hears.
//
//   npm ci && node viewer.mjs http://127.0.0.1:3000 1 "$TOKEN"
import { io } from "socket.io-client";

const [url, auction, token] = process.argv.slice(2);
if (!token) {
  console.error("usage: node viewer.mjs URL AUCTION_ID TOKEN");
  process.exit(2);
}
const auctionId = Number(auction);
const socket = io(url, { auth: { token }, transports: ["websocket"] });

// Again after every reconnection: rooms do not outlive a connection. `lastSeq` asks for what was missed,
// `ledger` says which history that number is of: after a restored backup there is another one.
let lastSeq, ledger;
socket.on("connect", () => {
  socket.emit("joinAuction", { auctionId, ...(lastSeq && { lastSeq, ledger }) }, (state) => {
    if (!state.ok) return socket.disconnect();
    ({ seq: lastSeq, ledger } = state);
    console.log(`In the room of “${state.auction.title}”: ${state.userCount} watching.`);
    console.log(lot(state.auction.current_product, state.auction.minBidPrice));
    const [highest] = state.auctionBids;
    if (highest) console.log(`  ${highest.bid} by ${highest.user.name}`);
    for (const { event } of state.missed ?? []) console.log(`  (missed while away: ${event})`);
  });
});
const lot = (product, minimum) => product ? `◆ ${product}, minimum ${minimum}` : "Nothing on the block.";

socket.on("auction_change_product", ({ product, minBidPrice }) => console.log(lot(product, minBidPrice)));
socket.on("newBid", ({ newBid }) => console.log(`  ${newBid.bid} by ${newBid.user.name}`));
socket.on("newComment", ({ newComment }) => console.log(`  ${newComment.user.name}: ${newComment.comment}`));
socket.on("userCountUpdate", ({ userCount }) => console.log(`  ${userCount} watching`));
socket.on("auctionEnded", ({ winningUser, winningBid }) =>
  console.log(winningUser ? `★ Sold to ${winningUser.name} for ${winningBid.bid}` : "Passed."));
socket.on("broadCasterLeft", () => console.log("The broadcaster has left. Please wait…"));
socket.on("error", ({ message }) => console.error(`Refused: ${message}`));
for (const over of ["auctionFinished", "auctionCanceled"]) {
  socket.on(over, ({ message }) => {
    console.log(message);
    socket.disconnect();
  });
}
socket.onAny((_event, news) => {
  if (news?.auctionId === auctionId && news.seq) ({ seq: lastSeq, ledger } = news);
});
socket.on("disconnect", (reason) => console.log(`Disconnected: ${reason}`));
