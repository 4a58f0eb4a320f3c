/**
 * How a model is compiled, as files say it: `compile_config` of Keras 3 written, those of all generations read. Sources:
 * keras/src/trainers/trainer.py (`get_compile_config`, `compile_from_config`), tf_keras/saving/serialization_lib.py.
 */
import { type JsonNode, JsonNumber, type JsonObject, toPlain } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import { wholeObject } from "../formats/languages.ts";
import { type GivenTraining, isMade, named } from "./compile.ts";
import type { Declared } from "./declare.ts";
import * as losses from "./losses/index.ts";
import * as metrics from "./metrics/index.ts";
import * as optimizers from "./optimizers/index.ts";
import { whyRefused } from "./refused.ts";
import type { Era } from "./era.ts";
import type { Optimizer, Serialisable } from "./types.ts";

type Read = null | string | Serialisable | readonly Read[] | { readonly [output: string]: Read };

/** Keras before 2.3 says `lr`. */
function todays(config: JsonObject): JsonObject {
  if (!config.has("lr") || config.has("learning_rate")) return config;
  return new Map([...config].map(([key, value]) => [key === "lr" ? "learning_rate" : key, value]));
}

/** One that is stored with its options. */
function object(space: object, what: string, node: JsonObject, era: Era): Read {
  const whole = String(node.get("class_name"));
  const name = whole.slice(whole.lastIndexOf(">") + 1);
  const config = node.get("config") ?? null;
  if (name === "function" && typeof config === "string") return config;
  // A function among the metrics, under the name that the caller gave it.
  const fn = config instanceof Map && name.endsWith("MetricWrapper") ? config.get("fn") : undefined;
  if (typeof fn === "string") {
    const own = (config as JsonObject).get("name");
    return { ...named(space as never, what, fn), ...(typeof own === "string" && { name: own }) };
  }
  const all = Object.values(space as Readonly<Record<string, Declared<never>>>);
  const found = all.find((declared) => declared.class === name);
  if (found !== undefined && config instanceof Map) return found.read(todays(config), undefined, era);
  const message = whyRefused(name);
  return fail("unsupported/training", { path: what, ...(message !== undefined && { message }), found: name });
}

/** A name, an object, or lists and records of them. */
function read(space: object, what: string, node: JsonNode, era: Era): Read {
  if (node === null || typeof node === "string") return node;
  if (Array.isArray(node)) return node.map((one) => read(space, what, one, era));
  if (!(node instanceof Map))
    return fail("malformed/config", { path: what, expected: "a name or an object with class_name" });
  if (node.has("class_name")) return object(space, what, node, era);
  return Object.fromEntries([...node].map(([output, one]) => [output, read(space, what, one, era)]));
}

/** From a `compile_config` of a file of that era. Throws `unsupported/training` for classes that are not Keras's, `malformed/config`. */
export function givenOf(config: JsonObject, era: Era): GivenTraining {
  const of = (space: object, key: string): Read => read(space, key, config.get(key) ?? null, era);
  return {
    optimizer: (of(optimizers, "optimizer") ?? "rmsprop") as string | Optimizer,
    loss: of(losses, "loss"),
    lossWeights: toPlain(config.get("loss_weights") ?? null),
    metrics: of(metrics, "metrics"),
    weightedMetrics: of(metrics, "weighted_metrics"),
  };
}

function written(module: string, value: unknown): JsonNode {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number") return JsonNumber.of(value, "float");
  if (isMade(value)) return value.config === null ? value.class : wholeObject(module, value.class, value.config);
  if (Array.isArray(value)) return value.map((one) => written(module, one));
  return new Map(Object.entries(value).map(([output, one]) => [output, written(module, one)]));
}

/** A `compile_config` of Keras 3. `learningRate`: that of now; null: a schedule gives it. */
export function toCompileConfig(given: GivenTraining, optimizer: Optimizer, learningRate: number | null): JsonObject {
  const options: JsonObject = new Map(optimizer.config);
  if (learningRate !== null && options.has("learning_rate"))
    options.set("learning_rate", JsonNumber.of(learningRate, "float"));
  return new Map<string, JsonNode>([
    ["optimizer", wholeObject("keras.optimizers", optimizer.class, options)],
    ["loss", written("keras.losses", given.loss)],
    ["loss_weights", written("", given.lossWeights)],
    ["metrics", written("keras.metrics", given.metrics)],
    ["weighted_metrics", written("keras.metrics", given.weightedMetrics)],
    ["run_eagerly", false],
    ["steps_per_execution", JsonNumber.of(1, "int")],
    ["jit_compile", false],
  ]);
}
