/**
 * Cells in training that drop parts of x or of the state: each gate has draws of its own, the same at every step.
 * Source: keras/src/layers/rnn/dropout_rnn_cell.py, and `implementation` 1 of lstm.py, gru.py; conv_lstm.py.
 */
import { listOf } from "../../../core/list.ts";
import type { Sym } from "../../../ops/types.ts";
import { droppedOut } from "../../common/randomness.ts";
import type { Context } from "../../define.ts";

/** A rate of a cell in this call; Keras's cells drop nothing at 1. */
const rateOf = (cx: Context, rate: number): number => (cx.training && rate < 1 ? rate : 0);

/** Whether a cell drops gate by gate. */
export const dropsGates = (cx: Context, ...rates: readonly number[]): boolean => rates.some((r) => rateOf(cx, r) > 0);

/** The columns of each gate of a kernel or a bias. */
export const gatesOf = (cx: Context, weight: Sym, units: number, gates: number): readonly Sym[] =>
  listOf(gates, (i) =>
    cx.op.slice(weight, [{ axis: weight.shape.length - 1, start: i * units, stop: (i + 1) * units, step: 1 }]),
  );

/** What x gives to each gate: its elements dropped anew for each, then the product with that gate's columns. */
export const gateProducts = (
  cx: Context,
  x: Sym,
  rate: number,
  columns: readonly Sym[],
  product: (x: Sym, columns: Sym, gate: number) => Sym = (a, b) => cx.op.matmul(cx.op.cast(a, b.dtype), b),
): readonly Sym[] => columns.map((one, i) => product(droppedOut(cx, x, rateOf(cx, rate)), one, i));

/** Sums of products gate by gate, with the bias where there is one. */
export function gateSums(
  cx: Context,
  products: readonly (readonly Sym[])[],
  bias: Sym | undefined,
  units: number,
): readonly Sym[] {
  const [first, ...others] = products;
  const biases = bias && gatesOf(cx, bias, units, first!.length);
  return first!.map((z, i) => {
    const sum = others.reduce((all, more) => cx.op.add(all, more[i]!), z);
    return biases === undefined ? sum : cx.op.add(sum, biases[i]!);
  });
}
