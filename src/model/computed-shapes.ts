/**
 * Functions of older Keras that only compute lengths, as in `tf.reshape(x, (tf.shape(x)[0], -1))`: Keras 3 knows lengths when
 * a model is made and has no operation for one. What is given such lengths is spelt out from the tensors behind them.
 */
import type { Call, LayerNode } from "../layers/define.ts";
import { type Calls, needed } from "./implied-masks.ts";
import { argsOf, functionOf } from "./measuring.ts";
import type { SpeltCalls } from "./spelt.ts";
import { childrenOf } from "./walk.ts";

/** A model's layers and calls, without the functions that nothing reads any more. */
export function withoutShapes(model: LayerNode, spelt: SpeltCalls | undefined): Calls {
  const calls = new Map(childrenOf(model).map((layer) => [layer, model.innerCalls.get(layer.name) ?? []] as const));
  const reads = (call: Call) => spelt?.get(call)?.behind ?? argsOf(call);
  return needed(model, calls, (layer) => functionOf(layer) !== null, reads);
}
