/** Values put or gathered up at places. Source: keras/src/backend/tensorflow/core.py, math.py, keras/src/ops/einops.py. */
import { fail } from "../../core/error.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { bool, int, intList, optional, required, text } from "../fields.ts";
import { isSym } from "../common/args.ts";
import { inModule, sizesOf, tensor } from "./shared/operation.ts";
import { placesIn } from "./shared/places.ts";
import { type ScatterReduction, scattered, segmented } from "./shared/segments.ts";
import { productOfSizes, times } from "./shared/sizes.ts";

const core = inModule("core");
const math = inModule("math");

function scatterUpdate(cx: Context, x: Sym, indices: Sym, updates: Sym, reduction: ScatterReduction): Sym {
  const { places, count, rest } = placesIn(cx, sizesOf(cx, x), indices);
  const width = productOfSizes(rest);
  const table = cx.op.reshape(x, [count, width]);
  const values = cx.op.reshape(cx.op.cast(updates, x.dtype), [cx.size(places, 0), width]);
  return cx.op.reshape(scattered(cx, table, places, values, reduction), sizesOf(cx, x));
}

/** Of the rows of each segment their sum, product, largest or smallest; ids below 0 are left out. */
const segments = (name: string, fn: "sum" | "prod" | "max" | "min"): AnyDef =>
  math(
    name,
    ["data", "segment_ids"],
    { num_segments: optional(int({ min: 1 })), sorted: bool(false) },
    (cx, c, [a, b]) => {
      if (c.sorted && c.num_segments !== null) fail("unsupported/argument", { found: "num_segments beside sorted" });
      if (c.num_segments === null)
        return fail("unsupported/free-length", {
          message: "the length depends on the values",
          expected: "num_segments",
        });
      return segmented(cx, fn, tensor(cx, a), tensor(cx, b), c.num_segments);
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
      return scatterUpdate(cx, tensor(cx, x), tensor(cx, at), tensor(cx, updates), reduction as ScatterReduction);
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
