// The modules of src/, each compiled to a file of its own: dist/ has them in few.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Compiles them into a folder of the project; gives its path. */
export function compiled() {
  const folder = join(root, ".build");
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const args = [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", folder, "--declaration", "false"];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
  return folder;
}
