/** What a naming of weights is: how the arrays of a file find the layers that own them, read and written in one place. */
import type { Problem } from "../../core/error.ts";
import type { Archive, Naming, OutWeight, StoredWeight, WeightGroup } from "../../formats/archive.ts";
import type { LayerNode } from "../../layers/define.ts";

/** Arrays that no declaration explains, by the layer they are kept with: of classes that nobody knows, and of quantised layers. */
export type KeptArrays = ReadonlyMap<LayerNode, readonly StoredWeight[]>;

/** What reading found: what is missing and extra, all together, and the arrays that are kept as they are. */
export interface Assigned {
  readonly problems: readonly Problem[];
  readonly unknown: KeptArrays;
  readonly warnings?: readonly Problem[];
}

/** A model whose weights are to be written. */
export interface Writing {
  readonly root: LayerNode;
  /** What is written of a layer's weight. */
  out(node: LayerNode, name: string): OutWeight;
  /** What ends a variable's name in flat files. */
  readonly suffix: string;
  /** The arrays that are kept as they are, and under which naming their file has them; null for a model made in code. */
  readonly unknown: KeptArrays;
  readonly naming: Naming | null;
  /** The file that the model came from, where it would be written with the very arrays that it has. */
  readonly untouched: Archive | null;
}

/** One naming of weights, both ways. */
export interface WeightNaming {
  /** Binds every weight below `root` to arrays of the archive. */
  read(root: LayerNode, archive: Archive): Assigned;
  /**
   * Every array by owner, owners without any included. Throws `unsupported/translation` for arrays kept as they are
   * whose names or order here cannot be told. Missing for a naming that is only read.
   */
  write?(model: Writing): readonly WeightGroup[];
}
