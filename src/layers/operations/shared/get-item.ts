/** Indexing with Python's keys: whole numbers, slices, an ellipsis, None. Source: keras/src/ops/numpy.py (`GetItem`). */
import { fail } from "../../../core/error.ts";
import type { SliceRange } from "../../../ops/attributes.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isSym } from "../../common/args.ts";
import { knownSizes } from "./known-sizes.ts";
import { counted } from "./sizes.ts";

const record = (arg: Arg): { readonly [key: string]: Arg } | null =>
  typeof arg === "object" && arg !== null && !Array.isArray(arg) && !isSym(arg)
    ? (arg as { readonly [key: string]: Arg })
    : null;

const bound = (cx: Context, arg: Arg | undefined): Size | null => {
  if (arg === null || arg === undefined) return null;
  const sizes = knownSizes(cx, arg);
  return sizes?.length === 1 ? sizes[0]! : fail("unsupported/slice", { expected: "numbers and lengths as bounds" });
};

/** x[key]: whole numbers, slices, an ellipsis, None, one tensor of whole numbers. */
export function getItem(cx: Context, x: Sym, key: readonly Arg[]): Sym {
  const { op } = cx;
  const isEllipsis = (item: Arg): boolean => record(item)?.["ellipsis"] === true;
  const named = key.filter((item) => item !== null && !isEllipsis(item)).length;
  if (named > x.shape.length)
    fail("mismatch/rank", { expected: `at least ${named} axes`, found: String(x.shape.length) });
  const ranges: SliceRange[] = [];
  const gone: number[] = [];
  const added: number[] = [];
  let picked: { axis: number; indices: Sym } | null = null;
  let axis = 0;
  let out = 0;
  for (const item of key) {
    const slice = record(item)?.["slice"] as readonly Arg[] | undefined;
    if (item === null) added.push(out++);
    else if (isEllipsis(item)) {
      axis += x.shape.length - named;
      out += x.shape.length - named;
    } else if (typeof item === "number") {
      ranges.push({ axis, start: item, stop: item === -1 ? null : item + 1, step: 1 });
      gone.push(axis++);
    } else if (slice !== undefined) {
      const [start, stop, step] = slice.map((arg) => bound(cx, arg));
      if (typeof (step ?? 1) !== "number") fail("unsupported/slice", { expected: "a number as step" });
      ranges.push({ axis: axis++, start: start ?? null, stop: stop ?? null, step: (step ?? 1) as number });
      out++;
    } else if (picked === null && gone.length + added.length === 0 && isSym(item) && item.dtype !== "bool") {
      picked = { axis: axis++, indices: item };
      out += item.shape.length;
    } else fail("unsupported/index", { expected: "numbers, slices, None, ... or one tensor of whole numbers" });
  }
  for (const { axis: at, start } of ranges.filter((r) => gone.includes(r.axis))) {
    const length = x.shape[at] ?? null;
    const i = start as number;
    if (length !== null && (i >= length || i < -length))
      fail("mismatch/range", { expected: `an index within ${length}`, found: String(i) });
  }
  const cut = ranges.length === 0 ? x : op.slice(x, ranges);
  const chosen: Sym =
    picked === null ? cut : op.gather(cut, fromStart(cx, cut, picked.indices, picked.axis), picked.axis);
  const after = picked === null ? 0 : picked.indices.shape.length - 1;
  const lost = gone.map((a) => (picked !== null && a > picked.axis ? a + after : a));
  const squeezed = lost.length === 0 ? chosen : op.squeeze(chosen, lost);
  return added.length === 0 ? squeezed : op.expandDims(squeezed, added);
}

/** Negative indices counted from the end. */
export function fromStart(cx: Context, table: Sym, indices: Sym, axis: number): Sym {
  const { op } = cx;
  const length = op.cast(counted(cx, cx.size(table, axis)), indices.dtype);
  return op.where(op.less(indices, 0), op.add(indices, length), indices);
}
