import { apis } from "../../../src/protocol/generated/apis.ts";
import { codecOf, replayedApis } from "../apis.ts";
import type { Replay } from "../replay.ts";
import { range, type Scenario, warmUp } from "../scenario.ts";

/** Frames of every API and version that no client sends: cut, too long, of versions there are not. */
export const madeUpFrames: Scenario = {
  name: "made up: frames",
  steps: [warmUp, withoutBody, versionsBeyond, absurdLengths],
};

/** An unsupported version of ApiVersions is answered in another layout, and recorded elsewhere. */
const others = replayedApis.filter((api) => api !== "ApiVersions");

const onlyThatItCame = (): string => "answered";

async function withoutBody(replay: Replay): Promise<void> {
  for (const api of replayedApis) {
    const { minVersion, maxVersion } = codecOf(api);
    for (const version of range(minVersion, maxVersion)) {
      const where = { api, version, case: "made-up: without a body" };
      await replay.askBytes(where, Buffer.alloc(0), { part: onlyThatItCame });
    }
  }
}

async function versionsBeyond(replay: Replay): Promise<void> {
  for (const api of others) {
    const advertised = apis.find(({ name }) => name === api);
    const { minVersion = 0, maxVersion = 0 } = advertised ?? {};
    for (const asked of [-1, minVersion - 1, maxVersion + 1, 99, 32_767]) {
      const where = { api, version: maxVersion, case: `made-up: version ${asked} asked` };
      const isNew = asked !== -1 || minVersion > 0;
      if (isNew) await replay.askBytes(where, Buffer.alloc(64), { version: asked });
    }
  }
}

/** What would be read as lengths of strings and arrays: least, most, and beyond the frame. */
async function absurdLengths(replay: Replay): Promise<void> {
  for (const api of others) {
    const { minVersion, maxVersion } = codecOf(api);
    for (const version of new Set([minVersion, maxVersion])) {
      for (const byte of [0x7f, 0x80, 0xff]) {
        const where = { api, version, case: `made-up: a body of 0x${byte.toString(16)}` };
        await replay.askBytes(where, Buffer.alloc(40, byte), { part: onlyThatItCame });
      }
    }
  }
}
