/** No lengths as the shape of an attention's output are as good as none given, as Python takes them. */
import { expect, it } from "vitest";
import { Input, layers, Model } from "../../src/node.ts";

it.each([[undefined], [[]]] as const)("outputShape %j", (outputShape) => {
  const x = Input({ shape: [5, 6] });
  const attention = layers.multiHeadAttention({ numHeads: 2, keyDim: 3, ...(outputShape && { outputShape }) });
  const model = new Model({ inputs: x, outputs: attention.apply(x, { value: x }) });
  expect(model.outputShape).toEqual([null, 5, 6]);
});
