import { BufferPool } from "../memory/buffer-pool.ts";
import { RecentReads } from "./recent-reads.ts";

/** What the logs of a broker are read into, and what was read last. */
export class ReadBuffers extends BufferPool {
  readonly recent = new RecentReads(this);
}
