import { apis } from "./generated/apis.ts";
import { DecodeError, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What stands before every request. The layout is that of protocol-specs/headers.spec. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

const API_VERSIONS_KEY = 18;

const flexibleFrom: readonly number[] = apis.reduce<number[]>((versions, api) => {
  versions[api.key] = api.flexibleFrom;
  return versions;
}, []);

function isFlexible(apiKey: number, apiVersion: number): boolean {
  const from = flexibleFrom[apiKey];
  return from !== undefined && apiVersion >= from;
}

/** 2 has tagged fields, 1 has not. */
export function requestHeaderVersion(apiKey: number, apiVersion: number): 1 | 2 {
  return isFlexible(apiKey, apiVersion) ? 2 : 1;
}

/**
 * 1 has tagged fields, 0 has not. ApiVersions is always answered with 0, because a client reads that
 * answer before it knows what the broker can do (KIP-511).
 */
export function responseHeaderVersion(apiKey: number, apiVersion: number): 0 | 1 {
  return apiKey !== API_VERSIONS_KEY && isFlexible(apiKey, apiVersion) ? 1 : 0;
}

/** Reads the header, leaving the reader at the body. An unknown key has a header of version 1. */
export function decodeRequestHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.nullableString();
  if (requestHeaderVersion(apiKey, apiVersion) === 2) skipTags(reader, apiKey);
  return { apiKey, apiVersion, correlationId, clientId };
}

/**
 * A client that speaks an ApiVersions newer than any we know may send a header newer than ours: its
 * tags are not looked at, for all it wants is the answer that tells our versions.
 */
function skipTags(reader: Reader, apiKey: number): void {
  try {
    reader.skipTaggedFields();
  } catch (error) {
    if (apiKey !== API_VERSIONS_KEY || !(error instanceof DecodeError)) throw error;
  }
}

export function encodeRequestHeader(writer: Writer, header: RequestHeader): void {
  writer.int16(header.apiKey);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  // The client id keeps its old form in a flexible header (KIP-482).
  writer.nullableString(header.clientId);
  if (requestHeaderVersion(header.apiKey, header.apiVersion) === 2) writer.uvarint(0);
}

export function encodeResponseHeader(
  writer: Writer,
  correlationId: number,
  headerVersion: 0 | 1,
): void {
  writer.int32(correlationId);
  if (headerVersion === 1) writer.uvarint(0);
}

/** Gives back the correlation id, leaving the reader at the body. */
export function decodeResponseHeader(reader: Reader, headerVersion: 0 | 1): number {
  const correlationId = reader.int32();
  if (headerVersion === 1) reader.skipTaggedFields();
  return correlationId;
}
