/**
 * How older files store the weights of recurrent cells. Keras 1 with `consume_less` cpu or mem: W, U, b for each gate,
 * an LSTM's in order i, c, f, o, a GRU's z, r, h. CuDNN: biases of input and recurrence one after the other, kernels of
 * each gate transposed. Source: tf_keras/saving/legacy/hdf5_format.py (`preprocess_weights_for_loading`, `_convert_rnn_weights`).
 */
import type { Recipe, ArrayStep, StoredForm, StoredInfo } from "../../define.ts";

interface CellOptions {
  readonly units: number;
  readonly use_bias: boolean;
}

/** Keras 1: three arrays a gate; `order` are the places of today's gates among the stored ones. */
function perGate(order: readonly number[]): StoredForm {
  const pick = (offset: number): Recipe => ({
    from: order.map((gate) => gate * 3 + offset),
    steps: [{ op: "concat", axis: -1 }],
  });
  return { count: order.length * 3, recipes: { kernel: pick(0), recurrent_kernel: pick(1), bias: pick(2) } };
}

/** For each gate: cut it out, change it, put all together again; gates lie along the last axis. */
function eachGate(from: number, width: number, order: readonly number[], change: readonly ArrayStep[]): Recipe {
  const joined = order.map(() => from);
  const cuts = order.map((g): readonly ArrayStep[] => [
    { op: "slice", axis: -1, start: g * width, stop: (g + 1) * width },
    ...change,
  ]);
  return { from: joined, perArray: cuts, steps: [{ op: "concat", axis: -1 }] };
}

export function storedLstm(c: CellOptions, info: StoredInfo): StoredForm | undefined {
  const u = c.units;
  const [first, , third] = info.shapes;
  if (info.semantics === "keras1" && info.shapes.length >= 12 && first?.[1] === u) return perGate([0, 2, 1, 3]);
  if (third?.length === 1 && third[0] === 8 * u) {
    const order = [0, 1, 2, 3];
    const d = first![0]!;
    return {
      count: 3,
      recipes: {
        kernel: eachGate(0, u, order, transposedAs(d, u)),
        recurrent_kernel: eachGate(1, u, order, transposedAs(u, u)),
        bias: { from: [2, 2], perArray: halves(4 * u), steps: [{ op: "sum" }] },
      },
    };
  }
  return undefined;
}

/** A CuDNN gate [rows, cols] holds the transpose's values in row-major order. */
function transposedAs(rows: number, cols: number): readonly ArrayStep[] {
  return [
    { op: "reshape", shape: [cols, rows] },
    { op: "transpose", perm: [1, 0] },
  ];
}

const halves = (length: number): readonly (readonly ArrayStep[])[] => [
  [{ op: "slice", axis: 0, start: 0, stop: length }],
  [{ op: "slice", axis: 0, start: length, stop: 2 * length }],
];

export function storedGru(
  c: CellOptions & { readonly reset_after: boolean },
  info: StoredInfo,
): StoredForm | undefined {
  const u = c.units;
  const [first, , third] = info.shapes;
  if (info.semantics === "keras1" && info.shapes.length >= 9 && first?.[1] === u) return perGate([0, 1, 2]);
  if (third?.length === 1 && third[0] === 6 * u) {
    const order = [0, 1, 2];
    const d = first![0]!;
    return {
      count: 3,
      recipes: {
        kernel: eachGate(0, u, order, transposedAs(d, u)),
        recurrent_kernel: eachGate(1, u, order, transposedAs(u, u)),
        bias: { from: [2], steps: [{ op: "reshape", shape: [2, 3 * u] }] },
      },
    };
  }
  return undefined;
}
