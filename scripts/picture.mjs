// The picture of README.md, docs/page.png: the page of a model that was verified, in a headless Chromium. It is kept in the
// repository, for whoever reads there, and made anew by: node scripts/picture.mjs, after a build.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { chromium } from "playwright-core";
import { argumentsOf } from "./arguments.mjs";
import { findChromium } from "./chromium.mjs";

argumentsOf(import.meta);

const ROOT = join(import.meta.dirname, "..");
const MODEL = "fixtures/models/several";
const SIZE = { width: 1200, height: 720 };

/** A PNG of at most 256 colours: the commonest, and for each other one the nearest of them. A third of the bytes. */
function indexedPng(pixels, { width, height }) {
  const counts = new Map();
  const colours = Array.from({ length: width * height }, (_, i) => {
    const colour = (pixels[4 * i] << 16) | (pixels[4 * i + 1] << 8) | pixels[4 * i + 2];
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
    return colour;
  });
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour); // prettier-ignore
  const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const apart = (a, b) => parts(a).reduce((sum, part, i) => sum + (part - parts(b)[i]) ** 2, 0);
  const nearest = (colour) =>
    palette.reduce((best, other, i) => (apart(colour, other) < apart(colour, palette[best]) ? i : best), 0);
  const index = new Map([...counts.keys()].map((colour) => [colour, nearest(colour)]));
  const rows = Buffer.alloc((width + 1) * height);
  colours.forEach((colour, i) => (rows[i + 1 + Math.floor(i / width)] = index.get(colour)));
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits of a palette
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap(parts))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const folder = mkdtempSync(join(tmpdir(), "keraport-picture-"));
const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
try {
  const file = join(folder, "page.html");
  const given = [join(MODEL, "model.keras"), "--fixture", join(MODEL, "io.npz"), "-o", file];
  execFileSync(process.execPath, [join(ROOT, "dist/cli/main.js"), "view", ...given], { cwd: ROOT });
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(pathToFileURL(file).href);
  await page.getByText("Equal to what Keras computed").waitFor();
  const shot = (await page.screenshot()).toString("base64");
  const canvas = await browser.newPage();
  const pixels = await canvas.evaluate(async (png) => {
    const picture = Object.assign(new Image(), { src: `data:image/png;base64,${png}` });
    await picture.decode();
    const context = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height }).getContext("2d"); // prettier-ignore
    context.drawImage(picture, 0, 0);
    return Array.from(context.getImageData(0, 0, picture.width, picture.height).data);
  }, shot);
  const png = indexedPng(pixels, SIZE);
  writeFileSync(join(ROOT, "docs/page.png"), png);
  console.log(`docs/page.png: ${png.length} bytes`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
