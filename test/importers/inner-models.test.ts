/** Weights of inner models go to the layers that Keras gives them to, and no others: `inner_models.py` says who answered. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";

type Row = readonly [string, string, readonly number[] | null];
const rows = JSON.parse(readFileSync(new URL("inner-models.json", import.meta.url), "utf8")) as readonly Row[];

it.each(rows)("%s", async (_, file, answer) => {
  const bytes = new Uint8Array(gunzipSync(Buffer.from(file, "base64")));
  if (answer === null) return expect(load(bytes)).rejects.toMatchObject({ code: "mismatch/missing-weights" });
  const model = await load(bytes);
  const [y] = await model.predict(
    tensor(
      [0.5, -1, 0.25],
      model.inputs[0]!.shape!.map((n) => n ?? 1),
    ),
  );
  answer.forEach((wanted, i) => expect(Number(y!.data[i])).toBeCloseTo(wanted, 5));
  expect(y!.data).toHaveLength(answer.length);
});
