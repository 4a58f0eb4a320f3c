/**
 * One step of the recurrent layers. Follows keras/src/layers/rnn/{lstm,gru,simple_rnn}.py, all gates of a kernel in one
 * product (their `implementation` 2; 1 is the same arithmetic cut into gates).
 */
import type { CompositeRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { agree, refuseShapes, sizeFrom } from "./shapes.ts";
import type { CellAttrs } from "./attributes.ts";
import type { OpContext, Ops } from "./builder.ts";
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

type Functions = Pick<CellAttrs, "activation" | "recurrentActivation">;

/** h', c' of an LSTM from what its gates i, f, c, o sum up to. */
export function fromLstmGates(op: Ops, z: readonly Sym[], c: Sym, a: Functions): { h: Sym; c: Sym } {
  const [i, f, o] = [0, 1, 3].map((index) => op.activation(z[index]!, a.recurrentActivation));
  const carry = op.add(op.multiply(f!, c), op.multiply(i!, op.activation(z[2]!, a.activation)));
  return { h: op.multiply(o!, op.activation(carry, a.activation)), c: carry };
}

/** h' of a GRU: `left` what x gives to its gates z, r, h; `right` what the state gives to z and r, `inner` to h. */
export function fromGruGates(
  op: Ops,
  left: readonly Sym[],
  right: readonly Sym[],
  inner: (r: Sym) => Sym,
  h: Sym,
  a: Functions,
): Sym {
  const [z, r] = [0, 1].map((index) => op.activation(op.add(left[index]!, right[index]!), a.recurrentActivation));
  const candidate = op.activation(op.add(left[2]!, inner(r!)), a.activation);
  return op.add(op.multiply(z!, h), op.multiply(op.subtract(1, z!), candidate));
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
    return fromLstmGates(op, [0, 1, 2, 3].map((index) => gate(cx, z, h, index)), c, a); // prettier-ignore
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
    const parts = (v: Sym, count: number) => [0, 1, 2].slice(0, count).map((index) => gate(cx, v, h, index));

    if (a.resetAfter) {
      let right = op.matmul(h, recurrent);
      if (bias !== null) right = op.add(right, row(1));
      const [z, r, last] = parts(right, 3);
      return { h: fromGruGates(op, parts(left, 3), [z!, r!], (reset) => op.multiply(reset, last!), h, a) };
    }
    const split = sizeFrom("mul", 2, cx.size(h, 1));
    const gates = op.slice(recurrent, [{ axis: 1, start: 0, stop: split, step: 1 }]);
    const last = op.slice(recurrent, [{ axis: 1, start: split, stop: null, step: 1 }]);
    const inner = (r: Sym) => op.matmul(op.multiply(r, h), last);
    return { h: fromGruGates(op, parts(left, 3), parts(op.matmul(h, gates), 2), inner, h, a) };
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
