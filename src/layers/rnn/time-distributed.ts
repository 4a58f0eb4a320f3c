/**
 * A layer or model applied to every step of time: y[:, t] = layer(x[:, t]). x[B, T, …] → y[B, T, …]. The weights are the
 * layer's. Source: keras/src/layers/rnn/time_distributed.py, tf_keras/layers/rnn/time_distributed.py,
 * keras 1.2.2 keras/layers/wrappers.py.
 */
import { fail } from "../../core/error.ts";
import type { Shape } from "../../ops/types.ts";
import { layer, type LayerNode } from "../define.ts";
import { layerField } from "../layer-fields.ts";
import { maskOf } from "../common/args.ts";
import { needBuilt } from "../common/built.ts";
import { supportsMasks } from "../common/masks.ts";
import { allStepsAtOnce, outerMask, stepByStep, stepsInTurn } from "./shared/time-distributed.ts";

/**
 * Whether a layer, or one inside, may go over the batch of its x: in Keras 3 that of one step. An axis does, and an operation
 * that has none and does not go by places. `rank`: how many axes x has; of a layer inside nobody knows.
 */
function goesOverBatch({ def, config, children }: LayerNode, rank: number | null): boolean {
  const axes = [config["axis"] ?? []].flat() as readonly unknown[];
  const isBatch = (axis: unknown): boolean => axis === 0 || (rank === null ? Number(axis) < -1 : axis === -rank);
  if (
    axes.some(isBatch) ||
    def?.calls?.overBatch?.(config as never) === true ||
    (def?.kind === "operation" && axes.length === 0 && !def.calls?.pointwise)
  )
    return true;
  return [...children.values()].flat().some((child) => goesOverBatch(child, null));
}

/** Whether the mask of one step, which is as long as the batch, would meet another axis of a layer inside. */
const meetsLast = ({ def, children }: LayerNode): boolean =>
  def?.calls?.maskMeetsLast === true || [...children.values()].flat().some(meetsLast);

/** The layer of tf-keras inside, of TimeDistributed inside of that too, that a mask must not reach; undefined where there is none. */
function maskless({ children }: LayerNode): LayerNode | undefined {
  const child = children.get("layer")?.[0];
  if (child === undefined) return undefined;
  if (child.def?.class === "TimeDistributed") return maskless(child);
  const unmasked = child.def?.kind === "layer" && child.def.writing?.unmasked?.(child) === true;
  return unmasked || !supportsMasks(child) ? child : undefined;
}

/** Of one that another wrapper built, tf-keras's files tell what the layer inside was built on. */
const isStepOf = (built: Shape, x: Shape): boolean =>
  built.length === x.length - 1 && built.slice(1).every((n, i) => n === null || x[i + 2] === null || n === x[i + 2]);

export const timeDistributed = layer({
  class: "TimeDistributed",
  args: ["inputs", "training", "mask"],
  config: { layer: layerField() },
  children: { layer: "option" },
  writing: { unmasked: (node) => maskless(node) !== undefined },
  mask: (cx, _c, masks, _x, y) => (cx.semantics === "keras3" ? y.map(() => masks[0]) : y.map((s) => s.mask)),
  forward(cx, _c, _w, x, kw) {
    const child = cx.child("layer");
    if (cx.semantics === "tf-keras" && !isStepOf(cx.built[0]!, x[0]!.shape)) needBuilt(cx, x, (axis) => axis > 1);
    const mask = maskOf(kw);
    const refused = cx.semantics === "tf-keras" && mask !== undefined && !cx.isStateful(child) && maskless(cx.node);
    if (refused)
      fail("unsupported/mask", {
        message: "under a mask tf-keras runs no layer here without one",
        found: refused.name,
      });
    const [steps, kept] = [x[0]?.shape[1] ?? null, mask?.shape[1] ?? null];
    if (cx.semantics === "keras3" && steps !== null && kept !== null && steps !== kept)
      fail("unsupported/mask", { expected: `a mask of ${steps} steps`, found: String(kept) });
    if (cx.semantics === "keras3" && cx.countsCalls("layer")) return stepsInTurn(cx, child, x, mask);
    const goesOver = (): boolean => goesOverBatch(child, x[0]!.shape.length - 1) || (mask?.shape.length === 2 && meetsLast(child)); // prettier-ignore
    if ((cx.semantics === "keras3" && goesOver()) || cx.isStateful(child)) return stepByStep(cx, child, x, mask);
    return allStepsAtOnce(cx, child, x, mask).map((y) => outerMask(cx, y, mask));
  },
});
