/**
 * What is done to the sums of a product or convolution while they are in registers: an element-wise chain whose other
 * operands are numbers, vectors with an element for each column (a bias, a normalisation's factors), or tensors of the
 * output's shape (what a residual connection adds).
 */
import type { DType } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import { i32, v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { vectorSteps } from "./elementwise.ts";
import { arg } from "./storage.ts";
import type { Epilogue } from "./types.ts";

/** An epilogue inside of a function. */
export class Finisher {
  readonly #f: Fn;
  readonly #epilogue: Epilogue;
  /** An address; for `each` its distance from the output's. */
  readonly #pointers: readonly Local[];
  readonly #first: number;

  /** Without an epilogue, nothing is done. `first`: the word of the arguments with the first input's address. */
  constructor(f: Fn, epilogue: Epilogue | undefined, first: number) {
    this.#f = f;
    this.#epilogue = epilogue ?? { inputs: [], steps: [] };
    this.#pointers = this.#epilogue.inputs.map(() => f.local("i32"));
    this.#first = first;
  }

  /** Sets the pointers; `output`: the address of the output, `column`: bytes to the first column. */
  start(output: Code, column: Code = i32.const(0)): Code {
    return this.#epilogue.inputs.map((moves, i) => {
      const address = arg(this.#f, this.#first + i);
      const start = { each: i32.sub(address, output), column: i32.add(address, column), once: address };
      return this.#pointers[i]!.set(start[moves]);
    });
  }

  /**
   * The chain, in place: `at` and `offset` are the sum's place in the output, `column` its bytes from the pointers of
   * columns, to which `columnAt` is added.
   */
  apply(sum: Local, at: Local, offset: number, column: number, columnAt?: Local): Code {
    const { inputs, steps } = this.#epilogue;
    if (steps.length === 0) return [];
    const f = this.#f;
    const registers = inputs.map(() => f.local("v128"));
    const load = (moves: string, pointer: Local): Code => {
      if (moves === "once") return v128.load32Splat(pointer.get);
      if (moves === "each") return v128.load(i32.add(at.get, pointer.get), offset);
      return v128.load(columnAt === undefined ? pointer.get : i32.add(pointer.get, columnAt.get), column);
    };
    const dtypes: DType[] = ["float32", ...inputs.map(() => "float32" as const)];
    const { code, result, locals } = vectorSteps(f, dtypes, steps, [sum, ...registers]);
    f.release(...registers, ...locals);
    return [
      inputs.map((moves, i) => registers[i]!.set(load(moves, this.#pointers[i]!))),
      code,
      result === sum ? [] : sum.set(result.get),
    ];
  }
}
