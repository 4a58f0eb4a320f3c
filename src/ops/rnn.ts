/**
 * The loop of a recurrent layer: `in` = [x, mask?, ...initial states, ...captures], body [x_t, ...states] →
 * [y_t, ...states], `out` = [sequence in processing order, last y, ...final states]; time is `axis` of x and sequence.
 * Follows keras/src/backend/tensorflow/rnn.py: a masked step repeats the previous y (zeros at first) or, with
 * `zeroOutputForMask`, gives zeros, and keeps its states.
 */
import { fail } from "../core/error.ts";
import { composite } from "./define.ts";
import { fitsBody } from "./dtypes.ts";
import { outputShapes } from "./scan.ts";
import { agree, checkRank, insertAxis, merge, refuseShapes } from "./shapes.ts";
import type { Graph, OpContext, Size, Sym } from "./types.ts";

export interface RnnAttrs {
  readonly axis: 0 | 1;
  readonly goBackwards: boolean;
  readonly zeroOutputForMask: boolean;
  readonly masked: boolean;
  readonly states: number;
}

/** Lengths of y: of a state that is the same value, where its own are not known. */
function lengthsOfY(cx: OpContext, x: Sym, axis: 0 | 1, init: readonly Sym[], body: Graph): Size[] {
  const twin = init[body.outputs.indexOf(body.outputs[0]!, 1) - 1];
  return outputShapes("rnn", body)[0]!.map((length, i) => {
    if (length !== null) return length;
    if (twin !== undefined) return cx.size(twin, i);
    return i === 0
      ? cx.size(x, 1 - axis)
      : fail("unsupported/shape", { source: "rnn", message: "a mask over outputs of unknown length" });
  });
}

/** `mask` with as many axes as `like`. */
function spread({ op }: OpContext, mask: Sym, like: Sym): Sym {
  const missing = like.shape.length - mask.shape.length;
  if (missing <= 0) return mask;
  return op.expandDims(
    mask,
    Array.from({ length: missing }, (_, i) => mask.shape.length + i),
  );
}

export const rnn = composite<RnnAttrs>({
  name: "rnn",
  takes([x, ...rest], { masked, states }, body) {
    if (masked && rest[0] !== "bool") return "a mask of bool";
    const carried = rest.slice(masked ? 1 : 0).slice(0, states);
    return fitsBody(body!, [x!, ...carried], carried, body!.outputs.slice(1));
  },
  shape(x, { axis, masked, states }, body) {
    const sequence = x[0]!;
    checkRank("rnn", sequence, 2);
    const init = x.slice(masked ? 2 : 1, (masked ? 2 : 1) + states);
    let steps: number | null = sequence[axis]!;
    if (masked) {
      const mask = x[1]!;
      if (mask.length < 2 || !agree(mask[0]!, sequence[0]!) || !agree(mask[1]!, sequence[1]!))
        refuseShapes("rnn", "a mask over batch and time", sequence, mask);
      steps = merge(steps, mask[axis]!);
    }
    const [y, ...next] = outputShapes("rnn", body!);
    init.forEach((before, i) => {
      const after = next[i]!;
      if (before.length !== after.length || before.some((length, a) => !agree(length, after[a]!)))
        refuseShapes("rnn", "states that keep their shape", before, after);
    });
    return [insertAxis(y!, axis, steps), y!, ...next.map((shape, i) => shape.map((n, a) => merge(n, init[i]![a]!)))];
  },
  dtype(_x, _a, body) {
    const [y, ...states] = body!.outputs.map((id) => body!.values.get(id)!.dtype);
    return [y!, y!, ...states];
  },
  expand(cx, x, { axis, goBackwards, zeroOutputForMask, masked, states }, body) {
    const { op } = cx;
    const turn = (s: Sym) => (goBackwards ? op.reverse(s, [axis]) : s);
    const sequences = x.slice(0, masked ? 2 : 1);
    const init = x.slice(sequences.length, sequences.length + states);
    const captures = x.slice(sequences.length + states);
    const repeats = masked && !zeroOutputForMask;
    const first = repeats
      ? [op.full(lengthsOfY(cx, x[0]!, axis, init, body!), 0, body!.values.get(body!.outputs[0]!)!.dtype)]
      : [];
    const step = (carry: readonly Sym[], [xt, mask]: readonly Sym[]) => {
      const old = carry.slice(0, states);
      const [y, ...next] = cx.inline(body!, [xt!, ...old, ...captures]);
      if (mask === undefined) return { carry: next, ys: [y!] };
      const shown = op.where(spread(cx, mask, y!), y!, repeats ? carry[states]! : 0);
      const kept = next.map((s, i) => op.where(spread(cx, mask, s), s, old[i]!));
      return { carry: repeats ? [...kept, shown] : kept, ys: [shown] };
    };
    const result = cx.scan([...init, ...first], sequences.map(turn), step, { axis });
    const sequence = result.ys[0]!;
    return [sequence, op.take(sequence, axis, -1), ...result.carry.slice(0, states)];
  },
});
