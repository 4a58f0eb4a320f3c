/** The weights of models for serving go under an architecture: `exported.py` says who answered. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";

type Row = readonly [string, string, Record<string, string>, readonly number[], readonly number[]];
const rows = JSON.parse(readFileSync(new URL("exported.json", import.meta.url), "utf8")) as readonly Row[];

it.each(rows)("%s", async (_, architecture, files, x, answer) => {
  const unpacked = Object.entries(files).map(([path, text]) => [path, new Uint8Array(gunzipSync(Buffer.from(text, "base64")))] as const); // prettier-ignore
  const model = await load(new TextEncoder().encode(architecture), { weights: new Map(unpacked) });
  const [y] = await model.predict(tensor(x, [1, 3, 4]));
  expect(y!.data).toHaveLength(answer.length);
  answer.forEach((wanted, i) => expect(Number(y!.data[i])).toBeCloseTo(wanted, 5));
});
