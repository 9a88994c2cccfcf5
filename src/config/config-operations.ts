import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { textOf } from "./parse.ts";
import type { Setting } from "./setting.ts";

/** What is done to one setting (Kafka's AlterConfigOp). */
export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  /** A ConfigOperation; a client may send any other number. */
  readonly operation: number;
  /** Only a deletion may do without. */
  readonly value: string | null;
}

/** Longer values are refused, so that every one can be answered. */
const VALUE_LENGTH_MAX = 32_767;

/** More than Kafka has names for; a broker takes any name beside those. */
const SETTINGS_MAX = 1000;

export function isOperation({ operation }: ConfigChange): boolean {
  const known: readonly number[] = Object.values(ConfigOperation);
  return known.includes(operation);
}

/** @throws KafkaError INVALID_REQUEST for what is done to a setting and is no operation */
export function checkOperations(changes: readonly ConfigChange[]): void {
  const other = changes.find((change) => !isOperation(change));
  if (other === undefined) return;
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `there is no operation ${other.operation}`);
}

/**
 * What is set after the changes. A list begins with its default where nothing is set, and values are
 * kept letter for letter.
 *
 * @param listSetting the setting of this name if it is a list, that can be appended to
 * @throws KafkaError INVALID_CONFIG
 */
export function withChanges(
  before: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
  listSetting: (name: string) => Setting | undefined,
): ReadonlyMap<string, string> {
  const after = new Map(before);
  for (const { name, operation, value } of changes) {
    if (operation === ConfigOperation.DELETE) after.delete(name);
    else if (operation === ConfigOperation.SET) after.set(name, value ?? "");
    else after.set(name, changedList({ name, operation, value }, before, listSetting));
  }
  checkSizes(after);
  return after;
}

/** @throws KafkaError INVALID_CONFIG */
export function checkSizes(configs: ReadonlyMap<string, string>): void {
  if (configs.size > SETTINGS_MAX) {
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `${configs.size} settings of one resource, and at most ${SETTINGS_MAX} are kept`,
    );
  }
  for (const [name, value] of configs) {
    if (value.length <= VALUE_LENGTH_MAX) continue;
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `the value of ${name} has ${value.length} characters, and at most ${VALUE_LENGTH_MAX} are kept`,
    );
  }
}

function changedList(
  { name, operation, value }: ConfigChange,
  before: ReadonlyMap<string, string>,
  listSetting: (name: string) => Setting | undefined,
): string {
  const appends = operation === ConfigOperation.APPEND;
  const setting = listSetting(name);
  if (setting === undefined) {
    const what = appends ? "appended to" : "subtracted from";
    throw new KafkaError(
      ErrorCode.INVALID_CONFIG,
      `nothing can be ${what} ${name}, because its type is not LIST`,
    );
  }
  const now = before.get(name) ?? textOf(setting, setting.default) ?? "";
  const elements = now.split(",").filter((element) => element !== "");
  for (const element of (value ?? "").split(",")) {
    const at = elements.indexOf(element);
    if (!appends && at !== -1) elements.splice(at, 1);
    else if (appends && at === -1) elements.push(element);
  }
  return elements.join(",");
}
