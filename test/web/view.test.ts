/** `keraport view`: a page of one file, and a server that answers only who knows its address. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { ROOT } from "../source-files.ts";
import { fixture, ONE_FILE, openPage, shot, useBrowser } from "./page.ts";

const browser = useBrowser();
const folder = mkdtempSync(join(tmpdir(), "keraport-view-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function keraport(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((done) => child.once("close", done));
const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((done) => child.stdout!.once("data", (bytes: Buffer) => done(bytes.toString().trim())));

/** The status that an address answers with, asked for under a host's name. */
const status = (url: string, host?: string, method = "GET"): Promise<number> =>
  new Promise((done, failed) => {
    const asked = request(url, { method, ...(host !== undefined && { headers: { host } }) }, (answer) => {
      answer.resume();
      done(answer.statusCode!);
    });
    asked.once("error", failed).end();
  });

it("writes one file that holds model and fixture, and opens from disk", { timeout: 120_000 }, async () => {
  const page = join(folder, "model.html");
  const files = [fixture("models/tfk_text_h5/model.h5"), "--fixture", fixture("models/tfk_text_h5/io.npz")];
  expect(await ended(keraport("view", ...files, "-o", page))).toBe(0);
  expect(await ended(keraport("view", ...files, "-o", page))).toBe(2);
  expect(statSync(page).size).toBeLessThan(statSync(ONE_FILE).size + 80_000);
  expect(readFileSync(page, "utf8")).toContain("connect-src 'none'");
  const opened = await openPage(browser(), pathToFileURL(page).href);
  await opened.page.getByText("Equal to what Keras computed").waitFor();
  await expect.poll(() => opened.page.locator(".box.good").count()).toBeGreaterThan(2);
  await shot(opened.page, "view");
  expect(opened.errors).toEqual([]);
  expect(opened.requests.filter((url) => !/^(file|blob):/.test(url))).toEqual([]);
});

it("serves on the loopback address, to who knows the token", { timeout: 120_000 }, async () => {
  const folderOfModel = fixture("models/plain_unzipped/model.keras");
  const child = keraport("view", folderOfModel, "--against", fixture("models/compiled/model.keras"));
  const url = await firstLine(child);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
  const opened = await openPage(browser(), url);
  await opened.page.locator(".differences .verdict").waitFor();
  await expect.poll(() => opened.page.locator(".head").innerText()).toContain("keras-v3");
  expect(opened.errors).toEqual([]);
  const { origin, host, pathname } = new URL(url);
  expect(opened.requests.every((asked) => asked.startsWith(origin) || asked.startsWith("blob:"))).toBe(true);
  expect(await status(url)).toBe(200);
  expect(await status(`${url}0`)).toBe(200);
  for (const other of [`${origin}/`, `${origin}/x${pathname}`, `${origin}/AAAA/`, `${url}9`, `${url}..`, `${url}0x0`])
    expect([other, await status(other)]).toEqual([other, 404]);
  expect(await status(url, "elsewhere.example")).toBe(404);
  expect(await status(url, host, "POST")).toBe(404);
  const end = ended(child);
  child.kill("SIGINT");
  expect(await end).toBe(0);
});

it("refuses what is no model before there is a page", { timeout: 60_000 }, async () => {
  const child = keraport("view", fixture("README.md"), "-o", join(folder, "none.html"));
  const told: string[] = [];
  child.stderr!.on("data", (bytes: Buffer) => told.push(bytes.toString()));
  expect(await ended(child)).toBe(3);
  expect(told.join("")).toMatch(/error\[unsupported\/format\]/);
});
