/**
 * One language for losses, metrics, optimizers and schedules: a class of Keras with its options, each a field as layers have
 * them. What is declared is the function that callers use, with Keras's options in camelCase, and reads a file's config.
 */
import { type JsonNode, JsonNumber, type JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import { attempt, kindOf, unknownOption } from "../core/guard.ts";
import { choice, type BuilderOptions, type Config, type Field, type Fields, field, text } from "../layers/fields.ts";
import { type Era, KERAS_3 } from "./era.ts";
import type { Serialisable } from "./types.ts";

/** Options of a class with those that all have. */
export type OptionsOf<F extends Fields> = BuilderOptions<F> & { name?: string };

/** Makes one; throws `mismatch/option`, `malformed/config`. */
export interface Declared<F extends Fields, T extends Serialisable = Serialisable> {
  (...options: Record<string, never> extends BuilderOptions<F> ? [options?: OptionsOf<F>] : [options: OptionsOf<F>]): T;
  /** Of Keras. */
  readonly class: string;
  /** Names of Keras's function of the same meaning, and short ones: `mean_squared_error`, `mse`. */
  readonly functions: readonly string[];
  /** From a file's config; `functionName`: as a function, which has no options. `era`: of the file; default: Keras 3. */
  read(config: JsonObject, functionName?: string, era?: Era): T;
}

interface Declaration<F extends Fields, T extends Serialisable> {
  readonly class: string;
  readonly functions?: readonly string[];
  /** Of one that no name was given to; default: the class in snake_case. */
  readonly name?: string;
  readonly config: F;
  make(config: Config<F>, own: Serialisable, era: Era): T;
}

const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** `CosineSimilarity` → `cosine_similarity`. */
export const snake = (name: string): string =>
  name
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();

/** Declares a class. */
export function declare<F extends Fields, T extends Serialisable>(d: Declaration<F, T>): Declared<F, T> {
  const name = d.name ?? snake(d.class);
  const known = new Map(Object.entries(d.config).map(([key, option]) => [camel(key), [key, option] as const]));
  const make = (given: JsonObject, functionName?: string, era = KERAS_3): T => {
    const config: JsonObject = new Map<string, JsonNode>([["name", given.get("name") ?? name]]);
    for (const [key, node] of given) {
      if (key === "name" || Object.hasOwn(d.config, key) || saysNothing(d, key, node)) continue;
      const message = OLDER.get(key)?.(d.class);
      if (message !== undefined) fail("unsupported/training", { path: `${d.class}.${key}`, message });
      unknownOption(d.class, key, Object.keys(d.config));
    }
    const typed = Object.entries(d.config).map(([key, option]) => {
      const path = `${d.class}.${key}`;
      const node = given.get(key);
      if (node === undefined && option.required)
        fail("malformed/config", { path, expected: option.expected, found: "none" });
      const value = option.parse(node === undefined ? option.default : node, { path, semantics: "keras3" });
      config.set(key, (option.toJson as (v: unknown) => JsonNode)(value));
      return [key, value] as const;
    });
    const own =
      functionName === undefined
        ? { class: d.class, name: String(config.get("name")), config }
        : { class: functionName, name: functionName, config: null };
    const isOld = given.has("decay") || given.get("is_legacy_optimizer") === true;
    return d.make(Object.fromEntries(typed) as Config<F>, own, isOld ? (era.older ?? era) : era);
  };
  const build = (options: Readonly<Record<string, unknown>> = {}): T => {
    if (typeof options !== "object" || options === null || Array.isArray(options))
      fail("mismatch/option", { source: d.class, expected: "an object of options", found: kindOf(options) });
    const given: JsonObject = new Map();
    for (const [option, value] of Object.entries(options)) {
      const [key, own] = option === "name" ? ["name", NAME as Field<unknown, never>] : (known.get(option) ?? []);
      if (key === undefined || own === undefined) return unknownOption(d.class, option, [...known.keys(), "name"]);
      if (value === undefined) continue;
      const json = attempt(() => (own.toJson as (v: unknown) => JsonNode | undefined)(value));
      given.set(key, json ?? fail("malformed/config", { path: `${d.class}.${option}`, found: kindOf(value) }));
    }
    return make(given);
  };
  return Object.assign(build, { class: d.class, functions: d.functions ?? [], read: make }) as Declared<F, T>;
}

const NAME = text("");

/** Optimizers whose older form, which the option `decay` tells, computes otherwise. */
const CHANGED: ReadonlySet<string> = new Set(["Adagrad", "Nadam"]);

/** What options of optimizers from before Keras 2.11 mean, where it is not what today's do. */
const OLDER: ReadonlyMap<string, (name: string) => string> = new Map(
  ["decay", "is_legacy_optimizer"].map((key) => [
    key,
    (name: string) =>
      CHANGED.has(name)
        ? `before Keras 2.11 ${name} computed otherwise: compile to start anew with today's`
        : "a learning rate that falls with every step: compile with schedules.inverseTimeDecay",
  ]),
);

/** Options of Keras 2 that change no number: how it compiled, a class's own function, no decay. */
function saysNothing(d: Pick<Declaration<Fields, Serialisable>, "class" | "functions">, key: string, node: JsonNode) {
  if (key === "decay") return node instanceof JsonNumber && node.value === 0 && !CHANGED.has(d.class);
  if (key === "fn") return d.functions?.some((name) => name === node) === true;
  return key === "jit_compile" || (key === "is_legacy_optimizer" && (node === false || !CHANGED.has(d.class)));
}

/** A dtype that Keras computes in: none, or float32, which is what it is without. */
export const floatDType: Field<"float32" | null, "float32" | null> = field<"float32" | null, "float32" | null, null>({
  expected: "float32",
  initial: null,
  read: (node) => (node === null ? null : policyName(node) === "float32" ? "float32" : undefined),
  toJson: (value) => value,
});

function policyName(node: JsonNode): JsonNode | undefined {
  const config = node instanceof Map ? node.get("config") : undefined;
  return config instanceof Map ? config.get("name") : node;
}

/** How the values of samples become one. */
export const REDUCTIONS = ["sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight"] as const;
const reductions = choice(REDUCTIONS, "sum_over_batch_size");
/** null in files is `none`; Keras 2's `auto` what is usual. */
export const reduction: typeof reductions = {
  ...reductions,
  parse: (node, at) => reductions.parse(node === null ? "none" : node === "auto" ? "sum_over_batch_size" : node, at),
};
