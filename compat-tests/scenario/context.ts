import type { BrokerProcess } from "../broker/broker-process.ts";
import type { Client } from "../harness/clients.ts";
import type { Report } from "../harness/report.ts";

/** What every part of the scenario works with. */
export interface Context {
  readonly broker: BrokerProcess;
  readonly clients: readonly Client[];
  readonly report: Report;
  /** Adapters at work at the same time. */
  readonly parallel: number;
  readonly nowMs: number;
}
