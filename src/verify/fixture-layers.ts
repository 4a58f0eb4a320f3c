/** The `layers/…` arrays of a fixture beside what the model computes there. */
import type { Tensor } from "../core/tensor.ts";
import type { Traced } from "../graph/trace.ts";
import { compareTensors, type TensorComparison, type Tolerance } from "./compare.ts";
import type { FixtureCall } from "./fixture.ts";
import { type CalledLayer, layerCalls } from "./layer-calls.ts";
import type { LayerComparison } from "./report.ts";
import { type Side, watchValues } from "./side-by-side.ts";

interface Found {
  readonly layers: readonly LayerComparison[];
  readonly tensors: readonly TensorComparison[];
  readonly notes: readonly string[];
}

/** `lstm` is the layer's first output, `lstm/1` its second; a path leads into a model inside. */
function targetOf(name: string, calls: readonly CalledLayer[]): { call: CalledLayer; output: number } | null {
  const first = (path: string): CalledLayer | undefined =>
    calls.find((call) => call.path === path && call.index === 0) ??
    calls.find((call) => call.path.endsWith(`/${path}`) && call.index === 0);
  const whole = first(name);
  if (whole !== undefined) return { call: whole, output: 0 };
  const numbered = /^(.*)\/([0-9]{1,4})$/.exec(name);
  const call = numbered === null ? undefined : first(numbered[1]!);
  const output = Number(numbered?.[2]);
  return call === undefined || output >= call.outputs.length ? null : { call, output };
}

/** In the order of computing. Layers that the fixture names and the model has not, or only inside a loop, are noted. */
export async function fixtureLayers(
  side: Side,
  traced: Traced,
  calls: readonly FixtureCall[],
  tolerance: Tolerance,
): Promise<Found> {
  const names = [...new Set(calls.flatMap((call) => [...call.layers.keys()]))];
  if (names.length === 0) return { layers: [], tensors: [], notes: [] };
  const known = layerCalls(side.graph);
  const inputNames = new Set(traced.inputs.map(({ name, layer = name }) => layer));
  const targets = names.flatMap((name) => {
    const target = targetOf(name, known);
    return target === null ? [] : [{ name, ...target, at: known.indexOf(target.call) }];
  });
  targets.sort((a, b) => a.at - b.at);
  const notes = names
    .filter((name) => !inputNames.has(name) && !targets.some((target) => target.name === name))
    .map((name) => `layers/${name}: the model has no such layer outside of a loop`);
  const wanted = targets.flatMap(({ call, output }) => [call.outputs[output]!, ...call.inputs]);
  const rows = await watchValues(
    side,
    calls.map(({ inputs }) => inputs),
    wanted,
  );
  const producers = new Map(targets.map(({ call, output, name }) => [call.outputs[output]!, name]));
  const layers: LayerComparison[] = [];
  const tensors: TensorComparison[] = [];
  calls.forEach((fixture, step) => {
    const values = rows[step]!;
    for (const { name, call, output } of targets) {
      const expected = fixture.layers.get(name);
      if (expected === undefined) continue;
      const id = call.outputs[output]!;
      const made = compareTensors(
        `layers/${name}${step === 0 ? "" : `@${step}`}`,
        values.get(id)!,
        expected,
        tolerance,
      );
      const inputs = call.inputs.flatMap((input): TensorComparison[] => {
        const producer = producers.get(input);
        const right: Tensor | undefined = producer === undefined ? undefined : fixture.layers.get(producer);
        return right === undefined ? [] : [compareTensors(`layers/${producer}`, values.get(input)!, right, tolerance)];
      });
      tensors.push(made);
      layers.push({
        layer: call.path,
        class: call.class,
        call: call.index,
        step,
        ok: made.ok,
        inputs,
        outputs: [made],
      });
    }
  });
  return { layers, tensors, notes };
}
