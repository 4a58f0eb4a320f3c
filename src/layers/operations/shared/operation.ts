/** How operations of Keras 3 are declared, and how they read their arguments. */
import { type DType, isDType, isFloat } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import { type AnyDef, type Arg, type Context, operation } from "../../define.ts";
import type { Config, Fields } from "../../fields.ts";
import { isSym } from "../../common/args.ts";
import { passedUnchanged } from "../../common/masks.ts";

/** The arguments of a call, by place. */
export type Args = readonly Arg[];

/** What an operation computes: `c` are its options, `a` its arguments by place. */
export type Run<F extends Fields> = (cx: Context, c: Config<F>, a: Args) => Sym | readonly Sym[];

const declared = new Map<string, Run<Fields>>();

/** What is true of an operation beside what it computes. */
export interface Traits {
  /** See `pointwise` of a class. */
  readonly pointwise?: true;
  /** It gives the very tensor it got where there is nothing to do, as Keras's does on TensorFlow. */
  readonly handsOn?: true;
}

export const POINTWISE = { pointwise: true } as const;
export const HANDS_ON = { handsOn: true } as const;

/** Declares operations of one module of `keras.src.ops`. */
export const inModule =
  (module: string) =>
  <F extends Fields>(
    name: string,
    args: readonly string[],
    config: F,
    run: Run<F>,
    { pointwise, handsOn }: Traits = {},
  ): AnyDef => {
    declared.set(name, run as unknown as Run<Fields>);
    return operation<F>({
      class: name,
      module: `keras.src.ops.${module}`,
      args,
      config,
      ...(pointwise && { calls: { pointwise } }),
      ...(handsOn && { mask: passedUnchanged }),
      forward: (cx, c, _w, _x, kw) => run(cx, c, (kw["$args"] ?? []) as Args),
    }) as unknown as AnyDef;
  };

/** What an operation of Keras 3, by its class, makes of arguments by place; `options` are all that it reads. */
export const operate = (
  cx: Context,
  name: string,
  args: Args,
  options: Readonly<Record<string, unknown>> = {},
): Sym | readonly Sym[] => declared.get(name)!(cx, options as Config<Fields>, args);

/** A number of Python, and whether it is an integer there. */
export function numberOf(arg: Arg | undefined): { readonly value: number; readonly whole: boolean } | undefined {
  if (typeof arg === "number") return { value: arg, whole: Number.isInteger(arg) };
  const value = arg !== null && typeof arg === "object" && "float" in arg ? arg.float : undefined;
  return typeof value === "number" ? { value, whole: false } : undefined;
}

/** What stands in nested lists of equal lengths, and their shape; null where something else does. */
export function flatItems<T>(arg: Arg, itemOf: (arg: Arg) => T | undefined): { items: T[]; shape: number[] } | null {
  const item = itemOf(arg);
  if (item !== undefined) return { items: [item], shape: [] };
  if (!Array.isArray(arg)) return null;
  const parts = (arg as readonly Arg[]).map((part) => flatItems(part, itemOf));
  const [first] = parts;
  if (!parts.every((p) => p !== null && p.shape.join() === first!.shape.join())) return null;
  return { items: parts.flatMap((p) => p!.items), shape: [parts.length, ...(first?.shape ?? [])] };
}

/** Numbers in nested lists, their shape, and whether all are integers. */
export function flatNumbers(arg: Arg): { values: number[]; shape: number[]; whole: boolean } | null {
  const flat = flatItems(arg, (item) =>
    typeof item === "boolean" ? { value: Number(item), whole: true } : numberOf(item),
  );
  if (flat === null) return null;
  return {
    values: flat.items.map(({ value }) => value),
    shape: flat.shape,
    whole: flat.items.every(({ whole }) => whole),
  };
}

/** A tensor. Lists of numbers become constants. */
export function tensor(cx: Context, arg: Arg | undefined): Sym {
  if (isSym(arg)) return arg;
  const flat = arg === undefined || arg === null ? null : flatNumbers(arg);
  if (flat === null) return fail("unsupported/argument", { expected: "a tensor" });
  const dtype: DType = typeof arg === "boolean" ? "bool" : flat.whole && flat.shape.length > 0 ? "int32" : "float32";
  return cx.op.array(flat.values, flat.shape, dtype);
}

/** A tensor, or a number that takes the dtype of what stands beside it. */
export function operand(cx: Context, arg: Arg | undefined): Sym | number {
  return typeof arg === "number" ? arg : tensor(cx, arg);
}

/** The same operation, told Python's type of the numbers among its arguments: `{ float: 2 }` is 2.0. */
export const typedNumbers = (def: AnyDef): AnyDef =>
  ({ ...def, calls: { ...def.calls, typedNumbers: true } }) as unknown as AnyDef;

/** A tensor; a number of Python has its own dtype, int32 or float32 (where the operation has `typedNumbers`). */
export const strong = (cx: Context, arg: Arg | undefined): Sym => {
  const number = numberOf(arg);
  return number === undefined ? tensor(cx, arg) : cx.op.constant(number.value, number.whole ? "int32" : "float32");
};

/** How numbers of Python count beside a tensor: see `operands`. */
export type Numbers = "weak" | "given" | "strong";

/**
 * The two sides of an operation. Beside a tensor a `weak` number takes the tensor's dtype, but a fraction (or 2.0) beside
 * integers makes float32, and a whole one beside uint64 uint32, the widest dtype that Keras promotes to; beside a `given` one
 * uint64 stays; a `strong` one is an int32 or float32 tensor.
 */
export function operands(
  cx: Context,
  a: Arg | undefined,
  b: Arg | undefined,
  numbers: Numbers,
): readonly [Sym | number, Sym | number] {
  if (numberOf(a) !== undefined && numberOf(b) !== undefined) return [strong(cx, a), strong(cx, b)];
  const side = (own: Arg | undefined, other: Arg | undefined): Sym | number => {
    const number = numberOf(own);
    if (number === undefined) {
      const x = tensor(cx, own);
      const beside = numberOf(other)?.whole;
      if (beside === false && !isFloat(x.dtype)) return cx.op.cast(x, "float32");
      return beside === true && numbers === "weak" && x.dtype === "uint64" ? cx.op.cast(x, "uint32") : x;
    }
    if (numbers !== "strong") return number.value;
    const beside = tensor(cx, other).dtype;
    const same = number.whole
      ? isFloat(beside) || beside === "int32" || beside === "int64"
      : beside !== "float16" && beside !== "bfloat16";
    return same ? (number.whole ? number.value : Math.fround(number.value)) : strong(cx, own);
  };
  return [side(a, b), side(b, a)];
}

/** A list of tensors. */
export function tensors(cx: Context, arg: Arg | undefined): readonly Sym[] {
  const list = Array.isArray(arg) ? (arg as readonly Arg[]) : [arg];
  if (list.length === 0) fail("unsupported/argument", { expected: "a list of tensors", found: "none" });
  return list.map((item) => tensor(cx, item));
}

/** All lengths of x, as sizes. */
export const sizesOf = (cx: Context, x: Sym) => x.shape.map((_, axis) => cx.size(x, axis));

/** An axis counted from 0. */
export function axisOf(x: Sym, axis: number): number {
  const at = axis < 0 ? axis + x.shape.length : axis;
  if (at < 0 || at >= x.shape.length)
    fail("mismatch/axis", { expected: `an axis of ${x.shape.length}`, found: String(axis) });
  return at;
}

/** The length of an axis that must be known. */
export function lengthThere(x: Sym, axis: number): number {
  return x.shape[axis] ?? fail("unsupported/free-length", { message: `the length of axis ${axis} must be known` });
}

/** x, refused when it runs where the unknown length of an axis is not that one. */
export const exactly = (cx: Context, x: Sym, axis: number, length: Size): Sym => {
  const sizes: Size[] = sizesOf(cx, x);
  if (typeof sizes[axis] === "number") return x;
  sizes[axis] = length;
  return cx.op.reshape(x, sizes);
};

/** All elements in one axis. */
export const flat = (cx: Context, x: Sym): Sym => (x.shape.length === 1 ? x : cx.op.reshape(x, [-1]));

/** A dtype by name; null is `otherwise`. */
export const dtypeOf = (name: string | null, otherwise: DType): DType => {
  if (name === null) return otherwise;
  return isDType(name) ? name : fail("unsupported/dtype", { found: name });
};

/** Integers as float32. */
export const floating = (cx: Context, x: Sym): Sym => (isFloat(x.dtype) ? x : cx.op.cast(x, "float32"));

/** x, refused where it holds integers: Keras cuts off the fractions of what it makes of them. */
export const needFloat = (x: Sym): Sym =>
  isFloat(x.dtype) ? x : fail("unsupported/dtype", { expected: "floats", found: x.dtype });

/** x, refused where its dtype is none of those for which TensorFlow has the kernel. */
export const needOneOf = (x: Sym, dtypes: readonly DType[]): Sym =>
  dtypes.includes(x.dtype) ? x : fail("unsupported/dtype", { expected: dtypes.join(", "), found: x.dtype });
