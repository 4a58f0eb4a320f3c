/** Elements by place or by condition, and tensors made from nothing. Source: keras/src/ops/numpy.py, nn.py, core.py. */
import { fail } from "../../core/error.ts";
import { type DType, isDType } from "../../core/dtype.ts";
import type { SliceRange } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { bool, int, optionalInt, text } from "../fields.ts";
import { isSymArg } from "../shared/args.ts";
import { axisOf, flat, inModule, operand, sizesOf, tensor } from "../shared/operation.ts";

const numpy = inModule("numpy");
const core = inModule("core");

const record = (arg: Arg): { readonly [key: string]: Arg } | null =>
  typeof arg === "object" && arg !== null && !Array.isArray(arg) && !isSymArg(arg)
    ? (arg as { readonly [key: string]: Arg })
    : null;

const bound = (arg: Arg | undefined): number | null => {
  if (arg === null || arg === undefined) return null;
  return typeof arg === "number" ? arg : fail("unsupported/slice", { expected: "numbers as bounds" });
};

/** x[key]: whole numbers, slices, an ellipsis, None, one tensor of whole numbers. */
function getItem(cx: Context, x: Sym, key: readonly Arg[]): Sym {
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
      const [start, stop, step] = slice.map(bound);
      ranges.push({ axis: axis++, start: start ?? null, stop: stop ?? null, step: step ?? 1 });
      out++;
    } else if (picked === null && gone.length + added.length === 0 && isSymArg(item) && item.dtype !== "bool") {
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
function fromStart(cx: Context, table: Sym, indices: Sym, axis: number): Sym {
  const { op } = cx;
  const length = table.shape[axis] ?? null;
  return length === null ? indices : op.where(op.less(indices, 0), op.add(indices, length), indices);
}

const dtypeOf = (name: string | null, otherwise: DType): DType => {
  if (name === null) return otherwise;
  return isDType(name) ? name : fail("unsupported/dtype", { found: name });
};

const filled = (name: string, value: number): AnyDef =>
  numpy(name, ["x"], { dtype: text() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.full(sizesOf(cx, x), value, dtypeOf(c.dtype, x.dtype));
  });

const same = (name: string): AnyDef =>
  core(name, [name === "StopGradient" ? "variable" : "x"], {}, (cx, _c, [x]) => tensor(cx, x));

/** What lies above or below a diagonal of the last two axes becomes 0. */
const triangle = (name: string, lower: boolean): AnyDef =>
  numpy(name, ["x"], { k: int({ min: -0x7fffffff, default: 0 }) }, (cx, c, [given]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    const row = op.expandDims(op.iota(cx.size(x, -2), "int32"), [1]);
    const column = op.expandDims(op.iota(cx.size(x, -1), "int32"), [0]);
    const reach = op.add(row, c.k);
    return op.where(lower ? op.lessEqual(column, reach) : op.greaterEqual(column, reach), x, 0);
  });

export const indexingOperations: readonly AnyDef[] = [
  numpy("GetItem", ["x", "key"], {}, (cx, _c, [x, key]) =>
    getItem(cx, tensor(cx, x), Array.isArray(key) ? (key as readonly Arg[]) : [key ?? null]),
  ),
  numpy("Take", ["x", "indices"], { axis: optionalInt() }, (cx, c, [given, indices]) => {
    const x = c.axis === null ? flat(cx, tensor(cx, given)) : tensor(cx, given);
    const axis = axisOf(x, c.axis ?? 0);
    const wanted = typeof indices === "number" ? cx.op.constant(indices, "int32") : tensor(cx, indices);
    return cx.op.gather(x, fromStart(cx, x, wanted, axis), axis);
  }),
  numpy("Where", ["condition", "x1", "x2"], {}, (cx, _c, [condition, a, b]) => {
    if (a === null || b === null) return fail("unsupported/where", { expected: "both x1 and x2" });
    return cx.op.where(tensor(cx, condition), operand(cx, a), operand(cx, b));
  }),
  inModule("nn")(
    "OneHot",
    ["x"],
    { num_classes: int({ min: 1 }), axis: int({ min: -32, default: -1 }), dtype: text(), sparse: bool(false) },
    (cx, c, [given]) => {
      const { op } = cx;
      const x = tensor(cx, given);
      const axis = c.axis < 0 ? c.axis + x.shape.length + 1 : c.axis;
      const classes = op.reshape(
        op.iota(c.num_classes, "int32"),
        Array.from({ length: x.shape.length + 1 }, (_, i) => (i === axis ? c.num_classes : 1)),
      );
      return op.cast(op.equal(op.expandDims(op.cast(x, "int32"), [axis]), classes), dtypeOf(c.dtype, "float32"));
    },
  ),
  triangle("Tril", true),
  triangle("Triu", false),
  filled("ZerosLike", 0),
  filled("OnesLike", 1),
  numpy("FullLike", ["x", "fill_value"], { dtype: text() }, (cx, c, [given, value]) => {
    const x = tensor(cx, given);
    if (typeof value !== "number") return fail("unsupported/argument", { path: "fill_value", expected: "a number" });
    return cx.op.full(sizesOf(cx, x), value, dtypeOf(c.dtype, x.dtype));
  }),
  core("Cast", ["x"], { dtype: text() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.cast(x, dtypeOf(c.dtype, x.dtype));
  }),
  core("ConvertToTensor", ["x"], { dtype: text() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.cast(x, dtypeOf(c.dtype, x.dtype));
  }),
  same("StopGradient"),
];
