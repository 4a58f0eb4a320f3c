/** Updates put at places of rows, and rows put together in segments. */
import { isInteger } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { LEAST, MOST } from "../../../ops/dtypes.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { sizesOf } from "./operation.ts";
import { counted, counting, plus, productOfSizes } from "./sizes.ts";

export type ScatterReduction = "add" | "max" | "min" | "mul" | null;

/** Of fewer places beside updates every two are compared. */
const FEW = 2 ** 14;

/** x[K, M] moved on by `by` rows, before which `first` stands. */
function movedOn(cx: Context, x: Sym, k: number, by: number, first: Sym | number): Sym {
  const { op } = cx;
  const before = typeof first === "number" ? op.full([by], first, x.dtype) : first;
  return op.concat([before, op.slice(x, [{ axis: 0, start: 0, stop: k - by, step: 1 }])], 0);
}

/** As `scattered`, of many: the updates are ordered by their places, those of one place met two by two, four by four … */
function scatteredByOrder(
  cx: Context,
  x: Sym,
  places: Sym,
  updates: Sym,
  k: number,
  fn: "max" | "min" | "mul" | null,
): Sym {
  const { op } = cx;
  const n = cx.size(x, 0);
  const keys = op.sort(op.add(op.multiply(op.cast(places, "float64"), k), op.cast(op.iota(k, "int32"), "float64")), 0);
  const place = op.cast(op.floorDivide(keys, k), "int32");
  let y = op.gather(updates, op.cast(op.mod(keys, k), "int32"), 0);
  const meet = { max: op.maximum, min: op.minimum, mul: op.multiply };
  for (let by = 1; fn !== null && by < k; by *= 2) {
    const isSame = op.equal(place, movedOn(cx, place, k, by, -1));
    const first = op.slice(y, [{ axis: 0, start: 0, stop: by, step: 1 }]);
    y = op.where(op.expandDims(isSame, [1]), op.cast(meet[fn](movedOn(cx, y, k, by, first), y), y.dtype), y);
  }
  const next = op.concat([op.slice(place, [{ axis: 0, start: 1, stop: null, step: 1 }]), op.full([1], -1, "int32")], 0);
  const order = op.where(op.notEqual(place, next), op.add(op.iota(k, "int32"), 1), 0);
  const last = op.scatterAdd(place, order, 0, n);
  const found = op.gather(y, op.maximum(op.subtract(last, 1), 0), 0);
  const hit = op.expandDims(op.greater(last, 0), [1]);
  return op.where(hit, fn === null ? found : op.cast(meet[fn](x, found), x.dtype), x);
}

/** What there is of x, with updates at places of its first axis: x[N, M], updates[K, M]. */
export function scattered(cx: Context, x: Sym, places: Sym, updates: Sym, reduction: ScatterReduction): Sym {
  const { op } = cx;
  const [n, k] = [cx.size(x, 0), cx.size(places, 0)];
  if (reduction === "add") return op.add(x, op.cast(op.scatterAdd(places, updates, 0, n), x.dtype));
  if (typeof n === "number" && typeof k === "number" && n * k > FEW)
    return scatteredByOrder(cx, x, places, updates, k, reduction);
  if (reduction === null) {
    // Of several updates of a place the last one stays.
    const order = op.add(op.iota(cx.size(places, 0), "int32"), 1);
    const hit = op.equal(op.expandDims(places, [0]), counting(cx, n, 0, 2));
    const last = op.max(op.where(hit, order, 0), [1], false, true);
    const chosen = op.gather(updates, op.maximum(op.subtract(last, 1), 0), 0);
    // An index outside is refused by what gathers with it.
    const checked = op.multiply(op.sum(op.gather(op.iota(n, "int32"), places, 0)), 0);
    return op.where(op.expandDims(op.greater(op.add(last, checked), 0), [1]), chosen, x);
  }
  const hit = op.expandDims(op.equal(op.expandDims(places, [0]), counting(cx, n, 0, 2)), [2]);
  const checked = op.cast(op.multiply(op.sum(op.gather(op.iota(n, "int32"), places, 0)), 0), x.dtype);
  const each = op.expandDims(op.add(updates, checked), [0]);
  const base = op.expandDims(x, [1]);
  if (reduction === "mul") return op.multiply(x, op.cast(op.prod(op.where(hit, each, 1), [1]), x.dtype));
  return op[reduction](op.concat([base, op.where(hit, each, base)], 1), [1]);
}

/**
 * For each of `n` segments and one more the largest of all rows: what the smallest begins with in dtypes whose largest number no
 * engine holds. A segment of nothing, which would get that, is refused by what gathers with it.
 */
function largest(cx: Context, rows: Sym, ids: Sym, n: Size): Sym {
  const { op } = cx;
  const found = op.any(op.equal(op.expandDims(ids, [0]), counting(cx, n, 0, 2)), [1]);
  const checked = op.gather(op.array([0], [1], "int32"), op.cast(op.logicalNot(found), "int32"), 0);
  const start = op.add(op.max(rows, [0], true), op.cast(op.sum(checked), rows.dtype));
  return op.broadcastTo(start, [plus(n, 1), cx.size(rows, 1)]);
}

export type SegmentFn = "sum" | "prod" | "max" | "min";

/** Of the rows of x[K, …] that have one of `n` ids[K] their sum, product, largest or smallest; ids below 0 are left out. */
export function segmented(cx: Context, fn: SegmentFn, x: Sym, given: Sym, n: Size): Sym {
  const { op } = cx;
  if (!isInteger(given.dtype)) fail("unsupported/dtype", { expected: "integers", found: given.dtype });
  if (typeof n === "number" && n < 1)
    fail("malformed/config", { path: "num_segments", expected: "1 or more", found: String(n) });
  const ids = op.cast(given, "int32");
  if (ids.shape.length !== 1) fail("mismatch/rank", { expected: "1 axis", found: String(ids.shape.length) });
  // Those left out fall into one more segment, which is dropped.
  const places = op.where(op.less(ids, 0), typeof n === "number" ? n : counted(cx, n), ids);
  const width = sizesOf(cx, x).slice(1);
  const rows = op.reshape(x, [cx.size(x, 0), productOfSizes(width)]);
  const start = fn === "sum" ? 0 : fn === "prod" ? 1 : fn === "max" ? LEAST[x.dtype] : MOST[x.dtype];
  const empty =
    start === undefined ? largest(cx, rows, ids, n) : op.full([plus(n, 1), cx.size(rows, 1)], start, x.dtype);
  const reduction = ({ sum: "add", prod: "mul", max: "max", min: "min" } as const)[fn];
  const y = op.slice(scattered(cx, empty, places, rows, reduction), [{ axis: 0, start: 0, stop: n, step: 1 }]);
  return op.reshape(y, [n, ...width]);
}
