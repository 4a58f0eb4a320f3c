/** Long work of every public door tells how far it is, and ends when its caller says so. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { writeNpz } from "../../src/codecs/npz.ts";
import type { Progress } from "../../src/core/progress.ts";
import { convert, Input, layers, load, Model, verify } from "../../src/node.ts";

const FOLDER = "fixtures/models/cnn";
const BYTES = readFileSync(`${FOLDER}/model.keras`);
const out = mkdtempSync(join(tmpdir(), "keraport-progress-"));
afterAll(() => rmSync(out, { recursive: true }));

/** A file on a slow disk. */
class SlowBlob extends Blob {
  override slice(start?: number, end?: number): Blob {
    const part = super.slice(start, end);
    const arrayBuffer = async (): Promise<ArrayBuffer> => (await sleep(15), Blob.prototype.arrayBuffer.call(part));
    return Object.assign(part, { arrayBuffer });
  }
}

/** Many operations, each of some milliseconds, on the reference backend. */
function long(): Model {
  const input = Input({ shape: [256] });
  const dense = layers.dense({ units: 256, activation: "tanh" });
  let y = dense.apply(input);
  for (let i = 0; i < 40; i++) y = dense.apply(y);
  return new Model({ inputs: input, outputs: y });
}
const model = long();
const x = new Float32Array(128 * 256).fill(0.01);
const data = { dtype: "float32", shape: [128, 256], data: x } as const;
const fixture = writeNpz(new Map([["inputs/0", data], ["outputs/0", data]])); // prettier-ignore

interface Watching {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}
const DOORS: readonly (readonly [string, (watching: Watching) => Promise<unknown>])[] = [
  ["load", (watching) => load(new SlowBlob([BYTES]), watching)],
  ["convert", (watching) => convert(new SlowBlob([BYTES]), join(out, "a.h5"), { ...watching, force: true })],
  ["predict", (watching) => model.predict(x, { ...watching, backend: "reference" })],
  ["verify", (watching) => verify(model, fixture, { ...watching, backend: "reference" })],
];

describe.each(DOORS)("%s", (_, open) => {
  it("tells how far it is", async () => {
    const told: Progress[] = [];
    await open({ onProgress: (progress) => told.push(progress) });
    expect(told.length).toBeGreaterThan(0);
    for (const { loaded, total, share, left } of told) {
      expect(loaded).toBeGreaterThanOrEqual(0);
      expect(total).toBeGreaterThan(0);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      expect(left === null || left >= 0).toBe(true);
    }
  });

  it("ends with the signal's reason, before it begins and on its way, and leaves nothing behind", async () => {
    const before = readdirSync(out);
    const reason = { mine: true };
    await expect(open({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    const running = open({ signal: stop.signal });
    setTimeout(() => stop.abort(reason), 20);
    await expect(running).rejects.toBe(reason);
    expect(readdirSync(out)).toEqual(before);
    await open({});
  });

  it("ends with what onProgress throws", async () => {
    const own = new Error("enough");
    const stop = (): never => {
      throw own;
    };
    await expect(open({ onProgress: stop })).rejects.toBe(own);
    await expect(open({ onProgress: 1 as never })).rejects.toMatchObject({ code: "mismatch/option" });
  });
});

it("a signal that is aborted after loading does not touch the model", async () => {
  const stop = new AbortController();
  const loaded = await load(new Blob([BYTES]), { signal: stop.signal });
  stop.abort();
  const lengths = loaded.inputs[0]!.shape!.slice(1).map(Number);
  await loaded.predict(new Float32Array(lengths.reduce((a, b) => a * b)));
  expect(existsSync(join(out, "a.h5"))).toBe(true);
});
