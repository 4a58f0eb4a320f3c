/** Reading call arguments. */
import { fail } from "../../core/error.ts";
import { CALL_RULES } from "../../core/semantics.ts";
import type { Sym } from "../../ops/types.ts";
import type { Arg, Context, KwArgs } from "../define.ts";

/** Whether an argument is one value of the graph, not plain JSON or a list. */
export function isSym(arg: unknown): arg is Sym {
  return (
    typeof arg === "object" && arg !== null && !Array.isArray(arg) && "id" in arg && "dtype" in arg && "shape" in arg
  );
}

/** The values in an argument, in Keras's flattening order: records by sorted key. */
export function symsOf(arg: Arg | undefined): readonly Sym[] {
  if (arg === undefined || arg === null || typeof arg !== "object") return [];
  if (isSym(arg)) return [arg];
  if (Array.isArray(arg)) return (arg as readonly Arg[]).flatMap(symsOf);
  const record = arg as { readonly [key: string]: Arg };
  return Object.keys(record)
    .sort()
    .flatMap((key) => symsOf(record[key]));
}

/** An argument with another value for each that is in it. */
export function mapSyms(arg: Arg, f: (s: Sym) => Sym): Arg {
  if (isSym(arg)) return f(arg);
  if (Array.isArray(arg)) return (arg as readonly Arg[]).map((a) => mapSyms(a, f));
  if (typeof arg === "object" && arg !== null)
    return Object.fromEntries(Object.entries(arg).map(([k, v]) => [k, mapSyms(v as Arg, f)]));
  return arg;
}

/** An argument in which Python's floats, `{ float: 2 }` for 2.0, are plain numbers. */
export function untyped(arg: Arg): Arg {
  if (typeof arg !== "object" || arg === null || isSym(arg)) return arg;
  if (Array.isArray(arg)) return arg.map((item: Arg) => untyped(item));
  const record = arg as { readonly [key: string]: Arg };
  if (typeof record["float"] === "number") return record["float"];
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, untyped(value)]));
}

/** The mask of a layer with one input; of a list, the first entry's. */
export function maskOf(kw: KwArgs): Sym | undefined {
  const mask = kw["mask"];
  if (isSym(mask)) return mask;
  const first = Array.isArray(mask) ? (mask as readonly Arg[])[0] : undefined;
  return isSym(first) ? first : undefined;
}

/** The masks of a layer with a list of inputs, undefined where there is none. */
export function masksOf(kw: KwArgs): readonly (Sym | undefined)[] {
  const mask = kw["mask"];
  if (isSym(mask)) return [mask];
  return Array.isArray(mask) ? (mask as readonly Arg[]).map((m) => (isSym(m) ? m : undefined)) : [];
}

/** Python's truth of a plain value: numbers, too, are true or false. Null where nothing is said. */
export function truth(arg: Arg | undefined, name: string): boolean | null {
  if (arg === undefined || arg === null || typeof arg === "boolean") return arg ?? null;
  if (typeof arg === "number") return arg !== 0;
  return fail("unsupported/argument", { message: name, expected: "true or false" });
}

/** A model's inputs with the masks that its call gives them; before Keras 3 also those that it takes away. */
export function entering(cx: Context, x: readonly Sym[], kw: KwArgs): readonly Sym[] {
  const masks = masksOf(kw);
  return x.map((s, i) => cx.withMask(s, masks[i] ?? (CALL_RULES[cx.semantics].masksArguments ? s.mask : undefined)));
}
