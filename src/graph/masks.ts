/**
 * How masks reach a layer. Keras 3 gives `mask` to a layer called with one tensor argument and `<name>_mask` for each of
 * several; older Keras always gives the masks of the first argument. Source: keras/src/layers/layer.py (`__call__`),
 * tf_keras/engine/base_layer.py (`_get_input_masks`).
 */
import { CALL_RULES, type Semantics } from "../core/semantics.ts";
import { isSym, symsOf } from "../layers/common/args.ts";
import type { Arg, KwArgs } from "../layers/define.ts";
import type { Sym } from "../ops/types.ts";

type ReadMask = (x: Sym) => Sym | undefined;

/** The masks of an argument in its own structure; undefined when nothing in it has one. */
function masksOf(arg: Arg, read: ReadMask = (x) => x.mask): Arg | undefined {
  if (isSym(arg)) return read(arg);
  const masks = symsOf(arg).map(read);
  return masks.some((mask) => mask !== undefined) ? masks.map((mask) => mask ?? null) : undefined;
}

/**
 * A call's arguments with the masks that Keras fills in. Keras 3 has that of a single tensor in its graph, unless it is
 * `unrecorded`; others it reads off the values (`carried`) when the model runs.
 */
export function implicitMasks(
  first: string,
  named: Readonly<Record<string, Arg>>,
  semantics: Semantics,
  carried: ReadMask,
  unrecorded: ReadonlySet<number>,
): KwArgs {
  if (!CALL_RULES[semantics].masksArguments) {
    const mask = named["mask"] ?? (named[first] === undefined ? undefined : masksOf(named[first]));
    return mask === undefined ? named : { ...named, mask };
  }
  const tensors = Object.entries(named).filter(([, arg]) => symsOf(arg).length > 0);
  const filled: Record<string, Arg | undefined> = { ...named };
  for (const [name, arg] of tensors) {
    const key = tensors.length === 1 ? "mask" : `${name}_mask`;
    const isRecorded = tensors.length === 1 && isSym(arg) && !unrecorded.has(arg.id);
    filled[key] ??= masksOf(arg, isRecorded ? undefined : carried);
  }
  return filled;
}

/** A mask for each of some values, from the argument that says them. */
function maskList(mask: Arg): readonly (Sym | undefined)[] {
  return isSym(mask) ? [mask] : Array.isArray(mask) ? mask.map((m: Arg) => (isSym(m) ? m : undefined)) : [];
}

/**
 * The masks that a layer's mask rule gets, one for each value of its first argument: those given by keyword (before
 * Keras 3 in any way), else the values' own.
 */
export function givenMask(x: readonly Sym[], explicit: Arg | undefined): readonly (Sym | undefined)[] {
  return explicit === undefined || explicit === null ? x.map((s) => s.mask) : maskList(explicit);
}
