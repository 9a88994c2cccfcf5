/** Why the broker did not start, for whoever started it. */
export interface Failure {
  /** Says what is wrong and what to do, without the name of the program in front. */
  readonly sentence: string;
  /** 2: the command line or a setting is wrong. 1: the machine is in the way. */
  readonly exitCode: 1 | 2;
}

/** What Node says of the system's refusals. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
}

/** By their names, so that nothing has to be loaded to tell them. */
const usage: ReadonlySet<string> = new Set(["UsageError", "ConfigError", "KafkaError"]);
const directory: ReadonlySet<string> = new Set(["DirectoryInUse", "ForeignDirectory"]);

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { sentence: String(error), exitCode: 1 };
  if (usage.has(error.name)) return { sentence: error.message, exitCode: 2 };
  if (directory.has(error.name)) {
    return { sentence: `${error.message} (--data-dir)`, exitCode: 1 };
  }
  if (isSystemError(error)) return { sentence: systemSentence(error), exitCode: 1 };
  return {
    sentence: `cannot start: ${error.message} (--log-level debug shows where)`,
    exitCode: 1,
  };
}

function isSystemError(error: Error): error is SystemError {
  return "code" in error && typeof error.code === "string" && "syscall" in error;
}

function systemSentence(error: SystemError): string {
  const { syscall, path } = error;
  if (syscall === "listen" || syscall === "bind") return listenSentence(error);
  if (syscall === "getaddrinfo") return noSuchHost((error as { hostname?: string }).hostname);
  return path === undefined ? `cannot start: ${error.message}` : fileSentence(error, path);
}

function listenSentence({ code, address, port, message }: SystemError): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} on ${address} is in use: stop what listens there, or choose another port with --port`;
    case "EACCES":
      return `port ${port} on ${address} needs more rights than this user has: choose one above 1023 with --port`;
    case "EADDRNOTAVAIL":
      return noSuchHost(address);
    default:
      return `cannot listen: ${message}`;
  }
}

function noSuchHost(host: string | undefined): string {
  return `this machine has no address ${host}: choose another with --host, and tell clients where to connect with --advertised`;
}

function fileSentence({ code, message }: SystemError, path: string): string {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return `no permission for ${path}: give this user access, or choose another directory with --data-dir`;
    case "EROFS":
      return `${path} is on a disk that cannot be written: choose another directory with --data-dir`;
    case "ENOTDIR":
    case "EEXIST":
      return `${path} is not a directory: choose another with --data-dir`;
    case "ENOSPC":
      return `the disk of ${path} is full: free some space, or choose another directory with --data-dir`;
    default:
      return `cannot use ${path} (${message}): choose another directory with --data-dir`;
  }
}
