/** action.yml and release.yml: their shell, run as the runner would run it. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "./source-files.ts";

const action = readFileSync(join(ROOT, "action.yml"), "utf8");
const indented = (text: string, key: string): string =>
  new RegExp(`^( *)${key}:(?: \\|)?\\n((?:\\1 +.*\\n|\\n)+)`, "m").exec(text)![2]!;
/** `KEY: value` of a block, as deep as its first line. */
const entries = (block: string): [string, string][] => {
  const depth = /^ */.exec(block)![0].length;
  return [...block.matchAll(new RegExp(`^ {${depth}}(\\w+):(.*)$`, "gm"))].map(([, key, value]) => [key!, value!.trim()]); // prettier-ignore
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "keraport action ")); // a space in it
  for (const [name, from] of [
    ["a", "cnn"],
    ["b", "text"],
  ] as const) {
    mkdirSync(join(folder, "models", name), { recursive: true });
    for (const file of ["model.keras", "io.npz"]) cpSync(join(ROOT, "fixtures/models", from, file), join(folder, "models", name, file)); // prettier-ignore
  }
  mkdirSync(join(folder, "bin"));
  // In place of the registry: what npx is asked for is this build.
  const npx = `#!/bin/sh\n[ "$1 $2" = "--yes keraport@1.2.3" ] || exit 99\nshift 2\nexec "${process.execPath}" "${join(ROOT, "dist/cli/main.js")}" "$@"\n`;
  writeFileSync(join(folder, "bin/npx"), npx);
  chmodSync(join(folder, "bin/npx"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The step of action.yml with these inputs; defaults as it has them. */
function run(given: Readonly<Record<string, string>>): { status: number | null; stdout: string; stderr: string } {
  const inputs = indented(action, "inputs");
  const known = entries(inputs).map(([name]) => name);
  const env = entries(indented(action, "env")).map(([name, value]) => {
    const input = /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)![1]!;
    expect(known).toContain(input);
    return [name, given[input] ?? /default: "?([^"\n]*)/.exec(indented(inputs, input))![1]!];
  });
  const path = [join(folder, "bin"), process.env["PATH"]].join(delimiter);
  // As the runner starts a step with `shell: bash`.
  const args = ["--noprofile", "--norc", "-eo", "pipefail", "-c", indented(action, "run")];
  return spawnSync("bash", args, { cwd: folder, encoding: "utf8", env: { ...Object.fromEntries(env), PATH: path } });
}

it("action.yml verifies a folder and writes its report", () => {
  const { status, stdout, stderr } = run({ path: "models", junit: "out.xml", version: "1.2.3" });
  expect([status, stderr]).toEqual([0, "wrote out.xml\n"]);
  expect(stdout).toMatch(/2 models: 2 ok/);
  expect(readFileSync(join(folder, "out.xml"), "utf8")).toMatch(/<testsuite /);
});

it("action.yml fails where a model differs, and where the fixture is not there", () => {
  const other = { path: join(ROOT, "fixtures/models/tfk_cnn/model.keras"), version: "1.2.3" };
  const { status, stdout } = run({ ...other, fixture: join(folder, "models/a/io.npz") });
  expect([status, stdout]).toEqual([1, expect.stringMatching(/first layer that differs from the fixture: conv_1/)]);
  expect(run({ ...other, fixture: "none.npz" })).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/no such file/),
  });
});

it("release.yml publishes what has the tag's version, with scripts that there are", () => {
  const release = readFileSync(join(ROOT, ".github/workflows/release.yml"), "utf8");
  const { version, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string; scripts: object }; // prettier-ignore
  const check = /run: (test .*)$/m.exec(release)![1]!;
  const status = (tag: string): number | null =>
    spawnSync("bash", ["-c", check], { cwd: ROOT, env: { PATH: process.env["PATH"], GITHUB_REF_NAME: tag } }).status;
  expect([status(`v${version}`), status("v0.0.9"), status(version)]).toEqual([0, 1, 1]);
  for (const [, name] of release.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(name!);
});
