/** Evidence: whatever the package says that it computes occurs in a fixture that runs, and so in one that real Keras made. */
import { allNodes } from "../../src/model/walk.ts";
import type { LayerNode } from "../../src/layers/define.ts";
import { fixtures, loadFixture } from "./fixtures.ts";

/**
 * Of `wanted`, what no layer of a fixture of `part` is evidence for. `names` says what a layer is evidence for; fixtures
 * whose name matches `first` are looked at before all others, and no more than needed.
 */
export async function withoutEvidence(
  wanted: Iterable<string>,
  names: (node: LayerNode) => readonly string[],
  { part = "layers", first = /./ }: { part?: string; first?: RegExp } = {},
): Promise<readonly string[]> {
  const left = new Set(wanted);
  const all = fixtures(part);
  for (const fixture of [
    ...all.filter(({ name }) => first.test(name)),
    ...all.filter(({ name }) => !first.test(name)),
  ]) {
    if (left.size === 0) break;
    const model = await loadFixture(fixture);
    if (model.problems.length === 0)
      for (const node of allNodes(model.data.root)) for (const name of names(node)) left.delete(name);
    model.dispose();
  }
  return [...left];
}
