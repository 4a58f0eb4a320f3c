/** One loop for a chain of element-wise operations whose operands broadcast: values between them never reach memory. */
import { type DType, isHalf } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import { v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { fromMask, type Lane, toMask, vectorOp } from "./vector-ops.ts";
import { advance, nest, repeat, setPointers } from "./nest.ts";
import { roundHalf } from "./vector-half.ts";
import { arg, isSingle, widthOf } from "./storage.ts";
import type { Kernel, ProgramStep } from "./types.ts";

/** A chain of element-wise operations over operands that broadcast. Part of the kernel's key. */
export interface Program {
  readonly inputs: readonly {
    readonly dtype: DType;
    /** `each`: moves along the innermost axis; `row`: moves along outer axes only; `once`: a single element. */
    readonly moves: "each" | "row" | "once";
  }[];
  /** The last one gives the output. */
  readonly steps: readonly ProgramStep[];
  /** Axes outside the innermost. */
  readonly outer: number;
}

const LANES: { readonly [D in DType]?: Lane } = { bool: "m", int32: "i", int8: "b", uint8: "u" };
const laneOf = (dtype: DType): Lane | undefined => (isSingle(dtype) ? "f" : LANES[dtype]);

/** The vector forms of all steps, if every one has one. */
function vectorForms(
  inputs: readonly DType[],
  steps: readonly ProgramStep[],
): NonNullable<ReturnType<typeof vectorOp>>[] | null {
  const dtypes = [...inputs, ...steps.map((step) => step.dtype)];
  if (dtypes.some((dtype) => laneOf(dtype) === undefined)) return null;
  const forms = steps.map(({ op, args, dtype }) =>
    vectorOp(
      op,
      [...args.map((i) => dtypes[i]!), dtype].map((d) => laneOf(d)!),
    ),
  );
  return forms.every((form) => form !== undefined) ? forms : null;
}

/** The loop of a chain that runs number by number. */
export type ScalarLoop = (f: Fn, program: Program) => Code;

/** Whether a chain runs four elements at a time. */
export function isVector(inputs: readonly DType[], steps: readonly ProgramStep[]): boolean {
  return vectorForms(inputs, steps) !== null;
}

/**
 * Arguments: inputs, output, turns of the innermost axis (of four elements if `isVector`), words of `nest`. `scalarLoop`:
 * that of `scalar-ops.ts`, null for what is a vector.
 */
export function elementwise(program: Program, scalarLoop: ScalarLoop | null): Kernel {
  const emit = scalarLoop ?? vectorLoop;
  return {
    key: `elementwise ${JSON.stringify(program)}`,
    way: scalarLoop === null ? "vector" : undefined,
    emit: (f) => emit(f, program),
  };
}

/** One turn of a chain. */
export interface Body {
  /** Register `index` from memory. */
  load(pointer: Code, index: number): Code;
  compute: Code;
  store(pointer: Code): Code;
  readonly type: "f64" | "v128";
  /** Elements a turn. */
  readonly elements: number;
}

/** The loop of a chain, whatever its registers hold. */
export function chainLoop(f: Fn, { inputs, outer, steps }: Program, registers: readonly Local[], body: Body): Code {
  const pointers = f.locals("i32", inputs.length + 1);
  const [counter, count] = f.locals("i32", 2);
  const out = pointers.at(-1)!;
  const loads = (moves: string): Code =>
    inputs.map((input, i) => (input.moves === moves ? registers[i]!.set(body.load(pointers[i]!.get, i)) : []));
  const inner = (): Code => [
    loads("row"),
    repeat(counter, count.get, [
      loads("each"),
      body.compute,
      body.store(out.get),
      inputs.map((input, i) =>
        input.moves === "each" ? advance(pointers[i]!, body.elements * widthOf(input.dtype)) : [],
      ),
      advance(out, body.elements * widthOf(steps.at(-1)!.dtype)),
    ]),
  ];
  return [
    setPointers(f, pointers),
    count.set(arg(f, pointers.length)),
    loads("once"),
    nest(f, pointers.length + 1, outer, pointers, inner),
  ];
}

/** Steps on vectors that are in registers: their code, the register of the last one, and the locals that were taken. */
export function vectorSteps(
  f: Fn,
  inputs: readonly DType[],
  steps: readonly ProgramStep[],
  given: readonly Local[],
): { readonly code: Code; readonly result: Local; readonly locals: readonly Local[] } {
  const forms = vectorForms(inputs, steps)!;
  const locals = f.locals("v128", steps.length);
  const registers = [...given, ...locals];
  const code = steps.map(({ args, dtype }, i) => [
    locals[i]!.set(
      forms[i]!.build(
        f,
        args.map((a) => registers[a]!),
      ),
    ),
    isHalf(dtype) ? roundHalf(f, dtype, locals[i]!) : [],
  ]);
  return { code, result: registers.at(-1)!, locals };
}

function vectorLoop(f: Fn, program: Program): Code {
  const { inputs, steps } = program;
  const dtypes = inputs.map((input) => input.dtype);
  const given = f.locals("v128", inputs.length);
  const { code: compute, result: last } = vectorSteps(f, dtypes, steps, given);
  const registers = given;
  const result = last.get;
  return chainLoop(f, program, registers, {
    type: "v128",
    elements: 4,
    compute,
    load(pointer, i) {
      const { dtype, moves } = inputs[i]!;
      const value = moves === "each" ? v128.load(pointer) : v128.load32Splat(pointer);
      return dtype === "bool" ? toMask(value) : value;
    },
    store: (pointer) => v128.store(pointer, steps.at(-1)!.dtype === "bool" ? fromMask(result) : result),
  });
}

/** Turns of the innermost axis of `length` elements. */
export function turns(length: number, vector: boolean): number {
  return vector ? Math.ceil(length / 4) : length;
}

/** How far a turn of the innermost axis moves the pointer of `width`-byte elements. */
export function moved(length: number, width: number, vector: boolean, moves: boolean): number {
  return moves ? turns(length, vector) * (vector ? 4 : 1) * width : 0;
}
