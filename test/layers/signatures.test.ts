/**
 * Our declarations beside the signatures of the real packages (signatures.json, made by fixtures/make/signatures.py): each
 * argument of a call has its name and its place, each option of an operation its name and its default.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type JsonNode, JsonNumber } from "../../src/codecs/json.ts";
import type { AnyDef } from "../../src/layers/define.ts";
import { LAYERS } from "../../src/layers/all.ts";

type Plain = null | boolean | number | string | readonly Plain[];
/** `[name]`, or `[name, default]`. */
type Parameters = readonly (readonly [string, Plain?])[];
interface Package {
  readonly layers: Readonly<Record<string, Parameters>>;
  readonly operations: Readonly<Record<string, { readonly init: Parameters; readonly call: Parameters }>>;
}

const table = JSON.parse(readFileSync(new URL("signatures.json", import.meta.url), "utf8")) as {
  readonly keras3: Package;
  readonly "tf-keras": Omit<Package, "operations">;
};

const names = (parameters: Parameters): string[] => parameters.map(([name]) => name);
const argsOf = (def: AnyDef): readonly string[] => def.args ?? ["inputs"];

const toJson = (value: Plain): JsonNode =>
  typeof value === "number" ? JsonNumber.of(value) : Array.isArray(value) ? value.map(toJson) : (value as JsonNode);

/** What the generations know in other places: every older layer takes these by name. */
const OLD = ["training", "mask", "initial_state", "constants"];

const operations = LAYERS.filter((def) => def.kind === "operation");
const layers = LAYERS.filter((def) => def.kind !== "operation" && def.class in table.keras3.layers);
const old = LAYERS.filter((def) => def.kind !== "operation" && def.class in table["tf-keras"].layers);

describe("operations", () => {
  for (const def of operations) {
    const name = `${def.module!.split(".").at(-1)}.${def.class}`;
    const real = table.keras3.operations[name]!;
    it(`${name}: arguments of the call`, () => {
      const placed = (all: readonly string[]): string[] => all.filter((argument) => !argument.startsWith("**"));
      expect(placed(argsOf(def))).toEqual(placed(names(real.call)));
    });
    it(`${name}: options and their defaults`, () => {
      const init = real.init.filter(([option]) => !option.startsWith("**"));
      expect(Object.keys(def.config).sort()).toEqual(names(init).sort());
      for (const [option, ...initial] of init) {
        const field = def.config[option]!;
        const at = { path: option, semantics: "keras3" } as const;
        expect([option, field.required], option).toEqual([option, initial.length === 0]);
        if (initial.length > 0)
          expect(field.parse(field.default, at), option).toEqual(field.parse(toJson(initial[0]!), at));
      }
    });
  }
});

describe("layers of Keras 3", () => {
  it("are nearly all that there are", () => expect(layers.length).toBeGreaterThan(80));
  for (const def of layers) {
    const real = names(table.keras3.layers[def.class]!).filter((name) => name !== "**kwargs");
    // `training` may be given to all; a last one needs no place.
    const placed = real.at(-1) === "training" ? real.slice(0, -1) : real;
    it(def.class, () => def.class !== "InputLayer" && expect(argsOf(def)).toEqual(placed));
  }
});

describe("layers of tf-keras", () => {
  it("are nearly all that there are", () => expect(old.length).toBeGreaterThan(80));
  for (const def of old) {
    const [, ...real] = names(table["tf-keras"].layers[def.class]!).filter((name) => !name.startsWith("*"));
    it(def.class, () => expect(real.filter((name) => !argsOf(def).includes(name) && !OLD.includes(name))).toEqual([]));
  }
});
