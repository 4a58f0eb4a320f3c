/**
 * Every workload on keraport and on its peers, in turn, round by round, all of them alive at once:
 *   npm run build && node bench/compare.mjs [--only W1,W3/b32] [--candidates keraport,ort-web] [--rounds 12] [--ms 60]
 *     [--dist FOLDER] [--lock FILE] [--dry]
 * A candidate whose first output is not Keras's is refused. Writes the section `compare` of bench/results/VERSION.json:
 * results of the workloads and candidates that were run take the place of older ones (--dry: prints only). Of workloads
 * that are `cold` a process of its own tells the time from its start to the first output, and its peak memory (Linux).
 */
import { readFileSync } from "node:fs";
import { argumentsOf } from "../scripts/arguments.mjs";
import { CANDIDATES } from "./lib/candidates.mjs";
import { difference, TOLERANCE } from "./lib/difference.mjs";
import { locked } from "./lib/lock.mjs";
import { Peer } from "./lib/process.mjs";
import { readResults, saveSection } from "./lib/results.mjs";

/** Candidates slower than this, in milliseconds a call, are asked in two rounds only. */
const SLOW = 500;
const SLOW_ROUNDS = 2;
/** And those slower than this in one, and by no fresh process. */
const TOO_SLOW = 5000;
/** Length of round 0, which is not counted: engines compile what is called often. Milliseconds. */
const WARM_UP = 500;

const options = argumentsOf(import.meta, {
  only: { type: "string" },
  candidates: { type: "string" },
  rounds: { type: "number", default: "12" },
  ms: { type: "number", default: "60" },
  dist: { type: "string" },
  lock: { type: "string" },
  dry: { type: "boolean", default: false },
});
const rounds = options.rounds;
const ms = options.ms;
const workloads = JSON.parse(readFileSync(new URL("workloads.json", import.meta.url), "utf8"));
const only = options.only?.split(",");
const wanted = options.candidates?.split(",");
const candidates = CANDIDATES.filter(({ name }) => wanted === undefined || wanted.includes(name));

const processes = new Map();
const environment = options.dist === undefined ? {} : { KERAPORT_DIST: options.dist };
/** One process a candidate: what one does to its engine's profile or its memory, another must not feel. */
for (const { name, command } of candidates) processes.set(name, new Peer(command, environment));

const floats = ({ buffer, byteOffset, length }) => new Float32Array(buffer.slice(byteOffset, byteOffset + length));

async function prepare({ name, variant }, workload, batch) {
  const answer = await processes.get(name).ask({ do: "prepare", workload, batch, variant });
  const data = new URL("data/", import.meta.url).pathname;
  if (answer.error !== undefined) return { error: answer.error.split("\n")[0].replaceAll(data, "").slice(0, 160) };
  const want = floats(readFileSync(new URL(`data/${workload}.b${batch}.y`, import.meta.url)));
  const error = difference(floats(Buffer.from(answer.output, "base64")), want);
  return error <= TOLERANCE ? { difference: error } : { error: `wrong outputs: ${error.toExponential(1)}` };
}

/** A process that does nothing else: `{ cold: milliseconds, peak: MiB }`. */
async function fresh({ command, variant }, workload, batch) {
  const begin = performance.now();
  const peer = new Peer(command, environment);
  try {
    const { error } = await peer.ask({ do: "prepare", workload, batch, variant });
    if (error !== undefined) return {};
    return { cold: Math.round(performance.now() - begin), peak: peer.peak() };
  } finally {
    peer.close();
  }
}

/** One workload with one batch size: by candidate `{ difference, mins, medians }` or `{ error }`. */
async function compare(workload, batch) {
  const found = {};
  for (const candidate of candidates) found[candidate.name] = await prepare(candidate, workload, batch);
  const able = candidates.filter(({ name }) => found[name].error === undefined);
  for (const { name } of able) Object.assign(found[name], { mins: [], medians: [] });
  for (let round = 0; round <= rounds; round++) {
    await locked(options.lock, async () => {
      for (const { name } of able) {
        const result = found[name];
        const least = Math.min(...result.mins);
        if ((round > SLOW_ROUNDS && least > SLOW) || (round > 1 && least > TOO_SLOW)) continue;
        const answer = await processes.get(name).ask({ do: "time", ms: round === 0 ? WARM_UP : ms });
        if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
        if (round === 0) continue;
        result.mins.push(Number(answer.min.toPrecision(5)));
        result.medians.push(Number(answer.median.toPrecision(5)));
      }
    });
  }
  for (const { name } of candidates) await processes.get(name).ask({ do: "release" });
  if (workloads[workload].cold) {
    for (const candidate of able.filter(({ name }) => Math.min(...found[name].mins) <= TOO_SLOW)) {
      await locked(options.lock, async () =>
        Object.assign(found[candidate.name], await fresh(candidate, workload, batch)),
      );
    }
  }
  return found;
}

/** By workload, of a batch of one. */
const mflop = Object.fromEntries(
  Object.keys(workloads).map((name) => [
    name,
    JSON.parse(readFileSync(new URL(`data/${name}.json`, import.meta.url), "utf8")).mflop,
  ]),
);
const previous = readResults().compare?.workloads ?? {};
const all = { ...previous };
try {
  for (const [workload, { batches }] of Object.entries(workloads)) {
    for (const batch of batches) {
      const key = `${workload}/b${batch}`;
      if (only !== undefined && !only.includes(workload) && !only.includes(key)) continue;
      const found = await compare(workload, batch);
      all[key] = { ...all[key], ...found };
      const cells = Object.entries(found).map(
        ([name, { mins, error }]) => `${name} ${mins === undefined ? `(${error})` : Math.min(...mins).toPrecision(3)}`,
      );
      console.log(`${key}: ${cells.join("  ")}`);
      if (!options.dry) saveSection("compare", { mflop, workloads: all });
    }
  }
} finally {
  for (const peer of processes.values()) peer.close();
}
