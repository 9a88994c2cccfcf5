/** Sockets, listeners and requests. */
export const networkDocumentation: Readonly<Record<string, string>> = {
  "advertised.listeners":
    "What clients are told to connect to, as NAME://host:port, by listener; the listeners themselves where not given.",
  "background.threads": "How many threads do background work; this broker needs none.",
  "connections.max.idle.ms": "After how long without a request a connection is closed.",
  "early.start.listeners": "Listeners that accept before the broker is ready.",
  "fetch.max.bytes":
    "How many bytes one answer to a fetch has at most, whatever the client asks for.",
  "fetch.purgatory.purge.interval.requests":
    "After how many requests Kafka sweeps its list of waiting fetches.",
  "inter.broker.listener.name": "The listener over which brokers talk to each other.",
  "listener.security.protocol.map":
    "Which security protocol each listener speaks, as NAME:PROTOCOL.",
  listeners:
    "Where the broker listens, as NAME://host:port; no host is all interfaces, port 0 any free port.",
  "max.connection.creation.rate": "How many connections are accepted per second at most.",
  "max.connections": "How many connections are open at once at most.",
  "max.connections.per.ip": "How many connections one client address has open at once at most.",
  "max.connections.per.ip.overrides":
    "Other limits than max.connections.per.ip for single addresses, as host:count.",
  "max.incremental.fetch.session.cache.slots": "How many fetch sessions are remembered at most.",
  "max.request.partition.size.limit":
    "How many partitions one answer to DescribeTopicPartitions has at most.",
  "num.io.threads": "How many threads serve requests in Kafka; this broker serves them on one.",
  "num.network.threads":
    "How many threads serve the sockets of a listener in Kafka; this broker serves them on one.",
  "queued.max.request.bytes":
    "How many bytes of requests may wait before no more is read; -1 sets no limit.",
  "queued.max.requests": "How many requests may wait before no more is read.",
  "request.timeout.ms": "How long the broker waits for an answer to its own requests.",
  "socket.connection.setup.timeout.max.ms":
    "How long the broker waits at most for a connection of its own to be made, after several failures.",
  "socket.connection.setup.timeout.ms":
    "How long the broker waits for a connection of its own to be made.",
  "socket.listen.backlog.size": "How many connections may wait to be accepted.",
  "socket.receive.buffer.bytes": "The receive buffer of a socket; -1 leaves it to the system.",
  "socket.request.max.bytes":
    "How large a request may be at most; a larger one closes its connection.",
  "socket.send.buffer.bytes": "The send buffer of a socket; -1 leaves it to the system.",
  "telemetry.max.bytes": "How large a push of client metrics may be at most.",
};
