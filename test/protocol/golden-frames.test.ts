import { describe, expect, test } from "vitest";
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  responseHeaderVersion,
} from "../../src/protocol/header.ts";
import { DecodeError, Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { allCodecs } from "../support/codecs.ts";
import { type GoldenCase, goldenCases, goldenFiles } from "../support/golden-frames.ts";
import { differenceFromRecorded } from "../support/recorded-message.ts";

const LENGTH_BYTES = 4;
const codecs = await allCodecs();
const cases = goldenCases();

/**
 * Made by hand to see how a broker takes them, so that the request is none of the API and version it
 * is filed under, and what comes of it here. They are replayed against a broker elsewhere.
 */
const byHand: Readonly<Record<string, "no frame" | "unknown key" | "refused" | "bytes left over">> =
  {
    "ApiVersions v0 unknown-api-key": "unknown key",
    "ApiVersions v0 controller-only-api-on-broker": "unknown key",
    "ApiVersions v0 removed-api-key": "unknown key",
    "ApiVersions v0 produce-v2": "refused",
    "ApiVersions v0 metadata-v14": "refused",
    "ApiVersions v0 negative-size": "no frame",
    "ApiVersions v0 too-large": "no frame",
    "ApiVersions v0 zero-size": "no frame",
    "ApiVersions v0 http": "no frame",
    "ApiVersions v0 truncated-body": "refused",
    "ApiVersions v0 huge-array": "refused",
    "ApiVersions v0 trailing-bytes": "bytes left over",
    "ApiVersions v-1 unsupported-version": "refused",
    "ApiVersions v6 unsupported-version": "refused",
    "ApiVersions v99 unsupported-version": "refused",
  };

function frameOf(hex: string): Buffer {
  return Buffer.from(hex, "hex").subarray(LENGTH_BYTES);
}

function sizeSaid(hex: string): number {
  return Buffer.from(hex, "hex").readInt32BE(0);
}

function nameOf({ api, version, case: name }: GoldenCase): string {
  return `${api} v${version} ${name}`;
}

function readRequest(recorded: Buffer) {
  const reader = new Reader(recorded);
  const header = decodeRequestHeader(reader);
  const codec = [...codecs.values()].find(({ key }) => key === header.apiKey);
  const request = codec?.decodeRequest(reader, header.apiVersion);
  return { header, codec, request, bytesLeft: reader.remaining };
}

function rewriteRequest(recorded: Buffer): Buffer {
  const { header, codec, request, bytesLeft } = readRequest(recorded);
  expect(bytesLeft).toBe(0);
  const writer = new Writer();
  encodeRequestHeader(writer, header);
  codec?.encodeRequest(writer, request, header.apiVersion);
  return writer.toBuffer();
}

function readResponse({ api, version }: GoldenCase, recorded: Buffer) {
  const codec = codecs.get(api);
  if (codec === undefined) throw new Error(`no codec for ${api}`);
  const reader = new Reader(recorded);
  const headerVersion = responseHeaderVersion(codec.key, version);
  const correlationId = decodeResponseHeader(reader, headerVersion);
  const response = codec.decodeResponse(reader, version);
  expect(reader.remaining).toBe(0);
  return { codec, headerVersion, correlationId, response };
}

function rewriteResponse(one: GoldenCase, recorded: Buffer): Buffer {
  const { codec, headerVersion, correlationId, response } = readResponse(one, recorded);
  const { version } = one;
  const writer = new Writer();
  encodeResponseHeader(writer, correlationId, headerVersion);
  codec.encodeResponse(writer, response, version);
  return writer.toBuffer();
}

const isWhole = (one: GoldenCase) => byHand[nameOf(one)] === undefined;
const requests = cases.filter((one) => one.request !== null && isWhole(one));
/** Kafka answers an ApiVersions that it does not know in the layout of version 0. */
const responses = cases
  .filter(({ response }) => response !== null)
  .map((one) => (one.case === "unsupported-version" ? { ...one, version: 0 } : one));

describe("frames recorded from Apache Kafka 4.4", () => {
  test("are all here", () => {
    expect(goldenFiles).toHaveLength(287);
    expect(cases).toHaveLength(1070);
    expect(requests).toHaveLength(1070 - Object.keys(byHand).length);
    expect(responses).toHaveLength(1055);
  });

  test("requests decode and encode to the same bytes", () => {
    const different = requests.filter((one) => {
      const recorded = frameOf(one.request as string);
      return !rewriteRequest(recorded).equals(recorded);
    });

    expect(different.map(nameOf)).toEqual([]);
  });

  test("responses decode and encode to the same bytes", () => {
    const different = responses.filter((one) => {
      const recorded = frameOf(one.response as string);
      return !rewriteResponse(one, recorded).equals(recorded);
    });

    expect(different.map(nameOf)).toEqual([]);
  });

  test("responses hold what Kafka's own classes read in them, field by field", () => {
    const read = responses.filter(({ responseBody }) => responseBody !== undefined);
    expect(read).toHaveLength(responses.length - 2);

    const wrong = read.map((one) => {
      const { response } = readResponse(one, frameOf(one.response as string));
      return differenceFromRecorded(one.responseBody, response, nameOf(one));
    });

    expect(wrong.filter((difference) => difference !== undefined)).toEqual([]);
  });

  test.each(Object.entries(byHand))("%s: %s", (name, outcome) => {
    const recorded = cases.find((one) => nameOf(one) === name)?.request as string;
    const read = () => readRequest(frameOf(recorded));

    switch (outcome) {
      case "no frame":
        return expect(sizeSaid(recorded)).not.toBe(Math.max(1, frameOf(recorded).length));
      case "unknown key":
        return expect(read().codec).toBeUndefined();
      case "refused":
        return expect(read).toThrow(DecodeError);
      case "bytes left over":
        return expect(read().bytesLeft).toBe(3);
    }
  });
});
