import { expect, test } from "vitest";
import { emitFile } from "../../scripts/generate-protocol/emit-file.ts";
import { layoutOf } from "../../scripts/generate-protocol/layout.ts";
import type { ApiSpec } from "../../scripts/generate-protocol/model.ts";
import { parseSpec } from "../../scripts/generate-protocol/parse.ts";

const example = `# Greet: says hello.
api 200 Greet  versions 0-4  flexible 3+  advertised 1-4
request
  name       string    2+  nullable 3+  default null
  times      []int32   0-1
  clientId   string    inflexible
response
  friends    []Friend
    name     string
    home     Place     4+  tag 1
    age      int8      4+  tag 0  default -1
  struct Place
    street   string    default ""  ignorable
`;

function parsed(text: string): ApiSpec {
  return parseSpec("200-greet.spec", text) as ApiSpec;
}

/** What a version of a struct is on the wire, in short. */
function wire(spec: ApiSpec, struct: string, version: number): string {
  const { response } = spec;
  const { inline, tagged, flexible } = layoutOf(
    response,
    response.structs.get(struct) ?? [],
    version,
  );
  const names = inline.map(({ field }) => field.name);
  return [...names, ...tagged.map(({ field, tag }) => `${field.name}@${tag}`), flexible].join(" ");
}

test("the head says key, name, versions, and what is told to clients", () => {
  expect(parsed(example)).toMatchObject({
    key: 200,
    name: "Greet",
    description: "Greet: says hello.",
    advertised: { from: 1, to: 4 },
    request: { versions: { from: 0, to: 4 }, flexibleFrom: 3 },
  });
});

test("a field says in which versions it is there, and in which it may be null", () => {
  expect(parsed(example).request.fields).toMatchObject([
    { name: "name", versions: { from: 2, to: 4 }, nullable: { from: 3, to: 4 }, default: "null" },
    { name: "times", versions: { from: 0, to: 1 }, nullable: undefined, default: undefined },
    { name: "clientId", versions: { from: 0, to: 4 }, inflexible: true },
  ]);
});

test("a tagged field leaves its place, and is not there in other versions", () => {
  const spec = parsed(example);

  expect(wire(spec, "Friend", 2)).toBe("name false");
  expect(wire(spec, "Friend", 3)).toBe("name true");
  expect(wire(spec, "Friend", 4)).toBe("name age@0 home@1 true");
});

test("versions of one layout share a function, others do not", () => {
  const [file] = emitFile(parsed(example));
  const functions = [...(file?.text ?? "").matchAll(/^function (read\w+)/gm)].map(
    ([, name]) => name,
  );

  expect(functions).toEqual([
    "readGreetRequest0",
    "readGreetRequest2",
    "readGreetRequest3",
    "readGreetResponse0",
    "readGreetResponse3",
    "readGreetResponse4",
    "readFriend0",
    "readFriend3",
    "readFriend4",
    "readPlace3",
  ]);
});

test.each([
  ["a type that does not exist", "  name       string ", "  name       strong "],
  ["a struct that is not there", "  struct Place", "  struct Plaice"],
  ["a word that means nothing", "inflexible", "unflexible"],
  ["a tag that is no number", "tag 1", "tag one"],
  ["a tag with versions of its own", "tag 1", "tag 1 4+"],
  ["fields below what is no struct", "[]Friend", "[]string"],
])("%s is an error, not a guess", (_, right, wrong) => {
  expect(() => parsed(example)).not.toThrow();

  expect(() => parsed(example.replace(right, wrong))).toThrow();
});
