/** Traces one call that a file holds, alone. */
import { failAll } from "../core/error.ts";
import type { Arg, Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import type { Ref } from "../layers/models/shared/call-order.ts";
import { storedArg } from "../layers/models/shared/stored-args.ts";
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
  const value = (ref: Ref): Sym => {
    const key = JSON.stringify([ref.layer, ref.node, ref.tensor]);
    const { shape, dtype } = types.get(ref) ?? { shape: ref.shape ?? [], dtype: ref.dtype };
    const known = inputs.get(key) ?? { sym: builder.input(shape, dtype), arg: ref };
    inputs.set(key, known);
    return known.sym;
  };
  const toArg = (arg: CallArg): Arg => storedArg(arg, builder.op, value);
  const kw = Object.fromEntries(call.kwargs.map(([key, value]) => [key, toArg(value)]));
  const outputs = new CallContext(tracer, node, "", false).call(node, call.args.map(toArg), kw);
  failAll(tracer.misfits());
  const graph = builder.finish(outputs);
  refuseProblems(graph);
  return { graph, inputs: new Map([...inputs.values()].map(({ sym, arg }) => [sym.id, arg])) };
}
