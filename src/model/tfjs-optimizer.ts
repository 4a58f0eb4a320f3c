/** What an optimizer of TensorFlow.js keeps of each weight, which it lists in an order of its own, in Keras's. */
import type { Archive, OptimizerWeight } from "../formats/archive.ts";
import { OPTIMIZERS } from "../formats/tfjs-layers.ts";
import type { LayerNode } from "../layers/define.ts";
import { weightsInOrder } from "./walk.ts";

/** Of an archive that is bound to these layers. */
export function inWeightOrder(root: LayerNode, archive: Archive): Archive {
  const places = new Map(weightsInOrder(root).map(({ source }, i) => [source[0]?.key, i]));
  const placeOf = ({ key }: OptimizerWeight): readonly [number, number] => {
    const slash = key.lastIndexOf("/");
    const slot = key.slice(slash + 1);
    const group = Math.max(...OPTIMIZERS.map(({ slots }) => slots.findIndex((beside) => beside.includes(slot))));
    return [group, places.get(key.slice(0, Math.max(slash, 0))) ?? -1];
  };
  const placed = archive.optimizer.map((array) => ({ array, place: placeOf(array) }));
  placed.sort(({ place: a }, { place: b }) => a[0] - b[0] || a[1] - b[1]);
  return { ...archive, optimizer: placed.map(({ array }) => array) };
}
