// A bidder: joins an auction and bids the least that leads, up to a limit. Typed by the contract.
//
//   npm ci && npm run build && node dist/bidder.js http://127.0.0.1:3000 1 "$TOKEN" 2000
//
// In a project of your own: `baraka contract --format typescript --output src`, and import from "./baraka.js". On Node
// `npm i -D @types/node`, and from TypeScript 6 on name it: `"types": ["node"]` in tsconfig.json, or `tsc --types node`.
import { io, type Socket } from "socket.io-client";
import type {
  BidWithUser,
  ClientToServerEvents,
  ServerToClientEvents,
} from "../../docs/contract/baraka.js";

const [url, auction, token, limit] = process.argv.slice(2);
if (!url || !auction || !token || !limit) {
  console.error("usage: node bidder.js URL AUCTION_ID TOKEN UP_TO");
  process.exit(2);
}
const auctionId = Number(auction);
const upTo = Number(limit);
const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, {
  auth: { token },
  transports: ["websocket"],
});

// What is on the block, and what the next bid has to be: null where nothing would be taken.
let round = 0;
let next: number | null = null;
let leader: BidWithUser | undefined;
const mine = new Set<number>();
let asking = false;

// Again after every reconnection: rooms do not outlive one, and only the state says who leads by now.
socket.on("connect", async () => {
  const state = await socket.emitWithAck("joinAuction", { auctionId });
  if (!state.ok) {
    console.log(`Not let in: ${state.message} (${state.code})`);
    socket.disconnect();
    return;
  }
  console.log(`In the room of “${state.auction.title}”.`);
  round = state.round;
  next = state.nextBid ?? null;
  leader = state.auctionBids[0];
  await bid();
});

socket.on("auction_change_product", async (lot) => {
  if (lot.round !== round) leader = undefined;
  round = lot.round;
  next = lot.nextBid ?? null;
  console.log(`On the block: ${lot.product}`);
  await bid();
});

socket.on("newBid", async ({ newBid, nextBid }) => {
  leader = newBid;
  next = nextBid ?? null;
  console.log(`${newBid.user.name} bids ${newBid.bid}`);
  await bid();
});

socket.on("auctionEnded", ({ winningUser, winningBid }) => {
  next = null;
  console.log(winningUser ? `Sold to ${winningUser.name} for ${winningBid?.bid}` : "Passed.");
});

socket.on("error", ({ message }) => console.log(`Refused: ${message}`));
socket.on("auctionFinished", over);
socket.on("auctionCanceled", over);

function over({ message }: { message: string }): void {
  console.log(message);
  socket.disconnect();
}

// One bid at a time: `newBid` tells of the own one too, maybe before its answer says which it is.
// The round keeps a late bid off the next product, the id a repeated one from counting twice.
async function bid(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    while (next !== null && !(leader && mine.has(leader.id))) {
      if (next > upTo) {
        console.log(`${next} is more than I would give.`);
        return;
      }
      const amount = next;
      const requestId = crypto.randomUUID();
      const wanted = { auctionId, amount, round, requestId };
      const answer = await socket.timeout(5000).emitWithAck("placeBid", wanted);
      if (answer.ok) mine.add(answer.bidId);
      else console.log(`Not taken: ${answer.message}`);
      if (next === amount) return; // nothing was told since: the next event says more
    }
  } catch {
    console.log("No answer: the state says what became of it, once we are connected again.");
  } finally {
    asking = false;
  }
}
