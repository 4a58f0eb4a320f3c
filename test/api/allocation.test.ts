/** `predictSync` with `out` allocates nothing: measured on the built package, since the test runner changes the code. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = `
import { layers, Sequential } from ${JSON.stringify(new URL("../../dist/node.js", import.meta.url).href)};
const model = new Sequential({ layers: [
  layers.lstm({ units: 8, stateful: true, batchInputShape: [1, 1, 4] }),
  layers.dense({ units: 2 }),
] });
await model.prepare();
const tensor = (shape, data) => ({ dtype: "float32", shape, data });
const [x, out, { inputs, outputs }] = [new Float32Array(4), new Float32Array(2), model.views()];
const [wrapped, options] = [tensor([1, 1, 4], x), [{ out }, { out: [tensor([1, 2], out)] }, { out: outputs }]];
function run(count) {
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) {
    model.predictSync(x, options[0]);
    model.predictSync(wrapped, options[1]);
    model.predictSync(inputs, options[2]);
  }
  return process.memoryUsage().heapUsed - before;
}
run(50000);
console.log(Math.min(...[0, 0, 0].map(() => Math.abs(run(100000)))));
`;

test("300,000 calls leave less than a byte each", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", SCRIPT]);
  expect(Number(stdout)).toBeLessThan(100_000);
});
