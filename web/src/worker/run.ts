/** Running the open model, and keeping what its layers gave. */
import { readArrays, tensor, type BackendName, type PredictInput, type Tensor } from "../../../src/index.ts";
import type { RunResult, Values } from "../types.ts";
import { current } from "./state.ts";

const travelling = ({ dtype, shape, data }: Tensor): Values => ({
  dtype,
  shape,
  data: (ArrayBuffer.isView(data) ? data.slice() : data) as Values["data"],
});

const made = ({ data, shape, dtype }: Values): Tensor => tensor(data as never, shape, dtype as never) as Tensor;

/** Of inputs that fit, one sample each; null where nobody knows: the model takes its shape from its first inputs. */
export async function shapes(): Promise<readonly (readonly number[])[] | null> {
  return current()
    .model.kernels()
    .then(
      (report) => report.shapes,
      () => null,
    );
}

/** How long calls are timed. */
const TIMED = 120;
const MOST_CALLS = 400;

/** Of calls of a model without states: the median of as many as a moment has. */
async function timed(call: () => Promise<unknown>): Promise<{ readonly time: number; readonly calls: number }> {
  await call();
  const times: number[] = [];
  const until = performance.now() + TIMED;
  while (times.length === 0 || (performance.now() < until && times.length < MOST_CALLS)) {
    const before = performance.now();
    await call();
    times.push(performance.now() - before);
  }
  const total = times.reduce((sum, time) => sum + time, 0);
  const median = times.sort((a, b) => a - b)[times.length >> 1]!;
  // Clocks of browsers are coarse: of short calls the mean says more.
  return { time: median < 1 ? total / times.length : median, calls: times.length };
}

/** With `steps` a stateful model goes on from where it is, and nothing is run twice. */
export async function run(inputs: readonly Values[], backend: BackendName, steps: boolean): Promise<RunResult> {
  const opened = current();
  const { model } = opened;
  const given = inputs.map(made);
  const x: PredictInput = given.length === 1 ? given[0]! : given;
  const before = performance.now();
  const outputs = await model.predict(x, { backend, layers: "all" });
  const once = { time: performance.now() - before, calls: 1 };
  opened.layers = outputs.layers;
  opened.inputs = new Map(model.inputs.map(({ name, layer }, i) => [layer ?? name, given[i]!]));
  return {
    outputs: [...outputs].map((output, i) => ({ ...travelling(output), name: model.outputs[i]!.name })),
    ...(steps ? once : await timed(() => model.predict(x, { backend }))),
    backend,
    layers: Object.keys(outputs.layers),
  };
}

export function resetStates(): void {
  current().model.resetStates();
}

/** What a layer gave in the last run; none where nothing was run. */
export function layerOutputs(path: string): readonly Values[] {
  return (current().layers[path] ?? []).map(travelling);
}

/** Arrays of an `.npy` or `.npz`, in the file's order. */
export async function arraysOf(file: Blob): Promise<readonly (readonly [name: string, values: Values])[]> {
  return [...(await readArrays(file))].map(([name, array]) => [name, travelling(array)] as const);
}
