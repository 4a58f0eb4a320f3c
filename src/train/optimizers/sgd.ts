/** Source: keras/src/optimizers/sgd.py. */
import type { Sym } from "../../ops/types.ts";
import { bool } from "../../layers/fields.ts";
import { asFloat32, common, like, optimizerOf, scalar, share } from "./shared.ts";

/** SGD: against the gradient, with `momentum` and `nesterov`. */
export const sgd = optimizerOf({
  class: "SGD",
  config: { ...common(0.01), momentum: share(0), nesterov: bool(false) },
  rule: {
    slots: (c, variable) => (c.momentum === 0 ? [] : [[like(variable, "momentum")]]),
    step({ op }, { w, g, s: [m] }, { rate }, c) {
      const move = op.multiply(g, scalar(op, rate, w));
      if (m === undefined) return { w: op.subtract(w, move), s: [] };
      const slower = (x: Sym) => op.subtract(op.multiply(x, asFloat32(c.momentum)), move);
      const next = slower(m);
      return { w: op.add(w, c.nesterov ? slower(next) : next), s: [next] };
    },
  },
});
