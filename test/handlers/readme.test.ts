import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { supportedApis } from "../../src/handlers/supported-apis.ts";

/** Advertised for librdkafka's sake, and answered by closing the connection, as in Kafka. */
const PRODUCE_KEY = 0;
const PRODUCE_FROM = 3;

test("the README names every API that is advertised, with its versions, and no other", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const table = readme.slice(readme.indexOf("| for | APIs |"), readme.indexOf("## Configuration"));
  const named = [...table.matchAll(/\b[A-Z][A-Za-z]+ \d+(?:–\d+)?(?=[, ])/g)].map(([text]) => text);

  const advertised = supportedApis.map(({ key, name, minVersion, maxVersion }) => {
    const from = key === PRODUCE_KEY ? PRODUCE_FROM : minVersion;
    return `${name} ${from === maxVersion ? from : `${from}–${maxVersion}`}`;
  });
  expect(named.sort()).toEqual(advertised.sort());
});
