/**
 * What equals an operation of Keras 3 among TensorFlow's functions, a rule each: the mirror of `tensorflow-rules.ts`. TensorFlow
 * promotes nothing: where Keras 3 would, it is refused by name (`unsupported/translation`).
 */
import type { DType } from "../core/dtype.ts";
import { speltKey } from "../layers/call-args.ts";
import type { CallArg } from "../layers/define.ts";
import { ARRAY_FUNCTIONS } from "./function-array-rules.ts";
import { type FunctionCall, type FunctionRule, numbers, one, plain, whole } from "./operation-call.ts";
import { takesDType } from "./plain-dtypes.ts";
import { PLAIN_FUNCTIONS } from "./tensorflow-rules.ts";

const RULES = new Map<string, FunctionRule>();

/** By the class of the operation. */
export const FUNCTION_RULES: ReadonlyMap<string, FunctionRule> = RULES;

/** Other classes of the same. */
const SAME: Readonly<Record<string, string>> = { Absolute: "Abs", TrueDivide: "Divide" };

for (const [op, { fn, args: names }] of PLAIN_FUNCTIONS) {
  RULES.set(op, (o) => {
    const given = names.map((_, i) => o.given(i));
    const dtype = o.dtype(...given);
    if (takesDType(op, dtype as DType))
      return { fn, args: o.alike(...given).map((arg, i) => [names[i]!, arg] as const) };
    return o.refuse(`of ${dtype} it is another in TensorFlow`);
  });
  if (SAME[op] !== undefined) RULES.set(SAME[op], RULES.get(op)!);
}

for (const [op, name] of Object.entries({
  Sum: "sum",
  Mean: "mean",
  Max: "max",
  Min: "min",
  Prod: "prod",
  Any: "any",
  All: "all",
  Std: "std",
  Var: "variance",
  Logsumexp: "logsumexp",
}))
  // prettier-ignore
  RULES.set(op, (o) => {
    const x = o.given(0);
    if (op === "Any" || op === "All") {
      if (o.dtype(x) !== "bool") o.refuse("numbers as truth");
    } else if (op !== "Max" && op !== "Min") o.floats(x);
    if ((o.option("initial") ?? o.option("dtype")) !== null) o.refuse("a value to start with, or a dtype");
    return {
      fn: `math.reduce_${name}`,
      args: [["input_tensor", x], ["axis", plain(o.option("axis"))], ["keepdims", plain(o.option("keepdims") === true)]],
    }; // prettier-ignore
  });

for (const [op, fn] of [
  ["Softmax", "nn.softmax"],
  ["LogSoftmax", "nn.log_softmax"],
] as const)
  RULES.set(
    op,
    one(fn, "logits", (o) => ({ axis: whole(o, "axis") }), false),
  );
RULES.set(
  "LeakyRelu",
  one("nn.leaky_relu", "features", (o) => ({ alpha: whole(o, "negative_slope") }), false),
);
RULES.set(
  "Gelu",
  one("nn.gelu", "features", (o) => ({ approximate: o.option("approximate") === true }), false),
);
RULES.set(
  "Silu",
  one("nn.silu", "features", () => ({}), false),
);
RULES.set(
  "Clip",
  one("clip_by_value", "t", (o) => ({ clip_value_min: whole(o, "x_min"), clip_value_max: whole(o, "x_max") }), false),
);
RULES.set(
  "Cast",
  one("cast", "x", (o) => ({ dtype: o.option("dtype") })),
);
RULES.set(
  "Reshape",
  one("reshape", "tensor", (o) => ({ shape: numbers(o, "newshape") })),
);
RULES.set(
  "BroadcastTo",
  one("broadcast_to", "input", (o) => ({ shape: numbers(o, "shape") })),
);
RULES.set(
  "Transpose",
  one("transpose", "a", (o) => ({ perm: o.option("axes") })),
);
RULES.set(
  "ExpandDims",
  one("expand_dims", "input", (o) => ({ axis: whole(o, "axis") })),
);
RULES.set(
  "Squeeze",
  one("squeeze", "input", (o) => ({ axis: o.option("axis") })),
);
RULES.set("Flip", one("reverse", "tensor", (o, x) => {
  const axis = o.option("axis");
  return { axis: axis === null ? Array.from({ length: o.rank(x) }, (_, i) => i) : [axis].flat() };
})); // prettier-ignore
RULES.set("Tile", one("tile", "input", (o, x) => {
  const repeats = [o.option("repeats")].flat();
  return repeats.length === o.rank(x) ? { multiples: repeats } : o.refuse("a repeat for each axis");
})); // prettier-ignore
RULES.set(
  "Repeat",
  one("repeat", "input", (o) => ({ repeats: o.option("repeats"), axis: whole(o, "axis") })),
);
RULES.set(
  "Roll",
  one("roll", "input", (o) => ({ shift: o.option("shift"), axis: o.option("axis") ?? o.refuse("of all axes as one") })),
);
RULES.set(
  "Cumsum",
  one("math.cumsum", "x", (o) => ({ axis: whole(o, "axis") })),
);
// The least length stands under the root here, and beside it there.
RULES.set("Normalize", one("math.l2_normalize", "x", (o) => {
  if (o.option("order") !== 2) o.refuse("an order");
  return { axis: o.option("axis"), epsilon: ((o.option("epsilon") as number | null) ?? 1e-7) ** 2 };
}, false)); // prettier-ignore
RULES.set("Resize", one("image.resize", "images", (o) => {
  if (o.option("data_format") !== "channels_last") o.refuse("channels first");
  if (o.option("crop_to_aspect_ratio") === true || o.option("pad_to_aspect_ratio") === true) o.refuse("an aspect ratio");
  return { size: numbers(o, "size"), method: o.option("interpolation"), antialias: o.option("antialias") === true };
})); // prettier-ignore
RULES.set(
  "Round",
  one("math.round", "x", (o) => (o.option("decimals") === 0 ? {} : o.refuse("decimals")), false),
);
RULES.set(
  "ZerosLike",
  one("zeros_like", "input", (o) => ({ dtype: o.option("dtype") })),
);
RULES.set(
  "OnesLike",
  one("ones_like", "input", (o) => ({ dtype: o.option("dtype") })),
);
/** Dtypes that TensorFlow's `one_hot` takes; Keras 3 converts all others. Source: tensorflow/core/kernels/one_hot_op.cc. */
const INDICES: ReadonlySet<string> = new Set(["uint8", "int8", "int32", "int64"]);
RULES.set("OneHot", (o) => {
  const x = o.given(0);
  const cast: FunctionCall = { fn: "cast", args: [["x", x], ["dtype", plain("int64")]] }; // prettier-ignore
  const dtype = o.option("dtype") ?? "float32";
  // Without them TensorFlow takes 1 and 0, which it makes no truth values of.
  const flags: FunctionCall["args"] = dtype === "bool" ? [["on_value", plain(true)], ["off_value", plain(false)]] : []; // prettier-ignore
  return {
    fn: "one_hot",
    args: [
      ["indices", INDICES.has(o.dtype(x)) ? x : cast],
      ["depth", plain(whole(o, "num_classes"))],
      ...flags,
      ["axis", plain(whole(o, "axis"))],
      ["dtype", plain(dtype)],
    ],
  };
});
for (const [op, fn] of [
  ["Argmax", "math.argmax"],
  ["Argmin", "math.argmin"],
] as const)
  RULES.set(
    op,
    one(fn, "input", (o) =>
      o.option("keepdims") === true ? o.refuse("keepdims") : { axis: whole(o, "axis"), output_type: "int32" },
    ),
  );
for (const [op, low] of [
  ["Swapaxes", ["axis1", "axis2"]],
  ["Moveaxis", ["source", "destination"]],
] as const)
  RULES.set(op, one("transpose", "a", (o, x) => {
    const rank = o.rank(x);
    const [from, to] = low.map((name) => (whole(o, name) + rank) % rank) as [number, number];
    const perm = Array.from({ length: rank }, (_, i) => i);
    if (op === "Swapaxes") [perm[from], perm[to]] = [to, from];
    else perm.splice(to, 0, ...perm.splice(from, 1));
    return { perm };
  })); // prettier-ignore
for (const [op, fn] of [
  ["Concatenate", "concat"],
  ["Stack", "stack"],
] as const)
  RULES.set(op, (o) => {
    const xs = o.given(0);
    if (xs.kind !== "list") return o.refuse("a list of tensors");
    o.dtype(...xs.items);
    return { fn, args: [["values", xs], ["axis", plain(whole(o, "axis"))]] }; // prettier-ignore
  });
RULES.set("Matmul", (o) => {
  const [a, b] = [o.given(0), o.given(1)];
  o.floats(a, b);
  if (o.rank(a) < 2 || o.rank(b) < 2) o.refuse("a vector");
  return { fn: "linalg.matmul", args: [["a", a], ["b", b]] }; // prettier-ignore
});
RULES.set("Where", (o) => {
  const [condition, x, y] = [o.given(0), o.given(1), o.given(2)];
  if (o.dtype(condition) !== "bool") o.refuse("numbers as truth");
  const isNumber = (arg: CallArg): boolean => arg.kind === "json" && typeof arg.value === "number";
  const [a, b] = isNumber(x) && isNumber(y) ? [x, y] : (o.alike(x, y) as [CallArg, CallArg]);
  return { fn: "where", args: [["condition", condition], ["x", a], ["y", b]] }; // prettier-ignore
});
RULES.set("Pad", (o) => {
  const [x, value] = [o.given(0), o.arg(1)];
  const width = o.option("pad_width");
  const isPairs = Array.isArray(width) && width.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!isPairs || width.length !== o.rank(x)) return o.refuse("amounts for each axis");
  return {
    fn: "pad",
    args: [["tensor", x], ["paddings", plain(width)], ["mode", plain(String(o.option("mode")).toUpperCase())], ...(value === null ? [] : [["constant_values", value] as const])],
  }; // prettier-ignore
});
RULES.set("Split", (o) => {
  const cuts = numbers(o, "indices_or_sections");
  const sizes = [...cuts.map((place, i) => place - (cuts[i - 1] ?? 0)), -1];
  const pieces = o.isList("indices_or_sections") ? sizes : whole(o, "indices_or_sections");
  return { fn: "split", args: [["value", o.given(0)], ["num_or_size_splits", plain(pieces)], ["axis", plain(whole(o, "axis"))]] }; // prettier-ignore
});
RULES.set("Take", (o) => {
  const [x, at] = [o.given(0), o.given(1)];
  const indices =
    at.kind === "constant"
      ? at.values
      : (at.kind === "list" ? at.items : [at]).map((n) => (n.kind === "json" ? n.value : null));
  if (indices.some((n) => typeof n !== "number" || n < 0)) o.refuse("indices that may be below 0");
  return { fn: "gather", args: [["params", x], ["indices", at], ["axis", plain(whole(o, "axis"))]] }; // prettier-ignore
});
RULES.set("GetItem", (o) => {
  const [x, key] = [o.given(0), o.given(1)];
  const parts: CallArg = { kind: "list", items: key.kind === "list" ? key.items : [key] };
  return { fn: "__operators__.getitem", args: [["tensor", x], ["slice_spec", speltKey(parts, o.rank(x))]] }; // prettier-ignore
});
RULES.set("ExtractPatches", (o) => {
  const x = o.given(0);
  const pair = (value: unknown): readonly number[] => {
    const given: readonly unknown[] = [value].flat();
    const both = given.length === 1 ? [...given, ...given] : given;
    return both.length === 2 && o.rank(x) === 4 && o.option("data_format") === "channels_last"
      ? [1, ...(both as number[]), 1]
      : o.refuse("patches of another layout");
  };
  const sizes = pair(o.option("size"));
  const strides = o.option("strides");
  return {
    fn: "image.extract_patches",
    args: [
      ["images", x],
      ["sizes", plain(sizes)],
      ["strides", plain(strides === null ? sizes : pair(strides))],
      ["rates", plain(pair(o.option("dilation_rate")))],
      ["padding", plain(String(o.option("padding")).toUpperCase())],
    ],
  };
});
RULES.set(
  "Ravel",
  one("reshape", "tensor", () => ({ shape: [-1] })),
);
RULES.set(
  "Sort",
  one("sort", "values", (o) => ({ axis: whole(o, "axis") })),
);
RULES.set(
  "TopK",
  one("math.top_k", "input", (o) => ({ k: whole(o, "k"), sorted: o.option("sorted") }), false),
);
RULES.set(
  "Norm",
  one(
    "norm",
    "tensor",
    (o) =>
      o.option("ord") === null
        ? { axis: o.option("axis") === null ? null : whole(o, "axis"), keepdims: o.option("keepdims") === true }
        : o.refuse("an order"),
    false,
  ),
);
for (const [op, make] of ARRAY_FUNCTIONS) RULES.set(op, make);
