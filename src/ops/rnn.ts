/**
 * The loop of a recurrent layer: see `SIGNATURES`. Follows keras/src/backend/tensorflow/rnn.py: a masked step repeats the
 * previous y (zeros at first) or, with `zeroOutputForMask`, gives zeros, and keeps its states. A mask may have
 * more axes than batch and time: those of y and of the states that follow.
 */
import { fail } from "../core/error.ts";
import type { CompositeRule } from "./define.ts";
import { fitsBody } from "./dtypes.ts";
import { outputShapes } from "./scan.ts";
import { agree, checkRank, insertAxis, mergeLengths, refuseShapes } from "./shapes.ts";
import type { OpContext } from "./builder.ts";
import type { Graph, Shape, Size, Sym } from "./types.ts";

/** Lengths of y: of a state that is the same value, where its own are not known. */
function lengthsOfY(cx: OpContext, x: Sym, axis: 0 | 1, init: readonly Sym[], body: Graph): Size[] {
  const twin = init[body.outputs.indexOf(body.outputs[0]!, 1) - 1];
  return outputShapes("rnn", body)[0]!.map((length, i) => {
    if (length !== null) return length;
    if (twin !== undefined) return cx.size(twin, i);
    return i === 0
      ? cx.size(x, 1 - axis)
      : fail("unsupported/free-length", { source: "rnn", message: "a mask over outputs of unknown length" });
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

/** A recurrent loop with Keras's rules for masks: spelt out as a scan. */
export const rnn: CompositeRule<"rnn"> = {
  takes({ x, mask, states }, _, body) {
    if (mask !== null && mask !== "bool") return "a mask of bool";
    return fitsBody(body!, [x, ...states], states, body!.outputs.slice(1));
  },
  shape({ x, mask, states }, { axis }, body) {
    checkRank("rnn", x, 2);
    let steps: number | null = x[axis]!;
    const [y, ...next] = outputShapes("rnn", body!);
    if (mask !== null) {
      const masks = (shape: Shape): boolean =>
        mask.length <= 2 ||
        (mask.length <= shape.length + 1 && mask.slice(2).every((n, i) => n === 1 || agree(n, shape[i + 1]!)));
      if (mask.length < 2 || !agree(mask[0]!, x[0]!) || !agree(mask[1]!, x[1]!) || ![y!, ...next].every(masks))
        refuseShapes("rnn", "a mask over batch and time, and then axes of what a step gives", x, mask);
      steps = mergeLengths(steps, mask[axis]!);
    }
    states.forEach((before, i) => {
      const after = next[i]!;
      if (before.length !== after.length || before.some((length, a) => !agree(length, after[a]!)))
        refuseShapes("rnn", "states that keep their shape", before, after);
    });
    return {
      sequence: insertAxis(y!, axis, steps),
      last: y!,
      states: next.map((shape, i) => shape.map((n, a) => mergeLengths(n, states[i]![a]!))),
    };
  },
  dtype(_x, _a, body) {
    const [y, ...states] = body!.outputs.map((id) => body!.values.get(id)!.dtype);
    return { sequence: y!, last: y!, states };
  },
  expand(cx, { x, mask, states, captured }, { axis, goBackwards, zeroOutputForMask }, body) {
    const { op } = cx;
    const turn = (s: Sym) => (goBackwards ? op.reverse(s, [axis]) : s);
    const repeats = mask !== null && !zeroOutputForMask;
    const first = repeats
      ? [op.full(lengthsOfY(cx, x, axis, states, body!), 0, body!.values.get(body!.outputs[0]!)!.dtype)]
      : [];
    const step = (carry: readonly Sym[], [xt, shows]: readonly Sym[]) => {
      const old = carry.slice(0, states.length);
      const [y, ...next] = cx.inline(body!, [xt!, ...old], captured);
      if (shows === undefined) return { carry: next, ys: [y!] };
      const shown = op.where(spread(cx, shows, y!), y!, repeats ? carry[states.length]! : 0);
      const kept = next.map((s, i) => op.where(spread(cx, shows, s), s, old[i]!));
      return { carry: repeats ? [...kept, shown] : kept, ys: [shown] };
    };
    const sequences = mask === null ? [x] : [x, mask];
    const result = cx.scan([...states, ...first], sequences.map(turn), step, { axis });
    const sequence = result.ys[0]!;
    return { sequence, last: op.take(sequence, axis, -1), states: result.carry.slice(0, states.length) };
  },
};
