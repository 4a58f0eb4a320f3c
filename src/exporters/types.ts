/** What an exporter is: of a model's layers, or of what they compute. */
import type { Source } from "../core/source.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Artifact, Exported, FormatId } from "../formats/archive.ts";
import type { JsonNode } from "../codecs/json.ts";
import type { LayerCall } from "../graph/tracer.ts";
import type { InputSpec, LayerNode, Weight } from "../layers/define.ts";
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
  /** `target`: the name of the file that is written, without folders. Absent: one with the format's own ending. */
  load(): Promise<(artifact: Artifact, target?: string) => Promise<Exported>>;
}

/** What an optimizer keeps, as Keras has it. */
export interface OptimizerState {
  /** Steps done. */
  readonly iterations: number;
  /** Of a weight, in the order in which Keras saves them. */
  readonly slots: ReadonlyMap<Weight, readonly Tensor[]>;
}

/** The layers that a graph is made of. */
export interface TracedLayers {
  readonly root: LayerNode;
  readonly calls: readonly LayerCall[];
  readonly specs: readonly InputSpec[];
  /** How the model was compiled. */
  readonly training: JsonNode;
  /** Null: it keeps nothing; `unknown`: what nobody knows. */
  readonly optimizer: OptimizerState | "unknown" | null;
}

/** A model as what it computes; names in the graph's order. */
export interface TracedModel {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Other names of inputs: of a model that takes a dict, the layers'. */
  readonly aliases?: readonly (string | undefined)[];
  /** Of exporters that ask for them. */
  readonly layers?: TracedLayers;
  /** Sets of shapes of all inputs, of exporters that ask for them. */
  readonly shapes?: readonly ShapeSet[];
}

export type ShapeSet = readonly (readonly number[])[];

export const QUANTIZATIONS = ["float16", "int8", "uint8", "uint16"] as const;
export const WASM_PLACES = ["inline", "file"] as const;

/** Options of formats of operations. */
export interface GraphOptions {
  /** ONNX: version of the operators, 17 to 22. Default 18. */
  readonly opset?: number;
  /** Of a module: weights inside, not in a file beside it. Default: where the code is in a file. */
  readonly inline?: boolean;
  /**
   * Of a module, where its code is: `inline` (default) in the module; `file` in a `.wasm` beside it that the module imports as
   * edge runtimes and bundlers do, which give a compiled module.
   */
  readonly wasm?: (typeof WASM_PLACES)[number];
  /**
   * How weights of two axes and more are stored: `float16`, or in a module `int8` times one number each, in a model of
   * TensorFlow.js `uint8` or `uint16` steps of one range each. Default: as they are.
   */
  readonly quantize?: (typeof QUANTIZATIONS)[number];
  /** TensorFlow.js: the most bytes that a file of weights has. Default 4 MiB. */
  readonly shardSize?: number;
}

/** The files that were written, by their names. */
export type WrittenFiles = ReadonlyMap<string, Source>;

/** What was written, as something that runs. */
export interface Runnable {
  /** The same values to the last bit are wanted, of `strict` runs; else as near as two engines are. */
  readonly exactly: boolean;
  /** What it takes, or null: whatever the model takes. */
  readonly shapes: readonly ShapeSet[] | null;
  /** What it computes: the model itself, or one with other weights. */
  readonly graph: Graph;
  /** Runs of a state follow one another. Null where it cannot run here, with the reason. */
  open(written: WrittenFiles): Promise<Runner | { readonly unknown: string }>;
}

/** Runs one after another. */
export interface Runner {
  run(inputs: readonly Tensor[]): readonly Tensor[] | Promise<readonly Tensor[]>;
  dispose?(): void;
}

/** A file of operations, which no reader of ours makes layers of. */
export interface ExportedGraph extends Exported {
  /** Who runs it. */
  readonly opens: string;
  /** What is equal in the written files, one line each. Throws `mismatch/verification`. */
  check(written: WrittenFiles): Promise<readonly string[]>;
  /** Absent: an engine of ours runs the format. */
  readonly runs?: Runnable;
  /** The same files with all weights as they are, where they were written in fewer bits. */
  whole?(): Promise<WrittenFiles>;
  /** Of some values it computes what the model does where they are above 0 alone, which `changed` tells. */
  readonly isOfPositives?: boolean;
}

/** Writes what a model computes: its operations. */
export interface GraphExporter extends Row {
  readonly from: "graph";
  /** Those of `GraphOptions` that it knows; `shapes`: it is written for some shapes of inputs. */
  readonly options: readonly (keyof GraphOptions | "shapes")[];
  /** Whether it writes the layers of the graph. */
  readonly ofLayers?: true;
  /** `target`: the name of the file that is written, without folders. */
  load(): Promise<(model: TracedModel, options: GraphOptions, target: string) => Promise<ExportedGraph>>;
}

export type ExporterRow = ModelExporter | GraphExporter;
