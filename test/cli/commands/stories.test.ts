import { describe, expect, test } from "vitest";
import { comparable } from "../../support/cli/comparable.ts";
import { toldByKafka, toldHere } from "../../support/cli/compared.ts";
import { stories } from "../../support/cli/stories/all.ts";

for (const story of stories) {
  const steps = story.steps.filter((step) => "line" in step);
  describe(`${story.name}: command lines answered as by Kafka's tool`, async () => {
    const kafka = toldByKafka(story);
    const here = await toldHere(story);

    test("every line of the story is recorded", () => {
      expect(kafka.map(({ words }) => words)).toEqual(steps.map(({ line }) => line.words));
    });

    test.for(kafka.map((told, at) => [told.words.join(" "), at] as const))(
      "%s",
      ([, at], { expect: expectHere }) => {
        const [told, ours] = [kafka[at], here[at]];
        if (told === undefined || ours === undefined) throw new Error("there is no such line");
        expectHere(comparable(ours, steps[at])).toEqual(comparable(told, steps[at]));
      },
    );
  });
}
