/** How the arrays of older files become the weights that a layer declares. */
import type { Semantics } from "../core/semantics.ts";

/** One thing to do with a stored array on its way to a declared weight. */
export type ArrayStep =
  | { readonly op: "concat"; readonly axis: number }
  | { readonly op: "transpose"; readonly perm: readonly number[] }
  | { readonly op: "flip"; readonly axes: readonly number[] }
  | { readonly op: "reshape"; readonly shape: readonly number[] }
  | { readonly op: "slice"; readonly axis: number; readonly start: number; readonly stop: number }
  /** Sum of all arrays. */
  | { readonly op: "sum" }
  /** The first and `scale` times the product of the other two, over the last axis of one and the first of the other. */
  | { readonly op: "adapt"; readonly scale: number };

/** How one declared weight is made of arrays that an older file stores: some are picked, each is changed, all are joined. */
export interface Recipe {
  /** Places of the arrays among those of the layer; one may be picked several times. */
  readonly from: readonly number[];
  /** For each entry of `from`, the steps that change that array before it is joined. */
  readonly perArray?: readonly (readonly ArrayStep[])[];
  /** Steps over all of them; the first must leave one array. */
  readonly steps?: readonly ArrayStep[];
}

/** How the arrays that an older file stores for a layer become its weights. */
export interface StoredForm {
  /** How many stored arrays the layer's own weights take up. */
  readonly count: number;
  readonly recipes: Readonly<Record<string, Recipe>>;
}

/** What tells which form the arrays of a file have. */
export interface StoredInfo {
  readonly semantics: Semantics;
  /** `tensorflow`, `theano` or `cntk`, as the file names it. */
  readonly backend: string | null;
  /** The class as written in the file, for example `Convolution2D`. */
  readonly className: string;
  /** Shapes of the arrays that are next in the file. */
  readonly shapes: readonly (readonly number[])[];
}
