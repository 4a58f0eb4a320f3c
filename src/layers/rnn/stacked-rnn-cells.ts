/**
 * Cells one on top of the other: each takes the y of the one below. x[B, D] → the last cell's y; its states are those of
 * all cells, first cell first. No weights of its own.
 * Source: keras/src/layers/rnn/stacked_rnn_cells.py, tf_keras/layers/rnn/stacked_rnn_cells.py.
 */
import type { Sym } from "../../ops/types.ts";
import { cell } from "../define.ts";
import { layersField } from "../layer-fields.ts";

export const stackedRnnCells = cell({
  class: "StackedRNNCells",
  args: ["inputs", "states"],
  config: { cells: layersField() },
  children: { cells: "option" },
  // A stack of one Keras 3 does not run under a mask.
  writing: { sole: (to) => (to === "keras3" ? "cells" : null) },
  states(cx, _c, _w, x) {
    let below = x;
    return cx.childList("cells").flatMap((child) => {
      const shapes = cx.cell(child).states(below);
      // The first state has the shape of y.
      below = cx.op.full(shapes[0]!, 0, cx.compute);
      return shapes;
    });
  },
  step(cx, _c, _w, x, states) {
    let y = x;
    const next: Sym[] = [];
    for (const child of cx.childList("cells")) {
      const cell = cx.cell(child);
      const made = cell.step(y, states.slice(next.length, next.length + cell.states(y).length));
      next.push(...made.states);
      y = made.y;
    }
    return { y, states: next };
  },
});
