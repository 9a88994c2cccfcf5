import type { ApiCodec, MessageCodec } from "../../src/protocol/codec.ts";
import { apis } from "../../src/protocol/generated/apis.ts";

/** Any codec with its types folded away, so that tests can walk all of them. */
export type AnyCodec = ApiCodec<unknown, unknown, unknown, unknown>;
export type AnyMessageCodec = MessageCodec<unknown, unknown>;

function fileName(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

/** What the generated file of an API exports. */
async function apiModule(name: string): Promise<object> {
  return import(`../../src/protocol/generated/${fileName(name)}.ts`);
}

/** What the generated file of an internal record, or of a message without a key, exports. */
export async function recordModule(name: string): Promise<object> {
  return import(`../../src/protocol/generated/records/${fileName(name)}.ts`);
}

/** The generated codec of every API, by name. */
export async function allCodecs(): Promise<ReadonlyMap<string, AnyCodec>> {
  const codecs = apis.map(async ({ name }): Promise<[string, AnyCodec]> => {
    const codec = Object.values(await apiModule(name)).find(
      (one) => (one as AnyCodec).name === name,
    );
    return [name, codec as AnyCodec];
  });
  return new Map(await Promise.all(codecs));
}
