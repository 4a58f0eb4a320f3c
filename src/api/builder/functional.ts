/** A functional model from symbolic inputs and outputs: the serialised form that Keras 3 would write, bound. */
import type { JsonNode, JsonObject } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { kindOf, type OptionKinds, readOptions } from "../../core/guard.ts";
import { type ModelData, readModel } from "../../model/bind.ts";
import { adoptWeights, checkName, int, MADE_HERE, sameLayer, shapeJson, uniqueName } from "./layer.ts";
import { type ApplyArg, type SymbolicCall, symbolicsIn, Symbolic } from "./symbolic.ts";

export interface FunctionalSpec {
  readonly inputs: Symbolic | readonly Symbolic[];
  readonly outputs: Symbolic | readonly Symbolic[];
  readonly name?: string;
}

function many(x: unknown, what: string): readonly Symbolic[] {
  const list = Array.isArray(x) ? Array.from(x as readonly unknown[]) : [x];
  const strange = list.find((value) => !(value instanceof Symbolic));
  if (list.length === 0 || strange !== undefined || list.includes(undefined))
    fail("mismatch/argument", {
      path: `Model.${what}`,
      expected: "symbolic values: of Input, or of a layer's apply",
      found: list.length === 0 ? "none" : kindOf(strange),
    });
  return list as readonly Symbolic[];
}
const record = (entries: readonly (readonly [string, JsonNode])[]): JsonObject => new Map(entries);

/** Calls that the outputs need, each after what it uses. */
function callsFor(outputs: readonly Symbolic[]): readonly SymbolicCall[] {
  const order: SymbolicCall[] = [];
  const done = new Set<SymbolicCall>();
  const stack: { call: SymbolicCall; needs: readonly Symbolic[]; next: number }[] = [];
  const visit = (call: SymbolicCall): void => {
    if (done.has(call)) return;
    done.add(call);
    stack.push({ call, needs: [call.x, ...Object.values(call.kwargs)].flatMap((arg) => symbolicsIn(arg)), next: 0 });
  };
  for (const output of outputs) {
    visit(output.call);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = top.needs[top.next++];
      if (need !== undefined) visit(need.call);
      else order.push(stack.pop()!.call);
    }
  }
  return order;
}

/** Writes the calls of one model: which layers, and for each call its number. */
class Writer {
  readonly #calls = new Map<SymbolicCall["layer"], SymbolicCall[]>();

  constructor(calls: readonly SymbolicCall[]) {
    for (const call of calls) this.#calls.set(call.layer, [...(this.#calls.get(call.layer) ?? []), call]);
  }

  #number(call: SymbolicCall): number {
    return this.#calls.get(call.layer)!.indexOf(call);
  }

  #history({ call, tensor }: Symbolic, first = 0): JsonNode {
    return [call.layer.name, int(this.#number(call) + first), int(tensor)];
  }

  #arg(arg: ApplyArg): JsonNode {
    if (Array.isArray(arg)) return (arg as readonly ApplyArg[]).map((item) => this.#arg(item));
    if (typeof arg === "number") return int(arg);
    if (!(arg instanceof Symbolic)) return arg as null | boolean | string;
    const config = record([
      ["shape", shapeJson(arg.shape)],
      ["dtype", arg.dtype],
      ["keras_history", this.#history(arg)],
    ]);
    return record([
      ["class_name", "__keras_tensor__"],
      ["config", config],
    ]);
  }

  layers(): JsonNode[] {
    return [...this.#calls].map(([layer, calls]) => {
      const nodes = calls
        .filter((call) => call.x !== undefined)
        .map((call) =>
          record([
            ["args", [this.#arg(call.x!)]],
            ["kwargs", record(Object.entries(call.kwargs).map(([key, value]) => [key, this.#arg(value)] as const))],
          ]),
        );
      const form = new Map(layer.raw).set("name", layer.name).set("inbound_nodes", nodes);
      sameLayer(form, layer.node);
      return form;
    });
  }

  /** A model's outputs are counted from 1 inside another model: its own call is the first. */
  ends(values: readonly Symbolic[]): JsonNode {
    const places = values.map((value) =>
      this.#history(value, value.call.layer.node.options.has("input_layers") ? 1 : 0),
    );
    return places.length === 1 ? places[0]! : places;
  }
}

const SPEC: OptionKinds<FunctionalSpec> = { inputs: "any", outputs: "any", name: "string" };

export function functionalData(spec: FunctionalSpec): ModelData {
  const { inputs: from, outputs: to, name } = readOptions("Model", spec, SPEC);
  const [inputs, outputs] = [many(from, "inputs"), many(to, "outputs")];
  if (name !== undefined) checkName(name, "Model.name");
  const calls = callsFor(outputs);
  const loose = calls.find((call) => call.x === undefined && !inputs.some((input) => input.call === call));
  if (loose !== undefined)
    fail("mismatch/inputs", {
      message: "the outputs need an input that the model does not have",
      found: loose.layer.name,
    });
  const unused = inputs.map((input) => input.call).filter((call) => !calls.includes(call));
  const writer = new Writer([...unused, ...calls]);
  const config = record([
    ["name", name ?? uniqueName("Functional")],
    ["trainable", true],
    ["layers", writer.layers()],
    ["input_layers", writer.ends(inputs)],
    ["output_layers", writer.ends(outputs)],
  ]);
  const raw = record([
    ["module", "keras.src.models.functional"],
    ["class_name", "Functional"],
    ["config", config],
    ["registered_name", "Functional"],
  ]);
  const root = readModel(raw, MADE_HERE);
  adoptWeights(root);
  return { root, archive: null, hasWeights: true, unknownWeights: new Map(), warnings: [] };
}
