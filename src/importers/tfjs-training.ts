/** How a model was trained in TensorFlow.js, in Keras's words. Sources: tfjs-layers/src/engine/training.ts (`getTrainingConfig`), tfjs-core/src/optimizers. */
import { type JsonNode, JsonNumber, type JsonObject } from "../codecs/json.ts";
import { viewAs } from "../core/dtype.ts";
import type { OptimizerWeight } from "../formats/archive.ts";
import { OPTIMIZER_WEIGHTS } from "../formats/flat.ts";
import { isKept, ITERATIONS, OPTIMIZERS, type TfjsOptimizer } from "../formats/tfjs-layers.ts";

/** An optimizer of TensorFlow.js with its options; null where it is Keras's, of the converter. */
function own(training: JsonNode): { readonly row: TfjsOptimizer; readonly config: JsonObject } | null {
  const optimizer = training instanceof Map ? training.get("optimizer_config") : null;
  if (!(optimizer instanceof Map)) return null;
  const [name, config] = [optimizer.get("class_name"), optimizer.get("config")];
  const row = OPTIMIZERS.find(({ className }) => className === name);
  return row === undefined || !(config instanceof Map) || !config.has("learningRate") ? null : { row, config };
}

/** `training_config` of Keras, from TensorFlow.js's. */
export function kerasTraining(training: JsonNode): JsonNode {
  const found = own(training);
  if (found === null) return training;
  const { row, config } = found;
  const options = row.options.map(([name, keras]) => [keras, config.get(name) ?? null] as const);
  const whole = [["learning_rate", config.get("learningRate")!] as const, ...options].filter(
    ([, value]) => value !== null,
  );
  return new Map(training as JsonObject).set(
    "optimizer_config",
    new Map<string, JsonNode>([
      ["class_name", row.keras],
      ["config", new Map(whole)],
    ]),
  );
}

const numberOf = (node: JsonNode | undefined): number => (node instanceof JsonNumber ? node.value : 0);

/** A momentum in TensorFlow.js is a sum of gradients, in Keras of steps. */
function times(array: OptimizerWeight, factor: number): OptimizerWeight {
  const read = async (): Promise<Uint8Array> => {
    const data = (viewAs("float32", await array.read()) as Float32Array).map((x) => x * factor);
    return new Uint8Array(data.buffer);
  };
  return {
    ...array,
    read,
    async *slices() {
      yield await read();
    },
  };
}

/**
 * What the optimizer keeps, as tf.keras lays it out: the number of steps, then for one weight after the other. Each array's
 * key begins with the weight's, one of `names`: TensorFlow.js numbers those of several models.
 */
export function kerasOptimizer(
  arrays: readonly OptimizerWeight[],
  training: JsonNode,
  names: readonly string[],
): readonly OptimizerWeight[] {
  const found = own(training);
  if (found === null) return arrays;
  const { row, config } = found;
  const known = new Set(names);
  const [momentum, isCentered] = [numberOf(config.get("momentum")), config.get("centered") === true];
  const parts = arrays.map((array) => {
    const slash = array.key.lastIndexOf("/");
    const weight = array.key.slice(0, Math.max(slash, 0));
    const plain = known.has(weight) ? weight : weight.replace(/_[0-9]+$/, "");
    return { array, weight: plain, slot: array.key.slice(slash + 1) };
  });
  const group = OPTIMIZER_WEIGHTS;
  const first = parts.filter(({ slot }) => slot === ITERATIONS);
  const head = first.map(({ array }) => ({ ...array, group, name: "iteration:0" }));
  const weights = [...new Set(parts.filter((part) => !first.includes(part)).map(({ weight }) => weight))];
  const slots = row.slots.flatMap((beside) =>
    weights.flatMap((weight) =>
      beside
        .filter((slot) => isKept(slot, row, momentum, isCentered))
        .flatMap((slot) => parts.filter((part) => part.weight === weight && part.slot === slot))
        .map(({ array, slot }) => {
          const named = { ...array, key: `${weight}/${slot}`, group, name: `${weight}/${slot}:0` };
          return row.className === "Momentum" ? times(named, -numberOf(config.get("learningRate"))) : named;
        }),
    ),
  );
  return [...head, ...slots];
}
