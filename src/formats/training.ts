/**
 * How a model was compiled: `compile_config` of `.keras` and `training_config` of `.h5`. Sources: keras/src/trainers/trainer.py
 * (`get_compile_config`), keras/src/legacy/saving/saving_utils.py (`model_metadata`, `compile_args_from_training_config`).
 */
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

/** `training_config`, from either form. */
export function trainingConfig(training: JsonObject): JsonObject {
  if (training.has("optimizer_config")) return training;
  const result: JsonObject = new Map(training);
  const optimizer = result.get("optimizer") ?? null;
  result.delete("optimizer");
  result.set("loss", fullLossNames(result.get("loss") ?? null));
  if (!result.has("loss_weights")) result.set("loss_weights", null);
  const config: JsonObject = new Map<string, JsonNode>([
    ["class_name", optimizer instanceof Map ? (optimizer.get("class_name") ?? null) : optimizer],
    ["config", optimizer instanceof Map ? (optimizer.get("config") ?? null) : new Map<string, JsonNode>()],
  ]);
  return result.set("optimizer_config", config);
}

/** `compile_config`, from either form. */
export function compileConfig(training: JsonObject): JsonObject {
  const config = training.get("optimizer_config");
  if (config === undefined) return training;
  const rest = [...training].filter(([key]) => key !== "optimizer_config");
  return new Map<string, JsonNode>([["optimizer", wholeOptimizer(config)], ...rest]);
}

function wholeOptimizer(config: JsonNode): JsonNode {
  if (!(config instanceof Map) || config.has("module")) return config;
  const name = String(config.get("class_name"));
  const isCustom = name.includes(">");
  return wholeObject(
    isCustom ? null : "keras.optimizers",
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
