/** What the page and its worker tell each other: plain data alone. */
import type { DType, Inspection, InspectedLayer, Problem, VerifyReport } from "../../src/index.ts";

export type { DType, Inspection, InspectedLayer, Problem, VerifyReport };

/** What is to be opened: a file, a folder's files by path, or an address. */
export interface Opening {
  readonly name: string;
  readonly input: Blob | ReadonlyMap<string, Blob> | string;
}

export interface OpenModel {
  readonly file: string;
  /** Of all its files; null of an address. */
  readonly bytes: number | null;
  readonly found: Inspection;
  /** What keeps it from running. */
  readonly reasons: readonly Reason[];
  readonly isStateful: boolean;
}

/** Why a model cannot run, and the way on. */
export interface Reason {
  readonly code: string;
  readonly text: string;
  /** Layers that it holds for, each with what is known of it; none where it holds for the whole. */
  readonly layers: readonly { readonly path: string; readonly about: string | null }[];
}

/** How far opening is: 0 to 1, or null where nobody knows. */
export type OnShare = (share: number | null, loaded: number) => void;

/** A tensor as it travels. */
export interface Values {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | string | bigint>;
}

/** Counts of values in bins of equal width from `low` to `high`. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
}

export interface Statistics {
  readonly count: number;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  readonly zeros: number;
  /** NaN or infinite. */
  readonly lost: number;
}

/** Rows and columns of numbers, thinned where there are too many to see. */
export interface Grid {
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface WeightView {
  readonly name: string;
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly trainable: boolean;
  readonly statistics: Statistics;
  readonly histogram: Histogram;
  /** One, or one a gate. */
  readonly grids: readonly Grid[];
}

export interface Box {
  readonly path: string;
  readonly name: string;
  readonly class: string;
  readonly kind: Kind;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly parameters: number;
  readonly isOutput: boolean;
  /** Whether there is something inside, and whether it is shown. */
  readonly inside: "none" | "folded" | "shown";
}

export interface Line {
  readonly from: string;
  readonly to: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly label: string;
  readonly at: readonly [x: number, y: number];
  /** Whether its values carry a mask. */
  readonly isMasked: boolean;
  /** Whether its way has right angles: it goes on in the next column. */
  readonly isBent?: true;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Outer ones before those inside. */
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

export type Kind =
  "input" | "dense" | "conv" | "recurrent" | "attention" | "norm" | "pool" | "merge" | "model" | "other";

export interface RunResult {
  readonly outputs: readonly (Values & { readonly name: string })[];
  /** Milliseconds a call; `calls` were timed. */
  readonly time: number;
  readonly calls: number;
  readonly backend: string;
  /** Paths of layers whose outputs are kept. */
  readonly layers: readonly string[];
}

/** What is marked on the graph: by path of a layer. */
export type Marks = ReadonlyMap<
  string,
  { readonly mark: "good" | "wrong" | "first" | "changed"; readonly note: string }
>;

/** What a box may tell in place of its class. */
export type OverlayName = "class" | "parameters" | "kernels" | "masks" | "errors" | "dead";
/** By path of a layer: words, how much of it there is from 0 to 1, and whether that is bad. */
export type Overlay = ReadonlyMap<string, { readonly text: string; readonly share: number; readonly isBad: boolean }>;
