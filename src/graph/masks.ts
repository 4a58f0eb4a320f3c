/**
 * How masks reach a layer. Keras 3 gives `mask` to a layer called with one tensor argument and `<name>_mask` for each of
 * several; older Keras always gives the masks of the first argument. Source: keras/src/layers/layer.py (`__call__`),
 * tf_keras/engine/base_layer.py (`_get_input_masks`).
 */
import type { Arg, KwArgs, Semantics } from "../layers/define.ts";
import type { Sym } from "../ops/types.ts";

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

/** The masks of an argument in its own structure; undefined when nothing in it has one. */
function masksOf(arg: Arg): Arg | undefined {
  if (isSym(arg)) return arg.mask;
  const syms = symsOf(arg);
  return syms.some((s) => s.mask !== undefined) ? syms.map((s) => s.mask ?? null) : undefined;
}

/** The keyword arguments with the masks that Keras fills in. */
export function implicitMasks(
  names: readonly string[],
  args: readonly Arg[],
  kw: KwArgs,
  semantics: Semantics,
): KwArgs {
  if (semantics !== "keras3") {
    const mask = kw["mask"] ?? (args[0] === undefined ? undefined : masksOf(args[0]));
    return mask === undefined || mask === null ? kw : { ...kw, mask };
  }
  const tensors: [string, Arg][] = [
    ...args.map((arg, i): [string, Arg] => [names[i] ?? `args_${i}`, arg]),
    ...Object.entries(kw).filter((entry): entry is [string, Arg] => entry[1] !== undefined),
  ].filter(([, arg]) => symsOf(arg).length > 0);
  const filled: Record<string, Arg | undefined> = { ...kw };
  for (const [name, arg] of tensors) {
    const key = tensors.length === 1 ? "mask" : `${name}_mask`;
    if (filled[key] === undefined || filled[key] === null) filled[key] = masksOf(arg);
  }
  return filled;
}

/** The masks that a layer's mask rule gets, one for each value of its first argument. */
export function givenMask(args: readonly Arg[], kw: KwArgs, semantics: Semantics): readonly (Sym | undefined)[] {
  const explicit = kw["mask"];
  if (semantics !== "keras3" && explicit !== undefined && explicit !== null) {
    return isSym(explicit) ? [explicit] : (explicit as readonly Arg[]).map((m) => (isSym(m) ? m : undefined));
  }
  return symsOf(args[0]).map((s) => s.mask);
}
