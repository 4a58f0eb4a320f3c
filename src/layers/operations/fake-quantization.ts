/** `keras.quantizers.fake_quant_with_min_max_vars`. Source: keras/src/quantizers/quantizers.py. */
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { operation } from "../define.ts";
import { bool, int, optional } from "../fields.ts";
import type { Args } from "./shared/operation.ts";
import { tensor } from "./shared/operation.ts";
import { fakeQuantized } from "./shared/fake-quantized.ts";

export const fakeQuantWithMinMaxVars = operation({
  class: "FakeQuantWithMinMaxVars",
  module: "keras.src.quantizers.quantizers",
  args: ["inputs", "min_vals", "max_vals"],
  config: { num_bits: int({ min: 2, default: 8 }), narrow_range: bool(false), axis: optional(int()) },
  forward(cx, c, _w, _x, kw) {
    const { op } = cx;
    const [x, ...ends] = ((kw["$args"] ?? []) as Args).map((arg) => tensor(cx, arg)) as [Sym, Sym, Sym];
    if (c.num_bits > 16)
      fail("unsupported/argument", { path: "num_bits", expected: "2 to 16", found: String(c.num_bits) });
    const axis = c.axis === null ? null : c.axis < 0 ? c.axis + x.shape.length : c.axis;
    const shaped = ends.map((end) =>
      op.reshape(op.cast(end, "float32"), axis === null ? [] : [-1, ...x.shape.slice(axis + 1).map(() => 1)]),
    ) as [Sym, Sym];
    return op.cast(
      fakeQuantized(cx, op.cast(x, "float32"), shaped, {
        bits: c.num_bits,
        isNarrow: c.narrow_range,
        divides: axis === null,
      }),
      x.dtype,
    );
  },
});
