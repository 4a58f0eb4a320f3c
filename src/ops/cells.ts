/**
 * One step of the recurrent layers. Follows keras/src/layers/rnn/{lstm,gru,simple_rnn}.py, all gates of a kernel in one
 * product (their `implementation` 2; 1 is the same arithmetic cut into gates).
 */
import type { CompositeRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { agree, refuseShapes, sizeFrom } from "./shapes.ts";
import type { OpContext } from "./builder.ts";
import type { Shape, Sym } from "./types.ts";

/** Gate `index` along an axis of z that holds several times the units of `units`. */
export function gate(cx: OpContext, z: Sym, units: Sym, index: number, axis = z.shape.length - 1): Sym {
  const n = cx.size(units, axis);
  const [start, stop] = [sizeFrom("mul", index, n), sizeFrom("mul", index + 1, n)];
  return cx.op.slice(z, [{ axis, start, stop, step: 1 }]);
}

/** Refuses kernels that do not fit x[B, D] and h[B, U]. */
function checkCell(op: string, gates: number, x: Shape, h: Shape, kernel: Shape, recurrent: Shape): void {
  const units = h.at(-1)!;
  const width = units === null ? null : units * gates;
  const fits =
    x.length === 2 &&
    h.length === 2 &&
    kernel.length === 2 &&
    recurrent.length === 2 &&
    agree(x[0]!, h[0]!) &&
    agree(x[1]!, kernel[0]!) &&
    agree(kernel[1]!, width) &&
    agree(recurrent[0]!, units) &&
    agree(recurrent[1]!, width);
  if (!fits)
    refuseShapes(op, `x[B, D], h[B, U], kernel[D, ${gates}U], recurrent[U, ${gates}U]`, x, h, kernel, recurrent);
}

/** One step of an LSTM, gates i, f, c, o: x[B, D], h[B, U], c[B, U] → h', c'. */
export const lstmCell: CompositeRule<"lstmCell"> = {
  takes: floats,
  shape({ x, h, c, kernel, recurrent }) {
    checkCell("lstmCell", 4, x, h, kernel, recurrent);
    if (c.length !== 2 || !c.every((n, i) => agree(n, h[i]!))) refuseShapes("lstmCell", "c of the shape of h", h, c);
    return { h, c };
  },
  expand(cx, { x, h, c, kernel, recurrent, bias }, a) {
    const { op } = cx;
    let z = op.add(op.matmul(x, kernel), op.matmul(h, recurrent));
    if (bias !== null) z = op.add(z, bias);
    const i = op.activation(gate(cx, z, h, 0), a.recurrentActivation);
    const f = op.activation(gate(cx, z, h, 1), a.recurrentActivation);
    const candidate = op.activation(gate(cx, z, h, 2), a.activation);
    const o = op.activation(gate(cx, z, h, 3), a.recurrentActivation);
    const carry = op.add(op.multiply(f, c), op.multiply(i, candidate));
    return { h: op.multiply(o, op.activation(carry, a.activation)), c: carry };
  },
};

/** One step of a GRU, gates z, r, h: x[B, D], h[B, U] → h'. */
export const gruCell: CompositeRule<"gruCell"> = {
  takes: floats,
  shape({ x, h, kernel, recurrent, bias }, { resetAfter }) {
    checkCell("gruCell", 3, x, h, kernel, recurrent);
    if (bias !== null && bias.length !== (resetAfter ? 2 : 1))
      refuseShapes("gruCell", resetAfter ? "bias[2, 3U]" : "bias[3U]", bias);
    return { h };
  },
  expand(cx, { x, h, kernel, recurrent, bias }, a) {
    const { op } = cx;
    const row = (index: number) => (a.resetAfter ? op.take(bias!, 0, index) : bias!);
    let left = op.matmul(x, kernel);
    if (bias !== null) left = op.add(left, row(0));
    const part = (v: Sym, index: number) => gate(cx, v, h, index);
    const mix = (z: Sym, candidate: Sym) => op.add(op.multiply(z, h), op.multiply(op.subtract(1, z), candidate));

    if (a.resetAfter) {
      let right = op.matmul(h, recurrent);
      if (bias !== null) right = op.add(right, row(1));
      const z = op.activation(op.add(part(left, 0), part(right, 0)), a.recurrentActivation);
      const r = op.activation(op.add(part(left, 1), part(right, 1)), a.recurrentActivation);
      return { h: mix(z, op.activation(op.add(part(left, 2), op.multiply(r, part(right, 2))), a.activation)) };
    }
    const split = sizeFrom("mul", 2, cx.size(h, 1));
    const gates = op.slice(recurrent, [{ axis: 1, start: 0, stop: split, step: 1 }]);
    const last = op.slice(recurrent, [{ axis: 1, start: split, stop: null, step: 1 }]);
    const right = op.matmul(h, gates);
    const z = op.activation(op.add(part(left, 0), part(right, 0)), a.recurrentActivation);
    const r = op.activation(op.add(part(left, 1), part(right, 1)), a.recurrentActivation);
    const inner = op.matmul(op.multiply(r, h), last);
    return { h: mix(z, op.activation(op.add(part(left, 2), inner), a.activation)) };
  },
};

/** One step of a plain recurrence: x[B, D], h[B, U] → h'. */
export const simpleRnnCell: CompositeRule<"simpleRnnCell"> = {
  takes: floats,
  shape({ x, h, kernel, recurrent }) {
    checkCell("simpleRnnCell", 1, x, h, kernel, recurrent);
    return { h };
  },
  expand({ op }, { x, h, kernel, recurrent, bias }, a) {
    let z = op.matmul(x, kernel);
    if (bias !== null) z = op.add(z, bias);
    return { h: op.activation(op.add(z, op.matmul(h, recurrent)), a.activation) };
  },
};
