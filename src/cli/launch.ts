#!/usr/bin/env node
import { join } from "node:path";
import { loadProgram } from "./program.ts";

// dist/main.js: as little as can be before the program itself. A word before all flags is a command,
// and commands are another program (src/tool.ts): a broker's start (src/main.ts) loads none of them.
const isCommand = /^[^-]/.test(process.argv[2] ?? "");
const program = isCommand ? "commands.cjs" : "odradek.cjs";
loadProgram(join(import.meta.dirname, program)).run();
