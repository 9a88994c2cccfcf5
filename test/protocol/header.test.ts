import { expect, test } from "vitest";
import { apis } from "../../src/protocol/generated/apis.ts";
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from "../../src/protocol/header.ts";
import { DecodeError, Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";

function bytesOf(write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  write(writer);
  return writer.toBuffer();
}

test("a header comes back as it was written, for every API and version", () => {
  for (const { key, minVersion, maxVersion } of apis) {
    for (let apiVersion = minVersion; apiVersion <= maxVersion; apiVersion++) {
      for (const clientId of [null, "", "a client"]) {
        const header = { apiKey: key, apiVersion, correlationId: -7, clientId };
        const reader = new Reader(bytesOf((writer) => encodeRequestHeader(writer, header)));

        expect(decodeRequestHeader(reader)).toEqual(header);
        expect(reader.remaining).toBe(0);
      }
    }
  }
});

test("an answer's header is flexible with the request's, except that of ApiVersions", () => {
  for (const { key, minVersion, maxVersion } of apis) {
    for (let version = minVersion; version <= maxVersion; version++) {
      const wanted = key === 18 ? 0 : requestHeaderVersion(key, version) - 1;

      expect(responseHeaderVersion(key, version)).toBe(wanted);
    }
  }
  expect(requestHeaderVersion(18, 2)).toBe(1);
  expect(requestHeaderVersion(18, 3)).toBe(2);
});

test("a response header carries the correlation id, and in version 1 tagged fields", () => {
  expect(bytesOf((writer) => encodeResponseHeader(writer, 5, 0))).toEqual(
    Buffer.from([0, 0, 0, 5]),
  );
  const flexible = Buffer.from([0, 0, 0, 5, 1, 9, 2, 0xff, 0xff]);

  const reader = new Reader(flexible);

  expect(decodeResponseHeader(reader, 1)).toBe(5);
  expect(reader.remaining).toBe(0);
});

test("the tagged fields of a request header are passed over", () => {
  const reader = new Reader(
    Buffer.from("0012000300000001ffff 01 0901ff 77".replaceAll(" ", ""), "hex"),
  );

  expect(decodeRequestHeader(reader)).toMatchObject({ apiKey: 18, clientId: null });
  expect(reader.int8()).toBe(0x77);
});

test("an unknown key is named, for its header is taken to be version 1", () => {
  const reader = new Reader(Buffer.from("03e80000000000010002 6162".replaceAll(" ", ""), "hex"));

  expect(decodeRequestHeader(reader)).toMatchObject({ apiKey: 1000, clientId: "ab" });
});

test("a header that is cut short is refused", () => {
  const header = { apiKey: 0, apiVersion: 9, correlationId: 1, clientId: "probe" };
  const bytes = bytesOf((writer) => encodeRequestHeader(writer, header));

  for (let size = 0; size < bytes.length; size++) {
    expect(() => decodeRequestHeader(new Reader(bytes, 0, size))).toThrow(DecodeError);
  }
});

test("an ApiVersions of the future is heard even if its header's tags make no sense to us", () => {
  const reader = new Reader(
    Buffer.from("0012006300000001ffff 01 09 ff".replaceAll(" ", ""), "hex"),
  );

  expect(decodeRequestHeader(reader)).toMatchObject({ apiKey: 18, apiVersion: 99 });
});
