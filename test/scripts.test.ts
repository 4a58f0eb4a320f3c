/** What the repository's own scripts say when they are asked, or called wrongly. Needs dist/, as some do. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { ROOT } from "./source-files.ts";

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (script: string, ...words: string[]): Promise<Ended> =>
  new Promise((done) =>
    execFile(process.execPath, [script, ...words], { cwd: ROOT, timeout: 120_000 }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    ),
  );

const codeOf = (script: string): string => readFileSync(join(ROOT, script), "utf8");
const scripts = ["scripts", "scripts/oracle", "bench"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".mjs"))
    .map((name) => `${folder}/${name}`),
);
/** What is run by its name: the others are imported, or started by these. */
const STARTED_BY_TESTS = ["scripts/run-blocks.mjs"];
const commands = scripts.filter((script) => /\bargumentsOf\(import\.meta/.test(codeOf(script)));

it("are all known by name", () => {
  const others = scripts.filter(
    (script) => !commands.includes(script) && !STARTED_BY_TESTS.includes(script) && !/^export /m.test(codeOf(script)),
  );
  expect(others).toEqual([]);
  expect(commands.length).toBeGreaterThan(20);
});

it("end with 2, one line and what they take where an option is wrong", { timeout: 240_000 }, async () => {
  const open = [...commands];
  const wrong: string[] = [];
  const lane = async (): Promise<void> => {
    for (let script = open.pop(); script !== undefined; script = open.pop()) {
      const { status, stdout, stderr } = await run(script, "--wrong");
      const [line, , ...usage] = stderr.trimEnd().split("\n");
      const says = line === `${script.split("/").at(-1)}: Unknown option '--wrong'`;
      const head = usage.length > 0 && usage.every((text) => codeOf(script).includes(text));
      if (status !== 2 || stdout !== "" || !says || !head) wrong.push(`${script} ${status}: ${stdout}${stderr}`);
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  expect(wrong).toEqual([]);
});

it("say what they take, and refuse values and words that are none", { timeout: 60_000 }, async () => {
  const [help, number, word] = await Promise.all([
    run("scripts/fuzz.mjs", "--help"),
    run("scripts/fuzz.mjs", "--count", "many"),
    run("bench/report.mjs", "all"),
  ]);
  expect(help).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^Seeded fuzz[\s\S]*--seed 1/) });
  expect(number).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^fuzz.mjs: --count takes a number, not "many"\n/),
  });
  expect(word).toMatchObject({ status: 2, stderr: expect.stringMatching(/^report.mjs: there is no argument "all"\n/) });
});

/** `const [{ names }, rest] = await Promise.all(["path.js", ...` of files of dist/: what is taken from which. */
const TAKEN = /const \[([^\]]*)\] =\s*await Promise\.all\(\s*\[([^\]]*)\]/g;

it("take from dist/ what is there", async () => {
  const files = ["scripts", "bench"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".mjs") && !name.includes("node_modules"))
      .map((name) => `${folder}/${name}`),
  );
  const missing: string[] = [];
  let count = 0;
  for (const script of files) {
    for (const [, names = "", paths = ""] of codeOf(script).matchAll(TAKEN)) {
      const taken = [...names.matchAll(/\{([^}]*)\}|[.\w]+/g)].map(
        ([, list]) => list?.match(/\w+(?=\s*[,:]|\s*$)/g) ?? [],
      );
      const modules = [...paths.matchAll(/"([a-z\d/-]+?)(?:\.js)?"|[\w.]+|`[^`]*`/gi)].map(([, path]) => path);
      for (const [i, path] of modules.entries()) {
        if (path === undefined || taken[i] === undefined) continue;
        const found = existsSync(join(ROOT, `src/${path}.ts`))
          ? Object.keys(await import(pathToFileURL(join(ROOT, `src/${path}.ts`)).href))
          : [];
        for (const name of taken[i]) if (!found.includes(name)) missing.push(`${script}: ${name} of ${path}`);
        count += taken[i].length;
      }
    }
  }
  expect(missing).toEqual([]);
  expect(count).toBeGreaterThan(15);
});
