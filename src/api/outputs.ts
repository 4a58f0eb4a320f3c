/** What a model gives, as callers get it: tensors in order, and by name. */
import type { DType } from "../core/dtype.ts";
import type { Tensor as Plain } from "../core/tensor.ts";
import { present, type Tensor } from "./tensor.ts";

/** Dtypes of outputs: of all alike, of each in order, or of each by name. */
export type OutputTypes = DType | readonly DType[] | { readonly [name: string]: DType };

interface ByName<T> {
  /**
   * The outputs by name: the keys of a model whose outputs are a dict, else the names of the layers that they come from, as
   * in `model.outputs`; of several of one name the first.
   */
  readonly named: T;
}

/** A model's outputs: a flat array with at least one, in Keras's flattening order, and `named`. */
export type Outputs<D extends OutputTypes = "float32"> = D extends DType
  ? readonly [Tensor<D>, ...Tensor<D>[]] & ByName<Readonly<Record<string, Tensor<D>>>>
  : D extends readonly DType[]
    ? { readonly [I in keyof D]: Tensor<Extract<D[I], DType>> } & ByName<Readonly<Record<string, Tensor<D[number]>>>>
    : D extends { readonly [name: string]: DType }
      ? readonly [Tensor<D[keyof D]>, ...Tensor<D[keyof D]>[]] & ByName<{ readonly [K in keyof D]: Tensor<D[K]> }>
      : never;

/** As many names as values. */
export function presentOutputs<D extends OutputTypes>(values: readonly Plain[], names: readonly string[]): Outputs<D> {
  const list = values.map((value) => present(value));
  const named = Object.create(null) as Record<string, Tensor>;
  names.forEach((name, i) => (named[name] ??= list[i]!));
  return Object.defineProperty(list, "named", { value: named }) as unknown as Outputs<D>;
}
