#!/usr/bin/env node
/**
 * Seeded fuzz of the readers and of both engines.
 *
 *     npm run fuzz -- [--seed 1] [--count 2000] [--from 0] [--seconds S] [--only readers|configs|inputs|training] [--jobs 2] [--no-build]
 *
 * readers: fixtures with damage that knows their format, opened, shown and run. configs: fixtures' configs with options
 * changed to other semi-valid ones; wasm must give what the reference gives. inputs: every fixture with inputs of every
 * dtype and several sizes (all of them, whatever --count says). training: optimizers, losses, metrics, schedules, callbacks and `fit` with hostile options.
 *
 * A find is an error that is no FormatError (or an `internal/*`), a process that dies, 5 s of CPU time, 1 GiB of memory, or
 * engines that differ. Each kind is one line; its inputs, the smallest form and the seed are in .fuzz/finds. Exit code 1 with
 * finds. One input again: `--only PART --seed N --from INDEX --count 1`.
 */
import { execFileSync, fork } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { argumentsOf } from "./arguments.mjs";
import { fixtureFolders } from "./fuzz/bases.mjs";
import { calledModels, configsOf } from "./fuzz/configs.mjs";
import { library } from "./fuzz/library.mjs";
import { kindOfFind, PARTS } from "./fuzz/parts.mjs";

const ROOT = join(import.meta.dirname, "..");
const WORK = join(ROOT, ".fuzz");
const FIXTURES = join(ROOT, "fixtures");
/** Wall time after which an input is tried again alone, and after which it then hangs. */
const IMPATIENCE = 20_000;
const HANGS = 60_000;
const CHUNK = 100;

const options = argumentsOf(import.meta, {
  seed: { type: "number", default: "1" },
  count: { type: "number", default: "2000" },
  from: { type: "number", default: "0" },
  seconds: { type: "number" },
  only: { type: "string" },
  jobs: { type: "number", default: String(Math.min(4, availableParallelism())) },
  "no-build": { type: "boolean", default: false },
});
const seed = options.seed;
const from = options.from;
const finds = join(WORK, "finds");
const dist = join(WORK, "dist");
const parts = options.only === undefined ? PARTS : options.only.split(",");
const isGiven = process.argv.some((word) => word.startsWith("--count"));
const deadline = options.seconds === undefined ? Infinity : Date.now() + 1000 * options.seconds;

mkdirSync(finds, { recursive: true });
if (!options["no-build"]) {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", dist, "--declaration", "false"];
  execFileSync(process.execPath, args, { stdio: "inherit" });
}
const corpus = join(WORK, "configs.json");
if (parts.includes("configs")) {
  const lib = await library((path) => import(pathToFileURL(join(dist, `${path}.js`)).href));
  writeFileSync(
    corpus,
    JSON.stringify([...(await configsOf(lib, fixtureFolders(FIXTURES))), ...calledModels(join(ROOT, "test"))]),
  );
}

/** Finds by kind: how many and the first. */
const found = new Map();
function note(part, index, find, what) {
  const kind = `${part} ${kindOfFind(find)}`;
  const known = found.get(kind);
  if (known !== undefined) {
    known.times++;
    return;
  }
  found.set(kind, { times: 1, index });
  console.log(`FIND ${part} --seed ${seed} --from ${index} --count 1: ${find.kind}: ${find.message} [${what}]`);
}

class Lane {
  #child = null;
  #at = null;
  #timer = null;

  constructor(part) {
    this.part = part;
  }

  /** Gives the number of inputs there are; null where there is no end. */
  async start(alone = false) {
    const setup = { part: this.part, seed, dist, fixtures: FIXTURES, corpus, finds: join(finds, this.part), alone };
    const child = fork(join(import.meta.dirname, "fuzz/worker.mjs"), [JSON.stringify(setup)], {
      execArgv: ["--max-old-space-size=1536", "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.log = "";
    child.stderr.on("data", (text) => (this.log = (this.log + text).slice(-3000)));
    this.#child = child;
    return new Promise((resolve, reject) => {
      child.once("message", ({ total }) => resolve(total));
      child.once("exit", () => reject(new Error(this.log)));
    });
  }

  /** Gives `{ done, ran, finds }`, or `{ stopped, at }` when the process died or was killed at an input. */
  async run(range, { alone = false, patience = IMPATIENCE } = {}) {
    if (this.#child === null) await this.start(alone);
    const child = this.#child;
    const list = [];
    const result = await new Promise((resolve) => {
      const watch = () => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => child.kill("SIGKILL"), patience);
      };
      child.removeAllListeners("message");
      child.removeAllListeners("exit");
      child.on("message", (message) => {
        watch();
        if (message.at !== undefined) this.#at = message.at;
        else if (message.find !== undefined) list.push(message);
        else if (message.done !== undefined) resolve({ done: message.done, ran: message.ran });
      });
      child.on("exit", (code, signal) => resolve({ stopped: signal ?? code, at: this.#at }));
      watch();
      child.send(range);
    });
    clearTimeout(this.#timer);
    if (result.stopped !== undefined) this.#child = null;
    return { ...result, finds: list };
  }

  stop() {
    this.#child?.removeAllListeners("exit");
    this.#child?.disconnect();
    this.#child = null;
  }
}

/** An input that took long, much memory or the process with it: once more alone, before it counts. */
async function confirm(part, index, why, what) {
  const lane = new Lane(part);
  try {
    const { stopped, finds: list } = await lane.run({ from: index, to: index + 1 }, { alone: true, patience: HANGS });
    for (const one of list) note(part, index, one.find, one.what);
    if (stopped !== undefined) {
      const kind = stopped === "SIGKILL" ? "hang" : "crash";
      const heap = /FATAL ERROR.*/.exec(lane.log)?.[0] ?? "";
      note(part, index, { kind, message: `the process ended (${stopped}) ${heap}` }, what ?? why);
    }
  } finally {
    lane.stop();
  }
}

async function runPart(part) {
  const started = Date.now();
  let next = from;
  let done = 0;
  const ran = {};
  const wanted = isGiven || part !== "inputs" ? from + options.count : Infinity;
  const lanes = Array.from({ length: options.jobs }, () => new Lane(part));
  const last = Math.min(wanted, (await lanes[0].start()) ?? Infinity);
  await Promise.all(
    lanes.map(async (lane) => {
      while (next < last && Date.now() < deadline) {
        const range = { from: next, to: Math.min(next + CHUNK, last) };
        next = range.to;
        while (range.from < range.to) {
          const result = await lane.run(range);
          for (const { index, find, what } of result.finds) {
            if (find.kind === "slow" || find.kind === "memory") await confirm(part, index, find.kind, what);
            else note(part, index, find, what);
            if (find.kind === "memory") lane.stop();
          }
          for (const [key, n] of Object.entries(result.ran ?? {})) ran[key] = (ran[key] ?? 0) + n;
          if (result.stopped === undefined) break;
          await confirm(part, result.at, `stopped: ${result.stopped}`);
          done += result.at + 1 - range.from;
          range.from = result.at + 1;
        }
        done += range.to - range.from;
        if (done % 5000 < CHUNK)
          process.stderr.write(`${part}: ${done}, ${Math.round((Date.now() - started) / 1000)} s\n`);
      }
      lane.stop();
    }),
  );
  const counts = Object.entries(ran).sort((a, b) => b[1] - a[1]);
  console.log(
    `${part}: seed ${seed}, inputs ${from} to ${from + done - 1}, ${done} in ${Math.round((Date.now() - started) / 1000)} s: ${counts.map(([key, n]) => `${key} ${n}`).join(", ")}`,
  );
}

for (const part of parts) {
  rmSync(join(finds, part), { recursive: true, force: true });
  await runPart(part);
}
console.log(
  `${found.size} kinds of finds${[...found].map(([kind, { times, index }]) => `\n  ${times} × ${kind} (first ${index})`).join("")}`,
);
process.exitCode = found.size > 0 ? 1 : 0;
