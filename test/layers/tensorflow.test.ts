/** What is computed of TensorFlow has TensorFlow's own signatures (`fixtures/tensorflow/signatures.json.gz`), and no argument is lost. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { LayerNode } from "../../src/layers/define.ts";
import { withoutEvidence } from "../support/evidence.ts";
import { ACTIVATION_NAMES, activationNamed } from "../../src/layers/common/activation-spec.ts";
import { REFUSED_FUNCTIONS } from "../../src/layers/operations/shared/refused-functions.ts";
import { TENSORFLOW } from "../../src/layers/operations/shared/tensorflow.ts";
import { INERT, TENSORFLOW_NODES } from "../../src/layers/operations/shared/tensorflow-nodes.ts";
import type { Parameter } from "../../src/layers/operations/shared/tensorflow-call.ts";

type Row = readonly [name: string, fallback?: unknown];
const { functions, operations } = JSON.parse(
  gunzipSync(readFileSync(new URL("../../fixtures/tensorflow/signatures.json.gz", import.meta.url))).toString(),
) as {
  functions: Record<string, { args: readonly Row[]; names: readonly string[]; symbol: string }>;
  operations: Record<string, { inputs: readonly string[]; attributes: Record<string, readonly [string, unknown]> }>;
};

const rows = (parameters: readonly Parameter[]): Row[] =>
  parameters.map(({ name, fallback }) => (fallback === undefined ? [name] : [name, fallback]));
const byName = (a: Row, b: Row): number => (a[0] < b[0] ? -1 : 1);

describe("functions", () => {
  const names = new Set(Object.values(functions).flatMap((row) => row.names));

  it("that are computed are TensorFlow's", () => {
    const known = (name: string): boolean => names.has(name) || names.has(`compat.v1.${name}`);
    expect([...TENSORFLOW.keys()].filter((name) => !known(name))).toEqual([]);
  });
  for (const [canonical, { args, names: all }] of Object.entries(functions)) {
    it(`${canonical}: arguments and defaults under every name`, () => {
      const wanted = args.filter(([name]) => !name.startsWith("*"));
      for (const name of all) {
        const known = TENSORFLOW.get(name);
        expect(known, name).toBeDefined();
        expect(rows(known!.parameters).sort(byName), name).toEqual([...wanted].sort(byName));
        expect(known!.parameters[0]?.name, name).toBe(wanted[0]?.[0]);
      }
    });
  }
});

/** tf-keras writes these without their tensors (`tfk_lost`): it cannot read them back itself. */
const LOST = ["__operators__.eq", "__operators__.ne"];
/** Written by the name of the newer function that it calls. */
const RENAMED = ["compat.v1.strings.reduce_join"];

it("functions that are refused by name are none of those that are computed", () => {
  expect([...REFUSED_FUNCTIONS.keys()].filter((name) => TENSORFLOW.has(name))).toEqual([]);
});

describe("evidence from tf-keras", () => {
  it("for every function", async () => {
    const canonical = new Map(
      Object.entries(functions).flatMap(([name, row]) => row.names.map((n) => [n, name] as const)),
    );
    // Calls that tf-keras made, in a table instead of a fixture.
    const { calls } = JSON.parse(readFileSync(new URL("tensorflow-calls.json", import.meta.url), "utf8")) as { calls: readonly (readonly [string, unknown, readonly (readonly [string, string])[]])[] }; // prettier-ignore
    const called = new Set(calls.flatMap(([, , layers]) => layers.map(([, fn]) => canonical.get(fn))));
    const wanted = Object.keys(functions).filter((name) => ![...LOST, ...RENAMED].includes(name) && !called.has(name));
    const names = (node: LayerNode): readonly string[] => {
      const name =
        node.class === "TFOpLambda" || node.class === "SlicingOpLambda" ? node.config["function"] : undefined;
      return typeof name === "string" ? [canonical.get(name)!] : [];
    };
    expect(await withoutEvidence(wanted, names, { first: /tfk_tf_/ })).toEqual([]);
  });
  it("for every operation of graphs", async () => {
    const names = (node: LayerNode): readonly string[] => {
      const definition = node.config["node_def"];
      const op = definition instanceof Map ? definition.get("op") : undefined;
      return typeof op === "string" ? [op] : [];
    };
    expect(await withoutEvidence(TENSORFLOW_NODES.keys(), names, { first: /tfk_raw_/ })).toEqual([]);
  });
});

describe("functions as activations", () => {
  for (const { symbol, names } of Object.values(functions)) {
    const fn = names
      .map((name) => /^(?:compat\.v1\.)?nn\.(\w+)$/.exec(name)?.[1])
      .find((name) => name !== undefined && (ACTIVATION_NAMES as readonly string[]).includes(name));
    if (fn === undefined) continue;
    it(`${fn} by its own name, ${symbol}`, () => {
      expect(activationNamed(symbol, "tf-keras").fn).toBe(activationNamed(fn, "tf-keras").fn);
    });
  }
});

/** Numbers of protobuf's enumeration of types. */
const TYPES: ReadonlyMap<unknown, string> = new Map([
  [1, "float32"],
  [3, "int32"],
  [9, "int64"],
]);

describe("operations of graphs", () => {
  it("that are computed are TensorFlow's", () => {
    expect([...TENSORFLOW_NODES.keys()].filter((op) => operations[op] === undefined)).toEqual([]);
  });
  for (const [op, { attributes }] of Object.entries(operations)) {
    it(`${op}: attributes and defaults`, () => {
      const known = TENSORFLOW_NODES.get(op);
      if (known === undefined) return expect(op).toMatch(/^(Unary|Binary|Size)$/); // words of the sources
      const own = rows(known.attributes);
      const wanted = Object.entries(attributes)
        .filter(([name]) => !INERT.test(name))
        .map(([name, [type, value]]): Row =>
          value === null ? [name] : [name, type === "type" ? TYPES.get(value) : value],
        );
      expect(own.sort(byName)).toEqual(wanted.sort(byName));
    });
  }
});
