/** What lies in a fractal heap with an index beside it: the links of large groups, many attributes. */
import { readBtree2, RECORD } from "./btree2.ts";
import type { Cursor } from "./cursor.ts";
import type { Walk } from "./file.ts";
import { FractalHeap } from "./fractal-heap.ts";

/** The heap, and the records of its index by name. */
export async function readDense(
  walk: Walk,
  heap: number,
  index: number,
  what: "links" | "attributes",
): Promise<{ readonly heap: FractalHeap; readonly records: readonly Cursor[] }> {
  const opened = await FractalHeap.open(walk, heap);
  const kind = what === "links" ? RECORD.linkName : RECORD.attributeName;
  return { heap: opened, records: await readBtree2(walk, index, what, kind) };
}
