/** How a model was trained, in TensorFlow.js's words. Sources: tfjs-layers/src/engine/training.ts (`loadTrainingConfig`), losses.ts, tfjs-core/src/optimizers. */
import { JsonNumber, type JsonNode, type JsonObject } from "../../codecs/json.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { ITERATIONS, isKept, OPTIMIZER_GROUP, OPTIMIZERS, type TfjsOptimizer } from "../../formats/tfjs-layers.ts";
import { isCompiled, trainingConfig } from "../../formats/training.ts";
import type { OptimizerState } from "../types.ts";
import type { StoredEntry } from "./manifest.ts";
import type { Options, Plain, WrittenWeight } from "./writer.ts";

const LOSSES: ReadonlySet<string> = new Set([
  "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
  "squared_hinge", "hinge", "categorical_hinge", "logcosh", "categorical_crossentropy", "sparse_categorical_crossentropy",
  "binary_crossentropy", "kullback_leibler_divergence", "poisson", "cosine_proximity",
]); // prettier-ignore

/** Options of Keras's that change what an optimizer does, and that TensorFlow.js has not; under `lr` the rate too. */
const OTHERS = ["amsgrad", "clipnorm", "clipvalue", "decay", "global_clipnorm", "gradient_accumulation_steps", "loss_scale_factor", "use_ema", "weight_decay"]; // prettier-ignore

const plainOf = (node: JsonNode | undefined): Plain =>
  node instanceof JsonNumber ? node.value : typeof node === "boolean" ? node : undefined;

/** How it was compiled. */
export interface TfjsTraining {
  readonly json: Options;
  readonly row: TfjsOptimizer;
  readonly rate: number;
  readonly momentum: number;
  readonly centered: boolean;
}

const rowOf = (keras: JsonNode | undefined, config: JsonObject): TfjsOptimizer | undefined => {
  const isMomentum = keras === "SGD" && Number(plainOf(config.get("momentum")) ?? 0) > 0;
  return OPTIMIZERS.find((row) => row.keras === keras && (row.className === "Momentum") === isMomentum);
};

/** Null where there is none, or TensorFlow.js has no such optimizer or loss: it would not load the model. */
export function tfjsTraining(training: JsonNode): TfjsTraining | null {
  if (!isCompiled(training)) return null;
  const config = trainingConfig(training, "keras2");
  const [loss, optimizer] = [config.get("loss"), config.get("optimizer_config")];
  const isKnown = typeof loss === "string" && LOSSES.has(loss);
  const own = optimizer instanceof Map ? optimizer.get("config") : null;
  if (!isKnown || !(optimizer instanceof Map) || !(own instanceof Map)) return null;
  const row = rowOf(optimizer.get("class_name"), own);
  const isSet = (name: string): boolean => ![undefined, false, 0].includes(plainOf(own.get(name)) as number);
  if (row === undefined || OTHERS.some(isSet)) return null;
  const rate = plainOf(own.get("learning_rate") ?? own.get("lr"));
  const options = row.options.map(([name, keras]) => [name, plainOf(own.get(keras))] as const);
  if (typeof rate !== "number" || options.some(([, value]) => value === undefined)) return null;
  const json = {
    loss,
    metrics: [],
    optimizer_config: { class_name: row.className, config: { learningRate: rate, ...Object.fromEntries(options) } },
  };
  const momentum = Number(plainOf(own.get("momentum")) ?? 0);
  return { json, row, rate, momentum, centered: own.get("centered") === true };
}

const FIXED = /\/moving_(mean|variance)$/;

/** Entries of what the optimizer keeps, of trained weights in TensorFlow.js's order; null where a weight is not one of Keras's. */
export function optimizerEntries(
  { row, rate, momentum, centered }: TfjsTraining,
  state: OptimizerState,
  weights: readonly WrittenWeight[],
): readonly StoredEntry[] | null {
  const trained = weights.filter(({ name }) => !FIXED.test(name));
  const entry = (name: string, shape: readonly number[], data: Float32Array | Int32Array): StoredEntry => ({
    entry: { name, shape, dtype: data instanceof Int32Array ? "int32" : "float32", group: OPTIMIZER_GROUP },
    size: data.byteLength,
    async *chunks() {
      yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    },
  });
  const entries = [entry(ITERATIONS, [], Int32Array.of(state.iterations))];
  const all = row.slots.flat().filter((slot) => slot !== "mg" || centered);
  const kept = all.filter((slot) => isKept(slot, row, momentum, centered));
  for (const slot of all) {
    for (const { name, shape, of } of trained) {
      const own: Tensor | undefined = of && state.slots.get(of)?.[kept.indexOf(slot)];
      if (kept.includes(slot) && own === undefined) return null;
      if (own !== undefined && own.shape.join() !== shape.join()) return null;
      const data = own === undefined ? new Float32Array(sizeOf(shape)) : (own.data as Float32Array);
      entries.push(entry(`${name}/${slot}`, shape, row.className === "Momentum" ? data.map((x) => -x / rate) : data));
    }
  }
  return entries;
}
