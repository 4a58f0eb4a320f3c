import type { Archive } from "../formats/archive.ts";
import type { LayerNode } from "../layers/define.ts";
import { BoundWeight } from "./weight.ts";

/** A file of weights without an architecture: they are there to be seen and compared, nothing runs. */
export function weightsAlone(archive: Archive): LayerNode {
  const weights = new Map<string, BoundWeight>();
  for (const stored of archive.weights) {
    const about = { name: stored.name, path: stored.key, trainable: true, dtype: stored.dtype, init: null, ones: null };
    const weight = new BoundWeight(about, null);
    weight.bindTo([stored], null);
    weights.set(stored.key, weight);
  }
  return {
    class: "",
    name: "weights",
    def: null,
    config: {},
    options: new Map(),
    raw: null,
    trainable: true,
    semantics: archive.semantics,
    dtype: "float32",
    quantised: false,
    batchShape: null,
    weights,
    children: new Map(),
    innerCalls: new Map(),
    path: "",
    problems: [
      {
        code: "unsupported/no-architecture",
        file: archive.file,
        message: ["the file holds weights without an architecture", archive.instead ?? []].flat().join(": "),
      },
    ],
  };
}
