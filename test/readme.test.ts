import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as codes from "../src/core/codes.ts";
import { EXPORTERS } from "../src/exporters/index.ts";
import { IMPORTERS } from "../src/importers/index.ts";
import { LAYERS } from "../src/layers/registry.ts";
import { ROOT } from "./source-files.ts";

interface Tables {
  withTables(readme: string, registries: object): string;
  errorsPage(codes: object): string;
}

it("README.md lists the formats and layers that there are (npm run tables)", async () => {
  const { withTables } = (await import(join(ROOT, "scripts/tables.mjs"))) as Tables;
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  expect(withTables(readme, { IMPORTERS, EXPORTERS, LAYERS })).toBe(readme);
});

it("docs/errors.md lists the codes that there are (npm run tables)", async () => {
  const { errorsPage } = (await import(join(ROOT, "scripts/tables.mjs"))) as Tables;
  expect(errorsPage(codes)).toBe(readFileSync(join(ROOT, "docs/errors.md"), "utf8"));
});

it("README.md imports only what there is", async () => {
  const api = await import("../src/node.ts");
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const names = [...readme.matchAll(/import \{ ([^}]+) \} from "keraport"/g)].flatMap(([, list]) => list!.split(", "));
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !(name in api))).toEqual([]);
});
