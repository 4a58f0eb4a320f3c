/** Traces one call that a file holds, alone. */
import { failAll } from "../core/error.ts";
import type { Arg, Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import type { Ref } from "../layers/models/shared/call-order.ts";
import { storedArg } from "../layers/models/shared/stored-args.ts";
import type { Graph, Sym, ValueId } from "../ops/types.ts";
import { refuseProblems } from "./problems.ts";
import { CallContext } from "./trace.ts";
import { Tracer } from "./tracer.ts";

/** A call that a file holds, of which layer. */
export interface OwnedCall {
  readonly node: LayerNode;
  readonly call: Call;
}

/** What one stored call computes, and the references that its graph's inputs are, in their order. */
export interface TracedStored {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<ValueId, CallArg>;
}

/** Traces one call that a file holds; `types` tells what its references mean, and `behind` the calls that go with it. */
export function traceStored(
  stored: OwnedCall,
  types: ReferenceTypes,
  behind: (ref: Ref) => OwnedCall | null = () => null,
): TracedStored {
  const tracer = new Tracer("predict");
  const { builder } = tracer;
  const inputs = new Map<string, { readonly sym: Sym; readonly arg: CallArg }>();
  const made = new Map<Call, readonly Sym[]>();
  const value = (ref: Ref): Sym => {
    const inner = behind(ref);
    if (inner !== null) {
      const outputs = made.get(inner.call) ?? run(inner);
      made.set(inner.call, outputs);
      return outputs[ref.tensor]!;
    }
    const key = JSON.stringify([ref.layer, ref.node, ref.tensor]);
    const { shape, dtype } = types.get(ref) ?? { shape: ref.shape ?? [], dtype: ref.dtype };
    const known = inputs.get(key) ?? { sym: builder.input(shape, dtype), arg: ref };
    inputs.set(key, known);
    return known.sym;
  };
  const toArg = (arg: CallArg): Arg => storedArg(arg, builder.op, value);
  const run = ({ node, call }: OwnedCall): readonly Sym[] => {
    const kw = Object.fromEntries(call.kwargs.map(([key, arg]) => [key, toArg(arg)]));
    return new CallContext(tracer, node, "", false).call(node, call.args.map(toArg), kw);
  };
  const outputs = run(stored);
  failAll(tracer.misfits());
  const graph = builder.finish(outputs);
  refuseProblems(graph);
  return { graph, inputs: new Map([...inputs.values()].map(({ sym, arg }) => [sym.id, arg])) };
}
