/**
 * The loop of any cell over time. x[B, T, …] → the cell's y[B, …], or y[B, T, …] with return_sequences; then its states
 * with return_state (those of stacked cells flattened, first cell first). The weights are the cell's.
 * Source: keras/src/layers/rnn/rnn.py, tf_keras/layers/rnn/base_rnn.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { layerField } from "../layer-fields.ts";
import { recurrent, recurrentFields, recurrentMask, timeMajor } from "./shared/recurrent.ts";

export const rnn = layer({
  class: "RNN",
  takes: floatsIn("tf-keras"),
  args: ["sequences", "initial_state", "mask"],
  calls: { furtherInputs: "initial_state" },
  config: { ...recurrentFields, ...timeMajor, cell: layerField() },
  children: { cell: "option" },
  mask: recurrentMask,
  forward: (cx, c, _w, x, kw) => recurrent(cx, c, x, kw),
});
