/**
 * The axes in another order, counted from 1; the batch stays first. No weights.
 * Source: keras/src/layers/reshaping/permute.py.
 */
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { intList } from "../fields.ts";
import { needRank } from "../common/checks.ts";

export const permute = layer({
  class: "Permute",
  config: { dims: intList() },
  forward(cx, c, _w, [x]) {
    if ([...c.dims].sort((a, b) => a - b).some((dim, i) => dim !== i + 1))
      fail("malformed/config", { expected: `the axes 1 to ${c.dims.length}`, found: c.dims.join(", ") });
    needRank(x!, c.dims.length + 1);
    return cx.op.transpose(x!, [0, ...c.dims]);
  },
});
