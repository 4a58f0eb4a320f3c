/** The same numbers in another shape or order. Source: keras/src/ops/numpy.py, keras/src/ops/core.py. */
import { listOf } from "../../core/list.ts";
import { isInteger } from "../../core/dtype.ts";
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { atMost, fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { axes, choice, int, intList, json, optional, required } from "../fields.ts";
import { mirrored } from "../common/mirrored.ts";
import { axisOf, flat, inModule, lengthThere, sizesOf, tensor } from "./shared/operation.ts";
import { rolled } from "./shared/roll.ts";
import { withoutOnes } from "./shared/sizes.ts";

const numpy = inModule("numpy");

/** Of an axis whose elements are repeated a number of times each. */
const MOST_REPEATED = 2 ** 22;

function moveAxes(cx: Context, x: Sym, source: readonly number[], destination: readonly number[]): Sym {
  const from = source.map((a) => axisOf(x, a));
  const to = destination.map((a) => axisOf(x, a));
  const perm: number[] = x.shape.map((_, i) => i).filter((i) => !from.includes(i));
  [...to.keys()].sort((a, b) => to[a]! - to[b]!).forEach((k) => perm.splice(to[k]!, 0, from[k]!));
  return cx.op.transpose(x, perm);
}

/** NumPy's short forms: 1, [1, 2], [[1, 2]] or a pair for each axis. */
function padAmounts(node: JsonNode, rank: number): (readonly [number, number])[] {
  const bad = (): never =>
    fail("malformed/config", { path: "pad_width", expected: "one or two numbers for each axis" });
  const one = (n: JsonNode | undefined): number => (n instanceof JsonNumber && n.value >= 0 ? n.value : bad());
  const two = (n: JsonNode | undefined): readonly [number, number] =>
    Array.isArray(n) ? (n.length === 1 ? [one(n[0]), one(n[0])] : [one(n[0]), one(n[1])]) : [one(n), one(n)];
  if (!Array.isArray(node) || !Array.isArray(node[0])) return listOf<readonly [number, number]>(rank, () => two(node));
  if (node.length === 1) return listOf<readonly [number, number]>(rank, () => two(node[0]));
  return node.length === rank ? node.map(two) : bad();
}

const swap = (cx: Context, x: Sym, a: number, b: number): Sym => {
  const [i, j] = [axisOf(x, a), axisOf(x, b)];
  return cx.op.transpose(
    x,
    x.shape.map((_, k) => (k === i ? j : k === j ? i : k)),
  );
};

export const shapeOperations: readonly AnyDef[] = [
  numpy("Reshape", ["x"], { newshape: intList() }, (cx, c, [x]) => cx.op.reshape(tensor(cx, x), c.newshape)),
  numpy("Ravel", ["x"], {}, (cx, _c, [x]) => flat(cx, tensor(cx, x))),
  numpy("Transpose", ["x"], { axes: optional(intList()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.transpose(x, c.axes ?? x.shape.map((_, i) => x.shape.length - 1 - i));
  }),
  numpy("Swapaxes", ["x"], { axis1: int({ min: -32 }), axis2: int({ min: -32 }) }, (cx, c, [x]) =>
    swap(cx, tensor(cx, x), c.axis1, c.axis2),
  ),
  numpy("Moveaxis", ["x"], { source: axes(), destination: axes() }, (cx, c, [x]) =>
    moveAxes(cx, tensor(cx, x), c.source, c.destination),
  ),
  numpy("ExpandDims", ["x"], { axis: axes() }, (cx, c, [x]) => cx.op.expandDims(tensor(cx, x), c.axis)),
  numpy("Squeeze", ["x"], { axis: optional(axes()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return c.axis === null ? withoutOnes(cx, x) : cx.op.squeeze(x, c.axis.map((a) => axisOf(x, a))); // prettier-ignore
  }),
  numpy("BroadcastTo", ["x"], { shape: intList() }, (cx, c, [x]) => cx.op.broadcastTo(tensor(cx, x), c.shape)),
  numpy("Flip", ["x"], { axis: optional(axes()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.reverse(x, c.axis ?? x.shape.map((_, i) => i));
  }),
  numpy("Fliplr", ["x"], {}, (cx, _c, [x]) => cx.op.reverse(tensor(cx, x), [1])),
  numpy("Flipud", ["x"], {}, (cx, _c, [x]) => cx.op.reverse(tensor(cx, x), [0])),
  numpy("Roll", ["x"], { shift: intList(), axis: optional(axes()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    if (c.axis === null) return cx.op.reshape(rolled(cx, flat(cx, x), c.shift[0] ?? 0, 0), sizesOf(cx, x));
    return c.axis.reduce((y, axis, i) => rolled(cx, y, c.shift[i] ?? c.shift[0] ?? 0, axisOf(x, axis)), x);
  }),
  numpy("Tile", ["x"], { repeats: intList() }, (cx, c, [x]) => cx.op.tile(tensor(cx, x), c.repeats)),
  numpy("Repeat", ["x"], { repeats: intList(), axis: optional(int()) }, (cx, c, [given]) => {
    const x = c.axis === null ? flat(cx, tensor(cx, given)) : tensor(cx, given);
    const axis = axisOf(x, c.axis ?? 0);
    if (c.repeats.length === 1) return cx.op.repeat(x, axis, c.repeats[0]!);
    const length = lengthThere(x, axis);
    if (c.repeats.length !== length)
      fail("mismatch/shape", { path: "repeats", expected: `${length} numbers`, found: String(c.repeats.length) });
    if (c.repeats.some((times) => times < 0)) fail("malformed/config", { path: "repeats", expected: "0 or more" });
    const total = c.repeats.reduce((sum, times) => sum + times, 0);
    atMost("limit/size", total, MOST_REPEATED, "elements of one axis, repeated");
    const places = c.repeats.flatMap((times, i) => listOf(times, () => i));
    return cx.op.gather(x, cx.op.array(places, [places.length], "int32"), axis);
  }),
  numpy(
    "Pad",
    ["x", "constant_values"],
    { pad_width: required(json()), mode: choice(["constant", "reflect", "symmetric"], "constant") },
    (cx, c, [given, value]) => {
      const x = tensor(cx, given);
      const amounts = padAmounts(c.pad_width, x.shape.length);
      if (c.mode !== "constant") return mirrored(cx, x, amounts, c.mode as "reflect" | "symmetric");
      if (typeof value !== "number" && value !== null && value !== undefined)
        fail("unsupported/argument", { path: "constant_values", expected: "a number" });
      if (typeof value === "number" && (x.dtype === "bool" || (isInteger(x.dtype) && !Number.isInteger(value))))
        fail("unsupported/dtype", { path: "constant_values", expected: x.dtype, found: String(value) });
      return cx.op.pad(x, amounts, (value as number | null | undefined) ?? 0);
    },
  ),
];
