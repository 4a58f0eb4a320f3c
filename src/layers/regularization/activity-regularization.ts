/** y = x: a penalty in training only. No weights. Source: keras/src/layers/regularization/activity_regularization.py. */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { float } from "../fields.ts";

export const activityRegularization = layer({
  class: "ActivityRegularization",
  takes: floatsIn("tf-keras"),
  config: { l1: float(0), l2: float(0) },
  mask: "pass",
  forward: (_cx, _c, _w, [x]) => x!,
});
