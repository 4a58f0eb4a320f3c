/** What an exporter is: of a model's layers, or of what they compute. */
import type { Source } from "../core/source.ts";
import type { Artifact, Exported, FormatId } from "../formats/archive.ts";
import type { Graph } from "../ops/types.ts";

interface Row {
  readonly id: FormatId;
  readonly title: string;
  /** Names that end like this ask for the format; the longest that fits decides. */
  readonly extensions: readonly string[];
}

/** Writes what a model is made of: its layers, in the language of a Keras. What it writes can be read again. */
export interface ModelExporter extends Row {
  readonly from: "model";
  load(): Promise<(artifact: Artifact) => Promise<Exported>>;
}

/** A model as what it computes; names in the graph's order. */
export interface TracedModel {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface GraphOptions {
  /** ONNX: version of the operators, 17 to 22. Default 18. */
  readonly opset?: number;
}

/** A file of operations, which no reader of ours makes layers of. */
export interface ExportedGraph extends Exported {
  /** Who runs it. */
  readonly opens: string;
  /** What is equal in the written file, one line each. Throws `mismatch/verification`. */
  check(written: Source): Promise<readonly string[]>;
}

/** Writes what a model computes: its operations. */
export interface GraphExporter extends Row {
  readonly from: "graph";
  load(): Promise<(model: TracedModel, options: GraphOptions) => Promise<ExportedGraph>>;
}

export type ExporterRow = ModelExporter | GraphExporter;
