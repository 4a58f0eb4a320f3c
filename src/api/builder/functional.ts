/** A functional model from symbolic inputs and outputs: the serialised form that Keras 3 would write, bound. */
import type { JsonNode, JsonObject } from "../../codecs/json.ts";
import { fail, failAll } from "../../core/error.ts";
import { kindOf, type OptionKinds, readOptions } from "../../core/guard.ts";
import { wholeObject } from "../../formats/languages.ts";
import type { Call, CallArg, LayerNode } from "../../layers/define.ts";
import { type ModelData, readModel } from "../../model/bind.ts";
import { allNodes } from "../../model/walk.ts";
import { callForm } from "../../model/call-form.ts";
import { Input } from "./input.ts";
import { checkName, jsonInt, MADE_HERE, sameLayer, shapeJson, uniqueName } from "./layer.ts";
import {
  type ApplyArg,
  type Member,
  type StoredCall,
  symbolic,
  type Symbolic,
  type SymbolicCall,
  type SymbolicLike,
  symbolicsIn,
} from "./symbolic.ts";

/** What a functional model is made of. */
export interface FunctionalSpec {
  /** Of `Input`, or values of other models: their inputs, or what their layers give, which become inputs. */
  readonly inputs: SymbolicLike | readonly SymbolicLike[];
  /** What the model gives: values that layers made of its inputs. */
  readonly outputs: SymbolicLike | readonly SymbolicLike[];
  /** The model's name. Default: `functional` and a number. */
  readonly name?: string;
}

function many(x: unknown, what: string): readonly Symbolic[] {
  const list = Array.isArray(x) ? Array.from(x as readonly unknown[]) : [x];
  const values = list.map(symbolic);
  const strange = values.indexOf(undefined);
  if (list.length === 0 || strange >= 0)
    fail("mismatch/argument", {
      path: `Model.${what}`,
      expected: "symbolic values: of Input, of a layer's apply, of a model's inputs, outputs and layers",
      found: list.length === 0 ? "none" : kindOf(list[strange]),
    });
  return values as readonly Symbolic[];
}
const record = (entries: readonly (readonly [string, JsonNode])[]): JsonObject => new Map(entries);

/** Calls that the outputs need, each after what it uses; `inputs` need none. */
function callsFor(outputs: readonly Symbolic[], inputs: ReadonlyMap<Symbolic, Symbolic>): readonly SymbolicCall[] {
  const order: SymbolicCall[] = [];
  const done = new Set<SymbolicCall>();
  const stack: { call: SymbolicCall; needs: readonly Symbolic[]; next: number }[] = [];
  const visit = (value: Symbolic): void => {
    const { call } = inputs.get(value) ?? value;
    if (done.has(call)) return;
    done.add(call);
    stack.push({ call, needs: [call.x, ...Object.values(call.kwargs)].flatMap((arg) => symbolicsIn(arg)), next: 0 });
  };
  for (const output of outputs) {
    visit(output);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = top.needs[top.next++];
      if (need !== undefined) visit(need);
      else order.push(stack.pop()!.call);
    }
  }
  return order;
}

/** Names of the layers of one model; those that no caller chose give way. */
function namesOf(layers: Iterable<Member>): ReadonlyMap<LayerNode, string> {
  const names = new Map<LayerNode, string>();
  const taken = new Set<string>();
  const all = [...layers];
  for (const { node, name, isNamed } of [
    ...all.filter((one) => one.isNamed !== false),
    ...all.filter((one) => one.isNamed === false),
  ]) {
    let free = name;
    for (let n = 1; isNamed === false && taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    names.set(node, free);
  }
  return names;
}

/** Writes the calls of one model: which layers, and for each call its number. */
class Writer {
  readonly #calls = new Map<LayerNode, SymbolicCall[]>();
  readonly #inputs: ReadonlyMap<Symbolic, Symbolic>;
  readonly #names: ReadonlyMap<LayerNode, string>;

  constructor(calls: readonly SymbolicCall[], inputs: ReadonlyMap<Symbolic, Symbolic>) {
    for (const call of calls) this.#calls.set(call.layer.node, [...(this.#calls.get(call.layer.node) ?? []), call]);
    this.#inputs = inputs;
    this.#names = namesOf([...this.#calls.values()].map(([first]) => first!.layer));
  }

  #place(value: Symbolic): { readonly layer: LayerNode; readonly node: number; readonly tensor: number } {
    const { call, tensor } = this.#inputs.get(value) ?? value;
    return { layer: call.layer.node, node: this.#calls.get(call.layer.node)!.indexOf(call), tensor };
  }

  /** A model's outputs are counted from 1 inside another model: its own call is the first. */
  #history(value: Symbolic, isEnd = false): JsonNode {
    const { layer, node, tensor } = this.#place(value);
    const first = isEnd && layer.options.has("input_layers") ? 1 : 0;
    return [this.#names.get(layer)!, jsonInt(node + first), jsonInt(tensor)];
  }

  #arg(arg: ApplyArg): JsonNode {
    if (Array.isArray(arg)) return (arg as readonly ApplyArg[]).map((item) => this.#arg(item));
    if (typeof arg === "number") return jsonInt(arg);
    const value = symbolic(arg);
    if (value === undefined) return arg as null | boolean | string;
    const config = record([
      ["shape", shapeJson(value.shape)],
      ["dtype", value.dtype],
      ["keras_history", this.#history(value)],
    ]);
    return record([
      ["class_name", "__keras_tensor__"],
      ["config", config],
    ]);
  }

  /** A loaded model's call, with the numbers and names that what it takes has here. */
  #stored({ call, values }: StoredCall): JsonNode {
    const moved = (arg: CallArg): CallArg => {
      if (arg.kind === "list") return { ...arg, items: arg.items.map(moved) };
      if (arg.kind === "record") return { ...arg, entries: arg.entries.map(([key, value]) => [key, moved(value)]) };
      if (arg.kind === "slice")
        return { ...arg, start: moved(arg.start), stop: moved(arg.stop), step: moved(arg.step) };
      const value = values.get(arg);
      if (value === undefined) return arg;
      const { layer, node, tensor } = this.#place(value);
      const { shape, dtype } = value;
      return { kind: "ref", layer: this.#names.get(layer)!, node, tensor, shape, dtype };
    };
    const here: Call = {
      args: call.args.map(moved),
      kwargs: call.kwargs.map(([key, value]) => [key, moved(value)] as const),
    };
    return callForm(here, { types: new Map(), numbers: { argument: ({ node }) => node }, names: new Map() });
  }

  layers(): JsonNode[] {
    return [...this.#calls].map(([node, calls]) => {
      const { raw } = calls[0]!.layer;
      const nodes = calls
        .filter((call) => call.x !== undefined)
        .map((call) =>
          call.stored !== undefined
            ? this.#stored(call.stored)
            : record([
                ["args", [this.#arg(call.x!)]],
                ["kwargs", record(Object.entries(call.kwargs).map(([key, arg]) => [key, this.#arg(arg)] as const))],
              ]),
        );
      const name = this.#names.get(node)!;
      const config = raw.get("config");
      const form = new Map(raw).set("name", name).set("inbound_nodes", nodes);
      if (config instanceof Map && config.has("name")) form.set("config", new Map(config).set("name", name));
      sameLayer(form, node);
      return form;
    });
  }

  ends(values: readonly Symbolic[]): JsonNode {
    const places = values.map((value) => this.#history(value, true));
    return places.length === 1 ? places[0]! : places;
  }
}

/** A value in the middle of a model that another model begins with: an input of its shape in its place. */
function opened(value: Symbolic): Symbolic {
  if (value.call.x === undefined) return value;
  const { shape, dtype } = value;
  return Input({ batchShape: shape, dtype, name: `${value.call.layer.name}_output` });
}

/** Of a layer that is not known nobody could say which arrays are its own. */
function refuseUnknown(calls: readonly SymbolicCall[]): void {
  failAll(
    [...new Set(calls.flatMap(({ layer }) => [...allNodes(layer.node)]))].flatMap((n) =>
      n.def === null ? n.problems : [],
    ),
  );
}

const SPEC: OptionKinds<FunctionalSpec> = { inputs: "any", outputs: "any", name: "string" };

/** Its layers with their calls, bound. Throws `mismatch/argument`, `mismatch/option`, `mismatch/inputs`. */
export function functionalData(spec: FunctionalSpec): ModelData {
  const { inputs: from, outputs: to, name } = readOptions("Model", spec, SPEC);
  const [inputs, outputs] = [many(from, "inputs"), many(to, "outputs")];
  if (name !== undefined) checkName(name, "Model.name");
  const starts = new Map(inputs.map((value) => [value, opened(value)]));
  const entered = new Set([...starts.values()].map(({ call }) => call));
  const calls = callsFor(outputs, starts);
  const loose = calls.find((call) => call.x === undefined && !entered.has(call));
  if (loose !== undefined)
    fail("mismatch/inputs", {
      message: "the outputs need an input that the model does not have",
      found: loose.layer.name,
    });
  refuseUnknown(calls);
  const unused = [...entered].filter((call) => !calls.includes(call));
  const writer = new Writer([...unused, ...calls], starts);
  const config = record([
    ["name", name ?? uniqueName("Functional")],
    ["trainable", true],
    ["layers", writer.layers()],
    ["input_layers", writer.ends(inputs)],
    ["output_layers", writer.ends(outputs)],
  ]);
  const raw = wholeObject("keras.src.models.functional", "Functional", config, "Functional");
  const root = readModel(raw, MADE_HERE);
  return { root, archive: null, hasWeights: true, unknownWeights: new Map(), warnings: [] };
}
