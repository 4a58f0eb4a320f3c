/** Gradients of what callers make of a model's outputs, with respect to its inputs and weights. Loaded when first called. */
import { isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import { isTensor, tensor, type Tensor } from "../core/tensor.ts";
import { openSession } from "../engines/index.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { gradients } from "../graph/gradients.ts";
import { simplify } from "../graph/simplify.ts";
import { trace } from "../graph/trace.ts";
import { weightsInOrder } from "../model/walk.ts";
import type { ValueId } from "../ops/types.ts";
import { type InputValue, type PredictInput, readInputs } from "./inputs.ts";
import { present } from "./tensor.ts";
import type { Gradients, ScalarOf, TrainedModel } from "./training-options.ts";

/** What of a run may be differentiated: float32 and float64. */
const flows = (dtype: string | undefined): boolean => dtype === "float32" || dtype === "float64";

const isSym = (value: unknown): value is { readonly id: ValueId; readonly dtype: Tensor["dtype"] } =>
  typeof value === "object" && value !== null && "id" in value && "dtype" in value;

/** Throws `mismatch/*` for inputs that do not fit and for an `of` that gives no number, what tracing and running throw. */
export async function gradientsOf(
  { root, inputs: specs, limits, runtime }: TrainedModel,
  x: PredictInput,
  of: ScalarOf,
  given: readonly InputValue[],
): Promise<Gradients> {
  if (typeof of !== "function") fail("mismatch/argument", { path: "of", expected: "a function", found: kindOf(of) });
  if (!Array.isArray(given))
    fail("mismatch/argument", { path: "others", expected: "an array of tensors", found: kindOf(given) });
  const values = readInputs(x, specs);
  const others = given.map((value) => (isTensor(value) ? value : tensor(value)));
  const { graph } = trace(
    root,
    values.map(({ shape }) => [null, ...shape.slice(1)]),
  );
  const builder = new GraphBuilder(graph);
  const inlined = builder.inline(
    { ...graph, outputs: [...graph.outputs, ...graph.states.map(({ write }) => write)] },
    graph.inputs.map((id) => builder.sym(id)),
    [],
  );
  const outputs = inlined.slice(0, graph.outputs.length);
  const more = others.map(({ shape, dtype }) => builder.input(shape, dtype));
  const made = of(builder.op, outputs, more);
  if (!isSym(made) || !isFloat(made.dtype))
    fail("mismatch/argument", { path: "of", expected: "a value of floats made of the outputs", found: kindOf(made) });
  const total = builder.op.sum(made);
  const weights = weightsInOrder(root);
  const byWeight = new Map([...graph.values].flatMap(([id, { from }]) => (from && "weight" in from ? [[from.weight, id]] : []))); // prettier-ignore
  const wanted = [...graph.inputs, ...weights.map((weight) => byWeight.get(weight))];
  const places = wanted.map((id) => (id !== undefined && flows(graph.values.get(id)!.dtype) ? id : null));
  const wrt = places.flatMap((id) => id ?? []);
  const finished = builder.finish([total]);
  // What the calls gave may be gone.
  const calls = finished.calls.map((call) => ({ ...call, outputs: [] }));
  const states = graph.states.map((state, i) => ({ ...state, write: inlined[outputs.length + i]!.id }));
  const whole = { ...finished, calls, states, inputs: [...graph.inputs, ...more.map(({ id }) => id)] };
  const session = await openSession(simplify(gradients(whole, total.id, wrt)), { ...runtime, limits });
  try {
    const [value, ...found] = await session.run([...values, ...others]);
    const all = places.map((id) => (id === null ? null : present(found[wrt.indexOf(id)]!)));
    return { value: Number(value!.data[0]), inputs: all.slice(0, values.length), weights: all.slice(values.length) };
  } finally {
    session.dispose();
  }
}
