import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measured, report } from "./measure.ts";

/**
 * The floor of consuming: what it costs one thread of Node to read a file and to send it to so many
 * sockets, with no broker's work. Sendfile, which Node has not, spares Kafka the first copy, and for
 * five readers five of them: `tsx scripts/bench-micro/send.ts`.
 */
const CHUNK_BYTES = 1024 * 1024;
const CHUNKS = 2000;
/** It only reads, into one buffer. */
const reader = `
const buffer = Buffer.allocUnsafeSlow(1 << 20);
const onread = { buffer, callback: () => true };
require("node:net").connect({ port: +process.argv[1], host: "127.0.0.1", onread });
`;

async function readers(count: number): Promise<{ sockets: Socket[]; end: () => void }> {
  const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  const children: ChildProcess[] = [];
  for (let i = 0; i < count; i++) {
    const connected = once(server, "connection");
    children.push(spawn(process.execPath, ["-e", reader, String(port)], { stdio: "inherit" }));
    const [socket] = await connected;
    sockets.push(socket as Socket);
  }
  const end = () => {
    for (const socket of sockets) socket.destroy();
    for (const child of children) child.kill();
    server.close();
  };
  return { sockets, end };
}

/** Each socket gets a chunk, all of them have sent it before the next one is read. */
async function sendTo(count: number, file: number): Promise<void> {
  const { sockets, end } = await readers(count);
  const buffers = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  const send = async (chunk: number): Promise<void> => {
    const buffer = buffers[chunk % 2] as Buffer;
    readSync(file, buffer, 0, CHUNK_BYTES, (chunk % 64) * CHUNK_BYTES);
    const sent = sockets.map(
      (socket) => new Promise<void>((resolve) => void socket.write(buffer, () => resolve())),
    );
    await Promise.all(sent);
  };
  for (let chunk = 0; chunk < 100; chunk++) await send(chunk);
  const run = await measured(async () => {
    for (let chunk = 0; chunk < CHUNKS; chunk++) await send(chunk);
  });
  const work = { count: CHUNKS * count, bytes: CHUNKS * count * CHUNK_BYTES };
  report(`a file read once, sent to ${count}`, work, run);
  end();
}

const folder = mkdtempSync(join(tmpdir(), "odradek-send-"));
const file = openSync(join(folder, "bytes"), "w+");
for (let chunk = 0; chunk < 64; chunk++) writeSync(file, Buffer.alloc(CHUNK_BYTES, chunk));
for (const count of [1, 5]) await sendTo(count, file);
rmSync(folder, { recursive: true });
