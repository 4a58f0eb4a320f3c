/** What a state is known by. */
import type { LayerWeights } from "../layers/define.ts";

const stateKeys = new WeakMap<LayerWeights, Map<string, object>>();

/** A layer has its weights in whichever model it is. */
export function stateKey(weights: LayerWeights, name: string): object {
  const keys = stateKeys.get(weights) ?? new Map<string, object>();
  stateKeys.set(weights, keys);
  const key = keys.get(name) ?? {};
  keys.set(name, key);
  return key;
}
