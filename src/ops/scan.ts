/**
 * The loop: `in` = [...initial carries, ...xs, ...captures], body [...carries, ...slices] → [...carries, ...ys],
 * `out` = [...final carries, ...stacked ys]. The xs are cut and the ys stacked along `axis`; no step at all is allowed.
 */
import { loop } from "./define.ts";
import { fitsBody } from "./dtypes.ts";
import { agree, checkAxis, insertAxis, merge, refuseShapes } from "./shapes.ts";
import type { Graph, Shape } from "./types.ts";

export interface ScanAttrs {
  readonly carries: number;
  readonly xs: number;
  readonly axis: number;
}

/** Shapes of what a body gives. */
export function outputShapes(op: string, body: Graph): Shape[] {
  return body.outputs.map((id) => body.values.get(id)?.shape ?? refuseShapes(op, "a step of known rank"));
}

export const scan = loop<ScanAttrs>({
  name: "scan",
  takes: (x, { carries, xs }, body) => fitsBody(body!, x.slice(0, carries + xs), x.slice(0, carries), body!.outputs),
  shape(x, { carries, xs, axis }, body) {
    const sequences = x.slice(carries, carries + xs);
    let steps: number | null = null;
    for (const sequence of sequences) {
      checkAxis("scan", sequence, axis);
      if (!agree(steps, sequence[axis]!)) refuseShapes("scan", "sequences of one length", ...sequences);
      steps = merge(steps, sequence[axis]!);
    }
    const made = outputShapes("scan", body!);
    for (let i = 0; i < carries; i++) {
      const [before, after] = [x[i]!, made[i]!];
      if (before.length !== after.length || before.some((length, a) => !agree(length, after[a]!)))
        refuseShapes("scan", "a carry that keeps its shape", before, after);
    }
    return made.map((shape, i) => {
      if (i < carries) return shape.map((length, a) => merge(length, x[i]![a]!));
      if (axis > shape.length) refuseShapes("scan", `room for axis ${axis}`, shape);
      return insertAxis(shape, axis, steps);
    });
  },
  dtype: (_x, _a, body) => body!.outputs.map((id) => body!.values.get(id)!.dtype),
});
