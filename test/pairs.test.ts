/**
 * Every pair of formats: what reads one writes the other, over a model of each family of layers. What became of each pair is
 * docs/conversions.md, made by `KERAPORT_ALL_PAIRS=1 npx vitest run test/pairs.test.ts -u`, of all families. Without it each pair
 * has one family by turns, and what becomes of it must be told there.
 */
import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";
import { FormatError } from "../src/core/error.ts";
import { EXPORTERS } from "../src/exporters/index.ts";
import { convert } from "../src/index.ts";
import { IMPORTERS } from "../src/importers/index.ts";
import { load, type Model } from "../src/node.ts";
import type { FormatId } from "../src/formats/archive.ts";
import { withDType } from "../src/core/cast.ts";
import { difference, filesOf, fixtures, type Fixture, valuesOf, withoutNaN } from "./support/fixtures.ts";

/** A fixture of each family of layers. */
const FAMILIES = [
  "layers/elu/basic",
  "layers/attention/masks",
  "layers/conv2d/dilation",
  "layers/dense/basic",
  "layers/embedding/basic",
  "layers/add/elementwise",
  "layers/batch_normalization/basic",
  "layers/max_pooling2d/basic",
  "layers/preprocessing/categories",
  "layers/dropout/basic",
  "layers/permute/basic",
  "layers/lstm/basic",
  "models/siamese",
];

/** What is only read comes from who writes it. */
const ONLY_READ: Partial<Record<FormatId, string>> = {
  "saved-model": "formats/saved_model",
  "tf-checkpoint": "formats/checkpoint",
};
const ALL = process.env["KERAPORT_ALL_PAIRS"] === "1";

type Files = ReadonlyMap<string, Uint8Array>;

/** Its layers do not tell NaN from other numbers: what is written for them says so. */
const TFJS: FormatId = "tfjs-layers";

/** Holds weights alone. */
const isApart = (format: FormatId): boolean => format === "weights-h5";

const fixtureOf = (name: string): Fixture => fixtures(name.split("/")[0]!).find((one) => one.name === name)!;

interface Opened {
  readonly model: Model;
  /** As `load` and `convert` take it. */
  readonly main: string | Uint8Array | Files;
  readonly weights?: Uint8Array;
}

const inMemory = (files: Files): Uint8Array | Files => (files.size === 1 ? [...files.values()][0]! : files);

/** Modules are written for the shapes that the fixture has. */
const written = async ({ main, weights }: Pick<Opened, "main" | "weights">, format: FormatId, name: string) => {
  const { extensions, ...row } = EXPORTERS.find(({ id }) => id === format)!;
  const values = [...(await valuesOf(fixtureOf(name)))].filter(([key]) => /^inputs\/[^@]*$/.test(key));
  const takes = row.from === "graph" && row.options.includes("shapes");
  return convert(main as Uint8Array, `model${extensions[0] ?? ""}`, {
    format,
    ...(weights !== undefined && { weights }),
    ...(takes && { shapes: values.map(([, { shape }]) => shape) }),
  });
};

/** A fixture's model as a file of a format. */
async function asFormat(name: string, format: FormatId): Promise<Omit<Opened, "model">> {
  const { folder } = fixtureOf(name);
  if (ONLY_READ[format] !== undefined) {
    const files = readdirSync(join(folder, "model"), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    const path = (one: Dirent): string =>
      relative(join(folder, "model"), join(one.parentPath, one.name)).replaceAll("\\", "/");
    return {
      main: new Map(files.map((one) => [path(one), new Uint8Array(readFileSync(join(one.parentPath, one.name)))])),
    };
  }
  const own = filesOf(fixtureOf(name));
  const main = new Uint8Array(readFileSync(own.model));
  const { files } = await written({ main }, format, name);
  if (!isApart(format)) return { main: inMemory(files) };
  const architecture = await written({ main }, "keras-json", name);
  return { main: inMemory(architecture.files), weights: inMemory(files) as Uint8Array };
}

/** Whether a model computes what Keras computed. */
async function expectKeras(model: Model, name: string, isTfjs: boolean): Promise<void> {
  const all = await valuesOf(fixtureOf(name));
  const values = isTfjs ? withoutNaN(all) : all;
  const given = model.inputs.map(({ name: own, dtype }, i) =>
    withDType((values.get(`inputs/${i}`) ?? values.get(`inputs/${own}`))!, dtype),
  );
  const outputs = await model.predict(given);
  outputs.forEach((y, i) => {
    const { error, magnitude } = difference(y, values.get(`outputs/${i}`)!);
    expect(error, `${name}, output ${i}`).toBeLessThanOrEqual(1e-6 + 1e-5 * magnitude);
  });
}

/** What became of a pair with a family, in a word. */
async function outcome(from: FormatId, to: FormatId, name: string): Promise<string> {
  let source: Omit<Opened, "model">;
  try {
    source = await asFormat(name, from);
  } catch (error) {
    return refusal(error);
  }
  try {
    const { files, verified } = await written(source, to, name);
    if (IMPORTERS.every(({ id }) => id !== to)) {
      expect(["outputs", "structure"]).toContain(verified);
      return verified === "outputs" ? "run" : "compared";
    }
    expect(verified, `${name} ${from} ${to}`).not.toBe(false);
    if (to === "keras-json") {
      expect((await load(inMemory(files) as Uint8Array)).inputs.length).toBeGreaterThan(0);
      return "read";
    }
    const model = isApart(to)
      ? await load(source.main as Uint8Array, { weights: inMemory(files) as Uint8Array })
      : await load(inMemory(files) as Uint8Array);
    await expectKeras(model, name, from === TFJS || to === TFJS);
    model.dispose();
    return "equal";
  } catch (error) {
    return refusal(error);
  }
}

const REFUSALS: Partial<Record<string, string>> = {
  "unsupported/translation": "refused",
  "mismatch/missing-weights": "no weights",
};

/** Refused by name, or the error itself. */
function refusal(error: unknown): string {
  const word = error instanceof FormatError ? REFUSALS[error.code] : undefined;
  if (word === undefined) throw error;
  return word;
}

const meanings = (count: number): string => `# Conversions

What becomes of a model, from each format to each: ${count} conversions by \`test/pairs.test.ts\`, of a model of each family of
layers; of each there is what Keras computed.

- **equal**: read back, it computes what Keras computed; **read**: the architecture alone was read back.
- **run**: only written; run, it computes what the model computes. **compared**: what was written was compared byte by byte.
- **refused**: what the target has no form for is refused by the layer's name. **no weights**: an architecture alone has none to write, unless its layers have none.
`;

const DOCUMENT = "../docs/conversions.md";

it("every format becomes every other", { timeout: 600_000 }, async () => {
  const rows: string[][] = [["from / to", ...EXPORTERS.map(({ id }) => `\`${id}\``)]];
  let [turn, count] = [0, 0];
  for (const { id: from } of IMPORTERS) {
    const row = [`\`${from}\``];
    for (const { id: to } of EXPORTERS) {
      const own = ONLY_READ[from];
      const one = FAMILIES[turn++ % FAMILIES.length]!;
      const found = new Set<string>();
      for (const name of own !== undefined ? [own] : ALL ? FAMILIES : [one]) {
        found.add(await outcome(from, to, name));
        count++;
      }
      row.push([...found].sort().join(", "));
    }
    rows.push(row);
  }
  if (ALL) {
    const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
    const line = (cells: readonly string[]): string =>
      `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
    const table = [line(rows[0]!), line(widths.map((width) => "-".repeat(width))), ...rows.slice(1).map(line)];
    await expect(`${meanings(count)}\n${table.join("\n")}\n`).toMatchFileSnapshot(DOCUMENT);
    return;
  }
  const lines = readFileSync(join(import.meta.dirname, DOCUMENT), "utf8").split("\n");
  const told = lines.filter((line) => /^[|] (from|`)/.test(line)).map((line) => line.split("|").slice(1, -1));
  expect(told.map((cells) => cells.length)).toEqual(rows.map((cells) => cells.length));
  rows.forEach((cells, i) =>
    cells.forEach((cell, j) =>
      expect(told[i]![j]!.trim().split(", "), `${rows[i]![0]} ${rows[0]![j]}`).toContain(cell),
    ),
  );
});
