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

const LENGTH_BYTES = 4;
const codecs = await allCodecs();
const cases = goldenCases();

/**
 * Recorded under the name of one API, but by hand: bytes that are no request of that API and
 * version. They are replayed against a broker elsewhere.
 */
const byHand: ReadonlySet<string> = new Set([
  "unknown-api-key",
  "controller-only-api-on-broker",
  "removed-api-key",
  "produce-v2",
  "metadata-v14",
  "negative-size",
  "too-large",
  "zero-size",
  "http",
  "truncated-body",
  "trailing-bytes",
  "huge-array",
  "unsupported-version",
]);

function frameOf(hex: string): Buffer {
  return Buffer.from(hex, "hex").subarray(LENGTH_BYTES);
}

function nameOf({ api, version, case: name }: GoldenCase): string {
  return `${api} v${version} ${name}`;
}

function rewriteRequest(recorded: Buffer): Buffer {
  const reader = new Reader(recorded);
  const header = decodeRequestHeader(reader);
  const codec = [...codecs.values()].find(({ key }) => key === header.apiKey);
  const request = codec?.decodeRequest(reader, header.apiVersion);
  expect(reader.remaining).toBe(0);
  const writer = new Writer();
  encodeRequestHeader(writer, header);
  codec?.encodeRequest(writer, request, header.apiVersion);
  return writer.toBuffer();
}

function rewriteResponse({ api, version }: GoldenCase, recorded: Buffer): Buffer {
  const codec = codecs.get(api);
  if (codec === undefined) throw new Error(`no codec for ${api}`);
  const reader = new Reader(recorded);
  const headerVersion = responseHeaderVersion(codec.key, version);
  const correlationId = decodeResponseHeader(reader, headerVersion);
  const response = codec.decodeResponse(reader, version);
  expect(reader.remaining).toBe(0);
  const writer = new Writer();
  encodeResponseHeader(writer, correlationId, headerVersion);
  codec.encodeResponse(writer, response, version);
  return writer.toBuffer();
}

describe("frames recorded from Apache Kafka 4.4", () => {
  test("are all here", () => {
    expect(goldenFiles).toHaveLength(287);
    expect(cases).toHaveLength(1070);
  });

  test("requests decode and encode to the same bytes", () => {
    const requests = cases.filter((one) => one.request !== null && !byHand.has(one.case));
    expect(requests.length).toBeGreaterThan(1000);

    const different = requests.filter((one) => {
      const recorded = frameOf(one.request as string);
      return !rewriteRequest(recorded).equals(recorded);
    });

    expect(different.map(nameOf)).toEqual([]);
  });

  test("responses decode and encode to the same bytes", () => {
    const responses = cases.filter((one) => one.response !== null && !byHand.has(one.case));
    expect(responses.length).toBeGreaterThan(1000);

    const different = responses.filter((one) => {
      const recorded = frameOf(one.response as string);
      return !rewriteResponse(one, recorded).equals(recorded);
    });

    expect(different.map(nameOf)).toEqual([]);
  });

  test.each(["truncated-body", "huge-array"])("%s is a decode error", (name) => {
    const recorded = cases.find((one) => one.case === name)?.request as string;

    expect(() => rewriteRequest(frameOf(recorded))).toThrow(DecodeError);
  });

  test("an answer to an unsupported ApiVersions has the oldest layout", () => {
    const unsupported = cases.filter((one) => one.case === "unsupported-version");

    for (const one of unsupported) {
      const recorded = frameOf(one.response as string);
      expect(rewriteResponse({ ...one, version: 0 }, recorded)).toEqual(recorded);
    }
    expect(unsupported).not.toHaveLength(0);
  });
});
