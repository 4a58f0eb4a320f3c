/** A node while its rule plans it: what rules see of the planner. */
import type { Graph, ValueId } from "../ops/types.ts";
import type { PlanNode } from "./fuse.ts";
import type { Instruction } from "./kernels/copy.ts";
import type { Cut, Operand, Packing, Place, Range, Site } from "./kernels/types.ts";
import type { Holder, Planner, Stored } from "./plan.ts";

export class NodeSite implements Site {
  readonly op: string;
  readonly attrs: PlanNode["attrs"];
  readonly body: Graph | undefined;
  readonly steps: PlanNode["steps"];
  readonly inputs: readonly Stored[];
  readonly epilogue: Site["epilogue"];
  readonly outputs: readonly Operand[];
  readonly #planner: Planner;
  readonly #out: readonly ValueId[];
  readonly #made = new Map<number, Stored>();
  readonly #scratch: Holder[] = [];
  readonly #isUsed: (id: ValueId) => boolean;

  constructor(planner: Planner, node: PlanNode, isUsed: (id: ValueId) => boolean) {
    this.#isUsed = isUsed;
    this.op = node.op;
    this.attrs = node.attrs;
    this.body = node.body;
    this.steps = node.steps;
    this.#planner = planner;
    this.#out = node.out;
    const all = node.in.map((id) => planner.read(id));
    const own = all.length - (node.epilogue?.inputs.length ?? 0);
    this.inputs = all.slice(0, own);
    const { epilogue } = node;
    this.epilogue = epilogue && { static: epilogue, places: () => all.slice(own).map((input) => input.place()) };
    this.outputs = node.out.map((id) => {
      const { shape, dtype } = planner.values.get(id)!;
      return { shape: shape as readonly number[], dtype, weight: undefined, constant: undefined };
    });
  }

  input(index: number): Place {
    return this.inputs[index]!.place();
  }

  output(index: number): Place {
    const known = this.#made.get(index);
    if (known !== undefined) return known.place();
    const filled = this.op === "full" ? Number(this.attrs["value"]) : undefined;
    const made = this.#planner.create(this.#out[index]!, filled);
    this.#made.set(index, made);
    return made.place();
  }

  isUsed(index: number): boolean {
    return this.#isUsed(this.#out[index]!);
  }

  alias(output: number, input: number, offset: number): void {
    this.#made.set(output, this.#planner.alias(this.#out[output]!, this.inputs[input]!, offset));
  }

  packed(index: number, packing: Packing): Place {
    const { weight, dtype } = this.inputs[index]!;
    return { base: "fixed", at: this.#planner.fixed.weight(weight!, packing, dtype, packing.bytes).at };
  }

  scratch(bytes: number): Place {
    const holder = this.#planner.hold(bytes);
    this.#scratch.push(holder);
    return { base: "arena", at: holder.block.at };
  }

  data(values: Int32Array | Float32Array | Float64Array): Place {
    return this.#planner.data.constants(values);
  }

  run(kernel: Instruction["kernel"], args: Instruction["args"]): void {
    this.#planner.emit({ kernel, args });
  }

  get isShared(): boolean {
    return this.#planner.isShared;
  }

  split(kernel: Instruction["kernel"], cut: Cut, args: (part: Range) => Instruction["args"]): void {
    this.#planner.split(kernel, cut, args);
  }

  /** Gives the scratch back; an output that no kernel asked for still has a place. */
  finish(): void {
    for (const holder of this.#scratch) this.#planner.release(holder);
    this.#out.forEach((_, i) => this.isUsed(i) && this.output(i));
  }
}
