/** How operations of Keras 3 are declared, and how they read their arguments. */
import { type DType, isDType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { type AnyDef, type Arg, type Context, operation } from "../define.ts";
import type { Config, Fields } from "../fields.ts";
import { isSymArg } from "./args.ts";

/** The arguments of a call, by place. */
export type Args = readonly Arg[];

export type Run<F extends Fields> = (cx: Context, c: Config<F>, a: Args) => Sym | readonly Sym[];

/** Declares operations of one module of `keras.src.ops`. */
export const inModule =
  (module: string) =>
  <F extends Fields>(name: string, args: readonly string[], config: F, run: Run<F>): AnyDef =>
    operation<F>({
      class: name,
      module: `keras.src.ops.${module}`,
      args,
      config,
      forward: (cx, c, _w, _x, kw) => run(cx, c, (kw["$args"] ?? []) as Args),
    }) as unknown as AnyDef;

/** Numbers in nested lists, and their shape. */
function flatNumbers(arg: Arg): { values: number[]; shape: number[] } | null {
  if (typeof arg === "number") return { values: [arg], shape: [] };
  if (typeof arg === "boolean") return { values: [Number(arg)], shape: [] };
  if (!Array.isArray(arg)) return null;
  const parts = (arg as readonly Arg[]).map(flatNumbers);
  const [first] = parts;
  const whole = parts.every((p) => p !== null && p.shape.join() === first!.shape.join());
  if (!whole) return null;
  return { values: parts.flatMap((p) => p!.values), shape: [parts.length, ...(first?.shape ?? [])] };
}

/** A tensor. Lists of numbers become constants. */
export function tensor(cx: Context, arg: Arg | undefined): Sym {
  if (isSymArg(arg)) return arg;
  const flat = arg === undefined || arg === null ? null : flatNumbers(arg);
  if (flat === null) return fail("unsupported/argument", { expected: "a tensor" });
  const whole = flat.values.every((v) => Number.isInteger(v));
  const dtype: DType = typeof arg === "boolean" ? "bool" : whole && flat.shape.length > 0 ? "int32" : "float32";
  return cx.op.array(flat.values, flat.shape, dtype);
}

/** A tensor, or a number that takes the dtype of what stands beside it. */
export function operand(cx: Context, arg: Arg | undefined): Sym | number {
  return typeof arg === "number" ? arg : tensor(cx, arg);
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
export function lengthOf(x: Sym, axis: number): number {
  return x.shape[axis] ?? fail("unsupported/free-length", { message: `the length of axis ${axis} must be known` });
}

/** All elements in one axis. */
export const flat = (cx: Context, x: Sym): Sym => (x.shape.length === 1 ? x : cx.op.reshape(x, [-1]));

/** A dtype by name; null is `otherwise`. */
export const dtypeOf = (name: string | null, otherwise: DType): DType => {
  if (name === null) return otherwise;
  return isDType(name) ? name : fail("unsupported/dtype", { found: name });
};
