/** Weights of inner models go to the layers that Keras gives them to, and no others: `inner_models.py` says who answered. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";

type Row = readonly [string, string | Readonly<Record<string, string>>, readonly number[] | null];
const rows = JSON.parse(readFileSync(new URL("inner-models.json", import.meta.url), "utf8")) as readonly Row[];

const unpacked = (text: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(text, "base64")));

it.each(rows)("%s", async (_, file, answer) => {
  const bytes =
    typeof file === "string"
      ? unpacked(file)
      : new Map(Object.entries(file).map(([path, text]) => [path, unpacked(text)]));
  if (answer === null) return expect(load(bytes)).rejects.toMatchObject({ code: "mismatch/missing-weights" });
  const model = await load(bytes);
  const xs = model.inputs.map(({ shape }) =>
    tensor(
      [0.5, -1, 0.25],
      shape!.map((n) => n ?? 1),
    ),
  );
  const [y] = await model.predict(xs);
  answer.forEach((wanted, i) => expect(Number(y!.data[i])).toBeCloseTo(wanted, 5));
  expect(y!.data).toHaveLength(answer.length);
});
