#!/usr/bin/env node
/**
 * Makes fixtures with real Keras: `npm run fixtures -- MAKER [TEXT …]` runs fixtures/make/MAKER.py, which makes the cases
 * whose path contains a text; without arguments all of them. The Python environment is that of the live check, made once.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { argumentsOf } from "./arguments.mjs";
import { interpreter } from "./oracle/python.mjs";

const [maker = "all", ...texts] = argumentsOf(import.meta, {}, Infinity)._;

const ROOT = join(import.meta.dirname, "..");
const program = join(ROOT, "fixtures/make", `${maker}.py`);
if (!existsSync(program)) {
  process.stderr.write(`fixtures/make has no ${maker}.py\n`);
  process.exit(2);
}
const { status } = spawnSync(interpreter(join(ROOT, ".oracle")), [program, ...texts], { stdio: "inherit" });
process.exit(status ?? 1);
