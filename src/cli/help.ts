export const help = `odradek: a Kafka broker.

Usage: odradek [flags]                    runs a broker
       odradek COMMAND --help           for people with a broker: topics, configs, groups, produce,
                                        consume, offsets, as Kafka's tools of these names

  --port N                 listen on this port, 0 for any free one (default 9092)
  --host H                 listen on this address, 0.0.0.0 for all (default this machine only)
  --advertised HOST:PORT   what clients are told to connect to
  --data-dir DIR           where the data is kept (default ./odradek-data)
  --ephemeral              keep everything in memory, nothing on the disk
  --config FILE            read a server.properties
  --override KEY=VALUE     set anything under Kafka's name; may be repeated
  --topic NAME:PARTITIONS  make a topic, unless it is there; may be repeated
  --log-level LEVEL        trace, debug, info (default), warn, error, fatal, silent
  --version                print the version
  -h, --help               print this

The strongest setting holds: --override, other flags, KAFKA_* in the environment (named as in the
official image), --config, defaults. Once every listener accepts, the bootstrap address is printed
on standard output; logs go to standard error.
`;
