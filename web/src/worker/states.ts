/** What a recurrent layer keeps from step to step, in the last run. */
import { load, tensor, type Tensor } from "../../../src/index.ts";
import type { InspectedLayer, Values } from "../types.ts";
import { numbersOf } from "./numbers.ts";
import { current } from "./state.ts";

const NAMES: Readonly<Record<string, readonly string[]>> = { LSTM: ["h", "c"], GRU: ["h"], SimpleRNN: ["h"] };
const MOST_STEPS = 2000;
/** Of floats that were computed step by step. */
const NEAR = 1e-4;

export interface State extends Values {
  readonly name: string;
}

/** The layer alone, stateful, a step a call. */
async function stepper(layer: InspectedLayer, features: number, path: string): ReturnType<typeof load> {
  const { batch_input_shape: _, batch_shape: __, ...config } = layer.config;
  const own = {
    ...config,
    name: "layer",
    return_sequences: false,
    return_state: true,
    stateful: true,
    go_backwards: false,
  };
  const input = { class_name: "InputLayer", config: { batch_shape: [1, 1, features], dtype: "float32", name: "x" } };
  const layers = [input, { class_name: layer.class, config: own }];
  const json = { class_name: "Sequential", config: { name: "step", layers } };
  const model = await load(new Blob([JSON.stringify(json)]));
  const weights = await Promise.all(
    current()
      .model.layer(path)
      .weights.map((weight) => weight.read()),
  );
  await model.setWeights(weights);
  return model;
}

/** Of the first sample, [steps, units] each; none where they are not known: of other layers, of masked inputs. */
export async function statesOf(path: string): Promise<readonly State[]> {
  const { found, layers: given } = current();
  const layer = found.layers.find(({ name }) => name === path);
  const from = layer?.inbound[0]?.[0];
  const names = NAMES[layer?.class ?? ""];
  const [made] = given[path] ?? [];
  if (layer === undefined || from === undefined || names === undefined || made === undefined) return [];
  if (found.layers.find(({ name }) => name === from.layer)?.masked !== false || layer.config["stateful"] === true)
    return [];
  const x = given[from.layer]?.[from.output] ?? current().inputs.get(from.layer);
  if (x?.shape.length !== 3 || x.shape[1]! > MOST_STEPS) return [];
  const [, steps, features] = x.shape as [number, number, number];
  const values = numbersOf(x);
  const model = await stepper(layer, features, path);
  try {
    const units = Number(layer.config["units"]);
    const kept = names.map(() => new Float32Array(steps * units));
    let last: Tensor | undefined;
    for (let t = 0; t < steps; t++) {
      const at = layer.config["go_backwards"] === true ? steps - 1 - t : t;
      const step = Float32Array.from({ length: features }, (_, i) => values[at * features + i]!);
      const [y, ...states] = await model.predict(tensor(step, [1, 1, features]));
      last = y;
      states.forEach((state, i) => kept[i]!.set(numbersOf(state) as ArrayLike<number>, t * units));
    }
    // Only what ends where the layer itself ended is told.
    const end = numbersOf(made);
    const offset = layer.config["return_sequences"] === true ? (steps - 1) * units : 0;
    const ours = last === undefined ? [] : Array.from(numbersOf(last));
    if (ours.some((n, i) => Math.abs(n - end[offset + i]!) > NEAR)) return [];
    // h of every step is what a layer of sequences gave.
    const told = offset > 0 ? names.slice(1) : names;
    return told.map((name) => ({ name, dtype: "float32", shape: [1, steps, units], data: kept[names.indexOf(name)]! }));
  } finally {
    model.dispose();
  }
}
