/** Functions of TensorFlow: of texts. Source: tensorflow/python/ops/string_ops.py. */
import type { DType } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import type { TextFunction, TextOptions } from "../../../ops/attributes.ts";
import { broadcast } from "../../../ops/shapes.ts";
import { patternOf } from "../../../ops/text/pattern.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isSym, untyped } from "../../common/args.ts";
import { sizesOf } from "./operation.ts";
import { type TfArgs, type TfRun, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();

const needText = (x: Sym): Sym =>
  x.dtype === "string" ? x : fail("unsupported/dtype", { expected: "texts", found: x.dtype });

/** A function of each text; its result has the shape of the text's tensor. */
function each(cx: Context, x: Sym, fn: TextFunction, options: TextOptions, dtype: DType = "string"): Sym {
  return cx.op.text([needText(x)], { fn, options, shape: sizesOf(cx, x), dtype });
}

const cased = (fn: "lower" | "upper"): void =>
  table.both(`strings.${fn}`, 'input, encoding=""', (cx, a) => {
    const encoding = a.text("encoding") ?? "";
    if (encoding !== "" && encoding !== "utf-8") fail("unsupported/argument", { message: "encoding", found: encoding });
    return each(cx, a.tensor("input"), fn, { encoding });
  });
cased("lower");
cased("upper");
table.only("strings.strip compat.v1.strings.strip compat.v1.string_strip", "input", (cx, a) => each(cx, a.tensor("input"), "strip", {})); // prettier-ignore

const UNITS = ["BYTE", "UTF8_CHAR"];
const unitOf = (a: TfArgs): string => {
  const unit = a.text("unit") ?? "BYTE";
  return UNITS.includes(unit)
    ? unit
    : fail("unsupported/argument", { message: "unit", expected: UNITS.join(", "), found: unit });
};
table.both("strings.length", 'input, unit="BYTE"', (cx, a) => each(cx, a.tensor("input"), "length", { unit: unitOf(a) }, "int32")); // prettier-ignore
table.only("strings.substr compat.v1.strings.substr", 'input, pos, len, unit="BYTE"', (cx, a) =>
  each(cx, a.tensor("input"), "part", { pos: a.number("pos")!, len: a.number("len")!, unit: unitOf(a) }),
);
/** Refused where the model is made, not where it runs. */
function patternIn(a: TfArgs, isWhole: boolean): string {
  const pattern = a.text("pattern")!;
  patternOf(pattern, isWhole);
  return pattern;
}
table.only(
  "strings.regex_replace compat.v1.strings.regex_replace compat.v1.regex_replace",
  "input, pattern, rewrite, replace_global=true",
  (cx, a) => {
    const given = a.text("rewrite")!;
    const rewrite = given.replace(/\\(.?)/gs, (_, next) =>
      next === "\\" ? next : fail("unsupported/argument", { message: "rewrite", expected: "no groups", found: given }),
    );
    const options = { pattern: patternIn(a, false), rewrite, first: !a.flag("replace_global") };
    return each(cx, a.tensor("input"), "replace", options);
  },
);
table.both("strings.regex_full_match", "input, pattern", (cx, a) =>
  each(cx, a.tensor("input"), "matches", { pattern: patternIn(a, true) }, "bool"),
);

/** The length of an axis, counted from the last, that no shape tells: that of the first tensor whose own is not told. */
function sizeAt(cx: Context, tensors: readonly Sym[], axis: number): Size {
  const one = tensors.find(({ shape }) => shape.at(axis) === null && shape.length >= -axis)!;
  return cx.size(one, one.shape.length + axis);
}

/** Tensors that are broadcast, and single texts, those between them. */
export function joined(cx: Context, list: readonly Arg[], separator: string): Sym {
  const tensors: Sym[] = [];
  const parts = list.map((arg) => {
    const value = untyped(arg);
    if (typeof value === "string") return value;
    if (!isSym(value)) return fail("unsupported/argument", { message: "inputs", expected: "texts" });
    return tensors.push(needText(value)) - 1;
  });
  if (tensors.length === 0) fail("unsupported/argument", { message: "inputs", expected: "a tensor among them" });
  const shape = broadcast("text", tensors.map((x) => x.shape)); // prettier-ignore
  return cx.op.text(tensors, {
    fn: "join",
    options: { parts, separator },
    shape: shape.map((n, axis) => n ?? sizeAt(cx, tensors, axis - shape.length)),
    dtype: "string",
  });
}
table.only("strings.join compat.v1.strings.join compat.v1.string_join", 'inputs, separator=""', (cx, a) => {
  const inputs = a.arg("inputs");
  return joined(cx, Array.isArray(inputs) ? (inputs as readonly Arg[]) : [inputs], a.text("separator") ?? "");
});

const joinedAlong: TfRun = (cx, a) => {
  const { op } = cx;
  const x = needText(a.tensor("inputs"));
  const sizes = sizesOf(cx, x);
  const given = a.numbers(a.has("reduction_indices") ? "reduction_indices" : "axis");
  if (given !== null && given.length !== 1) fail("unsupported/argument", { message: "axis", expected: "one axis, or all" }); // prettier-ignore
  const last = sizes.length - 1;
  const axis = given === null ? last : (given[0]! + sizes.length) % sizes.length;
  const rest: readonly Size[] = given === null ? [] : sizes.filter((_, i) => i !== axis);
  const lines = given === null ? op.reshape(x, [-1]) : axis === last ? x : op.transpose(x, [...sizes.keys()].filter((i) => i !== axis).concat(axis)); // prettier-ignore
  const y = op.text([lines], {
    fn: "joinAlong",
    options: { separator: a.text("separator") ?? "" },
    shape: rest,
    dtype: "string",
  });
  if (!a.flag(a.has("keep_dims") ? "keep_dims" : "keepdims")) return y;
  return op.reshape(y, sizes.map((n, i) => (given === null || i === axis ? 1 : n))); // prettier-ignore
};
table.only("strings.reduce_join", 'inputs, axis=null, keepdims=false, separator=""', joinedAlong);
const OLDER = 'inputs, axis=null, keep_dims=null, separator="", reduction_indices=null, keepdims=null';
table.only("compat.v1.strings.reduce_join compat.v1.reduce_join", OLDER, joinedAlong);

const TO: readonly string[] = ["float32", "float64", "int32", "int64"];
const numbers: TfRun = (cx, a) => {
  const to = a.dtype("out_type", "float32");
  if (!TO.includes(to)) fail("unsupported/dtype", { expected: TO.join(", "), found: to });
  return each(cx, a.tensor(a.has("string_tensor") ? "string_tensor" : "input"), "numbers", { to }, to);
};
table.only("strings.to_number", 'input, out_type="float32"', numbers);
table.only("compat.v1.strings.to_number compat.v1.string_to_number", 'string_tensor=null, out_type="float32", input=null', numbers); // prettier-ignore
const WHOLE: readonly DType[] = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"];
table.both(
  "strings.as_string as_string compat.v1.dtypes.as_string",
  'input, precision=-1, scientific=false, shortest=false, width=-1, fill=""',
  (cx, a) => {
    const x = a.tensor("input");
    if (!WHOLE.includes(x.dtype)) fail("unsupported/dtype", { expected: WHOLE.join(", "), found: x.dtype });
    return cx.op.text([x], { fn: "written", options: {}, shape: sizesOf(cx, x), dtype: "string" });
  },
);

const hashed = (cx: Context, a: TfArgs, key: readonly number[] | null): Sym => {
  const bins = a.number("num_buckets")!;
  if (!Number.isInteger(bins) || bins < 1)
    fail("malformed/config", { path: "num_buckets", expected: "a whole number from 1", found: String(bins) });
  return each(cx, a.tensor("input"), "hash", { bins, mask: null, key }, "int64");
};
table.only("strings.to_hash_bucket_fast compat.v1.strings.to_hash_bucket_fast compat.v1.string_to_hash_bucket_fast", "input, num_buckets", (cx, a) =>
  hashed(cx, a, null),
); // prettier-ignore
table.only("strings.to_hash_bucket_strong compat.v1.strings.to_hash_bucket_strong compat.v1.string_to_hash_bucket_strong", "input, num_buckets, key", (cx, a) =>
  hashed(cx, a, a.numbers("key")),
); // prettier-ignore

/** By public name. */
export const TENSORFLOW_TEXTS: TfTable = table;
