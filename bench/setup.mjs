/**
 * Makes what the comparison needs, all inside bench/: the peers (npm and a Python environment) and the workloads' files.
 *   node bench/setup.mjs
 * Takes about 3 GB and some minutes; what is there already is kept.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { argumentsOf } from "../scripts/arguments.mjs";
import { PYTHON } from "./lib/candidates.mjs";

argumentsOf(import.meta);

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function run(command, args) {
  console.log(`> ${command} ${args.join(" ")}`);
  const { status } = spawnSync(command, args, { cwd: here("peers"), stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

run("npm", ["ci"]);
if (!existsSync(PYTHON)) run("python3", ["-m", "venv", here("peers/.venv")]);
run(PYTHON, ["-m", "pip", "install", "-q", "-r", "requirements.txt"]);
run(PYTHON, [here("make/workloads.py")]);
