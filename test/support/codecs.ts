import type { ApiCodec, MessageCodec } from "../../src/protocol/codec.ts";
import { apis } from "../../src/protocol/generated/apis.ts";

/** Any codec with its types folded away, so that tests can walk all of them. */
export type AnyCodec = ApiCodec<unknown, unknown, unknown, unknown>;
export type AnyMessageCodec = MessageCodec<unknown, unknown>;

function fileName(api: string): string {
  return api.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

/** The generated codec of every API, by name. */
export async function allCodecs(): Promise<ReadonlyMap<string, AnyCodec>> {
  const codecs = apis.map(async ({ name }): Promise<[string, AnyCodec]> => {
    const module: object = await import(`../../src/protocol/generated/${fileName(name)}.ts`);
    const codec = Object.values(module).find((one) => (one as AnyCodec).name === name);
    return [name, codec as AnyCodec];
  });
  return new Map(await Promise.all(codecs));
}
