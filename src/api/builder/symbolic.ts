/** Values of a model that is being made: which call gives them, and their shape. */
import type { JsonObject } from "../../codecs/json.ts";
import type { DType } from "../../core/dtype.ts";
import type { LayerNode } from "../../layers/define.ts";
import type { Shape } from "../../ops/types.ts";

export type ApplyArg = Symbolic | null | boolean | number | string | readonly ApplyArg[];
export type ApplyKwargs = { readonly [name: string]: ApplyArg | undefined };

/** One call of a layer. An input has none of `x` and `kwargs`. */
export interface SymbolicCall {
  readonly layer: { readonly node: LayerNode; readonly raw: JsonObject; readonly name: string };
  readonly x: ApplyArg | undefined;
  readonly kwargs: { readonly [name: string]: ApplyArg };
}

export class Symbolic {
  readonly call: SymbolicCall;
  /** Its place among the outputs of the call. */
  readonly tensor: number;
  /** With the batch axis first. */
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(call: SymbolicCall, tensor: number, shape: Shape, dtype: DType) {
    this.call = call;
    this.tensor = tensor;
    this.shape = shape;
    this.dtype = dtype;
  }
}

/** The symbolic values in an argument. */
export function symbolicsIn(arg: ApplyArg | undefined): readonly Symbolic[] {
  if (arg instanceof Symbolic) return [arg];
  return Array.isArray(arg) ? (arg as readonly ApplyArg[]).flatMap(symbolicsIn) : [];
}
