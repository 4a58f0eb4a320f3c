import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import * as codes from "../src/core/codes.ts";
import { EXPORTERS } from "../src/exporters/index.ts";
import { IMPORTERS } from "../src/importers/index.ts";
import { LAYERS } from "../src/layers/all.ts";
import { REFUSED_FUNCTIONS } from "../src/layers/operations/shared/refused-functions.ts";
import { TENSORFLOW } from "../src/layers/operations/shared/tensorflow.ts";
import { whyRefused } from "../src/layers/refused.ts";
import { load } from "../src/node.ts";
import { ROOT } from "./source-files.ts";

interface Tables {
  withTables(readme: string, registries: object): string;
  layersPage(layers: object, whyRefused: (name: string) => string | undefined, functions: object, dtypes: object): string; // prettier-ignore
  errorsPage(codes: object): string;
  cliPage(commands: object): string;
}

it.each([
  ["README.md", ["examples", "counts", "formats"]],
  ["docs/formats.md", ["formats"]],
])("%s lists the formats, layers and examples that there are (npm run tables)", async (page, parts) => {
  const { withTables } = (await import(join(ROOT, "scripts/tables.mjs"))) as Tables;
  const text = readFileSync(join(ROOT, page), "utf8");
  expect([...text.matchAll(/<!-- end (\w+) -->/g)].map(([, name]) => name)).toEqual(parts);
  expect(withTables(text, { IMPORTERS, EXPORTERS, LAYERS })).toBe(text);
});

it("docs/layers.md lists the layers that there are (npm run tables)", async () => {
  const { layersPage } = (await import(join(ROOT, "scripts/tables.mjs"))) as Tables;
  const { refusedDTypes } = (await import(join(ROOT, "scripts/layer-dtypes.mjs"))) as {
    refusedDTypes(open: typeof load): Promise<object>;
  };
  const page = layersPage(LAYERS, whyRefused, { TENSORFLOW, REFUSED_FUNCTIONS }, await refusedDTypes(load));
  expect(page).toBe(readFileSync(join(ROOT, "docs/layers.md"), "utf8"));
});

it("docs/errors.md lists the codes that there are (npm run tables)", async () => {
  const { errorsPage } = (await import(join(ROOT, "scripts/tables.mjs"))) as Tables;
  expect(errorsPage(codes)).toBe(readFileSync(join(ROOT, "docs/errors.md"), "utf8"));
});

it("docs/cli.md lists the commands that there are (npm run tables)", async () => {
  const { cliPage } = (await import(join(ROOT, "scripts/tables.mjs"))) as Tables;
  expect(cliPage(COMMANDS)).toBe(readFileSync(join(ROOT, "docs/cli.md"), "utf8"));
});

it.each(["README.md", "docs/training.md"])("%s imports only what there is", async (page) => {
  const api = await import("../src/node.ts");
  const text = readFileSync(join(ROOT, page), "utf8");
  const names = [...text.matchAll(/import \{ ([^}]+) \} from "keraport"/g)].flatMap(([, list]) => list!.split(", "));
  expect(names.length).toBeGreaterThan(2);
  expect(names.filter((name) => !(name in api))).toEqual([]);
});
