/** Several tensors to one and one to several. Source: keras/src/ops/numpy.py, keras/src/ops/core.py. */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { axes, int, optional } from "../fields.ts";
import { axisOf, exactly, flat, inModule, lengthThere, tensor, tensors } from "./shared/operation.ts";

const numpy = inModule("numpy");
/** Of an axis of unknown length. */
const MAX_PARTS = 4096;

/** Pieces of an axis: so many equal ones, or cut at these places. */
function split(cx: Context, x: Sym, cuts: readonly number[], counts: boolean, axis: number): Sym[] {
  const part = (start: Size | null, stop: Size | null) => cx.op.slice(x, [{ axis, start, stop, step: 1 }]);
  const length = x.shape[axis] ?? null;
  if (!counts) {
    const [starts, stops] = [
      [0, ...cuts],
      [...cuts, length ?? Infinity],
    ];
    if (starts.some((start, i) => start < 0 || start > stops[i]!))
      fail("mismatch/shape", { expected: `rising places in a length of ${length}`, found: cuts.join(", ") });
    return starts.map((start, i) =>
      i === cuts.length ? part(start, null) : exactly(cx, part(start, stops[i]!), axis, stops[i]! - start),
    );
  }
  const [n] = cuts as [number];
  if (n < 1 || n > Math.max(length ?? 0, MAX_PARTS) || (length !== null && length % n !== 0))
    fail("mismatch/shape", { expected: `a length that ${n} divides`, found: String(length) });
  const each: Size = length === null ? { fn: "div", a: cx.size(x, axis), b: n } : length / n;
  const at = (i: number): Size => (typeof each === "number" ? i * each : { fn: "mul", a: each, b: i });
  return listOf(n, (i) => part(at(i), at(i + 1)));
}

const isCount = (cx: Context): boolean => !Array.isArray(cx.node.options.get("indices_or_sections"));

const splitAlong = (name: string, axis: number): AnyDef =>
  numpy(name, ["x"], { indices_or_sections: axes() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    if (axis === 0 && x.shape.length < 2) fail("mismatch/rank", { expected: "at least 2 axes", found: "1" });
    const along = axis === 1 && x.shape.length === 1 ? 0 : axis;
    return split(cx, x, c.indices_or_sections, isCount(cx), axisOf(x, along));
  });

/** At least `rank` axes, as np.atleast_nd has it. */
const atLeast = (cx: Context, x: Sym, rank: 1 | 2 | 3): Sym => {
  const shape = x.shape.length;
  if (shape >= rank) return x;
  if (shape === 0)
    return cx.op.reshape(
      x,
      listOf(rank, () => 1),
    );
  if (rank === 2) return cx.op.expandDims(x, [0]);
  return shape === 1 ? cx.op.expandDims(x, [0, 2]) : cx.op.expandDims(x, [2]);
};

export const joiningOperations: readonly AnyDef[] = [
  numpy("Concatenate", ["xs"], { axis: int({ min: -32, default: 0 }) }, (cx, c, [xs]) =>
    cx.op.concat(tensors(cx, xs), c.axis),
  ),
  numpy("Append", ["x1", "x2"], { axis: optional(int()) }, (cx, c, [a, b]) => {
    const both = [tensor(cx, a), tensor(cx, b)];
    return c.axis === null
      ? cx.op.concat(
          both.map((x) => flat(cx, x)),
          0,
        )
      : cx.op.concat(both, c.axis);
  }),
  numpy("Stack", ["x"], { axis: int({ min: -32, default: 0 }) }, (cx, c, [xs]) => cx.op.stack(tensors(cx, xs), c.axis)),
  numpy("Hstack", ["xs"], {}, (cx, _c, [xs]) => {
    const all = tensors(cx, xs).map((x) => atLeast(cx, x, 1));
    // Of several vectors Keras asks for a second axis.
    return cx.op.concat(all, all[0]!.shape.length === 1 && all.length === 1 ? 0 : 1);
  }),
  // Of vectors too Keras asks for no other axis.
  numpy("Vstack", ["xs"], {}, (cx, _c, [xs]) => cx.op.concat(tensors(cx, xs), 0)),
  numpy("Dstack", ["xs"], {}, (cx, _c, [xs]) =>
    cx.op.concat(
      tensors(cx, xs).map((x) => atLeast(cx, x, 3)),
      2,
    ),
  ),
  numpy("Split", ["x"], { indices_or_sections: axes(), axis: int({ min: -32, default: 0 }) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return split(cx, x, c.indices_or_sections, isCount(cx), axisOf(x, c.axis));
  }),
  splitAlong("Vsplit", 0),
  splitAlong("Hsplit", 1),
  splitAlong("Dsplit", 2),
  inModule("core")(
    "Unstack",
    ["x"],
    { num: optional(int()), axis: int({ min: -32, default: 0 }) },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      const axis = axisOf(x, c.axis);
      const n = x.shape[axis] === null && c.num !== null ? c.num : lengthThere(x, axis);
      if (n === 0) fail("mismatch/shape", { expected: "at least one part", found: "0" });
      if (c.num !== null && c.num !== n) fail("mismatch/shape", { expected: `a length of ${c.num}`, found: String(n) });
      return listOf(n, (i) => cx.op.take(x, axis, i));
    },
  ),
];
