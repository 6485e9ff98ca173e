// The contender on Node: socket.io as it comes, with one auction in memory.
//
// No rules, no database, no ledger: it only tells everybody of a bid, in payloads of the same fields
// and length as ours. It prints its port, and ends with its stdin.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const NOW = '2026-01-01T12:00:00.000Z';
const NAMES = ['Bilal', 'Dina', 'Elias', 'Farah', 'Ghassan', 'Hana', 'Idris'];
const http = createServer();
const io = new Server(http, { cors: { origin: '*' } });
const rows = new Map();

function row(auctionId, id, amount) {
  const userId = 2 + (amount % 50);
  return {
    id,
    auction_id: auctionId,
    user_id: userId,
    bid: amount,
    createdAt: NOW,
    updatedAt: NOW,
    user: {
      id: userId,
      name: `${NAMES[amount % NAMES.length]} ${String.fromCharCode(65 + (userId % 25))}.`,
      type: 'Normal',
      category_id: null,
      number: `••••••${String(userId).padStart(2, '0')}`,
      otpCode: null,
      createdAt: NOW,
      updatedAt: NOW,
    },
  };
}

io.on('connection', (socket) => {
  const delta = socket.handshake.auth.updates === 'delta';
  const room = (auctionId, lists) => `auction_${auctionId}${lists ? '' : ':delta'}`;

  socket.on('joinAuction', ({ auctionId }, answer) => {
    socket.join(room(auctionId, !delta));
    answer?.({ ok: true });
  });
  socket.on('leaveAuction', ({ auctionId }) => {
    socket.leave(room(auctionId, !delta));
  });
  socket.on('startLiveAuction', (_, answer) => answer?.({ ok: true }));
  socket.on('changeCuurentProduct', ({ auctionId }, answer) => {
    rows.set(auctionId, []);
    answer?.({ ok: true });
  });
  socket.on('placeBid', ({ auctionId, amount }, answer) => {
    if (!rows.has(auctionId)) rows.set(auctionId, []);
    const bids = rows.get(auctionId);
    const newBid = row(auctionId, bids.length + 1, amount);
    bids.unshift(newBid);
    const common = { auctionId, seq: bids.length, serverTime: NOW };
    io.to(room(auctionId, true)).emit('newBid', { newBid, round: 1, auctionBids: bids, ...common });
    io.to(room(auctionId, false)).emit('newBid', { newBid, round: 1, ...common });
    answer?.({ ok: true });
  });
});

http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => console.log(http.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
