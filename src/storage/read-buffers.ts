import { BufferPool } from "../memory/buffer-pool.ts";

/** What logs are read into. */
export class ReadBuffers extends BufferPool {}
