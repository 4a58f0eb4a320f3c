/** Values of a model that is being made: which call gives them, and their shape. */
import type { JsonObject } from "../../codecs/json.ts";
import type { DType } from "../../core/dtype.ts";
import type { Call, CallArg, LayerNode } from "../../layers/define.ts";
import type { Shape } from "../../ops/types.ts";

/** What a layer is applied to: symbolic values, plain arguments, and lists of them. */
export type ApplyArg = SymbolicLike | null | boolean | number | string | readonly ApplyArg[];
/** Further arguments of a call by name: `mask`, `initialState`. */
export type ApplyKwargs = { readonly [name: string]: ApplyArg | undefined };

/** A layer or model of a model that is being made. */
export interface Member {
  readonly node: LayerNode;
  readonly raw: JsonObject;
  readonly name: string;
  /** false: nobody chose the name, so another may take its place. */
  readonly isNamed?: boolean;
}

/** A call as a file has it, with the values that its references mean. */
export interface StoredCall {
  readonly call: Call;
  readonly values: ReadonlyMap<CallArg, Symbolic>;
}

/** One call of a layer. An input has none of `x` and `kwargs`. */
export interface SymbolicCall {
  readonly layer: Member;
  readonly x: ApplyArg | undefined;
  readonly kwargs: { readonly [name: string]: ApplyArg };
  /** Of a loaded model: the call itself; `x` then lists the values that it takes. */
  readonly stored?: StoredCall;
}

/** A value that layers may be applied to. */
export class Symbolic {
  /** @internal */
  readonly call: SymbolicCall;
  /** Its place among the outputs of the call. */
  readonly tensor: number;
  /** With the batch axis first. */
  readonly shape: Shape;
  /** Of its elements. */
  readonly dtype: DType;

  /** @internal */
  constructor(call: SymbolicCall, tensor: number, shape: Shape, dtype: DType) {
    this.call = call;
    this.tensor = tensor;
    this.shape = shape;
    this.dtype = dtype;
  }
}

/** A value of `Input`, of a layer's `apply`, or one of a model's `inputs` and `outputs`. */
export type SymbolicLike = Symbolic | { readonly name: string; readonly shape: Shape | null; readonly dtype: DType };

const values = new WeakMap<object, () => Symbolic>();

/** Says which symbolic value a model's input or output is. */
export function standsFor<T extends object>(info: T, value: () => Symbolic): T {
  values.set(info, value);
  return info;
}

/** The symbolic value that something is, if it is one. */
export function symbolic(x: unknown): Symbolic | undefined {
  return x instanceof Symbolic ? x : typeof x === "object" && x !== null ? values.get(x)?.() : undefined;
}

/** The symbolic values in an argument. */
export function symbolicsIn(arg: ApplyArg | undefined): readonly Symbolic[] {
  if (Array.isArray(arg)) return (arg as readonly ApplyArg[]).flatMap(symbolicsIn);
  const value = symbolic(arg);
  return value === undefined ? [] : [value];
}
