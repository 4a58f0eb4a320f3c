import { type OptionKinds, readOptions } from "./guard.ts";

/** Limits that hold before anything is allocated. Every one can be set by the caller and is named in the error. */
export interface Limits {
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Bytes of one stored array. */
  readonly tensorBytes: number;
  /** Bytes of all stored arrays of one model. */
  readonly totalTensorBytes: number;
  /** Members of a zip, links of an HDF5 group tree. */
  readonly entries: number;
  /** Inflated : deflated, for what inflates to more than `ratioFloor` bytes. */
  readonly expansionRatio: number;
  /** Bytes up to which `expansionRatio` does not count. */
  readonly ratioFloor: number;
  /** Bytes of one JSON text. */
  readonly jsonBytes: number;
  /** Nesting of JSON values. */
  readonly jsonDepth: number;
  /** Objects and arrays in one JSON text: an empty object of two bytes costs some 200 in memory. */
  readonly jsonContainers: number;
  /** Nesting of models and wrapped layers. */
  readonly modelDepth: number;
  /** Layers of a model, those inside others included. */
  readonly layers: number;
  /** Axes of an array. */
  readonly rank: number;
  /** Bytes of one name in a file. */
  readonly nameBytes: number;
  /** Bytes that a single `predict` may hold in intermediate tensors. */
  readonly runBytes: number;
  /** Steps of the plan that the wasm backend makes for a shape of input: what a run does, one after the other. */
  readonly planSteps: number;
}

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** What holds where the caller says nothing. */
export const DEFAULT_LIMITS: Limits = {
  fileBytes: 4 * GiB,
  tensorBytes: 2 * GiB,
  totalTensorBytes: 4 * GiB,
  entries: 200_000,
  expansionRatio: 200,
  ratioFloor: 16 * MiB,
  jsonBytes: 64 * MiB,
  jsonDepth: 256,
  jsonContainers: 2_000_000,
  modelDepth: 64,
  layers: 50_000,
  rank: 32,
  nameBytes: 4096,
  runBytes: 8 * GiB,
  planSteps: 1_000_000,
};

/** The defaults with a caller's changes. Throws `mismatch/option` for names that are no limits and for what is no number. */
export function withLimits(limits: Partial<Limits> | undefined): Limits {
  if (limits === undefined) return DEFAULT_LIMITS;
  const given = Object.entries(readOptions("limits", limits, KINDS)).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}

const KINDS = Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, "number"])) as OptionKinds<Limits>;
