/** The loop: see `SIGNATURES`. No step at all is allowed. */
import type { LoopRule } from "./define.ts";
import { fitsBody } from "./dtypes.ts";
import { agree, checkAxis, insertAxis, mergeLengths, refuseShapes } from "./shapes.ts";
import type { Graph, Shape } from "./types.ts";

/** Shapes of what a body gives. */
export function outputShapes(op: string, body: Graph): Shape[] {
  return body.outputs.map((id) => body.values.get(id)?.shape ?? refuseShapes(op, "a step of known rank"));
}

/** A loop over the first axis of its inputs, with values carried from step to step. */
export const scan: LoopRule = {
  takes: ({ init, xs }, _, body) => fitsBody(body!, [...init, ...xs], init, body!.outputs),
  shape({ init, xs }, { axis }, body) {
    let steps: number | null = null;
    for (const sequence of xs) {
      checkAxis("scan", sequence, axis);
      if (!agree(steps, sequence[axis]!)) refuseShapes("scan", "sequences of one length", ...xs);
      steps = mergeLengths(steps, sequence[axis]!);
    }
    const made = outputShapes("scan", body!);
    const carries = init.map((before, i) => {
      const after = made[i]!;
      if (before.length !== after.length || before.some((length, a) => !agree(length, after[a]!)))
        refuseShapes("scan", "a carry that keeps its shape", before, after);
      return after.map((length, a) => mergeLengths(length, before[a]!));
    });
    const ys = made.slice(init.length).map((shape) => {
      if (axis > shape.length) refuseShapes("scan", `room for axis ${axis}`, shape);
      return insertAxis(shape, axis, steps);
    });
    return { carries, ys };
  },
  dtype({ init }, _a, body) {
    const all = body!.outputs.map((id) => body!.values.get(id)!.dtype);
    return { carries: all.slice(0, init.length), ys: all.slice(init.length) };
  },
};
