/** Traces one call that a file holds, alone. */
import { failAll } from "../core/error.ts";
import type { Arg, Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import type { Graph, Sym, ValueId } from "../ops/types.ts";
import { refuseProblems } from "./problems.ts";
import { CallContext } from "./trace.ts";
import { Tracer } from "./tracer.ts";

/** What one stored call computes, and the references that its graph's inputs are, in their order. */
export interface TracedStored {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<ValueId, CallArg>;
}

/** Traces one call that a file holds; `types` tells what its references mean. */
export function traceStored(node: LayerNode, call: Call, types: ReferenceTypes): TracedStored {
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
