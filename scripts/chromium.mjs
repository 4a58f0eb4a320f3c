/** A headless Chromium for the checks and measurements that need a page. */
import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const QUIET = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
const FLAGS = ["--headless", "--no-sandbox", ...QUIET, "--disable-sync", "--disable-dev-shm-usage"];

/** $CHROMIUM, or a Chromium or Chrome of the PATH; undefined when there is none. */
export function findChromium() {
  const given = process.env["CHROMIUM"];
  if (given) return given;
  const places = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => places.map((place) => join(place, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const browserVersion = (binary) =>
  execFileSync(binary, ["--version", "--no-sandbox"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
    .trim()
    .replace(/^(\D*[\d.]+).*$/s, "$1");

/** Opens a page in a browser of its own: `ended` is rejected when it ends by itself; `close` ends it with its helpers. */
export function openPage(binary, url, flags = []) {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  // A group of its own, so that its helpers end with it.
  const group = process.platform !== "win32";
  const child = spawn(binary, [...FLAGS, ...flags, `--user-data-dir=${profile}`, url], {
    stdio: "ignore",
    detached: group,
  });
  const stop = () => {
    try {
      if (group && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      else child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  process.once("exit", stop);
  const ended = new Promise((_, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`the browser ended with exit code ${code}`)));
  });
  ended.catch(() => {});
  async function close() {
    stop();
    process.off("exit", stop);
    await ended.catch(() => {});
    await removed(profile);
  }
  return { ended, close };
}

/** A helper that is still ending may write to the profile while it goes: what stays after some tries is the system's. */
async function removed(folder) {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch {
      await sleep(100);
    }
  }
}
