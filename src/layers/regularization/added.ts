/**
 * What `model.add_loss(tensor)` and `model.add_metric(tensor)` of tf.keras leave in a functional model: y = x, which the loss
 * counts too when training, or a metric told, which is not computed here. No weights. Gone in Keras 3. Source: tf_keras/src/engine/base_layer.py.
 */
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { bool, json } from "../fields.ts";

export const addLoss = layer({
  class: "AddLoss",
  until: "keras2",
  config: { unconditional: bool(false) },
  calls: { counted: true, casts: false, onlyTrains: "loss" },
  forward(cx, _c, _w, [x]) {
    const scalar = () =>
      x!.shape.length === 0
        ? x!
        : fail("unsupported/training", {
            expected: "a scalar to add to the loss",
            found: `shape [${x!.shape.join()}]`,
          });
    cx.addLoss(scalar, null);
    return x!;
  },
});

export const addMetric = layer({
  class: "AddMetric",
  until: "keras2",
  config: { aggregation: json(), metric_name: json() },
  calls: { onlyTrains: "metric" },
  forward: (_cx, _c, _w, [x]) => x!,
});
