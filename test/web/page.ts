/** The built page in a headless Chromium: served from disk or from a server of this machine, looked at by tests. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { findChromium } from "../../scripts/chromium.mjs";
import { ROOT } from "../source-files.ts";

const BUILT = join(ROOT, "web/dist");
const SHOTS = join(ROOT, ".build/web");
export const ONE_FILE = join(BUILT, "keraport.html");
export const SITE = join(BUILT, "site");
export const DESK = { width: 1280, height: 800 } as const;
export const PHONE = { width: 390, height: 844 } as const;

export const fixture = (path: string): string => join(ROOT, "fixtures", path);

/** A page, with what went wrong in it and what it asked of the network. */
export interface Opened {
  readonly page: Page;
  readonly errors: string[];
  readonly requests: string[];
}

/** Started once a file of tests; the page is built where it is not yet. */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (!existsSync(ONE_FILE)) execFileSync(process.execPath, [join(ROOT, "scripts/web.mjs")]);
    browser = await chromium.launch({
      executablePath: findChromium()!,
      // The microphone beeps.
      args: "no-sandbox disable-gpu disable-background-networking disable-component-update use-fake-device-for-media-stream use-fake-ui-for-media-stream"
        .split(" ")
        .map((name) => `--${name}`),
    });
  }, 120_000);
  afterAll(() => browser?.close());
  return () => browser!;
}

let shared: Promise<Opened> | null = null;

async function first(browser: Browser): Promise<Opened> {
  const context = await browser.newContext({ acceptDownloads: true, permissions: ["microphone"] });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const opened: Opened = { page, errors: [], requests: [] };
  page.on("pageerror", (error) => opened.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && opened.errors.push(message.text().slice(0, 200)));
  page.on("request", (request) => opened.requests.push(request.url()));
  return opened;
}

/** Opens an address anew, in the one page of a file of tests: its program is compiled once. */
export async function openPage(
  browser: Browser,
  url: string = pathToFileURL(ONE_FILE).href,
  options: { readonly dark?: boolean; readonly size?: { readonly width: number; readonly height: number } } = {},
): Promise<Opened> {
  const opened = await (shared ??= first(browser));
  const { page, errors, requests } = opened;
  await page.setViewportSize(options.size ?? DESK);
  await page.emulateMedia({ colorScheme: options.dark === true ? "dark" : "light" });
  await page.goto(url);
  errors.length = 0;
  requests.splice(
    0,
    requests.findLastIndex((asked) => asked === page.url()),
  );
  return opened;
}

/** A picture for whoever looks; git does not keep it. */
export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Opens files as a person chooses them, and waits for the graph. */
export async function choose(page: Page, ...paths: readonly string[]): Promise<void> {
  await page
    .locator('.welcome input[type="file"]')
    .first()
    .setInputFiles([...paths]);
  await page.locator(".box, .empty").first().waitFor();
}
