/** keraport layers: what can run. */
import { LAYERS } from "../layers/all.ts";
import { FAMILIES } from "../layers/families.ts";
import { DONE, type ExitCode, print, printResult, table } from "./io.ts";
import type { CliOptions } from "./open.ts";

const familyOf = new Map(
  Object.entries(FAMILIES).flatMap(([family, { names }]) =>
    names.split(" ").map((name) => [name, family.split("/")[0]!] as const),
  ),
);

/** `keraport layers`. */
export async function layers(_args: readonly string[], options: CliOptions): Promise<ExitCode> {
  const rows = LAYERS.map((def) => ({
    class: def.class,
    kind: def.kind,
    family: def.kind === "operation" ? "operations" : (familyOf.get(def.class) ?? "models"),
    names: def.names ?? [],
    options: Object.keys(def.config),
  }));
  if (options["json"] === true) {
    printResult({ layers: rows });
    return DONE;
  }
  const families = [...new Set(rows.map(({ family }) => family))].sort().filter((family) => family !== "operations");
  for (const family of families) {
    const cells = rows.filter((row) => row.family === family).map((row) => [`  ${row.class}`, row.names.join(" ")]);
    print(`${table([family, "also read as"], cells)}\n`);
  }
  const operations = rows.filter((row) => row.kind === "operation").map((row) => row.class);
  print(`Operations of functional models: ${operations.join(" ")}`);
  return DONE;
}
