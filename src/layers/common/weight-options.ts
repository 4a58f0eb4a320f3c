/**
 * The options that Keras gives a layer for each of its weights: `kernel_initializer`, `kernel_regularizer`,
 * `kernel_constraint`. Files have them in that order, and so have declarations.
 */
import { activation, bool, constraint, initializer, regularizer } from "../fields.ts";

type For<N extends string, Suffix extends string, F> = { readonly [K in `${N}_${Suffix}`]: F };

function forEach<N extends string, Suffix extends string, F>(
  names: readonly N[],
  suffix: Suffix,
  make: (name: N) => F,
): For<N, Suffix, F> {
  return Object.fromEntries(names.map((name) => [`${name}_${suffix}`, make(name)])) as For<N, Suffix, F>;
}

/** For each weight the option `…_initializer`, with the name of its default. */
export const initializers = <N extends string>(defaults: { readonly [name in N]: string }) =>
  forEach(Object.keys(defaults) as N[], "initializer", (name) => initializer(defaults[name]));

/** For each weight, or for the output (`activity`), the option `…_regularizer`. */
export const regularizers = <N extends string>(...names: readonly N[]) => forEach(names, "regularizer", regularizer);

/** For each weight the option `…_constraint`. */
export const constraints = <N extends string>(...names: readonly N[]) => forEach(names, "constraint", constraint);

/** The options of y = activation(linear(x) + bias): Dense and the convolutions have them all. */
export const kernelAndBias = {
  activation: activation("linear"),
  use_bias: bool(true),
  ...initializers({ kernel: "GlorotUniform", bias: "Zeros" }),
  ...regularizers("kernel", "bias", "activity"),
  ...constraints("kernel", "bias"),
};
