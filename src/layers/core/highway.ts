/**
 * y = t · activation(x·W + b) + (1 - t) · x with the gate t = sigmoid(x·W_carry + b_carry). x[B, D] → y[B, D].
 * W[D, D], W_carry[D, D], b[D], b_carry[D].
 * Source: keras 1.2.2 keras/layers/core.py (Highway).
 */
import type { Sym } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { activation, bool, initializer } from "../fields.ts";
import { constraints, regularizers } from "../common/weight-options.ts";
import { activate, lastOf } from "../common/checks.ts";

export const highway = layer({
  class: "Highway",
  until: "keras1",
  config: {
    init: initializer("glorot_uniform"),
    activation: activation("linear"),
    ...regularizers("W", "b", "activity"),
    ...constraints("W", "b"),
    bias: bool(true),
  },
  weights: {
    W: { shape: (_c, [x]) => [lastOf(x), lastOf(x)], init: "init" },
    W_carry: { shape: (_c, [x]) => [lastOf(x), lastOf(x)], init: "init" },
    b: { when: (c) => c.bias, shape: (_c, [x]) => [lastOf(x)] },
    b_carry: { when: (c) => c.bias, shape: (_c, [x]) => [lastOf(x)] },
  },
  forward(cx, c, w, [x]) {
    const { op } = cx;
    const linear = (kernel: Sym, bias: Sym | undefined): Sym => {
      const y = op.matmul(x!, kernel);
      return bias === undefined ? y : op.add(y, bias);
    };
    const gate = op.sigmoid(linear(w.W_carry, w.b_carry));
    const y = activate(cx, linear(w.W, w.b), c.activation);
    return op.add(op.multiply(y, gate), op.multiply(op.subtract(1, gate), x!));
  },
});
