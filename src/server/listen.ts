import { once } from "node:events";
import net, { type Server } from "node:net";
import { getSystemErrorName } from "node:util";

export interface ListenAddress {
  /** Undefined: all of this machine's. */
  readonly host: string | undefined;
  /** 0: the system chooses one. */
  readonly port: number;
  readonly backlog: number;
}

/** An address in digits: there is nothing to look up. */
const IN_DIGITS = /^(?:\d+(?:\.\d+){3}|[\da-f:]*:[\da-f:]*)$/;

/** What Node binds, or the number of the system's error. A name that Node keeps to itself. */
type CreateServerHandle = (address: string, port: number, family: 4 | 6) => object | number;

/**
 * Listens. Where Node is given an address it looks it up, and to see that there is nothing to look up
 * it compiles a regular expression for 5 ms: a tenth of what a start costs. So it is given a handle,
 * where it makes one for us.
 *
 * @throws what the system says, with the address: EADDRINUSE above all.
 */
export async function listen(
  server: Server,
  { host, port, backlog }: ListenAddress,
): Promise<void> {
  const handle = host === undefined ? undefined : handleFor(host, port);
  if (handle !== undefined) server.listen(handle, backlog);
  else server.listen(host === undefined ? { port, backlog } : { port, host, backlog });
  try {
    await once(server, "listening");
  } catch (error) {
    // Of a handle Node does not know what it is bound to.
    throw host === undefined ? error : Object.assign(error as Error, { address: host, port });
  }
}

function handleFor(host: string, port: number): object | undefined {
  const create: CreateServerHandle | undefined = Reflect.get(net, "_createServerHandle");
  if (create === undefined || !IN_DIGITS.test(host)) return undefined;
  const handle = create(host, port, host.includes(":") ? 6 : 4);
  if (typeof handle !== "number") return handle;
  const code = getSystemErrorName(handle);
  const said = { code, syscall: "listen", address: host, port };
  throw Object.assign(new Error(`listen ${code}: ${host}:${port}`), said);
}
