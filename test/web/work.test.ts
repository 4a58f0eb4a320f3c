/** Running, verifying, converting, comparing in the page: what it shows is what the library gives. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Page } from "playwright-core";
import { layers, load, save, Sequential, tensor } from "../../src/node.ts";
import { choose, fixture, openPage, PHONE, shot, useBrowser } from "./page.ts";

const browser = useBrowser();
const tab = (page: Page, name: string) => page.getByRole("tab", { name }).click();
const panel = (page: Page, name: string) => page.getByRole("tabpanel", { name });

async function downloaded(page: Page, press: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: file.suggestedFilename(), bytes: readFileSync((await file.path())!) };
}

it("runs a model on values from sliders, and shows its layers' outputs", { timeout: 90_000 }, async () => {
  const { page, errors } = await openPage(browser());
  await choose(page, fixture("models/siamese/model.keras"));
  await tab(page, "Run");
  for (const name of ["left", "right"])
    for (const i of [0, 1, 2, 3, 4, 5]) await page.getByLabel(`${name} ${i}`, { exact: true }).fill(String(i / 2 - 1));
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const x = tensor([[-1, -0.5, 0, 0.5, 1, 1.5]]);
  const model = await load(fixture("models/siamese/model.keras"));
  const made = await model.predict([x, x], { layers: "all" });
  const shown = async (): Promise<number> => Number(await page.locator(".output .bars .n").first().textContent());
  await expect.poll(shown).toBeCloseTo(Number(made[0]!.data[0]), 3);
  await expect
    .poll(() => page.locator(".timing").textContent())
    .toMatch(/ [mµ]s a call, WebAssembly, one thread, \d+ calls/);
  await expect.poll(() => page.locator(".code pre").textContent()).toContain('"left": [[-1, -0.5, 0, 0.5, 1, 1.5]]');
  await shot(page, "run");
  await page.locator(".box", { hasText: "tower" }).click();
  await page.locator(".layer .output").first().waitFor();
  const tower = await page.locator(".layer .output").first().locator(".bars .n").allTextContents();
  expect(tower.map(Number)[3]).toBeCloseTo(Number(made.layers["tower"]![0]!.data[3]), 3);
  expect(errors).toEqual([]);
});

it("takes values from CSV, NumPy files and a drawn curve", { timeout: 90_000 }, async () => {
  const { page, errors } = await openPage(browser());
  const path = fixture("models/stacked_lstm/model.keras");
  await choose(page, path);
  await tab(page, "Run");
  const rows = Array.from({ length: 10 }, (_, t) => Array.from({ length: 8 }, (_, c) => (t - c) / 10));
  const csv = `a,b,c,d,e,f,g,h\n${rows.map((row) => row.join(",")).join("\n")}`;
  const input = page.locator('.input-form input[type="file"]');
  await input.setInputFiles({ name: "x.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  const expected = async (x: Parameters<Awaited<ReturnType<typeof load>>["predict"]>[0]) => Number((await (await load(path)).predict(x))[0]!.data[0]); // prettier-ignore
  const first = async (): Promise<number> => Number(await page.locator(".output .bars .n").first().textContent());
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect.poll(first).toBeCloseTo(await expected([rows]), 3);
  const curve = (await page.locator(".curve svg").boundingBox())!;
  await page.mouse.move(curve.x + 2, curve.y + 20);
  await page.mouse.down();
  await page.mouse.move(curve.x + curve.width - 2, curve.y + curve.height - 20, { steps: 8 });
  await page.mouse.up();
  await shot(page, "run-curve");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator("#box-upper").click();
  await expect.poll(() => page.locator(".equation").innerText()).toContain("hₜ = sigmoid(z[…, 18:24]) ⊙ tanh(cₜ)");
  // A line a unit, of h and of c; h ends as what the layer gave.
  for (const state of ["h", "c"])
    await expect.poll(() => page.getByRole("region", { name: `State ${state} step by step` }).locator(".series").count()).toBe(6); // prettier-ignore
  await shot(page, "states");
  await tab(page, "Run");
  const points = (await page.locator(".curve polyline").getAttribute("points"))!.split(" ").map((pair) => Number(pair.split(",")[1])); // prettier-ignore
  expect(points.every((y, i) => i === 0 || y > points[i - 1]!)).toBe(true);
  await input.setInputFiles(fixture("models/stacked_lstm/io.npz"));
  await expect.poll(() => page.locator("legend").textContent()).toContain("[3, 10, 8]");
  expect(errors).toEqual([]);
});

it("steps a stateful model, and lets it forget", { timeout: 90_000 }, async () => {
  const own = new Sequential();
  own.add(layers.lstm({ units: 3, stateful: true, batchInputShape: [1, 1, 2] }));
  const file = [...(await save(own, { format: "keras-v3" })).values()][0]!;
  const { page, errors } = await openPage(browser(), undefined, { size: PHONE });
  const input = page.locator('.welcome input[type="file"]').first();
  await input.setInputFiles({ name: "steps.keras", mimeType: "", buffer: Buffer.from(file) });
  await page.locator(".box").first().waitFor();
  await tab(page, "Run");
  await page.getByRole("slider").first().fill("1");
  await page.getByRole("slider").nth(1).fill("-1");
  const x = tensor([[[1, -1]]]);
  const model = await load(file);
  const steps = [await model.predict(x), await model.predict(x)];
  const first = async (): Promise<number> => Number(await page.locator(".output .bars .n").first().textContent());
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect.poll(first).toBeCloseTo(Number(steps[0]![0]!.data[0]), 3);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect.poll(first).toBeCloseTo(Number(steps[1]![0]!.data[0]), 3);
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("img", { name: /Outputs over ([5-9]|\d\d+) steps/ }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await shot(page, "run-phone");
  await page.getByRole("button", { name: "Forget states" }).click();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect.poll(first).toBeCloseTo(Number(steps[0]![0]!.data[0]), 3);
  expect(errors).toEqual([]);
});

it("verifies against what Keras computed: green where equal", { timeout: 90_000 }, async () => {
  const { page, errors } = await openPage(browser());
  await choose(page, fixture("models/several/model.keras"));
  await tab(page, "Verify");
  await expect
    .poll(() => panel(page, "Verify").locator("pre").textContent())
    .toContain('keras.models.load_model("model.keras"');
  await panel(page, "Verify").locator('input[type="file"]').setInputFiles(fixture("models/several/io.npz"));
  await page.getByText("Equal to what Keras computed").waitFor();
  await expect.poll(() => page.locator(".box.good").count()).toBeGreaterThanOrEqual(8);
  expect(await page.locator(".box.wrong, .box.first").count()).toBe(0);
  const { bytes } = await downloaded(page, () => page.getByRole("button", { name: "Keep the report" }).click());
  expect(bytes.toString()).toMatch(/^<!doctype html>/i);
  expect(errors).toEqual([]);
});

it(
  "verifies a model whose weights were changed: the first layer that differs is framed",
  { timeout: 90_000 },
  async () => {
    const model = await load(fixture("models/stacked_lstm/model.keras"));
    const kernel = model.layer("upper").weights[0]!;
    const values = await kernel.read();
    kernel.set(tensor(Float32Array.from(values.data as Float32Array, (w) => w * 1.01), [...values.shape])); // prettier-ignore
    const file = [...(await save(model, { format: "keras-v3" })).values()][0]!;
    const { page, errors } = await openPage(browser(), undefined, { dark: true });
    const input = page.locator('.welcome input[type="file"]').first();
    await input.setInputFiles({ name: "changed.keras", mimeType: "", buffer: Buffer.from(file) });
    await page.locator(".box").first().waitFor();
    await tab(page, "Verify");
    await panel(page, "Verify").locator('input[type="file"]').setInputFiles(fixture("models/stacked_lstm/io.npz"));
    await page.getByText("Differs from what Keras computed").waitFor();
    await expect.poll(() => page.locator(".box.first").getAttribute("id")).toBe("box-upper");
    await expect.poll(() => page.locator(".box.good").count()).toBeGreaterThanOrEqual(1);
    await expect.poll(() => page.locator(".scatter circle").count()).toBeGreaterThan(5);
    await page.getByLabel("What the boxes tell").selectOption("errors");
    await expect.poll(() => page.locator("#box-upper .class").textContent()).toMatch(/^off by /);
    await expect.poll(() => page.locator("#box-upper .tint.bad").count()).toBe(1);
    await expect.poll(() => page.locator("#box-lower .tint.bad").count()).toBe(0);
    await shot(page, "verify-dark");
    expect(errors).toEqual([]);
  },
);

it(
  "says what a conversion keeps, changes and drops before it writes, then proves it",
  { timeout: 120_000 },
  async () => {
    const { page, errors } = await openPage(browser());
    await choose(page, fixture("models/compiled/model.keras"));
    await tab(page, "Convert");
    const button = page.getByRole("button", { name: /^Convert and verify/ });
    await button.waitFor();
    await expect.poll(() => page.locator(".plan").innerText()).toMatch(/Kept[\s\S]*weights/);
    await shot(page, "convert");
    const h5 = await downloaded(page, () => button.click());
    expect(h5.name).toBe("model.h5");
    await page.getByText("Read back and found equal").waitFor();
    const [mine, theirs] = [await load(fixture("models/compiled/model.keras")), await load(new Uint8Array(h5.bytes))];
    expect(await theirs.getWeights()).toEqual(await mine.getWeights());
    await page.getByLabel("Format").selectOption({ label: "Weights alone (.weights.h5)" });
    await page.locator(".plan .dropped").waitFor();
    await page.getByLabel("Format").selectOption({ label: "Keras (.keras)" });
    await page.locator(".edits summary").click();
    await page.getByLabel("Without the optimizer").check();
    await page.getByLabel("Rename").selectOption(mine.layers.at(-1)!.name);
    await page.getByLabel("to", { exact: true }).fill("renamed");
    await page.getByRole("button", { name: /^Convert and verify: model.keras/ }).waitFor();
    const edited = await downloaded(page, () => button.click());
    expect((await load(new Uint8Array(edited.bytes))).layers.at(-1)!.name).toBe("renamed");
    await page.getByText("Read back and found equal").waitFor();
    await shot(page, "converted");
    expect(errors).toEqual([]);
  },
);

it(
  "compares with a second model: what differs, how far weights are apart, what both compute",
  { timeout: 90_000 },
  async () => {
    const { page, errors } = await openPage(browser());
    await choose(page, fixture("models/cnn/model.keras"));
    await tab(page, "Compare");
    const input = panel(page, "Compare").locator('input[type="file"]');
    await input.setInputFiles(fixture("models/cnn/model.keras"));
    await page.getByText("The same model").waitFor();
    await page.getByText("Equal to the other model, on seeded inputs").waitFor();
    await input.setInputFiles(fixture("models/cnn_h5/model.h5"));
    await page.locator(".verdict", { hasText: "difference" }).waitFor();
    await expect.poll(() => page.locator(".box.changed").count()).toBeGreaterThan(1);
    await page.getByText("relative distance").waitFor();
    await page.getByText("Differs from the other model").waitFor();
    await shot(page, "compare");
    expect(errors).toEqual([]);
  },
);

it("trains on a table, shows the loss as it falls, hands out what was learned", { timeout: 120_000 }, async () => {
  const own = new Sequential();
  own.add(layers.dense({ units: 1, kernelInitializer: "zeros", inputShape: [2] }));
  const file = [...(await save(own, { format: "keras-v3" })).values()][0]!;
  const points = Array.from({ length: 60 }, (_, i) => [(i % 8) / 4 - 1, (i % 5) / 2 - 1] as const);
  const csv = `a,b,unused,y\n${points.map(([a, b]) => `${a},${b},9,${2 * a - b + 0.5}`).join("\n")}`;
  const { page, errors } = await openPage(browser());
  const input = page.locator('.welcome input[type="file"]').first();
  await input.setInputFiles({ name: "linear.keras", mimeType: "", buffer: Buffer.from(file) });
  await page.locator(".box").first().waitFor();
  await tab(page, "Train");
  const choice = panel(page, "Train").locator('input[type="file"]');
  await choice.setInputFiles({ name: "table.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await expect.poll(() => page.getByLabel("What y is").inputValue()).toBe("target");
  await page.getByLabel("Epochs").fill("400");
  await page.getByLabel("What b is").selectOption("not used");
  await page.getByText("60 rows, 1 of 2 inputs and 1 of 1 targets").waitFor();
  await expect.poll(() => page.getByRole("button", { name: "Train", exact: true }).isDisabled()).toBe(true);
  await page.getByLabel("What b is").selectOption("input");
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByRole("button", { name: "Keep trained.keras" }).waitFor();
  await page.getByText(/^epoch 400: loss/).waitFor();
  await shot(page, "train");
  const kept = await downloaded(page, () => page.getByRole("button", { name: "Keep trained.keras" }).click());
  const [y] = await (await load(new Uint8Array(kept.bytes))).predict(tensor([[0.5, 0.5]]));
  expect(Number(y!.data[0])).toBeCloseTo(1, 1);
  expect(errors).toEqual([]);
});

it("tells parameters, kernels and dead units of each layer", { timeout: 90_000 }, async () => {
  const own = new Sequential();
  own.add(layers.dense({ units: 4, inputShape: [2], activation: "relu", name: "half" }));
  own.add(layers.dense({ units: 1, name: "end" }));
  const [, , end, bias] = own.weights;
  await own.setWeights([
    tensor([1, -1, 0, 2, 1, -1, 0, 2], [2, 4]),
    tensor([0, -9, 0, 0]),
    tensor(new Float32Array(4).fill(Number.NaN), [...end!.shape!]),
    tensor(new Float32Array(1), [...bias!.shape!]),
  ]);
  const file = [...(await save(own, { format: "keras-v3" })).values()][0]!;
  const { page, errors } = await openPage(browser());
  const input = page.locator('.welcome input[type="file"]').first();
  await input.setInputFiles({ name: "dead.keras", mimeType: "", buffer: Buffer.from(file) });
  await page.locator(".box").first().waitFor();
  const told = (layer: string) => page.locator(`#box-${layer} .class`);
  const choice = page.getByLabel("What the boxes tell");
  await choice.selectOption("parameters");
  await expect.poll(() => told("half").textContent()).toBe("12");
  await choice.selectOption("kernels");
  await expect.poll(() => told("half").textContent()).toMatch(/^\d.* [mµ]s gemm/);
  await choice.selectOption("dead");
  await page.getByText("Run it first.").waitFor();
  await tab(page, "Run");
  for (const i of [0, 1]) await page.getByLabel(`half_input ${i}`, { exact: true }).fill("1");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect.poll(() => told("half").textContent()).toBe("2 of 4 dead");
  await expect.poll(() => told("end").textContent()).toContain("1 NaN or infinite");
  await shot(page, "overlay");
  const tint = await page.locator("#box-end .tint.bad").evaluate((rect) => getComputedStyle(rect).fill);
  expect(tint).toBe(
    await page.evaluate(() => ((document.body.style.color = "var(--wrong)"), getComputedStyle(document.body).color)),
  );
  expect(errors).toEqual([]);
});

it("takes sound from the microphone", { timeout: 90_000 }, async () => {
  const own = new Sequential();
  own.add(layers.conv1d({ filters: 1, kernelSize: 3, inputShape: [400, 1], name: "sound" }));
  const file = [...(await save(own, { format: "keras-v3" })).values()][0]!;
  const { page, errors } = await openPage(browser());
  const input = page.locator('.welcome input[type="file"]').first();
  await input.setInputFiles({ name: "sound.keras", mimeType: "", buffer: Buffer.from(file) });
  await page.locator(".box").first().waitFor();
  await tab(page, "Run");
  const points = (): Promise<string | null> => page.locator(".curve polyline").getAttribute("points");
  const before = await points();
  // Until some sound has come: how soon is the machine's.
  const record = async (): Promise<string | null> => {
    await page.getByRole("button", { name: "Microphone" }).click();
    await page.getByRole("button", { name: "Stop" }).click({ delay: 300 });
    await page.getByRole("button", { name: "Microphone" }).waitFor();
    return points();
  };
  await expect.poll(record, { timeout: 60_000 }).not.toBe(before);
  expect((await points())!.split(" ")).toHaveLength(400);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator("section.output").first().waitFor();
  expect(errors).toEqual([]);
});
