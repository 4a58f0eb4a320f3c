/** The two ways of applying a layer to every step of time, and what they do with masks. */
import { listOf } from "../../../core/list.ts";
import type { DType } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context, LayerNode } from "../../define.ts";
import { callInner } from "../../common/wrapper.ts";

const lengths = (cx: Context, x: Sym, from: number): Size[] => x.shape.slice(from).map((_, i) => cx.size(x, from + i));

/** [B, T, …] → [B·T, …]. */
function mergeSteps(cx: Context, x: Sym, least: number): Sym {
  if (x.shape.length < least)
    return fail("mismatch/rank", {
      expected: `at least ${least} axes, batch and time first`,
      found: showShape(x.shape),
    });
  const [b, t] = [cx.size(x, 0), cx.size(x, 1)];
  const steps: Size = typeof b === "number" && typeof t === "number" ? b * t : { fn: "mul", a: b, b: t };
  return cx.op.reshape(x, [steps, ...lengths(cx, x, 2)]);
}

/** [B·T, …] → [B, T, …], with B and T of `like`. */
function splitSteps(cx: Context, y: Sym, like: Sym): Sym {
  return cx.op.reshape(y, [cx.size(like, 0), cx.size(like, 1), ...lengths(cx, y, 1)]);
}

/**
 * Which mask the layer inside gets: that of the step, so a mask over batch and time alone leaves nothing to mask inside.
 * Before 2.2 Keras gave none.
 */
function innerMask(cx: Context, mask: Sym | undefined): Sym | undefined {
  if (cx.semantics === "keras1") return undefined;
  return cx.semantics === "keras2" && mask?.shape.length === 2 ? undefined : mask;
}

/** Keras 3 runs the layer's `call` alone, without what its policy would have cast before. */
const ownDType = (cx: Context): DType | undefined => (cx.semantics === "keras3" ? cx.compute : undefined);

/** Without state, the steps are as good as more examples. */
export function allStepsAtOnce(cx: Context, child: LayerNode, x: readonly Sym[], mask?: Sym): readonly Sym[] {
  const inner = innerMask(cx, mask);
  const flatMask = inner && mergeSteps(cx, inner, 2);
  const flat = x.map((s) => cx.withMask(mergeSteps(cx, s, 3), flatMask));
  // A mask that went through is the one that came.
  const outer = (m: Sym | undefined) =>
    m === undefined || m.id === flatMask?.id ? m && inner : splitSteps(cx, m, x[0]!);
  return callInner(cx, child, flat.length === 1 ? flat : [flat], {}, ownDType(cx)).map((y) =>
    cx.withMask(splitSteps(cx, y, x[0]!), outer(y.mask)),
  );
}

/** A layer with state sees one step after the other; in tf-keras's loop the first one twice, since it tries it beforehand. */
export function stepByStep(cx: Context, child: LayerNode, x: readonly Sym[], mask?: Sym): readonly Sym[] {
  const inner = cx.semantics === "keras3" ? mask : undefined;
  const call = (xt: readonly Sym[]): readonly Sym[] => {
    const values = xt.slice(0, x.length).map((s) => cx.withMask(s, inner && xt[x.length]));
    return callInner(cx, child, values.length === 1 ? values : [values], {}, ownDType(cx));
  };
  if (cx.semantics === "tf-keras") call(x.map((s) => cx.op.take(s, 1, 0)));
  const sequences = inner === undefined ? x : [...x, inner];
  const { ys } = cx.scan([], sequences, (_, xt) => ({ carry: [], ys: call(xt) }));
  const repeats = mask !== undefined && cx.semantics !== "keras3" && cx.semantics !== "keras1";
  return ys.map((y) => cx.withMask(repeats ? repeatMasked(cx, y, mask) : y, mask));
}

/** In training Keras 3 makes a call of each step: every one has statistics and penalties of its own. */
export function stepsInTurn(cx: Context, child: LayerNode, x: readonly Sym[], mask?: Sym): readonly Sym[] {
  const { op } = cx;
  const steps = x[0]!.shape[1] ?? null;
  if (steps === null || cx.isStateful(child))
    return fail("unsupported/training", {
      message: "statistics or penalties inside TimeDistributed",
      expected: "a known number of steps, and no states",
      found: showShape(x[0]!.shape),
    });
  const calls = listOf(steps, (t) => {
    const at = (s: Sym): Sym => op.take(s, 1, t);
    const values = x.map((s) => cx.withMask(at(s), mask && at(mask)));
    return callInner(cx, child, values.length === 1 ? values : [values], {}, ownDType(cx));
  });
  return calls[0]!.map((_, i) =>
    cx.withMask(
      op.stack(
        calls.map((ys) => ys[i]!),
        1,
      ),
      mask,
    ),
  );
}

/** tf-keras takes the loop of its recurrent layers: a masked step gives the y of the step before, zeros at first. */
function repeatMasked(cx: Context, y: Sym, mask: Sym): Sym {
  const loop = { x: y, init: [], mask, axis: 1, goBackwards: false, zeroOutputForMask: false } as const;
  return cx.rnn(loop, (yt) => ({ y: yt, states: [] })).sequence;
}

/**
 * The mask that goes on. Keras 3 and 1 hand on their own; in between it is the one that the layer inside gives, else
 * whatever is left of their own over batch and time.
 */
export function outerMask(cx: Context, y: Sym, mask: Sym | undefined): Sym {
  if (cx.semantics === "keras3" || cx.semantics === "keras1") return cx.withMask(y, mask);
  if (y.mask !== undefined || mask === undefined) return y;
  const inside = mask.shape.map((_, axis) => axis).slice(2);
  return cx.withMask(y, inside.length === 0 ? mask : cx.op.any(mask, inside));
}
