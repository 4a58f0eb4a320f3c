/**
 * What a conversion of many files has done: a line of JSON for each step, the last of an input counts. Lines that were cut off
 * when a process was killed are left out.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DONE, type ExitCode, print, printResult, usage } from "./io.ts";
import { writeOutputs } from "../core/node-outputs.ts";
import type { CliOptions } from "./open.ts";

/** What became of one input: a line of a manifest. */
export interface ManifestEntry {
  readonly input: string;
  readonly output: string;
  /** `started`: whoever did it was stopped. */
  readonly status: "started" | "done" | "failed";
  /** SHA-256 of the input: of a folder, of its files and their names. */
  readonly inputHash: string;
  readonly options: readonly string[];
  readonly version: string;
  /** SHA-256 of each file that was written, by name. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly verified?: unknown;
  readonly checks?: unknown;
  readonly error?: unknown;
  readonly seconds?: number;
}

const isEntry = (value: unknown): value is ManifestEntry =>
  typeof value === "object" && value !== null && "input" in value && "output" in value && "status" in value;

/** The last entry of each input. */
export async function readEntries(path: string): Promise<Map<string, ManifestEntry>> {
  const text = await readFile(path, "utf8").catch(() => "");
  const entries = new Map<string, ManifestEntry>();
  for (const line of text.split("\n")) {
    try {
      const value: unknown = JSON.parse(line);
      if (isEntry(value)) entries.set(value.input, value);
    } catch {
      // Cut off, or the empty end.
    }
  }
  return entries;
}

/** One line, on disk when this ends; begins a line of its own whatever was cut off before. */
export async function appendEntry(path: string, entry: ManifestEntry): Promise<void> {
  const file = await open(path, "a+");
  try {
    const { size } = await file.stat();
    const last = size === 0 ? "\n" : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
    await file.write(`${last === "\n" ? "" : "\n"}${JSON.stringify(entry)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** One line an input, in the order of inputs; whole or not at all. */
export async function writeManifest(
  path: string,
  entries: ReadonlyMap<string, ManifestEntry>,
  force = true,
): Promise<void> {
  const sorted = [...entries.values()].sort((a, b) => (a.input < b.input ? -1 : 1));
  const text = sorted.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  const chunks = async function* () {
    yield new TextEncoder().encode(text);
  };
  await writeOutputs(path, [{ path: "", chunks }], { force });
}

/** The SHA-256 of a file, or of a folder's files and their names. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  const add = async (at: string, name: string): Promise<void> => {
    if ((await stat(at)).isDirectory())
      for (const inside of (await readdir(at)).sort()) await add(join(at, inside), `${name}/${inside}`);
    else {
      hash.update(`${name}\0`);
      for await (const chunk of createReadStream(at)) hash.update(chunk as Uint8Array);
    }
  };
  await add(path, "");
  return hash.digest("hex");
}

/** keraport manifest merge: those of shards as one; of an input that several have, what is done, else the last. */
export async function manifest([action, output, ...files]: readonly string[], options: CliOptions): Promise<ExitCode> {
  if (action !== "merge" || output === undefined || files.length === 0)
    usage("manifest merge wants an output and the manifests: keraport manifest merge all.jsonl a.jsonl b.jsonl");
  const entries = new Map<string, ManifestEntry>();
  for (const file of files) {
    await stat(file).catch(() => usage(`there is no manifest ${file}`));
    for (const [input, entry] of await readEntries(file))
      if (entries.get(input)?.status !== "done" || entry.status === "done") entries.set(input, entry);
  }
  await writeManifest(output, entries, options["force"] === true);
  const all = [...entries.values()];
  const count = (status: ManifestEntry["status"]): number => all.filter((entry) => entry.status === status).length;
  const result = { inputs: all.length, done: count("done"), failed: count("failed"), started: count("started") };
  if (options["json"] === true) printResult(result);
  else
    print(
      Object.entries(result)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    );
  return result.done === result.inputs ? DONE : 1;
}
