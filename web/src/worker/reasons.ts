/** What keeps a model from running, and the ways on. */
import type { Inspection, InspectedLayer, Problem } from "../../../src/index.ts";
import type { Reason } from "../types.ts";

const named = (layers: readonly InspectedLayer[]): readonly InspectedLayer[] =>
  layers.flatMap((layer) => [layer, ...named(layer.layers)]);

/** Beside what the library says itself: files that are missing. */
const WAYS: Readonly<Partial<Record<Problem["code"], string>>> = {
  "unsupported/no-architecture": "Drop its architecture beside it, both files at once.",
  "mismatch/missing-weights": "Drop the weights beside the architecture: both files at once.",
};

/** What holds for several layers is said once, each beside what it says of it alone. */
export function reasonsOf({ problems, layers }: Inspection): readonly Reason[] {
  const all = named(layers);
  const reasons = new Map<string, Reason & { layers: Reason["layers"][number][] }>();
  for (const { code, path, message, expected, found } of problems) {
    const layer = all.find(({ name }) => name === path?.split("/").at(-1));
    // The name of the layer is no part of what holds for all.
    const said = (
      message ?? [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(", ")
    ).replaceAll(`"${layer?.name}"`, '"…"');
    const text = [said, WAYS[code]].filter(Boolean).join(". ");
    const reason = reasons.get(text) ?? { code, text, layers: [] };
    reasons.set(text, reason);
    const guess = layer?.lambda?.guess ? `a guess, to be checked: ${layer.lambda.guess}` : null;
    if (path !== undefined)
      reason.layers.push({ path, about: guess ?? (message === undefined ? null : (found ?? null)) });
  }
  return [...reasons.values()];
}
