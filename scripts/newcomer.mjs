// A newcomer's way, timed: node scripts/newcomer.mjs [--model model.keras] [--h5 old.h5] [--python python] [--clone], after a build.
// In an empty folder, with an empty npm cache and home: the packed package is installed, the blocks of docs/start.md are
// followed literally, mistakes are made, and the page of the package is opened from disk and given the model. --python: an
// interpreter that has Keras, without which io.npz is taken from the fixtures. --clone: also README's first command in a clone.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { argumentsOf } from "./arguments.mjs";
import { findChromium } from "./chromium.mjs";

const ROOT = join(import.meta.dirname, "..");
const FIXTURE = join(ROOT, "fixtures/models/stacked_lstm");
const given = argumentsOf(import.meta, {
  model: { type: "string", default: join(FIXTURE, "model.keras") },
  h5: { type: "string", default: join(ROOT, "fixtures/models/tfk_stacked_lstm_h5/model.h5") },
  python: { type: "string" },
  clone: { type: "boolean", default: false },
});

const scratch = mkdtempSync(join(tmpdir(), "newcomer-"));
const [home, folder] = ["home", "models"].map((name) => join(scratch, name));
for (const made of [home, folder]) mkdirSync(made);
const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
const env = {
  PATH: [dirname(process.execPath), ...process.env.PATH.split(delimiter)].join(delimiter),
  HOME: home, npm_config_cache: join(scratch, "cache"), npm_config_registry: registry, npm_config_update_notifier: "false", TF_CPP_MIN_LOG_LEVEL: "3",
}; // prettier-ignore

const rows = [];
let faults = 0;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
function note(what, result, started) {
  rows.push([what, started === undefined ? "" : `${((performance.now() - started) / 1000).toFixed(2)} s`, result]);
  console.log(rows.at(-1).join("  "));
}
/** Runs a line of a shell; `wanted`: its exit code. Stack traces are faults too. */
function shell(line, wanted = 0, where = folder) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync("sh", ["-c", line], { cwd: where, env, encoding: "utf8" });
  const isRight = status === wanted && !/\n {4}at /.test(stderr);
  if (!isRight) faults++;
  const said =
    wanted === 0 && isRight
      ? ""
      : stderr
          .trim()
          .split("\n")
          .slice(0, isRight ? 2 : 20)
          .join(" | ");
  note(`$ ${line.replaceAll(scratch, "…")}`, `${isRight ? "ok" : `FAILED (${status})`} ${said}`, started);
  return stdout;
}
const sizeOf = (path) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

try {
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", scratch], { cwd: ROOT, stdio: "ignore" });
  const tarball = join(scratch, readdirSync(scratch).find((name) => name.endsWith(".tgz"))); // prettier-ignore
  copyFileSync(given.model, join(folder, "model.keras"));
  copyFileSync(given.h5, join(folder, "old.h5"));
  for (const name of ["model.json", "model.weights.h5"]) cpSync(`${FIXTURE}_apart/${name}`, join(folder, name));

  console.log("── docs/start.md");
  const guide = readFileSync(join(ROOT, "docs/start.md"), "utf8");
  for (const [, language, code] of guide.matchAll(/^```(\w+)\n([^]*?)^```/gm)) {
    const file = /^\/\/ (\S+\.mjs)$/m.exec(code)?.[1];
    if (language === "js") writeFileSync(join(folder, file), code);
    else if (language === "sh") {
      for (const line of code.trim().split("\n")) {
        if (line.startsWith("python ") && given.python === undefined) {
          copyFileSync(join(FIXTURE, "io.npz"), join(folder, "io.npz"));
          note(`$ ${line}`, "not run: no --python; io.npz of the fixtures", undefined);
        } else shell(line.replace("install keraport", `install ${tarball}`).replace(/^python /, `${given.python} `));
      }
    }
  }
  const modules = join(folder, "node_modules");
  const installed = readdirSync(modules).filter((name) => !name.startsWith("."));
  note("packed, unpacked", `${megabytes(statSync(tarball).size)}, ${megabytes(sizeOf(join(modules, "keraport")))}`);
  note("installed", `${installed.length} packages, ${megabytes(sizeOf(modules))}`);

  console.log("── mistakes");
  writeFileSync(join(folder, "cut.keras"), readFileSync(given.model).subarray(0, 3000));
  writeFileSync(join(folder, "page.keras"), "<!doctype html><title>Not found</title>");
  shell("npx keraport inspcet model.keras", 2);
  shell("npx keraport convert model.keras", 2);
  shell("npx keraport verify model.keras --fixtur io.npz", 2);
  shell("npx keraport convert model.keras model.tflite", 3);
  for (const name of ["missing", "cut", "page"]) shell(`npx keraport inspect ${name}.keras`, 3);
  shell(`node -e 'import("keraport").then(({ load }) => load("cut.keras")).catch((e) => console.log(e.code))'`);

  if (findChromium() === undefined) note("the page", "not run: no Chromium here");
  else {
    console.log("── the page, from disk");
    const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const errors = [];
    const requests = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    const shot = async (name) => {
      mkdirSync(join(ROOT, ".build/newcomer"), { recursive: true });
      await page.screenshot({ path: join(ROOT, ".build/newcomer", `${name}.png`) });
    };
    const own = join(modules, "keraport/dist/page.html");
    let started = performance.now();
    await page.goto(pathToFileURL(own).href);
    await page.locator('input[type="file"]').first().waitFor({ state: "attached" });
    note("the page of the package is open", megabytes(statSync(own).size), started);
    started = performance.now();
    await page.locator('input[type="file"]').first().setInputFiles(join(folder, "model.keras"));
    await page.locator(".box").first().waitFor();
    note("the model dropped: its graph is there", `${await page.locator(".box").count()} layers`, started);
    await shot("dropped");
    started = performance.now();
    await page.goto(pathToFileURL(join(folder, "page.html")).href);
    await page.locator(".box").first().waitFor();
    note("page.html of keraport view", megabytes(statSync(join(folder, "page.html")).size), started);
    await shot("view");
    const far = requests.filter((url) => !/^(file|blob|data):/.test(url));
    if (errors.length + far.length > 0) faults++;
    note("errors, requests to a network", [...errors, ...far].join(" | ") || "none");
    await browser.close();
  }

  if (given.clone) {
    console.log("── a clone");
    shell(`git clone -q --depth 1 file://${ROOT} clone`, 0, scratch);
    shell("npm ci --no-audit --no-fund", 0, join(scratch, "clone"));
    shell("npm run demo", 0, join(scratch, "clone"));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (faults > 0) console.log(`${faults} faults`);
process.exitCode = faults > 0 ? 1 : 0;
