/** What the exporter says of each operation. */
import type { DType } from "../../core/dtype.ts";
import type { AttrsOf, CompositeName, In, OpName, Out, Total } from "../../ops/signatures.ts";
import type { NodeOf } from "../../ops/types.ts";
import type { OnnxGraph, OnnxOperand } from "./graph.ts";

/** Adds an operation's nodes; gives the names of its outputs. */
export type OnnxRule<N extends OpName> = (
  g: OnnxGraph,
  x: In<N, OnnxOperand>,
  a: AttrsOf<N>,
  node: NodeOf<N>,
) => Out<N, string>;

/** Composites that are written whole where their test says so. */
export type WholeName = Extract<CompositeName, "softmax" | "activation" | "batchNorm" | "layerNorm" | "rnn">;

export type OnnxRules = Pick<
  Total<{ [N in OpName]: OnnxRule<N> }>,
  Exclude<keyof Total<{ [N in OpName]: OnnxRule<N> }>, CompositeName>
> & {
  readonly [N in WholeName | "scan"]: OnnxRule<N>;
};

/** The dtype in which engines compute: they have no arithmetic for narrow integers, bool and half precision. */
export function work(dtype: DType): DType {
  if (dtype === "float16" || dtype === "bfloat16") return "float32";
  if (dtype === "uint32" || dtype === "uint64") return "int64";
  return dtype === "float32" || dtype === "float64" || dtype === "int64" ? dtype : "int32";
}

/** Computed in the working dtype of the operands, and brought back into theirs. */
export function worked(
  g: OnnxGraph,
  operands: readonly OnnxOperand[],
  make: (names: readonly string[], dtype: DType) => string,
  out: DType = operands[0]!.dtype,
): string {
  const dtype = work(operands[0]!.dtype);
  const names = operands.map((x) => g.cast(x.name, x.dtype, dtype));
  const made = make(names, dtype);
  return out === operands[0]!.dtype ? g.cast(made, dtype, out) : made;
}
