// Phones with the official client. One process holds many; commands come as JSON lines on stdin,
// what the phones hear goes out as JSON lines on stdout.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import oldIo from "socket.io-client-v2";

const phones = new Map();
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const commands = {
  open({ id, url, options }) {
    const socket = io(url, { forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 300, ...options });
    phones.set(id, socket);
    const tell = (what, more = {}) => say({ id, what, ...more });
    socket.onAny((event, ...args) => tell("event", { event, args }));
    socket.on("connect", () =>
      tell("connect", {
        sid: socket.id, session: socket.io.engine.id, transport: socket.io.engine.transport.name }));
    socket.on("disconnect", (reason) => tell("disconnect", { reason, active: socket.active }));
    socket.on("connect_error", (error) => tell("connect_error", { message: error.message }));
    socket.io.on("reconnect_attempt", () => tell("reconnect_attempt"));
    socket.io.on("open", () =>
      socket.io.engine.on("upgrade", (transport) => tell("upgrade", { transport: transport.name })));
  },
  // The client of before Socket.IO 3: it has no `onAny`.
  openOld({ id, url, options }) {
    const socket = oldIo(url, { forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 300, ...options });
    phones.set(id, socket);
    const tell = (what, more = {}) => say({ id, what, ...more });
    socket.on("error", (error) => tell("event", { event: "error", args: [error] }));
    socket.on("connect", () => tell("connect"));
    socket.on("disconnect", (reason) => tell("disconnect", { reason }));
    socket.on("connect_error", (error) => tell("connect_error", { message: error.message }));
    socket.on("reconnect_attempt", () => tell("reconnect_attempt"));
  },
  emit({ id, event, args, ack }) {
    const answer = (...values) => say({ id, what: "ack", ack, args: values });
    phones.get(id).emit(event, ...args, ...(ack === undefined ? [] : [answer]));
  },
  // What a phone does in a tunnel: the connection is gone, and nobody said goodbye.
  drop({ id }) {
    phones.get(id).io.engine.close();
  },
  close({ id }) {
    phones.get(id).disconnect();
    phones.delete(id);
  },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { command, ...rest } = JSON.parse(line);
    commands[command](rest);
  })
  .on("close", () => process.exit(0));
