/**
 * A GRU that resets after the product, which TensorFlow.js has not: step by step, of layers that are called again at each.
 * h' = z h + (1 - z) act(x_h + r (h U_h + b)). Source: keras/src/layers/rnn/gru.py.
 */
import type { Tensor } from "../../core/tensor.ts";
import type { LayerNode } from "../../layers/define.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import { activated } from "./activations.ts";
import type { CallOf, TfjsWriter, TfjsValue, Weights } from "./writer.ts";
import { reshapedTo } from "./windows.ts";

/** Each step is some dozen calls. */
const MOST_STEPS = 128;

/** Columns of rows of a weight; of a bias [2, 3n], of a sum of rows. */
function columns(
  node: LayerNode,
  name: string,
  rows: readonly number[] | null,
  from: number,
  count: number,
): Weights[string] {
  const of = node.weights.get(name);
  if (of === undefined) return undefined;
  const [height, width] = of.shape as readonly [number, number];
  const shape = rows === null ? [height, count] : [count];
  const change = (value: Tensor): Tensor => {
    const data = value.data as Float32Array;
    const to = new Float32Array(rows === null ? height * count : count);
    if (rows === null) to.forEach((_, i) => (to[i] = data[Math.floor(i / count) * width + from + (i % count)]!));
    else to.forEach((_, i) => (to[i] = rows.reduce((sum, row) => sum + data[row * width + from + i]!, 0)));
    return { dtype: "float32", shape, data: to };
  };
  return { of, shape, change };
}

/** The states after each step, in the order in which the steps are taken. x[B, T, D] */
export function unrolledGru(
  w: TfjsWriter,
  of: CallOf,
  cell: LayerNode,
  x: TfjsValue,
  {
    backwards,
    initial,
    role,
  }: { readonly backwards: boolean; readonly initial: TfjsValue | undefined; readonly role: string },
): readonly TfjsValue[] {
  const c = cell.config;
  const [batch, steps] = x.shape as readonly (number | null)[];
  const own = { ...of, node: cell, c: cell.config };
  if (steps === null || steps === undefined || steps > MOST_STEPS)
    return w.refuse(
      own,
      `TensorFlow.js has no GRU that resets after the product; step by step for at most ${MOST_STEPS} steps, of known number`,
      "reset_after",
    );
  if (x.mask !== null || w.isTimed)
    w.refuse(own, "TensorFlow.js has no GRU that resets after the product; step by step without masks", "reset_after");
  const n = cell.config["units"] as number;
  const bias = cell.config["use_bias"] as boolean;
  const part = (name: string): string => `${role}${name}`;
  const dense = (name: string, value: TfjsValue, weights: Weights): TfjsValue =>
    w.one(
      own,
      part(name),
      "Dense",
      { units: n, use_bias: weights["bias"] !== undefined, activation: "linear" },
      value,
      [...value.shape.slice(0, -1), n],
      weights,
    );
  const gates = ["z", "r", "h"].map((gate, i) =>
    dense(`x_${gate}`, x, {
      kernel: columns(cell, "kernel", null, i * n, n),
      bias: bias ? columns(cell, "bias", gate === "h" ? [0] : [0, 1], i * n, n) : undefined,
    }),
  );
  const wide = gates.map((gate, i) => reshapedTo(w, own, part(`wide_${i}`), gate, [steps, 1, n]));
  const at = (gate: number, step: number): TfjsValue => {
    const cropping = [[step, steps - 1 - step], [0, 0]]; // prettier-ignore
    const cut = w.one(own, part(`step_${gate}`), "Cropping2D", { cropping }, wide[gate]!, [batch!, 1, 1, n]);
    return reshapedTo(w, own, part(`flat_${gate}`), cut, [n]);
  };
  const join = (name: string, className: string, a: TfjsValue, b: TfjsValue): TfjsValue =>
    w.call(own, part(name), className, {}, [a, b], [[batch!, n]])[0]!;
  const recurrent = (gate: string, i: number, h: TfjsValue): TfjsValue =>
    dense(`u_${gate}`, h, {
      kernel: columns(cell, "recurrent_kernel", null, i * n, n),
      bias: bias && gate === "h" ? columns(cell, "bias", [1], i * n, n) : undefined,
    });
  const apply = (name: string, option: string, value: TfjsValue): TfjsValue =>
    activated(w, own, part(name), c[option] as ActivationSpec, value);
  const order = Array.from({ length: steps }, (_, i) => (backwards ? steps - 1 - i : i));
  let h = initial ?? w.one(own, part("zeros"), "Rescaling", { scale: 0, offset: 0 }, at(0, order[0] ?? 0), [batch!, n]);
  return order.map((step) => {
    const z = apply("z", "recurrent_activation", join("add_z", "Add", at(0, step), recurrent("z", 0, h)));
    const r = apply("r", "recurrent_activation", join("add_r", "Add", at(1, step), recurrent("r", 1, h)));
    const inner = join("reset", "Multiply", r, recurrent("h", 2, h));
    const candidate = apply("candidate", "activation", join("add_h", "Add", at(2, step), inner));
    const rest = w.one(own, part("rest"), "Rescaling", { scale: -1, offset: 1 }, z, z.shape);
    h = join("next", "Add", join("keep", "Multiply", z, h), join("take", "Multiply", rest, candidate));
    return h;
  });
}

/** Steps as one value. */
export function stacked(w: TfjsWriter, of: CallOf, role: string, steps: readonly TfjsValue[]): TfjsValue {
  const rows = steps.map((h) => reshapedTo(w, of, `${role}row`, h, [1, h.shape[1]!]));
  const shape = [steps[0]!.shape[0]!, steps.length, steps[0]!.shape[1]!];
  return rows.length === 1 ? rows[0]! : w.call(of, `${role}rows`, "Concatenate", { axis: 1 }, rows, [shape])[0]!;
}
