/** Traces one call alone: of a layer that is being built, or of one that a file holds. */
import type { DType } from "../core/dtype.ts";
import { failAll } from "../core/error.ts";
import type { Arg, Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import type { Graph, Shape, Sym, ValueId } from "../ops/types.ts";
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

/** What one stored call computes, and the references that its graph's inputs are, in their order. */
export interface StoredCall {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<ValueId, CallArg>;
}

/** Traces one call that a file holds; `types` tells what its references mean. */
export function traceStored(node: LayerNode, call: Call, types: ReferenceTypes): StoredCall {
  const tracer = new Tracer("predict");
  const { builder } = tracer;
  const inputs = new Map<string, { readonly sym: Sym; readonly arg: CallArg }>();
  const toArg = (arg: CallArg): Arg => {
    switch (arg.kind) {
      case "ref": {
        const key = JSON.stringify([arg.layer, arg.node, arg.tensor]);
        const { shape, dtype } = types.get(arg) ?? { shape: arg.shape ?? [], dtype: arg.dtype };
        const known = inputs.get(key) ?? { sym: builder.input(shape, dtype), arg };
        inputs.set(key, known);
        return known.sym;
      }
      case "json":
        return arg.float ? { float: arg.value } : arg.value;
      case "constant":
        return builder.op.array(arg.values, arg.shape, arg.dtype);
      case "list":
        return arg.items.map(toArg);
      case "record":
        return Object.fromEntries(arg.entries.map(([key, value]) => [key, toArg(value)]));
      case "slice":
        return { slice: [toArg(arg.start), toArg(arg.stop), toArg(arg.step)] };
      case "ellipsis":
        return { ellipsis: true };
    }
  };
  const kw = Object.fromEntries(call.kwargs.map(([key, value]) => [key, toArg(value)]));
  const outputs = new CallContext(tracer, node, "", false).call(node, call.args.map(toArg), kw);
  failAll(tracer.misfits());
  const graph = builder.finish(outputs);
  refuseProblems(graph);
  return { graph, inputs: new Map([...inputs.values()].map(({ sym, arg }) => [sym.id, arg])) };
}
