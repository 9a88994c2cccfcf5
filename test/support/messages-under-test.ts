import { fileURLToPath } from "node:url";
import { loadSpecs } from "../../scripts/generate-protocol/load.ts";
import type { ApiSpec, Message } from "../../scripts/generate-protocol/model.ts";
import type { Reader } from "../../src/protocol/reader.ts";
import type { Writer } from "../../src/protocol/writer.ts";
import { type AnyCodec, type AnyMessageCodec, allCodecs, recordModule } from "./codecs.ts";

/** One message of one spec, and the generated functions that should follow it. */
export interface MessageUnderTest {
  readonly message: Message;
  readonly versions: readonly number[];
  decode(reader: Reader, version: number): unknown;
  encode(writer: Writer, value: unknown, version: number): void;
}

const specs = loadSpecs(fileURLToPath(new URL("../../protocol-specs", import.meta.url)));

/** Every request, response, record key, record value and data message there is a spec of. */
export async function allMessages(): Promise<readonly MessageUnderTest[]> {
  const apis = await allCodecs();
  const found = specs.map(async (spec): Promise<readonly MessageUnderTest[]> => {
    switch (spec.kind) {
      case "api":
        return bothDirections(spec, apis);
      case "record": {
        const { key, value } = await exported<RecordHalves>(spec.name, (one) => "key" in one);
        return [half(spec.key, key), half(spec.value, value)];
      }
      case "data":
        return Promise.all(
          spec.messages.map(async (message) => half(message, await dataCodec(message))),
        );
    }
  });
  return (await Promise.all(found)).flat();
}

function bothDirections(
  { name, request, response }: ApiSpec,
  apis: ReadonlyMap<string, AnyCodec>,
): readonly MessageUnderTest[] {
  const codec = apis.get(name);
  if (codec === undefined) throw new Error(`no codec of ${name}`);
  return [
    {
      ...about(request),
      decode: (reader, version) => codec.decodeRequest(reader, version),
      encode: (writer, value, version) => codec.encodeRequest(writer, value, version),
    },
    {
      ...about(response),
      decode: (reader, version) => codec.decodeResponse(reader, version),
      encode: (writer, value, version) => codec.encodeResponse(writer, value, version),
    },
  ];
}

interface RecordHalves {
  readonly key: AnyMessageCodec;
  readonly value: AnyMessageCodec;
}

function dataCodec({ name }: Message): Promise<AnyMessageCodec> {
  return exported(name, (one) => "name" in one && one.name === name);
}

async function exported<Codec>(name: string, isWanted: (one: object) => boolean): Promise<Codec> {
  const values = Object.values(await recordModule(name));
  const found = values.find((one) => typeof one === "object" && one !== null && isWanted(one));
  if (found === undefined) throw new Error(`no codec of ${name}`);
  return found as Codec;
}

function half(message: Message, codec: AnyMessageCodec): MessageUnderTest {
  return {
    ...about(message),
    decode: (reader, version) => codec.decode(reader, version),
    encode: (writer, value, version) => codec.encode(writer, value, version),
  };
}

function about(message: Message): Pick<MessageUnderTest, "message" | "versions"> {
  const { from, to } = message.versions;
  return { message, versions: Array.from({ length: to - from + 1 }, (_, i) => from + i) };
}
