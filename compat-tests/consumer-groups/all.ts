import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareKafka } from "../broker/kafka.ts";
import { prepareOdradek } from "../broker/odradek.ts";
import type { Client } from "../harness/clients.ts";
import type { Report } from "../harness/report.ts";
import { checks, staticMember } from "./checks.ts";

/** Clients that speak the consumer protocol. */
const speakers: ReadonlySet<string> = new Set(["java", "confluent-kafka", "franz-go"]);

/** Heartbeats often enough that nobody waits long for a rebalance, and the dead are soon missed. */
const quickGroups: Readonly<Record<string, string>> = {
  "group.consumer.min.heartbeat.interval.ms": "200",
  "group.consumer.heartbeat.interval.ms": "300",
  "group.consumer.min.session.timeout.ms": "3000",
  "group.consumer.session.timeout.ms": "5000",
  "group.consumer.assignment.interval.ms": "100",
  "group.min.session.timeout.ms": "3000",
};

export interface ConsumerGroupChecks {
  readonly report: Report;
  /** Those who speak another protocol are passed over. */
  readonly clients: readonly Client[];
  readonly isKafka: boolean;
  /** Another build of Odradek than the present one. */
  readonly main: string | undefined;
  /** Only checks whose claim holds this text. */
  readonly only?: string;
}

export function speaksConsumerProtocol({ name }: Client): boolean {
  return speakers.has(name);
}

/** Has every client show what it can do in a group with `group.protocol=consumer`. */
export async function checkConsumerGroups(asked: ConsumerGroupChecks): Promise<void> {
  const { report, isKafka, main, only = "" } = asked;
  const directory = await mkdtemp(join(tmpdir(), "odradek-groups-"));
  const broker = isKafka
    ? await prepareKafka(directory, quickGroups)
    : await prepareOdradek(directory, main, quickGroups);
  const failedBefore = report.failed;
  try {
    await broker.start();
    for (const client of asked.clients.filter(speaksConsumerProtocol)) {
      for (const [index, [claim, work]] of Object.entries(checks).entries()) {
        if (!claim.includes(only)) continue;
        if (work === staticMember && !client.namesInstance) {
          report.note(`${client.name} does not say which static member leaves, to any broker`);
          continue;
        }
        const name = `g${index}-${client.name}`;
        await report.check(`${client.name}, consumer protocol: ${claim}`, () =>
          work({ broker, client, name }),
        );
      }
    }
  } finally {
    if (report.failed > failedBefore) report.note(`the broker printed: ${await broker.tail()}`);
    await broker.kill();
    await rm(directory, { recursive: true, force: true });
  }
}
