/** One command line of the tools that move records, and what it is given on standard input. */
export interface ConsoleLine {
  readonly command: "produce" | "consume" | "offsets";
  readonly words: readonly string[];
  readonly stdin?: string;
}

/** What it said: without the list of options, without what differs from run to run. */
export interface ConsoleSaid {
  readonly words: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the lines find when they begin: partitions by topic. */
export const consoleTopics = { letters: 1, orders: 3, empty: 2 } as const;

export const consoleSettings = {
  "group.initial.rebalance.delay.ms": "0",
  "offsets.topic.num.partitions": "1",
  "auto.create.topics.enable": "true",
} as const;

function line(text: string, stdin?: string): ConsoleLine {
  const [command, ...words] = text.split(" ");
  return {
    command: command as ConsoleLine["command"],
    words,
    ...(stdin === undefined ? {} : { stdin }),
  };
}

const parsed = "--reader-property parse.key=true --reader-property key.separator=:";
const headers = `${parsed} --reader-property parse.headers=true --reader-property headers.delimiter=|`;
const all = [
  "print.partition=true",
  "print.offset=true",
  "print.epoch=true",
  "print.headers=true",
  "print.key=true",
]
  .map((property) => `--formatter-property ${property}`)
  .join(" ");
const beginning = "--topic letters --from-beginning";

/** In this order, on one broker. */
export const consoleLines: readonly ConsoleLine[] = [
  // What is written.
  line("produce --topic letters", "a\nb\r\nc"),
  line("produce --topic letters --compression-codec gzip", "über\n\n€\n"),
  line(
    `produce --topic letters ${parsed} --reader-property null.marker=NULL`,
    "k:v\nNULL:n\nk:NULL\nk:v:w\n",
  ),
  line(`produce --topic letters ${headers}`, "h1:a,h2:b|k:headed\nh3:|k:empty header\n"),
  line(
    `produce --topic letters ${headers} --reader-property null.marker=N`,
    "N|k:no headers\nh:N|N:N\n",
  ),
  line(`produce --topic letters ${headers} --reader-property ignore.error=true`, "bare\nh|k:v\n"),
  line(
    "produce --topic letters --property parse.key=true --property key.separator=-",
    "old-name\n",
  ),
  line(
    "produce --topic letters --sync --request-required-acks 1 --compression-codec zstd",
    "one\ntwo\n",
  ),
  line("produce --topic letters --request-required-acks 0", "nobody waits\n"),
  line(
    "produce --topic letters --command-property acks=all --batch-size 100 --timeout 5",
    "1\n2\n3\n",
  ),
  line(`produce --topic orders ${parsed}`, keyed(40)),
  line("produce --topic made-on-the-way", "x\n"),
  // What is refused.
  line("produce --topic letters --reader-property parse.key=true", "no tab\n"),
  line(`produce --topic letters ${headers}`, "no delimiter\n"),
  line(`produce --topic letters ${headers}`, "h|k:v\n"),
  line(`produce --topic letters ${headers} --reader-property null.marker=h`, "h:1|k:v\n"),
  line("produce --topic letters --reader-property headers.separator=:", ""),
  line("produce --topic letters --reader-property null.marker=:", ""),
  line("produce"),
  line("produce --topic letters --no-such-flag"),
  line("produce --topic letters --property a=b --reader-property a=b"),
  line("produce --topic letters --producer-property a=b --command-property a=b"),
  // What is read.
  line(`consume ${beginning} --max-messages 3`),
  line(`consume ${beginning} --max-messages 19 ${all}`),
  line(`consume ${beginning} --max-messages 4 --formatter-property print.timestamp=true`),
  line(
    `consume ${beginning} --max-messages 2 --formatter-property print.value=false --formatter-property print.key=true`,
  ),
  line(
    `consume ${beginning} --max-messages 8 --formatter-property null.literal=- --formatter-property print.key=true --formatter-property key.separator== --formatter-property line.separator=;`,
  ),
  line(`consume ${beginning} --max-messages 3 --property print.offset=true`),
  line(
    `consume ${beginning} --max-messages 3 --formatter org.apache.kafka.tools.consumer.NoOpMessageFormatter`,
  ),
  line(
    `consume ${beginning} --max-messages 12 --formatter-property print.headers=true --formatter-property headers.separator=; --formatter-property print.key=true`,
  ),
  line("consume --topic letters --partition 0 --offset 5 --max-messages 2"),
  line("consume --topic letters --partition 0 --offset earliest --max-messages 1"),
  line("consume --topic letters --partition 0 --from-beginning --max-messages 1"),
  line(
    "consume --topic orders --partition 1 --offset 0 --max-messages 5 --formatter-property print.key=true",
  ),
  line("consume --include let.* --from-beginning --max-messages 2"),
  line(`consume ${beginning} --max-messages 2 --isolation-level read_committed`),
  line(`consume ${beginning} --group readers --max-messages 4`),
  line(`consume ${beginning} --group readers --max-messages 2`),
  line(`consume ${beginning} --consumer-property group.id=readers --max-messages 1`),
  line(
    `consume ${beginning} --max-messages 1 --formatter-property value.deserializer=org.apache.kafka.common.serialization.StringDeserializer`,
  ),
  line(
    `consume ${beginning} --max-messages 2 --value-deserializer org.apache.kafka.common.serialization.IntegerDeserializer --skip-message-on-error`,
  ),
  line("consume --topic empty --timeout-ms 100"),
  line("consume --topic letters --max-messages 0"),
  line("consume"),
  line("consume --topic a --include b"),
  line("consume --topic letters --offset 3"),
  line("consume --include letters --partition 0"),
  line("consume --topic letters --partition 0 --offset 1 --from-beginning"),
  line("consume --topic letters --partition 0 --offset soon"),
  line("consume --topic letters --partition 0 --group g"),
  line("consume --topic letters --group one --consumer-property group.id=two"),
  line(`consume ${beginning} --consumer-property auto.offset.reset=latest`),
  line("consume --topic letters --property a=b --formatter-property a=b"),
  line("consume --topic letters --whitelist x"),
  // Where the logs begin and end.
  line("offsets --topic letters"),
  line("offsets --topic letters --time -2"),
  line("offsets --topic letters --time earliest"),
  line("offsets --topic letters,orders --time latest"),
  line("offsets --topic letters|empty --time -1"),
  line("offsets --topic made-on-the-way --time -3"),
  line("offsets --topic letters --time earliest-local"),
  line("offsets --topic letters --time latest-tiered"),
  line("offsets --topic letters --time 0"),
  line("offsets --topic letters --time 4102444800000"),
  line("offsets --topic orders --partitions 0,2"),
  line("offsets --topic-partitions orders:1,letters"),
  line("offsets --topic-partitions orders:0-2,empty:1-"),
  line("offsets --topic-partitions :-1 --exclude-internal-topics"),
  line("offsets --exclude-internal-topics"),
  line("offsets --topic nobody"),
  line("offsets --topic letters --topic-partitions orders"),
  line("offsets --topic letters --time soon"),
  line("offsets --topic letters --partitions one"),
  line("offsets --topic-partitions orders:x"),
  line("offsets --topic [ --time 1"),
  line("offsets --tpic letters"),
];

function keyed(count: number): string {
  return Array.from({ length: count }, (_, at) => `key-${at % 17}:value ${at}\n`).join("");
}

/** Leaves out what differs from run to run, Java's stack, and the list of options after a refusal. */
export function comparable(said: ConsoleSaid): ConsoleSaid {
  const [stderr = ""] = said.stderr.split(/^(?:Option +Description|odradek \w+: )/m);
  return {
    ...said,
    stdout: said.stdout.replace(/CreateTime:\d+/g, "CreateTime:T"),
    stderr: stderr
      .replace(/^\[[-\d]+ [:\d]+,\d+\] /gm, "")
      .replace(
        /^(?:\tat |\t\.\.\. |Caused by: |SLF4J|WARN |INFO |The consumer rebalance protocol|This tool helps|An interactive shell|java\.lang\.RuntimeException: |$).*\n/gm,
        "",
      ),
  };
}
