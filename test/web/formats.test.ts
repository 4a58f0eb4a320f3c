/** Every format in the page: opened, verified against what Keras computed; damaged and hostile files: refused, or shown. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { BROKEN, contentOf } from "../support/broken.ts";
import { fixture, type Opened, openPage, shot, useBrowser } from "./page.ts";

const browser = useBrowser();
let opened: Opened;
beforeAll(async () => {
  opened = await openPage(browser());
  opened.page.setDefaultTimeout(10_000);
}, 60_000);
beforeEach(async () => {
  opened.errors.length = 0;
  await opened.page.reload();
});

const CASES = [
  "formats/saved_model/model",
  "formats/tfjs_keras3/model",
  "formats/tfjs_own_recurrent/model",
  "formats/checkpoint/model",
  "formats/k122_cnn_th/model.h5",
  "formats/k122_functional_shared/model.h5",
  "models/stacked_lstm_apart",
  "models/dict_outputs/model.keras",
  "models/seq2seq/model.keras",
  "models/tfk_volume_h5/model.h5",
];

it.each(CASES)("%s", { timeout: 60_000 }, async (path) => {
  const { page, errors } = opened;
  const isFolder = statSync(fixture(path)).isDirectory();
  const isApart = isFolder && existsSync(join(fixture(path), "io.npz"));
  const files = isApart ? readdirSync(fixture(path)).filter((name) => name !== "io.npz").map((name) => join(fixture(path), name)) : [fixture(path)]; // prettier-ignore
  const input = page.locator('.welcome input[type="file"]');
  await (isFolder && !isApart ? input.nth(1) : input.first()).setInputFiles(files);
  await page.locator(".box").first().waitFor();
  await expect.poll(() => page.locator(".state").innerText()).toBe("runs");
  await page.getByRole("tab", { name: "Verify" }).click();
  const io = isApart ? join(fixture(path), "io.npz") : fixture(path.replace(/[^/]+$/, "io.npz"));
  await page.getByRole("tabpanel", { name: "Verify" }).locator('input[type="file"]').setInputFiles(io);
  await page.getByText("Equal to what Keras computed").waitFor();
  await page.getByRole("tab", { name: "Run" }).click();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator("section.output, form > .bad").first().waitFor();
  expect(await page.locator("form > .bad").count()).toBe(0);
  await shot(page, `format-${basename(path.replace(/\/model[^/]*$/, ""))}`);
  await page.getByRole("button", { name: "Close" }).click();
  expect(errors).toEqual([]);
});

it("custom layers and Lambdas are shown, with the way on", { timeout: 60_000 }, async () => {
  const { page, errors } = opened;
  await page.locator('.welcome input[type="file"]').first().setInputFiles(fixture("custom/model.keras"));
  await page.locator(".box").first().waitFor();
  expect(await page.locator(".state").innerText()).toBe("8 layers cannot run");
  await expect.poll(() => page.locator(".box.wrong").count()).toBe(7);
  await page.locator(".box.wrong").first().click();
  await page.locator(".layer").waitFor();
  await page.locator(".state").click();
  const told = await page.locator(".reasons").innerText();
  expect(told).toContain("load with customLayers: [defineLayer({ … })]");
  expect(told).toMatch(/load with lambdas: /);
  expect(told).toContain("op.multiply(x[0], x[1])");
  await shot(page, "custom");
  await page.getByRole("button", { name: "Close" }).click();
  expect(errors).toEqual([]);
});

it("damaged and hostile files are refused or shown, and the page goes on", { timeout: 180_000 }, async () => {
  const { page, errors } = opened;
  const all = BROKEN.flatMap(({ file }) => {
    const bytes = contentOf(file);
    return bytes instanceof Uint8Array ? [{ file, bytes }] : [];
  });
  const some = all.filter((_, i) => i % Math.ceil(all.length / 40) === 0);
  expect(some.length).toBeGreaterThan(25);
  for (const { file, bytes } of some) {
    const input = page.locator('.welcome input[type="file"]').first();
    await input.setInputFiles({ name: file, mimeType: "", buffer: Buffer.from(bytes) });
    await page.locator(".error, .box, .empty").first().waitFor();
    if ((await page.locator(".error").count()) > 0) {
      expect([file, await page.locator(".error pre").innerText()]).toEqual([file, expect.stringMatching(/^error\[(malformed|unsupported|limit|mismatch)\//)]); // prettier-ignore
      await page.getByRole("button", { name: "Dismiss" }).click();
    } else await page.getByRole("button", { name: "Close" }).click();
  }
  expect(errors).toEqual([]);
});
