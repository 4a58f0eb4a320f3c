/**
 * What tf-keras's layers have learned is in their configs, whatever is written of them, and a policy by paths is that of each
 * layer: `learned.py` says who answered.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { importArchive } from "../../src/importers/index.ts";
import { convert } from "../../src/index.ts";
import { bind } from "../../src/model/bind.ts";
import { allNodes } from "../../src/model/walk.ts";
import { load, tensor } from "../../src/node.ts";
import { memory } from "../exporters/identity.ts";

type Numbers = readonly (readonly number[])[];
type Row = readonly [string, Record<string, string>, readonly (readonly (string | number)[])[], Numbers];
type Policy = readonly [string, string, readonly Numbers[], readonly Numbers[], Record<string, string>];
type Wide = readonly [string, string, readonly number[], "float32" | "int32", readonly number[], readonly number[]];
const [rows, policies, wide] = JSON.parse(readFileSync(new URL("learned.json", import.meta.url), "utf8")) as [
  Row[],
  Policy[],
  Wide[],
];

const unpacked = (text: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(text, "base64")));

it.each(rows)("%s", async (_, texts, lines, answer) => {
  const files = new Map(Object.entries(texts).map(([path, text]) => [path, unpacked(text)]));
  const shape = [lines.length, lines[0]!.length];
  const x = typeof lines[0]![0] === "string" ? tensor(lines.flat() as string[], shape) : tensor(lines.flat() as number[], shape); // prettier-ignore
  const check = async (file: Parameters<typeof load>[0]) => {
    const [y] = await (await load(file)).predict(x);
    expect(y!.shape).toEqual([answer.length, answer[0]!.length]);
    answer.flat().forEach((wanted, i) => expect(Number(y!.data[i])).toBeCloseTo(wanted, 6));
  };
  await check(files);
  for (const [target, dialect] of [
    ["m.keras", "keras3"],
    ["m.h5", "keras3"],
    ["m.h5", "keras2"],
  ] as const) {
    // prettier-ignore
    const { files: written, opens, verified } = await convert(files, target, { dialect });
    expect([opens, verified]).toEqual([dialect === "keras3" ? "Keras 3" : expect.stringMatching(/^tf-keras/), true]);
    await check([...written!.values()][0] as Uint8Array);
  }
});

it.each(policies)("a policy %s", async (_, file, x, answer, dtypes) => {
  const model = await load(unpacked(file));
  const { root } = await bind(await importArchive(memory(unpacked(file))));
  const found = new Map([...allNodes(root)].map((node) => [node.path.replace(/^inner\/(?=inner)/, ""), node.dtype]));
  for (const [path, dtype] of Object.entries(dtypes)) if (path !== "null") expect([path, found.get(path)]).toEqual([path, dtype]); // prettier-ignore
  const [y] = await model.predict(tensor(x.flat(2), [1, 3, 4]), { backend: "reference" });
  const wanted = answer.flat(2);
  // In half precision a rounding or two of what Keras sums in another order.
  const halves = Object.values(dtypes);
  const unit = halves.includes("bfloat16") ? 2 ** -7 : halves.includes("float16") ? 2 ** -9 : 1e-6;
  const most = Math.max(...wanted.map(Math.abs));
  (y!.toArray().flat(2) as number[]).forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(2 * unit * most)); // prettier-ignore
});

it.each(wide)("%s, gives float32", async (_, file, shape, dtype, x, answer) => {
  const [y] = await (await load(unpacked(file))).predict(tensor(x, shape, dtype));
  expect([y!.dtype, y!.data.length]).toEqual(["float32", answer.length]);
  answer.forEach((wanted, i) => expect(Number(y!.data[i])).toBeCloseTo(wanted, 5));
});

it("is refused where its text may take long to be read", async () => {
  const layers = [
    { class_name: "InputLayer", config: { batch_shape: [null, 2], dtype: "float32", name: "x" } },
    { class_name: "Dense", config: { name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", units: 2, dtype: { class_name: "DTypePolicyMap", config: { default_policy: null, policy_map: { "(a+)+b": "float16" } } } } }, // prettier-ignore
  ];
  const text = JSON.stringify({ class_name: "Sequential", config: { name: "m", layers }, keras_version: "3.15.1" });
  const { problems } = await load(new TextEncoder().encode(text));
  expect(problems[0]).toMatchObject({ code: "unsupported/dtype-policy", found: "a DTypePolicyMap of (a+)+b" });
});
