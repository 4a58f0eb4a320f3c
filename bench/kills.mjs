// Kills a conversion of many files at random moments (kill -9), 200 times by default, then lets it end: the outputs must be
// those of a run that nobody killed, with one final line an input in the manifest. node bench/kills.mjs [times]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { argumentsOf } from "../scripts/arguments.mjs";

const [times = 200] = argumentsOf(import.meta, {}, 1)._;

const root = join(import.meta.dirname, "..");
const main = join(root, "dist/cli/main.js");
const models = ["cnn", "stacked_lstm", "several", "siamese", "text", "video"];
const inputs = models.map((name) => join(root, "fixtures/models", name, "model.keras"));
const folder = mkdtempSync(join(tmpdir(), "keraport-kills-"));
const args = (out) => [main, "convert", ...inputs.map((_, i) => join(folder, `in/${models[i]}.keras`)), "--to", "keras-h5", "--out", out]; // prettier-ignore
inputs.forEach((path, i) => cpSync(path, join(folder, `in/${models[i]}.keras`)));

const hashes = (out) => {
  const names = readdirSync(out).filter((name) => name.endsWith(".h5"));
  return names.map(
    (name) =>
      `${name} ${createHash("sha256")
        .update(readFileSync(join(out, name)))
        .digest("hex")}`,
  );
};

try {
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  spawnSync(process.execPath, args(whole), { stdio: "inherit" });
  let ended = 0;
  for (let i = 0; i < times; i++) {
    const child = spawn(process.execPath, args(killed), { stdio: "ignore" });
    const over = new Promise((done) => child.once("exit", done));
    await Promise.race([over, sleep(Math.random() * 1500)]);
    if (child.exitCode !== null) {
      ended++;
      // All done: from the start again.
      rmSync(killed, { recursive: true, force: true });
    }
    child.kill("SIGKILL");
    await over;
  }
  await sleep(3000);
  const last = spawnSync(process.execPath, args(killed), { encoding: "utf8" });
  const lines = readFileSync(join(killed, "manifest.jsonl"), "utf8").trim().split("\n").map(JSON.parse);
  const same = hashes(whole).join() === hashes(killed).join();
  const isOne = lines.length === models.length && lines.every(({ status }) => status === "done");
  console.log(`${times} kills (${ended} came too late): exit ${last.status}, outputs ${same ? "the same" : "DIFFER"}, ${isOne ? "one final line an input" : "WRONG MANIFEST"}`); // prettier-ignore
  if (!same || !isOne || last.status !== 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
