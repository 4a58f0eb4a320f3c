/** Names and lists of `compile` → losses, metrics and an optimizer. Source: keras/src/trainers/compile_utils.py. */
import { fail } from "../core/error.ts";
import { kindOf as typeOf, nearestOf } from "../core/guard.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Shape } from "../ops/types.ts";
import { type Declared, snake } from "./declare.ts";
import * as losses from "./losses/index.ts";
import * as metrics from "./metrics/index.ts";
import * as optimizers from "./optimizers/index.ts";
import type { Compiled, CompiledOutput } from "./trainer.ts";
import type { Loss, Metric, Optimizer, Serialisable } from "./types.ts";

/** What callers give `compile`; see the public options. */
export interface GivenTraining {
  readonly optimizer?: string | Optimizer;
  readonly loss?: unknown;
  readonly lossWeights?: unknown;
  readonly metrics?: unknown;
  readonly weightedMetrics?: unknown;
}

type Space<T extends Serialisable> =
  { readonly [name: string]: unknown } | { readonly [name: string]: (options?: never) => T };

/** The one of that name, of its class or function; made with Keras's defaults. */
export function named<T extends Serialisable>(space: Space<T>, what: string, name: string): T {
  const all = Object.values(space).filter((value): value is Declared<never, T> => typeof value === "function" && "class" in value); // prettier-ignore
  const wanted = name.toLowerCase();
  const found = all.find((d) =>
    [d.class, snake(d.class), ...d.functions].some((known) => known.toLowerCase() === wanted),
  );
  if (found !== undefined) return (found as () => T)();
  const known = all.flatMap((d) => d.functions[0] ?? snake(d.class));
  return fail("unsupported/training", { path: what, expected: nearestOf(name, known), found: name });
}

/** Whether labels are 0 and 1, or numbers of classes, by their shape and that of the output. */
function kindOf(y: Shape, yPred: Shape | null): "binary" | "sparse_categorical" | "categorical" {
  const last = yPred?.at(-1);
  if (last === 1) return "binary";
  const isSparse = y.length < (yPred?.length ?? 0) || (y.at(-1) === 1 && (last ?? 0) > 1);
  return isSparse ? "sparse_categorical" : "categorical";
}

/** Whether it is a loss, metric or optimizer that has been made. */
export const isMade = (value: unknown): value is Serialisable => typeof value === "object" && value !== null && "class" in value && "config" in value; // prettier-ignore

/** One that has been made, or that a caller has written. Throws `mismatch/option` for what is none. */
function made<T extends Serialisable>(value: unknown, what: string, method: keyof T & string): T {
  if (isMade(value) && typeof (value as unknown as Record<string, unknown>)[method] === "function") return value as T;
  return fail("mismatch/option", {
    path: what,
    expected: "a name of Keras's, or one that is made",
    found: typeOf(value),
  });
}

/** What is meant for each output: one for all, a list by order, or a record by name. */
function spread(given: unknown, names: readonly string[], what: string): readonly unknown[] {
  if (given === undefined || given === null) return names.map(() => null);
  if (typeof given === "string" || typeof given === "number" || isMade(given)) return names.map(() => given);
  if (Array.isArray(given)) {
    if (given.length !== names.length)
      fail("mismatch/outputs", {
        path: what,
        expected: `one for each of ${names.length} outputs`,
        found: String(given.length),
      });
    return given;
  }
  if (typeof given !== "object") return names.map(() => given);
  const record = given as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(record))
    if (!names.includes(name)) fail("mismatch/outputs", { path: what, expected: nearestOf(name, names), found: name });
  return names.map((name) => record[name] ?? null);
}

/** Metrics by output: a list is for the only output, unless it is a list of lists. */
function metricsOf(given: unknown, names: readonly string[], what: string): readonly (readonly unknown[])[] {
  const isPlain = Array.isArray(given) && (names.length === 1 ? !given.some(Array.isArray) : given.every((m) => typeof m === "string" || isMade(m)) && given.length !== names.length); // prettier-ignore
  if (isPlain) return names.map(() => given as readonly unknown[]);
  return spread(given, names, what).map((m) => (Array.isArray(m) ? m : m === null ? [] : [m]));
}

/**
 * What `compile` was given, for labels and outputs of these shapes. Throws `unsupported/training` for names that are not
 * known, `mismatch/outputs`.
 */
export function compiledFor(
  given: GivenTraining,
  names: readonly string[],
  y: readonly (Tensor | null)[],
  outputs: readonly (Shape | null)[],
): Compiled {
  const loss = spread(given.loss, names, "loss");
  const weights = spread(given.lossWeights, names, "lossWeights");
  const [plain, weighted] = [metricsOf(given.metrics, names, "metrics"), metricsOf(given.weightedMetrics, names, "weightedMetrics")]; // prettier-ignore
  const kind = (i: number): string => kindOf(y[i]?.shape ?? [], outputs[i] ?? null);
  const lossOf = (value: unknown, i: number): Loss | null => {
    if (value === null || value === undefined) return null;
    if (typeof value !== "string") return made<Loss>(value, "loss", "apply");
    return named<Loss>(losses, "loss", /^(crossentropy|ce)$/i.test(value) ? `${kind(i)}_crossentropy` : value);
  };
  const metricOf = (value: unknown, i: number): Metric => {
    if (typeof value !== "string") return made<Metric>(value, "metrics", "update");
    const name = /^acc(uracy)?$/i.test(value) ? `${kind(i)}_accuracy` : value;
    return { ...named<Metric>(metrics, "metrics", name), name: value };
  };
  const { optimizer = "rmsprop" } = given;
  return {
    optimizer:
      typeof optimizer === "string"
        ? named<Optimizer>(optimizers, "optimizer", optimizer)
        : made<Optimizer>(optimizer, "optimizer", "stored"),
    outputs: names.map((name, i): CompiledOutput => ({
      name,
      loss: lossOf(loss[i], i),
      lossWeight: typeof weights[i] === "number" ? weights[i] : 1,
      metrics: plain[i]!.map((m) => metricOf(m, i)),
      weightedMetrics: weighted[i]!.map((m) => metricOf(m, i)),
    })),
  };
}
