/** A node while its rule plans it: what rules see of the planner. */
import type { In, OpName, Out } from "../../ops/signatures.ts";
import { mapSlots } from "../../ops/slots.ts";
import type { Graph, ValueId } from "../../ops/types.ts";
import type { PlanNode } from "./plan-node.ts";
import type { Instruction } from "./kernels/copy.ts";
import type { KernelCut, NodeInput, Output, Packing, Place, Range, SiteOf, Form } from "./kernels/types.ts";
import type { Holder, Planning, StoredValue } from "./types.ts";

/** A value that the node makes: it has a place once a rule asks for it. */
class Made implements Output {
  readonly shape: readonly number[];
  readonly dtype: Output["dtype"];
  readonly weight = undefined;
  readonly constant = undefined;
  readonly isUsed: boolean;
  readonly #planner: Planning;
  readonly #id: ValueId;
  readonly #filled: number | undefined;
  #stored: StoredValue | undefined;

  constructor(planner: Planning, id: ValueId, isUsed: boolean, filled: number | undefined) {
    const { shape, dtype } = planner.values.get(id)!;
    this.shape = shape as readonly number[];
    this.dtype = dtype;
    this.isUsed = isUsed;
    this.#planner = planner;
    this.#id = id;
    this.#filled = filled;
  }

  /** Where it lies, or what it is a part of: of a weight in another shape nobody may ask for the place. */
  stored(): StoredValue {
    return (this.#stored ??= this.#planner.create(this.#id, this.#filled));
  }

  place(): Place {
    return this.stored().place();
  }

  alias(input: NodeInput, offset: number): void {
    this.#stored = this.#planner.alias(this.#id, input as StoredValue, offset);
  }
}

/** The site of a node of whichever operation: the planner knows that its slots fit it. */
export class NodeSite implements SiteOf<OpName> {
  readonly op: OpName;
  readonly attrs: SiteOf<OpName>["attrs"];
  readonly body: Graph | undefined;
  readonly steps: PlanNode["steps"];
  readonly attention: PlanNode["attention"];
  readonly in: In<OpName, NodeInput>;
  readonly out: Out<OpName, Output>;
  readonly epilogue: SiteOf<OpName>["epilogue"];
  readonly #planner: Planning;
  readonly #made: Made[] = [];
  readonly #scratch: Holder[] = [];

  constructor(planner: Planning, node: PlanNode, isUsed: (id: ValueId) => boolean) {
    this.op = node.op as OpName;
    this.attrs = node.attrs;
    this.body = node.body;
    this.steps = node.steps;
    this.attention = node.attention;
    this.#planner = planner;
    this.in = mapSlots(node.in, (id): NodeInput => planner.read(id)) as In<OpName, NodeInput>;
    const { epilogue } = node;
    const others = epilogue?.reads.map((id) => planner.read(id)) ?? [];
    this.epilogue = epilogue && {
      static: epilogue.static,
      places: () => others.map((input) => input.place()),
    };
    const filled = node.op === "full" ? Number(node.attrs["value"]) : undefined;
    this.out = mapSlots(node.out, (id) => {
      const made = new Made(planner, id, isUsed(id), filled);
      this.#made.push(made);
      return made;
    }) as unknown as Out<OpName, Output>;
  }

  packed({ weight, dtype }: NodeInput, packing: Packing): Place {
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

  form(input: NodeInput, rows = false): Form | undefined {
    return this.#planner.form(input, rows);
  }

  get isFast(): boolean {
    return this.#planner.isFast;
  }

  get isShared(): boolean {
    return this.#planner.isShared;
  }

  shares(cut: KernelCut): boolean {
    return this.#planner.shares(cut);
  }

  split(kernel: Instruction["kernel"], cut: KernelCut, args: (part: Range) => Instruction["args"]): void {
    this.#planner.split(kernel, cut, args);
  }

  share(cut: KernelCut, build: (part: Range, slot: number) => void): void {
    this.#planner.share(cut, build);
  }

  /** Gives the scratch back; an output that no kernel asked for still has a place. */
  finish(): void {
    for (const holder of this.#scratch) this.#planner.release(holder);
    for (const made of this.#made) if (made.isUsed) made.stored();
  }
}
