/** Damage beside what inference needs: told, not refused. */
import type { Spare } from "../codecs/hdf5.ts";
import { FormatError, type Problem } from "../core/error.ts";
import { OPTIMIZER_WEIGHTS, TRAINING_CONFIG } from "../formats/flat.ts";
import { STATE_GROUPS } from "../formats/tree.ts";

/** As a warning. Limits are refused wherever they are passed. */
export function leftAside(error: unknown): readonly Problem[] {
  if (!(error instanceof FormatError) || error.problems.some(({ code }) => code.startsWith("limit/"))) throw error;
  return error.problems.map((problem) => ({
    ...problem,
    message: ["left aside, nothing that runs needs it", problem.message]
      .filter((part) => part !== undefined)
      .join(": "),
  }));
}

/** What `body` gives; null, with warnings added, where that part of the file is damaged. */
export async function aside<T>(warnings: Problem[], body: () => T | Promise<T>): Promise<T | null> {
  try {
    return await body();
  } catch (error) {
    warnings.push(...leftAside(error));
    return null;
  }
}

/** How the model was trained, in an HDF5 file of any layout. */
export function spareParts(warnings: Problem[]): Spare {
  const isState = (top: string): boolean => top === OPTIMIZER_WEIGHTS || STATE_GROUPS.has(top);
  return {
    has: (path) => path === `@${TRAINING_CONFIG}` || isState(path.split(/[\\/]/, 1)[0]!),
    damaged: (error) => void warnings.push(...leftAside(error)),
  };
}
