/** How a model was compiled, in TensorFlow.js's words. Sources: tfjs-layers/src/engine/training.ts (`loadTrainingConfig`), optimizers.ts, losses.ts. */
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { isCompiled, trainingConfig } from "../../formats/training.ts";
import type { Options, Plain } from "./writer.ts";

/** Optimizers that it has, and their options: TensorFlow.js's name, then Keras's. */
const OPTIMIZERS: Readonly<Record<string, readonly (readonly [own: string, keras: string])[]>> = {
  Adadelta: [["rho", "rho"], ["epsilon", "epsilon"]],
  Adam: [["beta1", "beta_1"], ["beta2", "beta_2"], ["epsilon", "epsilon"]],
  RMSprop: [["decay", "rho"], ["momentum", "momentum"], ["epsilon", "epsilon"], ["centered", "centered"]],
  SGD: [],
}; // prettier-ignore

const LOSSES: ReadonlySet<string> = new Set([
  "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
  "squared_hinge", "hinge", "categorical_hinge", "logcosh", "categorical_crossentropy", "sparse_categorical_crossentropy",
  "binary_crossentropy", "kullback_leibler_divergence", "poisson", "cosine_proximity",
]); // prettier-ignore

const plainOf = (node: JsonNode | undefined): Plain =>
  node instanceof JsonNumber ? node.value : typeof node === "boolean" ? node : undefined;

/** Null where there is none, or TensorFlow.js has no such optimizer or loss: it would not load the model. */
export function tfjsTraining(training: JsonNode): Options | null {
  if (!isCompiled(training)) return null;
  const config = trainingConfig(training);
  const [loss, optimizer] = [config.get("loss"), config.get("optimizer_config")];
  const isKnown = typeof loss === "string" && LOSSES.has(loss);
  if (!isKnown || !(optimizer instanceof Map)) return null;
  const [name, own] = [optimizer.get("class_name"), optimizer.get("config")];
  const wanted = typeof name === "string" && Object.hasOwn(OPTIMIZERS, name) ? OPTIMIZERS[name] : undefined;
  if (wanted === undefined || !(own instanceof Map)) return null;
  const rate = plainOf(own.get("learning_rate") ?? own.get("lr"));
  const options = wanted.map(([name, keras]) => [name, plainOf(own.get(keras) ?? own.get(name))] as const);
  if (typeof rate !== "number" || options.some(([, value]) => value === undefined)) return null;
  return {
    loss,
    metrics: [],
    optimizer_config: { class_name: name as string, config: { learningRate: rate, ...Object.fromEntries(options) } },
  };
}
