#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { loadProgram } from "./program.ts";

// dist/main.js: as little as can be before the program itself, which is src/main.ts.
loadProgram(fileURLToPath(new URL("./odradek.cjs", import.meta.url))).run();
