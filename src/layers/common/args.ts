/** Reading call arguments. */
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { Arg, Context, KwArgs } from "../define.ts";

/** Whether an argument is one value of the graph, not plain JSON or a list. */
export function isSymArg(arg: Arg | undefined): arg is Sym {
  return typeof arg === "object" && arg !== null && !Array.isArray(arg) && "id" in arg && "dtype" in arg;
}

/** The values in an argument, in order. */
export function symsIn(arg: Arg | undefined): readonly Sym[] {
  if (arg === undefined || arg === null || typeof arg !== "object") return [];
  if (isSymArg(arg)) return [arg];
  const items = Array.isArray(arg) ? (arg as readonly Arg[]) : Object.values(arg as { readonly [key: string]: Arg });
  return items.flatMap(symsIn);
}

/** The mask of a layer with one input; of a list, the first entry's. */
export function maskOf(kw: KwArgs): Sym | undefined {
  const mask = kw["mask"];
  if (isSymArg(mask)) return mask;
  const first = Array.isArray(mask) ? (mask as readonly Arg[])[0] : undefined;
  return isSymArg(first) ? first : undefined;
}

/** The masks of a layer with a list of inputs, undefined where there is none. */
export function masksOf(kw: KwArgs): readonly (Sym | undefined)[] {
  const mask = kw["mask"];
  if (isSymArg(mask)) return [mask];
  return Array.isArray(mask) ? (mask as readonly Arg[]).map((m) => (isSymArg(m) ? m : undefined)) : [];
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
  return x.map((s, i) => cx.withMask(s, masks[i] ?? (cx.semantics === "keras3" ? s.mask : undefined)));
}
