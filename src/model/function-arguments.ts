/** How a rule reads a call of a TensorFlow function, and what it gives: a node of Keras 3. */
import { type DType, isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { Arg } from "../layers/define.ts";
import { isSym } from "../layers/common/args.ts";
import { GivenArguments } from "../layers/operations/shared/tensorflow-call.ts";
import type { Sym } from "../ops/types.ts";

/** A node to be: its operation, tensors or other nodes, options. `CallArg` for what stands in the file as it is. */
export interface Made {
  readonly op: string;
  readonly args: readonly (Arg | Made | readonly (Arg | Made)[])[];
  readonly options?: Readonly<Record<string, Arg>>;
  /** Where the operation's class is, if it may not be loaded. */
  readonly module?: string;
  /** A layer of this class, not an operation. */
  readonly isLayer?: boolean;
}
/** Makes the node. */
export type NodeRule = (a: FunctionArguments) => Made;

/** Reads arguments for a rule; numbers keep their kind. */
export class FunctionArguments extends GivenArguments {
  /** A tensor among the arguments; undefined for plain values. */
  sym(name: string): Sym | undefined {
    const arg = this.arg(name);
    return isSym(arg) ? arg : undefined;
  }
  /** Its dtype, which must be one of floats. */
  float(name: string): DType {
    const { dtype } = this.sym(name) ?? { dtype: "float32" as const };
    return isFloat(dtype)
      ? dtype
      : fail("unsupported/translation", { message: "of integers it is another in Keras 3" });
  }
  /** What must be there. */
  required(name: string): Arg {
    const arg = this.arg(name);
    return arg === null ? fail("unsupported/translation", { message: `without ${name}` }) : arg;
  }
}

/** A number or one for each of `rank` axes, between those of batch and channels where these are given too. */
export const windowOf = (a: FunctionArguments, name: string, rank: number, at: number): Arg => {
  const given = a.arg(name);
  if (!Array.isArray(given)) return given ?? 1;
  if (given.length === 1) return given[0] as Arg;
  return given.length === rank + 2 ? (given.slice(at, at + rank) as Arg) : (given as Arg);
};
