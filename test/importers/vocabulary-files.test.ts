/** A SavedModel's table of a file has lines and their numbers, whichever a lookup gives: `vocabulary_files.py` says who answered. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";

type Case = readonly [Record<string, string>, readonly number[], readonly (readonly (string | number)[])[]];
const [files, indices, answers] = JSON.parse(
  readFileSync(new URL("vocabulary-files.json", import.meta.url), "utf8"),
) as Case;

it("gives the tokens of each vocabulary", async () => {
  const unpacked = Object.entries(files).map(([path, text]) => [path, new Uint8Array(gunzipSync(Buffer.from(text, "base64")))] as const); // prettier-ignore
  const model = await load(new Map(unpacked));
  const found = await model.predict(tensor(indices, [2, 4], "int64"));
  const told = found.map(({ data }) =>
    Array.from(data as Iterable<unknown>, (v) => (typeof v === "string" ? v : Number(v))),
  );
  expect(told).toEqual(answers);
});
