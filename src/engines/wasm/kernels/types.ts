/**
 * How a kernel is written and called.
 *
 * A compiled model is a table of functions `(args: i32) -> ()` and a plan: a list of instructions, each a function and
 * the address of its arguments in memory (32-bit words: addresses, row counts, strides in bytes). Functions know static
 * parameters only (lengths of inner axes, activations, dtypes); addresses, batch and row counts are arguments, so equal
 * layers share code and another batch emits nothing.
 *
 * To add a kernel: write `Kernel` objects (a file of this folder) whose `key` spells out every static parameter, and a
 * rule in `src/engines/wasm/rules/`, which looks at a node through its `SiteOf` and calls `site.run(kernel, args)` (or
 * `site.split`) once or several times. The table in `rules/index.ts` has the last rule of every operation, which always
 * can, behind those that may leave a node to the next one (they return false then).
 *
 * In memory: float32, float16 and bfloat16 values are float32 (halves rounded at each node), bool and integers up to 32
 * bits are i32, float64 and 64-bit integers are f64. Every value is contiguous and row-major. A block may be read up to
 * 64 bytes past its end (garbage); arena blocks may be written up to 16 bytes past their end. Weights can be asked for in
 * any packing: `site.packed`. Empty tensors never reach a kernel: every count is at least 1.
 */
import type { DType } from "../../../core/dtype.ts";
import type { AttrsOf, ElementwiseName, In, OpName, Out, PrimitiveName } from "../../../ops/signatures.ts";
import type { Graph, WeightRef } from "../../../ops/types.ts";
import type { Code } from "../emit/code.ts";
import type { Fn, FnRef, Module } from "../emit/module.ts";

/** `fused`: whole steps of a layer in registers; `vector`: several numbers at a time; `copy`: nothing is computed. */
export type Way = "fused" | "vector" | "copy";

/** A function of a compiled model, shared by all instructions of the same key. */
export interface Kernel {
  /** Names the code: kernels of one key share one function. Its leading words, in letters, name it for people. */
  readonly key: string;
  /** How it computes, as told by `inspect`; without it one number at a time. */
  readonly way?: Way;
  /** The body; word `i` of the arguments is `arg(f, i)`. */
  emit(f: Fn): Code;
}

/** A place in memory whose address is known once everything is planned. */
export interface Place {
  /** `fixed`: for the life of the session; `data`: constants of the plan; `arena`: for part of a run. */
  readonly base: "fixed" | "data" | "arena";
  readonly at: number;
}

/** A number (an i32), or an address. */
export type KernelArg = number | Place;

/** How a weight lies in memory: laid out once, straight from the file. */
export interface Packing {
  readonly key: string;
  readonly bytes: number;
  /** Fills `target`, which is zeroed. `source` holds the values in the weight's own order. */
  pack(source: Float32Array, target: Float32Array): void;
}

/** How a tile adds up. */
export interface FormCode {
  /** Four columns of a step. */
  load(address: Code, offset: number): Code;
  /** What they are multiplied with, of each row: four bytes for each step. */
  splat(x: Code): Code;
  add(m: Module, x: Code, weights: Code, sum: Code): Code;
  /** A sum of sums. */
  join(a: Code, b: Code): Code;
  /** A sum as float32, but for its factors. */
  float(sum: Code): Code;
}

/**
 * A form that is not float32. Packed as ever, [panel][step][width], but for this: in front of a panel stand factors of its
 * columns (float32), which sums are multiplied with; then a step has two bytes a column.
 */
export interface Form extends FormCode {
  /** Steps of so many rows. */
  steps(depth: number): number;
  /** Bytes in front of a row of the input: its own factor. */
  readonly inputHead: number;
  /** A packing of float32 in the form: panels of `depth` rows and these widths. */
  packing(of: Packing, depth: number, widths: readonly number[]): Packing;
  /** A panel of `width` columns as float32, if many rows do better so: params are where it is, where it goes, its steps. */
  readonly widen: ((f: Fn, width: number) => Code) | null;
  /** Rows of the input as the form wants them, if not as float32; `row`: from, to, length. */
  readonly quantise: {
    row(m: Module): FnRef;
    rows(
      input: Place,
      output: Place,
      rows: number,
      length: number,
    ): { readonly kernel: Kernel; readonly args: readonly KernelArg[] };
  } | null;
  /** A table of rows, each behind its factor; four elements of a row, to be multiplied with `scale` and the factor. */
  readonly table: {
    readonly bytes: number;
    readonly scale: number;
    packing(rows: number, length: number): Packing;
    read(address: Code): Code;
  };
  /** The name, in keys of kernels. */
  toJSON(): string;
}

/** A value as a rule sees it: what is known of it, and how to reach it. */
export interface Operand {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Where its values come from, seen through the loops around. */
  readonly weight: WeightRef | undefined;
  /** A constant's values. */
  readonly constant: ArrayLike<number> | undefined;
  /** The one number that all its elements are, if that is known. */
  readonly filled?: number;
}

/** Some of the indices of several axes: along each, the first and how many. */
export interface Range {
  readonly from: readonly number[];
  readonly lengths: readonly number[];
}

/** What a kernel does, as the indices of some axes that can be done in any order, or at the same time. */
export interface KernelCut {
  readonly lengths: readonly number[];
  /** Parts of a single axis are multiples of this: rows that share a tile stay together. Default 1. */
  readonly unit?: number;
  /** Multiply-adds of all. */
  readonly work: number;
  /** Most parts for a thread, where small parts cost. */
  readonly each?: number;
  /** Threads do not share the parts: they run one after the other, and may use the same scratch. */
  readonly isAlone?: boolean;
}

/**
 * Steps of a chain: the element-wise operations, small powers, casts of floats to integers, and maxima and minima with a
 * number that is known.
 */
export type StepName = ElementwiseName | "cube" | "truncate" | "relu" | "atLeast" | "atMost";

/** One operation of a chain. */
export interface ProgramStep {
  readonly op: StepName;
  /** Numbers of the inputs, then of the steps before. */
  readonly args: readonly number[];
  readonly dtype: DType;
}

/** An element-wise chain at the end of a product or convolution. */
export interface Epilogue {
  /** The operands beside the sums: one number, one for each column, or laid out as the output. */
  readonly inputs: readonly ("once" | "column" | "each")[];
  /** Register 0 is the sum, then the inputs, then the steps. */
  readonly steps: readonly ProgramStep[];
}

/** A value that a node reads. */
export interface NodeInput extends Operand {
  /** Its address, in the layout described above. */
  place(): Place;
}

/** A value that a node makes. */
export interface Output extends Operand {
  /** Its address. */
  place(): Place;
  /** Whether anything reads it. */
  readonly isUsed: boolean;
  /** Says that it lies inside an input, `offset` bytes from its start: nothing is copied. */
  alias(input: NodeInput, offset: number): void;
}

/** What rules and their helpers use to plan a node. */
export interface Site {
  /** What is done to the output before it is stored, and the addresses of what it reads: `rules/epilogue.ts` says where. */
  readonly epilogue: { readonly static: Epilogue; places(): readonly Place[] } | undefined;
  /** A float32 weight in another layout; only for inputs with `weight`. */
  packed(input: NodeInput, packing: Packing): Place;
  /**
   * The form that a weight is packed in: that of its 16-bit floats if it is large, or what the session asks for, and not int8
   * for `rows` that meet it in a recurrent layer; undefined: float32.
   */
  form(input: NodeInput, rows?: boolean): Form | undefined;
  /** Memory for this node alone. */
  scratch(bytes: number): Place;
  /** Constants of the plan. */
  data(values: Int32Array | Float32Array | Float64Array): Place;
  run(kernel: Kernel, args: readonly KernelArg[]): void;
  /** Whether less exact ways are wanted where they are faster. */
  readonly isFast: boolean;
  /** Whether threads may share what is split. */
  readonly isShared: boolean;
  /** Whether threads share what is cut so. */
  shares(cut: KernelCut): boolean;
  /** Runs a kernel once, or in parts that threads share: `args` gives the arguments of a part. */
  split(kernel: Kernel, cut: KernelCut, args: (part: Range) => readonly KernelArg[]): void;
  /** Plans all of it at once, or in parts that threads share: those of different slots run at the same time. */
  share(cut: KernelCut, build: (part: Range, slot: number) => void): void;
}

/** A node while it is planned. */
export interface SiteOf<N extends OpName> extends Site {
  readonly op: N;
  readonly in: In<N, NodeInput>;
  readonly out: Out<N, Output>;
  readonly attrs: AttrsOf<N>;
  readonly body: Graph | undefined;
}

/** A chain of element-wise operations while it is planned. */
export interface ChainSite extends Site {
  readonly steps: readonly ProgramStep[];
  readonly in: { readonly xs: readonly NodeInput[] };
  readonly out: { readonly y: Output };
}

/** An element-wise chain over rows of scores: `at` is their place among its operands, which are those beside them. */
export interface ScoreChain {
  readonly steps: readonly ProgramStep[];
  readonly at: number;
}

/** What is fixed of an attention, which reads `a`, `b`, `v` and the operands of both chains and makes `y`. */
export interface Attention {
  /** Of a·b. */
  readonly shape: readonly number[];
  readonly product: AttrsOf<"matmul">;
  readonly before: ScoreChain | null;
  readonly after: ScoreChain | null;
  /** Of scores·v. */
  readonly combine: AttrsOf<"matmul">;
}

/** An attention (see attend.ts) while it is planned. */
export interface AttentionSite extends Site {
  readonly attention: Attention;
  readonly in: {
    readonly a: NodeInput;
    readonly b: NodeInput;
    readonly v: NodeInput;
    readonly before: readonly NodeInput[];
    readonly after: readonly NodeInput[];
  };
  readonly out: { readonly y: Output };
}

/** Plans a node, or returns false and leaves it to the next rule. */
export type Rule<N extends OpName> = (site: SiteOf<N>) => boolean;
/** Plans every node of its operation. */
export type LastRule<N extends OpName> = (site: SiteOf<N>) => undefined;

/** Primitives with kernels of their own: all but those that are steps of a chain. */
export type KernelName = Exclude<PrimitiveName, ElementwiseName>;

/** `place`, some bytes further on. */
export function shifted(place: Place, bytes: number): Place {
  return { base: place.base, at: place.at + bytes };
}

/** A kernel's name for people: the words of its key that are no parameters. */
export function kernelName({ key }: Kernel): string {
  const words = key.split(" ");
  const end = words.findIndex((word) => !/^[a-z]+$/i.test(word) || /^(true|false|bool|none)$/.test(word));
  return words.slice(0, end < 0 ? words.length : end).join(" ");
}
