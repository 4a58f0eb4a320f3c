/** bench/results/VERSION.json: one section for each script, so that each can be run again alone. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NODE24 } from "./candidates.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const VERSION = JSON.parse(readFileSync(here("../../package.json"), "utf8")).version;

export const resultFile = (extension) => here(`../results/${VERSION}.${extension}`);

export function readResults() {
  return existsSync(resultFile("json")) ? JSON.parse(readFileSync(resultFile("json"), "utf8")) : {};
}

/** Of the build that was timed: KERAPORT_COMMIT where that is not what is checked out. */
function commit() {
  if (process.env.KERAPORT_COMMIT !== undefined) return process.env.KERAPORT_COMMIT;
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: here("."), encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

export const machine = () => ({
  cpu: cpus()[0]?.model.trim(),
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()}`,
  node: process.versions.node,
  node24: NODE24 === null ? null : execFileSync(NODE24, ["-p", "process.versions.node"], { encoding: "utf8" }).trim(),
  load: loadavg().map((n) => Number(n.toFixed(2))),
  date: new Date().toISOString().slice(0, 16),
  commit: commit(),
});

/** Lists of numbers in one line each. */
const onePerLine = (json) => json.replace(/\[[\s\d.,e+-]+\]/g, (list) => list.replace(/\s+/g, ""));

/** Replaces one section and notes on what it was made. */
export function saveSection(name, section) {
  const all = { ...readResults(), [name]: { machine: machine(), ...section } };
  writeFileSync(resultFile("json"), `${onePerLine(JSON.stringify(all, null, 1))}\n`);
}
