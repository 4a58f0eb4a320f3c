/** What a verification found, as plain data. */
import type { Tolerance, TensorComparison } from "./compare.ts";

/** A layer's outputs on both sides. */
export interface LayerComparison {
  /** Names of the layers down to it, joined by `/`. */
  readonly layer: string;
  /** Keras's class of it; null where nobody says. */
  readonly class: string | null;
  /** Which call of the layer. */
  readonly call: number;
  /** Which call of the model in a row. */
  readonly step: number;
  /** Whether all of its outputs are equal within the tolerance. */
  readonly ok: boolean;
  /** Errors of what it got, as far as they are known. */
  readonly inputs: readonly TensorComparison[];
  /** Of each of its outputs. */
  readonly outputs: readonly TensorComparison[];
  /** What computed it, on the wasm backend: `recurrent (fused SIMD), gemm (SIMD)`. */
  readonly kernels?: string;
}

/** The first layer, in the order of computing, whose outputs are off. */
export interface Divergence extends LayerComparison {
  /** What the layers were compared with. */
  readonly against: "fixture" | "reference" | "model";
}

/** The whole verification. */
export interface VerifyReport extends Tolerance {
  /** Whether all tensors are equal within the tolerance. */
  readonly ok: boolean;
  /** Its file, or its name. */
  readonly model: string;
  /** The fixture, or the other model. */
  readonly against: string;
  /** `wasm`, `wasm strict`, `wasm 4 threads` or `reference`. */
  readonly backend: string;
  /** Whether outputs were judged by their distance from the float64 truth: see `VerifyOptions`. */
  readonly againstTruth: boolean;
  /** Named like the arrays of a fixture: `outputs/0`, `outputs/0@1`, `layers/lstm`. */
  readonly tensors: readonly TensorComparison[];
  /** In the order of computing; empty where no layers were compared. */
  readonly layers: readonly LayerComparison[];
  /** null: none differs, or none was compared. */
  readonly firstDivergence: Divergence | null;
  /** What could not be compared, and policies that were computed in another dtype. */
  readonly notes: readonly string[];
}

/** The tensor that is worst for its size; null when there is none. */
export function worstTensor(report: Pick<VerifyReport, "tensors">): TensorComparison | null {
  return report.tensors.reduce<TensorComparison | null>((worst, t) => {
    if (worst === null || (worst.ok && !t.ok)) return t;
    return worst.ok === t.ok && t.maxRel > worst.maxRel ? t : worst;
  }, null);
}

/** JSON has no NaN and no infinities: they become null. Single numbers, for pictures, are left out. */
export function plainReport(report: VerifyReport): unknown {
  return JSON.parse(JSON.stringify(report, (key, value: unknown) => (key === "pairs" ? undefined : value)));
}
