/**
 * How a model was compiled: `compile_config` of `.keras` and `training_config` of `.h5`. Sources: keras/src/trainers/trainer.py
 * (`get_compile_config`), keras/src/legacy/saving/saving_utils.py (`model_metadata`, `compile_args_from_training_config`).
 */
import type { Dialect } from "./archive.ts";
import { wholeObject } from "./languages.ts";
import type { JsonNode, JsonObject } from "../codecs/json.ts";

/** Keras 3 looks these loss names up among the metrics when it reads an `.h5`, and fails. */
const LOSS_ALIASES: ReadonlyMap<string, string> = new Map([
  ["mse", "mean_squared_error"],
  ["mae", "mean_absolute_error"],
  ["mape", "mean_absolute_percentage_error"],
  ["msle", "mean_squared_logarithmic_error"],
  ["bce", "binary_crossentropy"],
  ["kld", "kl_divergence"],
]);

/** Whether a model was compiled: Keras 3 writes an empty `compile_config` when it was not. */
export function isCompiled(training: JsonNode): training is JsonObject {
  if (!(training instanceof Map)) return false;
  return (training.get("optimizer_config") ?? training.get("optimizer") ?? null) !== null;
}

/** Which of its own optimizers a Keras finds in `.h5` by their class, and what it finds the others by. */
interface Found {
  readonly names: string;
  readonly other: (name: string, config: JsonNode) => JsonObject;
}
const bare = (name: JsonNode, config: JsonNode): JsonObject =>
  new Map<string, JsonNode>([
    ["class_name", name],
    ["config", config],
  ]);
const OLD = "adadelta adagrad adam adamw adamax nadam rmsprop sgd ftrl lossscaleoptimizer lossscaleoptimizerv3";
const REGISTERED: Found = { names: OLD, other: (name, config) => bare(`Custom>${name}`, config) };
const FOUND: Readonly<Record<Dialect, Found>> = {
  keras1: REGISTERED,
  keras2: REGISTERED,
  keras3: {
    names: `${OLD} adafactor muon multioptimizer optimizermap lion schedulefreeadamw`,
    other: (name, config) => wholeObject("keras.optimizers", name, config),
  },
};

/** An optimizer as `.h5` of a generation has it. */
function bareOptimizer(optimizer: JsonNode, dialect: Dialect): JsonObject {
  const own = optimizer instanceof Map ? optimizer : bare(optimizer, new Map());
  const [name, config] = [own.get("class_name") ?? null, own.get("config") ?? new Map<string, JsonNode>()];
  const { names, other } = FOUND[dialect];
  const isFound = own.get("module") !== "keras.optimizers" || names.split(" ").includes(String(name).toLowerCase());
  return isFound ? bare(name, config) : other(String(name), config);
}

/** `training_config` as a generation has it, from either form. */
export function trainingConfig(training: JsonObject, dialect: Dialect): JsonObject {
  if (training.has("optimizer_config")) return training;
  const result: JsonObject = new Map(training);
  const optimizer = result.get("optimizer") ?? null;
  result.delete("optimizer");
  result.set("loss", fullLossNames(result.get("loss") ?? null));
  if (!result.has("loss_weights")) result.set("loss_weights", null);
  return result.set("optimizer_config", bareOptimizer(optimizer, dialect));
}

/** `compile_config`, from either form. */
export function compileConfig(training: JsonObject): JsonObject {
  const config = training.get("optimizer_config");
  if (config === undefined) return training;
  const rest = [...training]
    .filter(([key]) => key !== "optimizer_config")
    .map(([key, value]) => [key, PARTS.has(key) ? wholeParts(value, PARTS.get(key)!) : value] as const);
  return new Map<string, JsonNode>([["optimizer", wholeOf(config, "keras.optimizers")], ...rest]);
}

/** What is compiled of objects, and the module of Keras's own. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ["loss", "keras.losses"],
  ["metrics", "keras.metrics"],
  ["weighted_metrics", "keras.metrics"],
]);

/** An object, or a list or record of them by output. */
function wholeParts(node: JsonNode, module: string): JsonNode {
  if (Array.isArray(node)) return node.map((item) => wholeParts(item, module));
  if (!(node instanceof Map)) return node;
  if (node.has("class_name")) return wholeOf(node, module);
  return new Map([...node].map(([key, value]) => [key, wholeParts(value, module)]));
}

function wholeOf(config: JsonNode, module: string): JsonNode {
  if (!(config instanceof Map) || config.has("module")) return config;
  const name = String(config.get("class_name"));
  const isCustom = name.includes(">");
  return wholeObject(
    isCustom ? null : module,
    isCustom ? name.slice(name.lastIndexOf(">") + 1) : name,
    config.get("config") ?? null,
    isCustom ? name : null,
  );
}

/** One name, or a list or record of them for several outputs. */
function fullLossNames(loss: JsonNode): JsonNode {
  const full = (node: JsonNode): JsonNode =>
    typeof node === "string" ? (LOSS_ALIASES.get(node.toLowerCase()) ?? node) : node;
  if (Array.isArray(loss)) return loss.map(full);
  if (loss instanceof Map && !loss.has("class_name")) return new Map([...loss].map(([key, node]) => [key, full(node)]));
  return full(loss);
}

/** The optimizer's own name, in either form; null when none is stored. */
export function optimizerName(training: JsonNode): string | null {
  if (!(training instanceof Map)) return null;
  const optimizer = training.get("optimizer_config") ?? training.get("optimizer");
  const config = optimizer instanceof Map ? optimizer.get("config") : null;
  const name = config instanceof Map ? config.get("name") : null;
  return typeof name === "string" ? name : null;
}
