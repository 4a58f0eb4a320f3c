/** Opening and looking: what the page shows of real models, and that nothing leaves it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { layers, load, save, Sequential } from "../../src/node.ts";
import { ROOT } from "../source-files.ts";
import { choose, fixture, ONE_FILE, openPage, PHONE, shot, SITE, useBrowser } from "./page.ts";

const browser = useBrowser();
const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html" };
const PACKAGE = "/node_modules/keraport/";
const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { files: string[]; exports: { "./element": { default: string } } }; // prettier-ignore
/** Whether npm packs it. */
const isPacked = (path: string): boolean => MANIFEST.files.some((part) => path === part || path.startsWith(`${part}/`));
const element = (src: string): string => `<keraport-model src="${src}"></keraport-model>`;
const imports = JSON.stringify({
  imports: { "keraport/element": join(PACKAGE, MANIFEST.exports["./element"].default) },
});
const FROM_PACKAGE = `<script type="importmap">${imports}</script><script type="module">import "keraport/element";</script>`;
const TWO_FILES = "/fixtures/models/cnn_apart/model.json /fixtures/models/cnn_apart/model.weights.h5";
const HOSTS: Readonly<Record<string, string>> = {
  "/host.html": `<script type="module" src="/keraport-model.js"></script>${element("/fixtures/models/siamese/model.keras")}`,
  "/package.html": FROM_PACKAGE + element(TWO_FILES),
  "/missing.html": FROM_PACKAGE + element("/fixtures/none.keras"),
};
const served: string[] = [];
let arrive = (): void => {};
const goOn = new Promise<void>((done) => (arrive = done));
const server = createServer((request, response) => {
  const path = new URL(request.url!, "http://local").pathname;
  const own = path.startsWith(PACKAGE) ? join(ROOT, path.slice(PACKAGE.length)) : join(SITE, path === "/" ? "index.html" : path); // prettier-ignore
  const file = path.startsWith("/fixtures/") ? fixture(path.slice(10)) : own;
  served.push(path);
  if (path === "/slow.keras") {
    const whole = readFileSync(fixture("models/cnn/model.keras"));
    response.writeHead(200, { "content-length": whole.length }).write(whole.subarray(0, whole.length / 2));
    return void goOn.then(() => response.end(whole.subarray(whole.length / 2)));
  }
  if (path in HOSTS) {
    const host = `<!doctype html><link rel="icon" href="data:,">${HOSTS[path]}`;
    return void response.writeHead(200, { "content-type": "text/html" }).end(host);
  }
  if (path.startsWith(PACKAGE) && !isPacked(path.slice(PACKAGE.length))) return void response.writeHead(404).end();
  if (!existsSync(file)) return void response.writeHead(404).end();
  const body = readFileSync(file);
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
}).listen(0, "127.0.0.1");
afterAll(() => void server.close());
const site = (): string => `http://127.0.0.1:${(server.address() as { port: number }).port}/`;

describe("opening", () => {
  it("shows what a file is, from disk, without a request", { timeout: 90_000 }, async () => {
    const { page, errors, requests } = await openPage(browser());
    await shot(page, "welcome");
    await choose(page, fixture("models/tfk_text_h5/model.h5"));
    const head = await page.locator(".head").innerText();
    for (const part of ["tf-keras 2.21.0", "keras-h5", "parameters", "38.1 kB", "runs"]) expect(head).toContain(part);
    await page.getByLabel("What the boxes tell").selectOption("masks");
    await page.locator(".box", { hasText: "mask begins" }).waitFor();
    await page.locator(".box", { hasText: "mask ends" }).waitFor();
    expect(await page.locator(".line.near").count()).toBeGreaterThan(0);
    await shot(page, "masks");
    expect(requests.filter((url) => !url.startsWith("file:") && !url.startsWith("blob:"))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it(
    "takes a folder, an architecture beside its weights, and says why something is no model",
    { timeout: 90_000 },
    async () => {
      const { page } = await openPage(browser());
      await choose(page, fixture("models/cnn_apart/model.json"), fixture("models/cnn_apart/model.weights.h5"));
      await expect.poll(() => page.locator(".state").innerText()).toBe("runs");
      await page.getByRole("button", { name: "Close" }).click();
      await page.locator('.welcome input[type="file"]').first().setInputFiles(fixture("README.md"));
      await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/^error\[unsupported\/format\]/);
      await page.getByRole("button", { name: "Dismiss" }).click();
      await page
        .locator('.welcome input[type="file"]')
        .nth(1)
        .setInputFiles(fixture("models/plain_unzipped/model.keras"));
      await page.locator(".box").first().waitFor();
      await expect.poll(() => page.locator(".head").innerText()).toContain("keras-v3");
    },
  );

  it("says what keeps a model from running, and the way on", { timeout: 90_000 }, async () => {
    const { page, errors } = await openPage(browser());
    await choose(page, fixture("models/cnn_apart/model.json"));
    const told = await page.locator(".reasons").innerText();
    expect(told).toContain("mismatch/missing-weights");
    expect(told).toContain("Drop the weights beside the architecture");
    await page.getByRole("button", { name: "Close" }).click();
    await choose(page, fixture("models/cnn_apart/model.weights.h5"));
    await expect.poll(() => page.locator(".empty").innerText()).toContain("holds weights alone");
    await expect.poll(() => page.locator(".panel td", { hasText: "layers/conv2d/vars/0" }).count()).toBe(1);
    expect(errors).toEqual([]);
  });

  it("opens each of its examples, and a model of its own host by address", { timeout: 120_000 }, async () => {
    const { page, errors } = await openPage(browser(), site());
    for (const i of [0, 1, 2, 3]) {
      await page.locator(".examples button").nth(i).click();
      await page.locator(".box").first().waitFor();
      await expect.poll(() => page.locator(".state").innerText()).toBe("runs");
      await page.getByRole("button", { name: "Close" }).click();
    }
    await page.goto(`${site()}?url=/fixtures/models/siamese/model.keras`);
    await page.locator(".box", { hasText: "tower" }).waitFor();
    expect(errors).toEqual([]);
    await page.goto(`${site()}?url=http://elsewhere.invalid/model.keras`);
    await expect.poll(() => page.getByRole("alert").innerText()).toContain("error[");
  });

  it("says how much has arrived", { timeout: 60_000 }, async () => {
    const { page, errors } = await openPage(browser(), `${site()}?url=/slow.keras`);
    const bar = page.getByRole("progressbar");
    await expect.poll(() => bar.evaluate((element) => (element as HTMLProgressElement).value)).toBeCloseTo(0.5, 1);
    await expect.poll(() => page.getByRole("status").innerText()).toContain("16.8 kB");
    arrive();
    await page.locator(".box").first().waitFor();
    expect(await bar.count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it("is within its budgets", { timeout: 90_000 }, async () => {
    served.length = 0;
    const { page } = await openPage(browser(), site());
    await choose(page, fixture("models/stacked_lstm/model.keras"));
    await page.locator(".box .plot").first().waitFor();
    const size = (file: string): number => gzipSync(readFileSync(file), { level: 9 }).length / 1000;
    const sum = (files: readonly string[]): number => files.reduce((all, file) => all + size(file), 0);
    const first = [...new Set(served)].map((path) => join(SITE, path === "/" ? "index.html" : path));
    const all = readdirSync(SITE, { recursive: true, encoding: "utf8" }).map((name) => join(SITE, name));
    // What looking at a model needs; then everything there is, in files that are fetched when they are needed, and in one:
    // most of both is the library, which grows with its layers and formats.
    expect(sum(first)).toBeLessThanOrEqual(201);
    expect(sum(all.filter((file) => statSync(file).isFile()))).toBeLessThanOrEqual(715);
    expect(size(ONE_FILE)).toBeLessThanOrEqual(616);
  });
});

describe("the graph", () => {
  it("draws shared layers once, folds, shows shapes and weights, finds", { timeout: 120_000 }, async () => {
    const { page, errors } = await openPage(browser());
    await choose(page, fixture("models/siamese/model.keras"));
    await page.locator(".box .plot").first().waitFor();
    await expect.poll(() => page.locator(".box").count()).toBe(6);
    await expect.poll(() => page.locator(".line").count()).toBe(8);
    await expect.poll(() => page.locator(".line text").allTextContents()).toContain("?×12");
    await shot(page, "graph");
    await page.locator(".box.model .fold").click();
    await page.locator(".box", { hasText: "norm" }).waitFor();
    await expect.poll(() => page.locator(".box").count()).toBe(10);
    await page.getByRole("searchbox").fill("dense");
    await expect.poll(() => page.locator(".box.hit").count()).toBe(3);
    await page.getByRole("searchbox").press("Enter");
    await expect.poll(() => page.locator(".box.selected").count()).toBe(1);
    await page.getByRole("searchbox").fill("");
    await page.locator(".drawing").focus();
    const before = await page.locator(".box.selected").getAttribute("id");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(".box.selected").getAttribute("id")).not.toBe(before);
    await page.keyboard.press("0");
    const place = await page.locator(".drawing > g").getAttribute("transform");
    await page.keyboard.press("+");
    await expect.poll(() => page.locator(".drawing > g").getAttribute("transform")).not.toBe(place);
    expect(errors).toEqual([]);
  });

  it("is kept as SVG and as PNG", { timeout: 90_000 }, async () => {
    const { page, errors } = await openPage(browser());
    await choose(page, fixture("models/several/model.keras"));
    const [svg] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "SVG" }).click()]);
    const text = readFileSync((await svg.path())!, "utf8");
    expect(text).toMatch(/^<svg[^>]* viewBox=/);
    expect(text).toContain(">price</text>");
    const [png] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "PNG" }).click()]);
    const bytes = readFileSync((await png.path())!);
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    // Width, height: twice the drawing's.
    expect(Math.min(bytes.readUInt32BE(16), bytes.readUInt32BE(20))).toBeGreaterThan(800);
    expect(bytes.length).toBeGreaterThan(20_000);
    expect(errors).toEqual([]);
  });

  it("draws 300 layers, and says how long it took", { timeout: 120_000 }, async () => {
    const deep = new Sequential();
    for (let i = 0; i < 300; i++) deep.add(layers.dense({ units: 4, ...(i === 0 && { inputShape: [4] }) }));
    const file = [...(await save(deep, { format: "keras-v3" })).values()][0]!;
    expect((await load(file)).layers.length).toBeGreaterThanOrEqual(300);
    const { page } = await openPage(browser());
    const input = page.locator('.welcome input[type="file"]').first();
    await input.setInputFiles({ name: "deep.keras", mimeType: "", buffer: Buffer.from(file) });
    await page.locator(".box").nth(299).waitFor({ state: "attached" });
    // No thread: columns side by side, all of which can be seen.
    await page.getByRole("button", { name: "Fit" }).click();
    const all = await page.locator(".drawing > g").evaluate((drawn) => {
      const { width, height } = (drawn as SVGGElement).getBBox();
      return width / height;
    });
    expect(all).toBeGreaterThan(0.7);
    await shot(page, "columns");
    const took = await page.evaluate(() => performance.getEntriesByName("opened").at(-1)!.duration);
    process.stderr.write(`300 layers: ${Math.round(took)} ms from the file to the drawing\n`);
  });
});

describe("a layer", () => {
  it(
    "shows options with defaults greyed, weights, gates apart, and hands out numbers",
    { timeout: 120_000 },
    async () => {
      const { page, errors } = await openPage(browser(), undefined, { dark: true });
      await choose(page, fixture("models/stacked_lstm/model.keras"));
      await page.locator(".box", { hasText: "LSTM" }).first().click();
      await page.locator(".weight").nth(2).waitFor();
      await shot(page, "layer-dark");
      // The panel scrolls, the graph stays.
      await page.locator(".weight").last().scrollIntoViewIfNeeded();
      const scrolled = await page.evaluate(() => [document.documentElement.scrollHeight - innerHeight, scrollY]);
      expect(scrolled).toEqual([0, 0]);
      await shot(page, "weights-dark");
      await expect.poll(() => page.locator(".options .default").count()).toBeGreaterThan(10);
      await expect.poll(() => page.locator(".options tr:not(.default)", { hasText: "units" }).count()).toBe(1);
      await expect
        .poll(() => page.locator(".weight").first().locator("figcaption", { hasText: "gate" }).count())
        .toBe(3);
      const model = await load(fixture("models/stacked_lstm/model.keras"));
      const layer = model.layers.find(({ class: name }) => name === "LSTM")!.name;
      const kernel = await model.layer(layer).weights[0]!.read();
      const saving = page.locator(".weight").first().getByRole("button", { name: "Save .npy" }).click();
      const [file] = await Promise.all([page.waitForEvent("download"), saving]);
      const bytes = readFileSync((await file.path())!);
      expect(new Float32Array(new Uint8Array(bytes).slice(-4 * kernel.data.length).buffer)).toEqual(kernel.data);
      // Not only its frame: the canvas has colours.
      const seen = await page
        .locator(".weight canvas")
        .first()
        .evaluate((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement;
          return new Set((canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height).data).size;
        });
      expect(seen).toBeGreaterThan(8);
      expect(errors).toEqual([]);
    },
  );

  it("names are text, whatever is in them", { timeout: 90_000 }, async () => {
    const hostile = new Sequential({ name: "<img src=x onerror=alert(1)>" });
    hostile.add(layers.dense({ units: 2, inputShape: [2], name: "<b>bold</b>" }));
    const file = [...(await save(hostile, { format: "keras-v3" })).values()][0]!;
    const { page, errors } = await openPage(browser(), undefined, { size: PHONE });
    const input = page.locator('.welcome input[type="file"]').first();
    await input.setInputFiles({ name: "<i>.keras", mimeType: "", buffer: Buffer.from(file) });
    await page.locator(".box").first().waitFor();
    expect(await page.locator("img, b, i").count()).toBe(0);
    await expect.poll(() => page.locator(".head h1").innerText()).toBe("<img src=x onerror=alert(1)>");
    await shot(page, "phone");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
  });
});

describe("the page", () => {
  it("is read and used by keys alone", { timeout: 90_000 }, async () => {
    const { page, errors } = await openPage(browser());
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".box").first().waitFor();
    const named = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, select, svg, canvas, [role]")]
        .filter((element) => element.closest("[hidden]") === null)
        .filter((element) => {
          const { labels } = element as HTMLInputElement;
          return !element.getAttribute("aria-label") && !element.textContent?.trim() && !labels?.length;
        })
        .map((element) => element.outerHTML.slice(0, 120)),
    );
    expect(named).toEqual([]);
    await page.locator(".drawing").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.locator(".layer h2", { hasText: "lower" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator(".facts-list").waitFor();
    await page.getByRole("tab", { name: "Look" }).focus();
    for (const name of ["Run", "Verify", "Convert", "Compare", "Train", "Look"]) {
      await page.keyboard.press("ArrowRight");
      const tab = page.getByRole("tab", { name, selected: true });
      await expect.poll(() => tab.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.getByRole("tabpanel", { name }).waitFor();
    }
    // Each can be reached by the next key alone, and what has the focus is seen to have it.
    const ways: string[] = [];
    await page.getByRole("button", { name: "Close" }).focus();
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press("Tab");
      ways.push(
        await page.evaluate(() => {
          const { activeElement: at } = document;
          const outline =
            getComputedStyle(at!).outlineStyle !== "none" || at!.closest("label")?.matches(":focus-within");
          return `${at!.getAttribute("aria-label")?.split(":")[0] ?? at!.textContent} ${outline === false ? "unseen" : ""}`.trim();
        }),
      );
    }
    expect(ways).toEqual(["Find a layer", "What the boxes tell", "Zoom in", "Zoom out", "Fit", "SVG", "PNG", "Layers", "Look"]); // prettier-ignore
    expect(errors).toEqual([]);
  });

  it.each([false, true])("has words that stand out from the paper (dark: %s)", { timeout: 60_000 }, async (dark) => {
    const { page } = await openPage(browser(), undefined, { dark });
    const contrasts = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const light = (name: string): number => {
        // What is built has `#fff` for `#ffffff`.
        const hex = style
          .getPropertyValue(name)
          .trim()
          .replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
        const [r, g, b] = [1, 3, 5].map((at) => {
          const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        }) as [number, number, number];
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const pairs = ["--paper", "--card", "--soft"].flatMap((paper) =>
        ["--text", "--dim", "--accent", "--good", "--wrong"].map((ink) => [ink, paper] as const),
      );
      return [...pairs, ["--on-accent", "--accent"] as const].map(([ink, paper]) => {
        const [a, b] = [light(ink), light(paper)];
        return [`${ink} on ${paper}`, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)] as const;
      });
    });
    expect(contrasts.filter(([, contrast]) => !(contrast >= 4.5))).toEqual([]);
  });

  it("is an element of other pages of its host", { timeout: 90_000 }, async () => {
    const { page, errors } = await openPage(browser(), `${site()}host.html`);
    const frame = page.frameLocator("keraport-model iframe");
    await frame.locator(".box", { hasText: "tower" }).waitFor();
    await shot(page, "element");
    expect(errors).toEqual([]);
    // Out of the package, a model in two files; then one that is not there.
    await page.goto(`${site()}package.html`);
    await frame.locator(".box", { hasText: "conv2d" }).first().waitFor();
    await expect.poll(() => frame.locator(".state").innerText()).toBe("runs");
    await page.evaluate(() => document.querySelector("keraport-model")!.setAttribute("src", "/fixtures/models/siamese/model.keras")); // prettier-ignore
    await frame.locator(".box", { hasText: "tower" }).waitFor();
    expect(errors).toEqual([]);
    await page.goto(`${site()}missing.html`);
    await expect.poll(() => frame.getByRole("alert").innerText()).toContain("/fixtures/none.keras: 404");
  });
});
