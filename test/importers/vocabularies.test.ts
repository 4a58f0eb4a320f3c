/** Several layers of a model that have learned vocabularies each get their own: `vocabularies.py` says who answered. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";
import { newGroup } from "../../src/exporters/h5-build.ts";
import { zip } from "./build.ts";

type Row = readonly [string, Record<string, string>, readonly (readonly string[])[], readonly unknown[]];
const rows = JSON.parse(readFileSync(new URL("vocabularies.json", import.meta.url), "utf8")) as readonly Row[];

it.each(rows)("%s", async (_, texts, lines, answers) => {
  const file = await zip({ ...texts, "model.weights.h5": newGroup() });
  const model = await load(await file.read(0, file.size));
  const shape = [lines.length, 1];
  const isText = model.inputs[0]!.dtype === "string";
  const x = isText ? tensor(lines.flat(), shape) : tensor(BigInt64Array.from(lines.flat(), BigInt), shape);
  for (const backend of ["reference", "wasm"] as const) {
    const found = await model.predict(x, { backend });
    expect(found.map((y) => JSON.parse(JSON.stringify(y.toArray(), (_, v: unknown) => (typeof v === "bigint" ? Number(v) : v))) as unknown)).toEqual(answers); // prettier-ignore
  }
});
