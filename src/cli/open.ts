/** Options that several commands share, checked. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { fail } from "../core/error.ts";
import { refuseSameFile } from "../core/node-files.ts";
import { OUTPUT_EXISTS } from "../core/node-outputs.ts";
import { BACKEND_NAMES } from "../api/backends.ts";
import { load, type LoadOptions, type Model, type RuntimeOptions } from "../node.ts";
import type { OnProgress } from "../core/progress.ts";
import { progress, tellingProgress, usage, warn } from "./io.ts";

/** What a command was called with, by name. */
export type CliOptions = Readonly<Record<string, unknown>>;

/** An option's text; undefined when it is not given. */
export function textOption(options: CliOptions, name: string): string | undefined {
  const value = options[name];
  return value === undefined ? undefined : String(value);
}

/** An option's number, not negative; ends with the usage otherwise. */
export function numberOption(options: CliOptions, name: string): number | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const parsed = typeof value === "number" ? value : Number.NaN;
  return parsed >= 0 && Number.isFinite(parsed)
    ? parsed
    : usage(`--${name} wants a number that is not negative, not ${String(value)}`);
}

/** One of some words. */
export function oneOf<T extends string>(options: CliOptions, name: string, words: readonly T[]): T | undefined {
  const value = textOption(options, name);
  if (value === undefined) return undefined;
  return words.find((word) => word === value) ?? usage(`--${name} is one of ${words.join(", ")}, not ${value}`);
}

/** What computes; `others`: what a command takes as `--backend` by itself. */
export function runtime(options: CliOptions, others: readonly string[] = []): RuntimeOptions {
  const asked = oneOf(options, "backend", [...BACKEND_NAMES, ...others]);
  const backend = BACKEND_NAMES.find((name) => name === asked);
  const threads = numberOption(options, "threads");
  const weightDtype = oneOf(options, "weightDtype", ["float16", "int8"] as const);
  const precision = oneOf(options, "precision", ["default", "fast"] as const);
  return {
    ...(backend !== undefined && { backend }),
    ...(options["strict"] === true && { strict: true }),
    ...(threads !== undefined && { threads }),
    ...(weightDtype !== undefined && { weightDtype }),
    ...(precision !== undefined && { precision }),
  };
}

/** Refuses an output that is an input, or exists, before anything is computed for it. */
export async function checkOutput(
  path: string | undefined,
  inputs: readonly (string | undefined)[],
  options: CliOptions,
): Promise<void> {
  if (path === undefined) return;
  await refuseSameFile(inputs, path);
  if (options["force"] === true || !existsSync(path)) return;
  fail(OUTPUT_EXISTS, { file: path, message: "the output exists (force replaces it)" });
}

/** How models are opened. */
export interface Opening extends Pick<LoadOptions, (typeof SUPPLIED)[number]> {
  readonly weights?: string;
  readonly compute?: "float32";
  readonly lazy?: boolean;
  readonly hdf5?: "h5wasm";
}

/** How files are to be loaded, from the options. */
export async function opening(options: CliOptions): Promise<Opening> {
  const [weights, compute] = [textOption(options, "weights"), oneOf(options, "compute", ["float32"])];
  const hdf5 = oneOf(options, "hdf5", ["h5wasm"]);
  return {
    ...(await supplied(textOption(options, "custom"))),
    ...(weights !== undefined && { weights }),
    ...(compute !== undefined && { compute }),
    ...(hdf5 !== undefined && { hdf5 }),
  };
}

const SUPPLIED = ["customLayers", "customActivations", "customFunctions", "lambdas"] as const;

/** What the caller's own module exports under the names of `load`'s options. Only a file named on the command line. */
async function supplied(path: string | undefined): Promise<Pick<LoadOptions, (typeof SUPPLIED)[number]>> {
  if (path === undefined) return {};
  const exported = (await import(pathToFileURL(resolve(path)).href).catch((error: unknown) =>
    usage(`--custom ${path}: ${error instanceof Error ? error.message : String(error)}`),
  )) as Readonly<Record<string, unknown>>;
  const given = (exported["default"] ?? exported) as Readonly<Record<string, unknown>>;
  const found = SUPPLIED.filter((name) => given[name] !== undefined).map((name) => [name, given[name]] as const);
  if (found.length === 0) usage(`--custom ${path} exports none of ${SUPPLIED.join(", ")}`);
  return Object.fromEntries(found);
}

/** Opens a model, uses it, closes it. */
export async function withModel<T>(
  file: string,
  how: Opening,
  use: (model: Model) => Promise<T>,
  onProgress: OnProgress = tellingProgress(file),
): Promise<T> {
  const model = await load(file, { ...how, onProgress });
  progress(null);
  if (!process.argv.includes("--json")) warn(model.warnings);
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/** Opens two models. `weights` are for those that have none; where both have some, for the first. */
export async function withPair<T>(
  files: readonly [string, string],
  how: Opening,
  use: (a: Model, b: Model) => Promise<T>,
): Promise<T> {
  const { weights, ...own } = how;
  if (weights === undefined) return withModel(files[0], own, (a) => withModel(files[1], own, (b) => use(a, b)));
  const lacks: boolean[] = [];
  for (const file of files) lacks.push(await withModel(file, own, async (model) => !model.data.hasWeights));
  const first = lacks[0] === true || lacks[1] === false ? how : own;
  const second = lacks[1] === true ? how : own;
  return withModel(files[0], first, (a) => withModel(files[1], second, (b) => use(a, b)));
}
