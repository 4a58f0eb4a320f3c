/**
 * tf.keras's cells around a cell: ResidualWrapper, y = cell(x) + x; DeviceWrapper, the cell itself; DropoutWrapper, which
 * drops values whenever it is called, the cell itself where it keeps all. States and weights are the cell's. Gone in Keras 3.
 * Source: tf_keras/layers/rnn/cell_wrappers.py.
 */
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { cell, type Context } from "../define.ts";
import { type Config, type Fields, float, json, text } from "../fields.ts";
import { layerField } from "../layer-fields.ts";

const around = <F extends Fields>(
  name: string,
  options: F,
  after: (cx: Context, c: Config<F>, y: Sym, x: Sym) => Sym,
) =>
  cell({
    class: name,
    module: "tf_keras.src.layers.rnn.cell_wrappers",
    until: "keras2",
    args: ["inputs", "state"],
    config: { cell: layerField(), ...options },
    children: { cell: { config: (c) => c["cell"] as never, spelled: "one", olderPath: "wrapped_cell" } },
    states: (cx, _c, _w, x) => cx.cell(cx.child("cell")).states(x),
    step(cx, c, _w, x, states) {
      const made = cx.cell(cx.child("cell")).step(x, states);
      return { y: after(cx, c as never, made.y, x), states: made.states };
    },
  });

const keeps = float(1);

export const wrappedCells = [
  around(
    "ResidualWrapper",
    { residual_fn: json(), residual_fn_type: json(), residual_fn_module: json() },
    (cx, c, y, x) => {
      if (c.residual_fn !== null) fail("unsupported/argument", { path: "residual_fn", message: "Python code" });
      return cx.op.add(x, y);
    },
  ),
  around("DeviceWrapper", { device: text() }, (_cx, _c, y) => y),
  around(
    "DropoutWrapper",
    {
      input_keep_prob: keeps, output_keep_prob: keeps, state_keep_prob: keeps, variational_recurrent: json(), input_size: json(), seed: json(),
    },
    (_cx, c, y) => {
      const isKept = c.input_keep_prob === 1 && c.output_keep_prob === 1 && c.state_keep_prob === 1;
      return isKept ? y : fail("unsupported/argument", { message: "drops values at random whenever it is called" });
    },
  ), // prettier-ignore
];
