/**
 * How older files store the weights of recurrent cells. Keras 1 with `consume_less` cpu or mem: W, U, b for each gate,
 * an LSTM's in order i, c, f, o, a GRU's z, r, h. CuDNN: biases of input and recurrence one after the other, kernels of
 * each gate transposed. Source: tf_keras/saving/legacy/hdf5_format.py (`preprocess_weights_for_loading`, `_convert_rnn_weights`).
 */
import { listOf } from "../../../core/list.ts";
import type { Recipe, ArrayStep, StoredForm, StoredInfo } from "../../define.ts";

interface CellConfig {
  readonly units: number;
}

/** Cuts `count` pieces of one length out of an axis of the array at `from`, changes each, and joins them. */
function pieces(from: number, axis: number, length: number, count: number, change: readonly ArrayStep[]): Recipe {
  const cuts = listOf(count, (i): readonly ArrayStep[] => [
    { op: "slice", axis, start: i * length, stop: (i + 1) * length },
    ...change,
  ]);
  return { from: cuts.map(() => from), perArray: cuts, steps: [{ op: "concat", axis }] };
}

/** A CuDNN gate [rows, units] holds the transpose's values in row-major order. */
const turned = (rows: number, units: number): readonly ArrayStep[] => [
  { op: "reshape", shape: [units, rows] },
  { op: "transpose", perm: [1, 0] },
];

/**
 * The stored forms of a cell: `gates` are the places of today's gates among those of Keras 1, `bias` makes today's bias of
 * CuDNN's [2 · gates · units].
 */
const storedGates =
  (gates: readonly number[], bias: (units: number) => Recipe) =>
  ({ units }: CellConfig, { semantics, shapes }: StoredInfo): StoredForm | undefined => {
    const [first, , third] = shapes;
    const count = gates.length;
    if (semantics === "keras1" && shapes.length >= 3 * count && first?.[1] === units) {
      const pick = (offset: number): Recipe => ({
        from: gates.map((gate) => gate * 3 + offset),
        steps: [{ op: "concat", axis: -1 }],
      });
      return { count: 3 * count, recipes: { kernel: pick(0), recurrent_kernel: pick(1), bias: pick(2) } };
    }
    if (third?.length !== 1 || third[0] !== 2 * count * units) return undefined;
    const recipes = {
      kernel: pieces(0, -1, units, count, turned(first![0]!, units)),
      recurrent_kernel: pieces(1, -1, units, count, turned(units, units)),
      bias: bias(units),
    };
    return { count: 3, recipes };
  };

/** An LSTM adds up the biases of input and recurrence. */
export const storedLstm = storedGates([0, 2, 1, 3], (units) => ({
  ...pieces(2, 0, 4 * units, 2, []),
  steps: [{ op: "sum" }],
}));

/** A GRU with reset_after keeps the two apart: [2, 3 · units]. */
export const storedGru = storedGates([0, 1, 2], (units) => ({
  from: [2],
  steps: [{ op: "reshape", shape: [2, 3 * units] }],
}));
