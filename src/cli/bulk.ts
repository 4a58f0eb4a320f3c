/**
 * keraport convert with --out: many files and folders, each in a process of its own, with limits of time and memory. A manifest
 * says what was done; what it says is done, and still is, is not done again.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { exporterOf } from "../exporters/index.ts";
import { formatFor } from "../api/save.ts";
import { DIFFERENT, DONE, type ExitCode, note, print, printResult, progress, usage } from "./io.ts";
import { appendEntry, type ManifestEntry, hashOf, readEntries, writeManifest } from "./manifest.ts";
import { type CliOptions, numberOption, textOption } from "./open.ts";
import { printable } from "../core/error.ts";
import { progressOf } from "../core/progress.ts";

interface Job {
  readonly input: string;
  readonly output: string;
}

/** Options of one conversion that are handed on, by name on the command line. */
const HANDED_ON: readonly (readonly [name: string, flag: string])[] = [
  ["to", "--to"],
  ["dialect", "--dialect"],
  ["opset", "--opset"],
  ["shape", "--shape"],
  ["inline", "--inline"],
  ["wasm", "--wasm"],
  ["quantize", "--quantize"],
  ["shardSize", "--shard-size"],
  ["rename", "--rename"],
  ["batch", "--batch"],
  ["cut", "--cut"],
  ["dropOptimizer", "--drop-optimizer"],
  ["float16", "--float16"],
  ["custom", "--custom"],
];

const MODEL_FILE = /\.(keras|h5|hdf5)$/i;
const WEIGHTS_FILE = /\.weights\.h5$/i;
/** What makes a folder a model itself. */
const MODEL_FOLDER = /^(saved_model\.pb|model\.json|model\.weights\.h5)$/;
const POLL = 200;

function handedOn(options: CliOptions): string[] {
  const flags = HANDED_ON.flatMap(([name, flag]) => {
    const values = Array.isArray(options[name]) ? (options[name] as unknown[]) : [options[name]];
    return values.flatMap((value) =>
      value === undefined || value === false ? [] : value === true ? [flag] : [flag, String(value)],
    );
  });
  return options["verify"] === false ? [...flags, "--no-verify"] : flags;
}

/** The models of a file or folder, and where each goes inside the output folder, without its ending. */
async function modelsIn(path: string): Promise<readonly (readonly [input: string, stem: string])[]> {
  const found = await stat(path).catch(() => usage(`there is no file or folder ${path}`));
  const stemOf = (name: string): string => name.replace(MODEL_FILE, "");
  if (!found.isDirectory()) return [[path, stemOf(basename(path))]];
  const models: (readonly [string, string])[] = [];
  const open = [path];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const entries = await readdir(folder, { withFileTypes: true });
    if (entries.some(({ name }) => MODEL_FOLDER.test(name))) {
      models.push([folder, relative(path, folder) || basename(path)]);
      continue;
    }
    for (const entry of entries) {
      const inside = join(folder, entry.name);
      if (entry.isDirectory()) open.push(inside);
      else if (MODEL_FILE.test(entry.name) && !WEIGHTS_FILE.test(entry.name))
        models.push([inside, stemOf(relative(path, inside))]);
    }
  }
  return models;
}

/** All jobs in a steady order. Refuses two that would give one name, on file systems that know no case either. */
async function jobsOf(inputs: readonly string[], out: string, ending: string): Promise<readonly Job[]> {
  const jobs = new Map<string, Job>();
  for (const path of inputs)
    for (const [input, stem] of await modelsIn(path)) {
      const output = join(out, stem + ending);
      const key = output.normalize("NFC").toLowerCase();
      const other = jobs.get(key);
      if (other !== undefined && other.input !== input) usage(`${other.input} and ${input} would both give ${output}`);
      jobs.set(key, { input, output });
    }
  return [...jobs.values()].sort((a, b) => (a.output < b.output ? -1 : 1));
}

/** `--shard 2/8`: each eighth job, from the second on. */
function shardOf(jobs: readonly Job[], given: string | undefined): readonly Job[] {
  if (given === undefined) return jobs;
  const [, i, n] = /^([0-9]+)\/([0-9]+)$/.exec(given) ?? [];
  if (Number(i) < 1 || !(Number(i) <= Number(n))) usage(`--shard wants i/n with i from 1 to n, not ${given}`);
  return jobs.filter((_, at) => at % Number(n) === Number(i) - 1);
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return 1024 * Number(/^VmRSS:\s+([0-9]+)/m.exec(status)?.[1] ?? 0);
}

interface Limits {
  readonly seconds: number;
  readonly megabytes: number;
}

/** One conversion in a process of its own; gives what it printed, or why it was stopped. */
function convertApart(
  { input, output }: Job,
  flags: readonly string[],
  limits: Limits,
): Promise<Record<string, unknown>> {
  // The program itself.
  const main = process.argv[1]!;
  const own = [
    `--max-old-space-size=${limits.megabytes}`,
    main,
    "convert",
    input,
    output,
    "--json",
    "--force",
    ...flags,
  ];
  const child = spawn(process.execPath, own, { stdio: ["ignore", "pipe", "pipe"] });
  const parts: Buffer[] = [];
  const errors: Buffer[] = [];
  let stopped: string | undefined;
  const stop = (why: string): void => {
    stopped ??= why;
    child.kill("SIGKILL");
  };
  const late = setTimeout(() => stop(`took longer than ${limits.seconds} s`), 1000 * limits.seconds);
  const poll = setInterval(async () => {
    if (child.pid !== undefined && (await residentBytes(child.pid)) > limits.megabytes * 2 ** 20)
      stop(`took more than ${limits.megabytes} MiB of memory`);
  }, POLL);
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  child.stderr.on("data", (part: Buffer) => errors.length < 100 && errors.push(part));
  return new Promise((done) => {
    const end = (message: string): void => {
      clearTimeout(late);
      clearInterval(poll);
      const failed = { error: { message: stopped ?? message } };
      try {
        done(stopped === undefined ? (JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>) : failed);
      } catch {
        done(failed);
      }
    };
    child.once("error", (error) => end(error.message));
    child.once("close", (code, signal) =>
      end(`ended with ${signal ?? code}: ${Buffer.concat(errors).toString().slice(0, 500)}`),
    );
  });
}

/** What files beside an output have after its name. */
const BESIDE: Readonly<Record<string, RegExp>> = {
  ".mjs": /^\.(weights\.bin|wasm|d\.mts|d\.ts)$/,
  ".onnx": /^\.onnx\.data$/,
  ".tfjs.json": /^\.tfjs\.group1-shard[0-9]+of[0-9]+\.bin$/,
};

/** The files of an output: itself, and those beside it that have its name. */
async function hashesOf(output: string, ending: string): Promise<Record<string, string>> {
  const stem = basename(output).slice(0, -ending.length);
  const own = (await readdir(dirname(output))).filter(
    (name) =>
      name === basename(output) || (name.startsWith(stem) && (BESIDE[ending]?.test(name.slice(stem.length)) ?? false)),
  );
  const hashes: [string, string][] = [];
  for (const name of own.sort()) hashes.push([name, await hashOf(join(dirname(output), name))]);
  return Object.fromEntries(hashes);
}

async function isDone(before: ManifestEntry | undefined, now: ManifestEntry, ending: string): Promise<boolean> {
  if (before?.status !== "done" || before.outputs === undefined || !existsSync(now.output)) return false;
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const asked = ({ inputHash, options, version, output }: ManifestEntry): unknown => [
    inputHash,
    options,
    version,
    output,
  ];
  return same(asked(before), asked(now)) && same(before.outputs, await hashesOf(now.output, ending));
}

/**
 * `keraport convert FILES --out FOLDER`: each by itself, what became of it in a manifest that a later run goes on from.
 */
export async function bulk(inputs: readonly string[], options: CliOptions, version: string): Promise<ExitCode> {
  const out = textOption(options, "out")!;
  const format = formatFor(null, textOption(options, "to") ?? usage("--out wants --to with a format"));
  const ending = exporterOf(format).extensions[0]!;
  const shard = textOption(options, "shard");
  const jobs = shardOf(await jobsOf(inputs, out, ending), shard);
  const path =
    textOption(options, "manifest") ??
    join(out, shard === undefined ? "manifest.jsonl" : `manifest-${shard.replace("/", "-of-")}.jsonl`);
  const [seconds, megabytes, most] = [
    numberOption(options, "timeout") ?? 600,
    numberOption(options, "memory") ?? 4096,
    numberOption(options, "jobs") ?? 1,
  ];
  if (!Number.isInteger(most) || most < 1) usage(`--jobs wants a whole number from 1, not ${most}`);
  await mkdir(dirname(path), { recursive: true });
  const entries = await readEntries(path);
  const flags = handedOn(options);
  let [done, failed, skipped] = [0, 0, 0];
  let writing: Promise<void> = Promise.resolve();
  const record = (entry: ManifestEntry): Promise<void> => {
    entries.set(entry.input, entry);
    return (writing = writing.then(() => appendEntry(path, entry)));
  };

  const one = async (job: Job): Promise<void> => {
    const before = entries.get(job.input);
    const started: ManifestEntry = {
      ...job,
      status: "started",
      inputHash: await hashOf(job.input),
      options: flags,
      version,
    };
    if (await isDone(before, started, ending)) return void skipped++;
    // What stands where the output goes, and is none of ours.
    const isStrange = existsSync(job.output) && before?.output !== job.output && options["force"] !== true;
    const start = performance.now();
    if (!isStrange) await record(started);
    await mkdir(dirname(job.output), { recursive: true });
    const result = isStrange
      ? { error: { code: "mismatch/output-exists", message: "the output exists (force replaces it)" } }
      : await convertApart(job, flags, { seconds, megabytes });
    const took = Number(((performance.now() - start) / 1000).toFixed(2));
    if (result["error"] !== undefined) {
      failed++;
      note(`${printable(job.input)}: ${printable(JSON.stringify(result["error"]))}`);
      return record({ ...started, status: "failed", error: result["error"], seconds: took });
    }
    done++;
    const { verified, checks } = result as { verified?: unknown; checks?: unknown };
    await record({
      ...started,
      status: "done",
      outputs: await hashesOf(job.output, ending),
      verified,
      checks,
      seconds: took,
    });
  };

  const queue = [...jobs];
  const since = Date.now();
  let finished = 0;
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const { left } = progressOf("write", finished, jobs.length, since);
      const time = left === null ? "" : `, ${Math.ceil(left / 1000)} s left`;
      progress(`${jobs.length - queue.length} of ${jobs.length}${time}: ${printable(job.input)}`);
      await one(job);
      finished++;
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  progress(null);
  await writeManifest(path, entries);
  if (options["json"] === true) printResult({ manifest: path, done, failed, skipped });
  else print(`${done} done, ${failed} failed, ${skipped} were done before; ${printable(path)} says more`);
  return failed > 0 ? DIFFERENT : DONE;
}
