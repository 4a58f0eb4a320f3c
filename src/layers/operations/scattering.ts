/** Values put or gathered up at places. Source: keras/src/backend/tensorflow/core.py, math.py, keras/src/ops/einops.py. */
import { isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { LEAST, MOST } from "../../ops/dtypes.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { bool, int, intList, optional, required, text } from "../fields.ts";
import { isSym } from "../common/args.ts";
import { inModule, sizesOf, tensor } from "./shared/operation.ts";
import { placesIn } from "./shared/places.ts";
import { counting, productOfSizes, times } from "./shared/sizes.ts";

const core = inModule("core");
const math = inModule("math");

type Reduction = "add" | "max" | "min" | "mul" | null;

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
function scattered(cx: Context, x: Sym, places: Sym, updates: Sym, reduction: Reduction): Sym {
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

function scatterUpdate(cx: Context, x: Sym, indices: Sym, updates: Sym, reduction: Reduction): Sym {
  const { places, count, rest } = placesIn(cx, sizesOf(cx, x), indices);
  const width = productOfSizes(rest);
  const table = cx.op.reshape(x, [count, width]);
  const values = cx.op.reshape(cx.op.cast(updates, x.dtype), [cx.size(places, 0), width]);
  return cx.op.reshape(scattered(cx, table, places, values, reduction), sizesOf(cx, x));
}

/**
 * For each of `n` segments and one more the largest of all rows: what the smallest begins with in dtypes whose largest number no
 * engine holds. A segment of nothing, which would get that, is refused by what gathers with it.
 */
function largest(cx: Context, rows: Sym, ids: Sym, n: number): Sym {
  const { op } = cx;
  const found = op.any(op.equal(op.expandDims(ids, [0]), counting(cx, n, 0, 2)), [1]);
  const checked = op.gather(op.array([0], [1], "int32"), op.cast(op.logicalNot(found), "int32"), 0);
  const start = op.add(op.max(rows, [0], true), op.cast(op.sum(checked), rows.dtype));
  return op.broadcastTo(start, [n + 1, cx.size(rows, 1)]);
}

/** Of the rows of each segment their sum, product, largest or smallest; ids below 0 are left out. */
const segments = (name: string, fn: "sum" | "prod" | "max" | "min"): AnyDef =>
  math(
    name,
    ["data", "segment_ids"],
    { num_segments: optional(int({ min: 1 })), sorted: bool(false) },
    (cx, c, [a, b]) => {
      const { op } = cx;
      const [x, given] = [tensor(cx, a), tensor(cx, b)];
      if (!isInteger(given.dtype)) fail("unsupported/dtype", { expected: "integers", found: given.dtype });
      const ids = op.cast(given, "int32");
      if (c.sorted && c.num_segments !== null) fail("unsupported/argument", { found: "num_segments beside sorted" });
      if (c.num_segments === null)
        return fail("unsupported/free-length", {
          message: "the length depends on the values",
          expected: "num_segments",
        });
      const n = c.num_segments;
      if (ids.shape.length !== 1) fail("mismatch/rank", { expected: "1 axis", found: String(ids.shape.length) });
      // Those left out fall into one more segment, which is dropped.
      const places = op.where(op.less(ids, 0), n, ids);
      const rows = op.reshape(x, [cx.size(x, 0), productOfSizes(sizesOf(cx, x).slice(1))]);
      const start = fn === "sum" ? 0 : fn === "prod" ? 1 : fn === "max" ? LEAST[x.dtype] : MOST[x.dtype];
      const empty =
        start === undefined ? largest(cx, rows, ids, n) : op.full([n + 1, cx.size(rows, 1)], start, x.dtype);
      const reduction = ({ sum: "add", prod: "mul", max: "max", min: "min" } as const)[fn];
      const y = op.slice(scattered(cx, empty, places, rows, reduction), [{ axis: 0, start: 0, stop: n, step: 1 }]);
      return op.reshape(y, [n, ...sizesOf(cx, x).slice(1)]);
    },
  );

const tokens = (pattern: string): readonly (readonly string[])[] =>
  (pattern.match(/\w+|\(.*?\)/g) ?? []).map((token) => token.match(/\w+/g) ?? []);

/** einops' pattern: axes named, split and joined by parentheses. Keras looks for names only, so that `...` stands for axes of length 1, the last ones. */
function rearranged(cx: Context, x: Sym, pattern: string, given: Readonly<Record<string, Arg>>): Sym {
  const { op } = cx;
  const [left, right, more] = pattern.split("->").map((part) => tokens(part));
  if (left === undefined || right === undefined || more !== undefined || left.length > x.shape.length || x.shape.slice(left.length).some((n) => n !== 1 && n !== null))
    return fail("malformed/config", { path: "pattern", expected: `the names of ${x.shape.length} axes -> others`, found: pattern }); // prettier-ignore
  const lengths = new Map<string, Size>();
  for (const [name, value] of Object.entries(given)) if (typeof value === "number") lengths.set(name, value);
  left.forEach((group, axis) => {
    const free = group.filter((name) => group.length === 1 || !lengths.has(name));
    if (free.length > 1) fail("malformed/config", { path: "pattern", expected: "the lengths of all axes but one" });
    const known = group
      .filter((name) => !free.includes(name))
      .reduce((n, name) => n * (lengths.get(name) as number), 1);
    const whole = cx.size(x, axis);
    const part: Size = known === 1 ? whole : typeof whole === "number" ? Math.floor(whole / known) : { fn: "div", a: whole, b: known }; // prettier-ignore
    if (free.length === 1) lengths.set(free[0]!, part);
  });
  const names = left.flat();
  const perm = right.flat().map((name) => names.indexOf(name));
  if (perm.length !== names.length || perm.includes(-1))
    fail("malformed/config", { path: "pattern", expected: "the same names on both sides", found: pattern });
  const apart = op.reshape(x, names.map((name) => lengths.get(name)!)); // prettier-ignore
  const joined = right.map((group) => group.reduce<Size>((n, name) => times(n, lengths.get(name)!), 1));
  return op.reshape(op.transpose(apart, perm), joined);
}

export const scatteringOperations: readonly AnyDef[] = [
  core("Scatter", ["indices", "values"], { shape: required(intList()) }, (cx, c, [at, given]) => {
    const { op } = cx;
    const values = tensor(cx, given);
    // Of bools a sum is whether there is one.
    const added = values.dtype === "bool" ? op.cast(values, "int32") : values;
    const y = scatterUpdate(cx, op.full(c.shape, 0, added.dtype), tensor(cx, at), added, "add");
    return op.cast(y, values.dtype);
  }),
  core(
    "ScatterUpdate",
    ["inputs", "indices", "updates"],
    { reduction: optional(text()) },
    (cx, c, [x, at, updates]) => {
      const reduction = [null, "add", "max", "min", "mul"].find((name) => name === c.reduction);
      if (reduction === undefined) return fail("malformed/config", { path: "reduction", found: String(c.reduction) });
      return scatterUpdate(cx, tensor(cx, x), tensor(cx, at), tensor(cx, updates), reduction as Reduction);
    },
  ),
  segments("SegmentSum", "sum"),
  segments("SegmentProd", "prod"),
  segments("SegmentMax", "max"),
  segments("SegmentMin", "min"),
  inModule("einops")("Rearrange", ["tensor", "pattern", "**axes_lengths"], {}, (cx, _c, [x, pattern, lengths]) => {
    if (typeof pattern !== "string") return fail("malformed/config", { path: "pattern", expected: "text" });
    const named = lengths !== null && typeof lengths === "object" && !isSym(lengths) && !Array.isArray(lengths);
    return rearranged(cx, tensor(cx, x), pattern, named ? (lengths as Readonly<Record<string, Arg>>) : {});
  }),
];
