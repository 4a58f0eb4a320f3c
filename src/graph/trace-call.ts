/** Traces one call alone, of a layer that is being built. */
import type { DType } from "../core/dtype.ts";
import { failAll } from "../core/error.ts";
import type { Arg, LayerNode } from "../layers/define.ts";
import type { Shape } from "../ops/types.ts";
import { refuseProblems } from "./problems.ts";
import { CallContext } from "./trace.ts";
import { Tracer } from "./tracer.ts";

/** An argument as the builder has it. */
export type TracedArg =
  | { readonly shape: Shape; readonly dtype: DType }
  | { readonly json: null | boolean | number | string }
  | { readonly list: readonly TracedArg[] };

/** Traces one call of one layer on inputs of the given shapes: what the builder needs to know of it. */
export function traceCall(
  node: LayerNode,
  args: readonly TracedArg[],
  kw: { readonly [name: string]: TracedArg },
): readonly { readonly shape: Shape; readonly dtype: DType }[] {
  const tracer = new Tracer("predict");
  const input = (arg: TracedArg): Arg =>
    "shape" in arg ? tracer.builder.input(arg.shape, arg.dtype) : "json" in arg ? arg.json : arg.list.map(input);
  const cx = new CallContext(tracer, node, "", false);
  const named = Object.fromEntries(Object.entries(kw).map(([name, arg]) => [name, input(arg)]));
  const outputs = cx.call(node, args.map(input), named);
  failAll(tracer.misfits());
  refuseProblems(tracer.builder.finish(outputs));
  return outputs.map(({ shape, dtype }) => ({ shape, dtype }));
}
