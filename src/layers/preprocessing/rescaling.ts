/**
 * y = x · scale + offset, numbers or arrays that broadcast. x[B, …] → y[B, …], as floats. No weights.
 * Source: keras/src/layers/preprocessing/rescaling.py.
 */
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { passedSinceKeras3 } from "../common/masks.ts";
import { json, required } from "../fields.ts";
import { numberArray, numbersFor } from "../common/json-array.ts";

const constant = (cx: Context, node: JsonNode, otherwise: number): Sym => {
  const { values, shape } = numberArray(node, cx.node.path) ?? { values: [otherwise], shape: [] };
  return cx.op.array(numbersFor(cx.compute, values), shape, cx.compute);
};

export const rescaling = layer({
  class: "Rescaling",
  config: { scale: required(json()), offset: json(JsonNumber.of(0, "float")) },
  mask: passedSinceKeras3,
  forward(cx, c, _w, [x]) {
    if (cx.compute === "bool") fail("unsupported/dtype-policy", { expected: "numbers", found: cx.compute });
    const y = cx.op.multiply(cx.op.cast(x!, cx.compute), constant(cx, c.scale, 1));
    return cx.op.add(y, constant(cx, c.offset, 0));
  },
});
