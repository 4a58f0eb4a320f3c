/** The engines, and how a caller chooses one. */
import { fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Graph } from "../ops/types.ts";
import { onnxruntime } from "./onnxruntime/backend.ts";
import { reference } from "./reference/backend.ts";
import type { Backend, Precision, Session, SyncSession, WeightDType } from "./types.ts";
import { hasTexts } from "./inputs.ts";
import { wasm } from "./wasm/backend.ts";

/** All engines; the first is the one that runs a model where nothing is said. */
const ENGINES = [wasm, reference, onnxruntime] as const;

/** What callers name an engine by. */
export type BackendName = (typeof ENGINES)[number]["id"];

const BACKENDS: readonly (Backend & { readonly id: BackendName })[] = ENGINES;
export const BACKEND_NAMES: readonly BackendName[] = BACKENDS.map(({ id }) => id);
export const DEFAULT_BACKEND: BackendName = ENGINES[0].id;
/** The engine that defines what is right. */
export const REFERENCE: BackendName = reference.id;

/** How a model runs. */
export interface RuntimeOptions {
  /**
   * `wasm` (default): compiled to WebAssembly. `reference`: plain float64 arithmetic, which defines what is right.
   * `onnxruntime`: ONNX Runtime, where `onnxruntime-node` or `onnxruntime-web` is installed.
   */
  readonly backend?: BackendName;
  /**
   * Bit-equal results on every machine: no fused multiply-add (relaxed SIMD), which some engines have and others not. Of
   * the wasm backend. Default false.
   */
  readonly strict?: boolean;
  /**
   * Threads that share large operations (convolutions, products, the rows or directions of recurrent layers), with the one
   * that calls; the results are the same. Only where that is faster: runs are timed both ways. Of the wasm backend; in
   * browsers only on pages that are cross-origin isolated. Default 1.
   */
  readonly threads?: number;
  /**
   * Large weights of products, recurrent layers and embeddings rounded: to `float16` in half the memory, or to `int8` in a
   * quarter, each column or row with a factor of its own; sums stay float32. Results differ by some 4e-4 or 5e-3 of the
   * largest, as `verify` tells. Layers that read weights faster than they compute (a sample at a time) run faster with
   * int8. Of the wasm backend, not with `strict`.
   */
  readonly weightDtype?: WeightDType;
  /**
   * `fast`: convolutions of 3 x 3 taps by larger tiles (Winograd's F(4 x 4, 3 x 3)) where that takes less, up to twice as
   * fast, with weights in four times the memory of their file. Outputs of such a layer are off by some 1e-6 of the
   * largest, in place of 3e-7. Of the wasm backend, not with `strict`. Default: `default`.
   */
  readonly precision?: Precision;
  /** Of the onnxruntime backend: where it computes, in the order of preference (`webgpu`, `wasm`, `cpu` …). Default: its own. */
  readonly providers?: readonly string[];
}

/** Equal for options under which the same session serves. */
export function runtimeKey({
  backend = DEFAULT_BACKEND,
  strict = false,
  threads = 1,
  weightDtype,
  precision = "default",
  providers,
}: RuntimeOptions): string {
  const on = providers === undefined ? [] : ["on", ...providers];
  return [
    backend,
    ...(strict ? ["strict"] : []),
    ...(threads === 1 ? [] : [threads, "threads"]),
    ...(weightDtype === undefined ? [] : [weightDtype, "weights"]),
    ...(precision === "default" ? [] : [precision]),
    ...on,
  ].join(" ");
}

/** Throws `unsupported/backend` for a name that is none of `BACKEND_NAMES`. */
export function backendNamed(name: string): Backend & { readonly id: BackendName } {
  const found = BACKENDS.find(({ id }) => id === name);
  return found ?? fail("unsupported/backend", { expected: `one of ${BACKEND_NAMES.join(", ")}`, found: name });
}

/** Begins to load an engine's code, beside whatever is done before it runs. What fails here fails where the engine is opened. */
export function fetchEngine({ backend = DEFAULT_BACKEND }: RuntimeOptions): void {
  const found: Backend | undefined = BACKENDS.find(({ id }) => id === backend);
  found?.fetch?.().catch(() => undefined);
}

/** Names of the engines that can do something, in the order of preference. */
export function backendsWith(ability: Exclude<keyof Backend, "id" | "open" | "fetch">): readonly BackendName[] {
  return BACKENDS.filter((backend) => Boolean(backend[ability])).map(({ id }) => id);
}

const WEIGHT_DTYPES: readonly WeightDType[] = ["float16", "int8"];

function checkWeightDType(found: WeightDType, backend: Backend, strict: boolean): void {
  const refuse = (expected: string, what: string): never => fail("unsupported/weight-dtype", { expected, found: what });
  if (!WEIGHT_DTYPES.includes(found)) refuse(WEIGHT_DTYPES.join(" or "), String(found));
  if (!backend.weightDtype) refuse(`the ${backendsWith("weightDtype").join(" or ")} backend`, backend.id);
  if (strict) refuse("weights as they are in strict runs", found);
}

function checkPrecision(found: Precision, backend: Backend, strict: boolean): void {
  const refuse = (expected: string, what: string): never => fail("unsupported/precision", { expected, found: what });
  if (found !== "default" && found !== "fast") refuse("default, fast, or float64 of `predict`", String(found));
  if (found === "default") return;
  if (!backend.fast) refuse(`the ${backendsWith("fast").join(" or ")} backend for ${found} runs`, backend.id);
  if (strict) refuse("default in strict runs", found);
}

/**
 * Throws what `backendNamed` and `Backend.open` throw, `unsupported/strict`, `unsupported/threads`,
 * `unsupported/weight-dtype`, `unsupported/precision`.
 */
export async function openSession(
  graph: Graph,
  {
    backend = DEFAULT_BACKEND,
    strict = false,
    threads = 1,
    weightDtype,
    precision,
    providers,
    limits,
  }: RuntimeOptions & { readonly limits?: Limits },
): Promise<Session> {
  const found = backendNamed(backend);
  const needs = (ability: "strict" | "threads", verb: string): never =>
    fail(`unsupported/${ability}`, {
      message: `${ability} ${verb} for the ${backendsWith(ability).join(" or ")} backend`,
      found: backend,
    });
  if (strict && !found.strict) needs("strict", "is");
  if (threads !== 1 && !found.threads) needs("threads", "are");
  if (weightDtype !== undefined) checkWeightDType(weightDtype, found, strict);
  if (precision !== undefined) checkPrecision(precision, found, strict);
  if (providers !== undefined && !found.providers)
    fail("unsupported/backend", {
      message: `providers are for the ${backendsWith("providers").join(" or ")} backend`,
      found: backend,
    });
  const open = (numbers: Graph): Promise<Session> =>
    found.open(numbers, {
      strict,
      threads,
      weightDtype,
      precision,
      ...(providers && { providers }),
      ...(limits && { limits }),
    });
  return hasTexts(graph) ? (await import("./texts.ts")).openTexts(graph, open, limits) : open(graph);
}

/** Whether a session also answers at once. */
export function isSync(session: Session): session is SyncSession {
  return "runSync" in session;
}
