// Wrong uses of the published types: each line behind @ts-expect-error must not compile, or tsc says so.
import { io, type Socket } from "socket.io-client";
import type {
  ClientToServerEvents,
  ServerToClientEvents,
  UnacknowledgedEvents,
} from "../../docs/contract/baraka.js";

declare const socket: Socket<ServerToClientEvents, ClientToServerEvents>;
declare const unacknowledged: Socket<ServerToClientEvents, UnacknowledgedEvents>;

export async function wrong(): Promise<void> {
  // @ts-expect-error there is no such event
  await socket.emitWithAck("placeBids", { auctionId: 42, amount: 1500 });
  // @ts-expect-error an amount is missing
  await socket.emitWithAck("placeBid", { auctionId: 42 });
  // @ts-expect-error an amount is a number
  await socket.emitWithAck("placeBid", { auctionId: 42, amount: "1500" });
  // @ts-expect-error the guide's spelling has another field
  await socket.emitWithAck("placeBid", { auctionId: 42, amount: 1500, userId: 7 });
  // @ts-expect-error a role is one of two
  await socket.emitWithAck("setRole", { auctionId: 42, userId: 7, role: "boss" });
  const answer = await socket.emitWithAck("placeBid", { auctionId: 42, amount: 1500 });
  // @ts-expect-error nobody knows yet whether it was accepted
  answer.bidId.toFixed();
  if (!answer.ok) answer.message.trim();
  const state = await socket.emitWithAck("joinAuction", { auctionId: 42 });
  for (const { event, data } of (state.ok && state.missed) || []) {
    // @ts-expect-error which event was missed says its name alone
    data.newBid.bid.toFixed();
    // @ts-expect-error a comment is no bid
    if (event === "newComment") data.newBid.bid.toFixed();
  }
  // @ts-expect-error the guide has no such event
  socket.on("newBids", () => undefined);
  // @ts-expect-error it is newBid.bid
  socket.on("newBid", ({ newBid }) => newBid.amount);
  // @ts-expect-error nobody may have won
  socket.on("auctionEnded", ({ winningUser }) => winningUser.name);
}

// The right uses beside them, of which none may be an error.
export async function right(): Promise<void> {
  socket.on("newBid", ({ newBid, auctionBids }) => [newBid.bid, newBid.user.name, auctionBids?.length]);
  socket.on("auctionEnded", ({ winningUser }) => winningUser?.name.trim());
  socket.emit("comment", { auctionId: 42, comment: "Mine" }, (told) => {
    if (told.ok) told.commentId.toFixed();
    else if (told.code === "muted") told.message.trim();
  });
  unacknowledged.emit("placeBid", { auctionId: 42, amount: 1500 });
  const state = await socket.emitWithAck("joinAuction", { auctionId: 42, lastSeq: 7 });
  for (const { event, data } of (state.ok && state.missed) || []) {
    if (event === "newBid") data.newBid.bid.toFixed();
    if (event === "auctionEnded") data.winningUser?.name.trim();
  }
  io("http://127.0.0.1:3000", { auth: { token: "…", updates: "delta" } });
}
