/** Spatial axes of another length: `taps.ts`. */
import type { PrimitiveRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { checkRank, numberOfSize, refuseShapes } from "./shapes.ts";
import { arrange, channelsOf, spatialOf } from "./window.ts";

/** The spatial axes of other lengths, interpolated. */
export const resize: PrimitiveRule<"resize"> = {
  takes: (x, { method }) => (method === "nearest" ? null : floats(x)),
  shape({ x }, { layout, to, fit }) {
    checkRank("resize", x, 3, 5);
    const spatial = spatialOf(x, layout);
    const goal = to.map((size) => numberOfSize(size));
    if (goal.length !== spatial.length || (fit !== undefined && goal.length !== 2))
      refuseShapes("resize", `${goal.length} spatial axes`, x);
    if (goal.some((length, i) => length !== 0 && spatial[i] === 0)) refuseShapes("resize", "elements to resize", x);
    return { y: arrange(layout, x[0]!, goal, channelsOf(x, layout)) };
  },
};
