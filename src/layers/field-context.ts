/** Where an option is read. */
import type { Semantics } from "../core/semantics.ts";
import type { Ops } from "../ops/builder.ts";
import type { Sym } from "../ops/types.ts";

/**
 * A function of a caller in terms of operations. `x`, and so `mask`, is one value, or a list where the layer is called on
 * several; `args` are the plain arguments that a Lambda's file gives.
 */
export type CustomFunction = (
  ops: Ops,
  x: Sym & readonly Sym[],
  mask?: Sym & readonly (Sym | undefined)[],
  args?: { readonly [name: string]: unknown },
) => Sym | readonly Sym[];

/** What a field needs to read a value: a name for messages, and whose meaning the value has. */
export interface FieldContext {
  /** For messages: `lstm.units`. */
  readonly path: string;
  readonly semantics: Semantics;
  /** What the caller gives for functions that Keras does not have, by name. */
  readonly functions?: ReadonlyMap<string, CustomFunction> | undefined;
}
