import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Script } from "node:vm";

/** Where, beside the program, V8's compiled form of it is kept. */
export const COMPILED_SUFFIX = ".v8";

type Module = (require: NodeJS.Require, filename: string) => void;

/** The bundled program, ready to run. */
export interface Program {
  readonly script: Script;
  run(): void;
}

/**
 * Loads a CommonJS bundle together with what V8 made of it when it was built. To compile is half of
 * what a start costs. Where that file is missing, or another V8's, the program is compiled anew.
 */
export function loadProgram(file: string): Program {
  // The bundle is one function (scripts/build.ts), and ASCII: one byte per character. What is put
  // together here would be in memory twice.
  const script = new Script(readFileSync(file, "latin1"), {
    filename: file,
    cachedData: readIfThere(file + COMPILED_SUFFIX),
  });
  return {
    script,
    run: () => (script.runInThisContext() as Module)(createRequire(file), file),
  };
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
