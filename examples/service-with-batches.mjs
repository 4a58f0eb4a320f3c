// An HTTP service: requests that come within 2 ms of each other are one call of the model.
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { load, tensor } from "keraport";

const [WAIT, MOST] = [2, 32]; // milliseconds, samples a call
const model = await load("fixtures/models/stacked_lstm/model.keras");
const shape = [10, 8]; // of one sample
const waiting = [];

async function flush() {
  const batch = waiting.splice(0, MOST);
  if (waiting.length > 0) setImmediate(flush);
  try {
    const [y] = await model.predict(tensor(batch.map(({ x }) => x)));
    y.toArray().forEach((row, i) => batch[i].done({ row, batch: batch.length }));
  } catch (error) {
    for (const { failed } of batch) failed(error);
  }
}

/** One sample's outputs. Its shape is looked at here: a wrong one fails alone, not with its whole batch. */
function predict(x) {
  const { shape: found } = tensor(x);
  if (String(found) !== String(shape)) throw new Error(`a sample has the shape ${shape}, not ${found}`);
  if (waiting.length === 0) setTimeout(flush, WAIT);
  return new Promise((done, failed) => waiting.push({ x, done, failed }));
}

const server = createServer(async (request, response) => {
  const [status, body] = await json(request).then(predict).then((y) => [200, y], (e) => [400, { error: e.message }]); // prettier-ignore
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
await new Promise((listening) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", listening));
const ask = (x) => fetch(`http://127.0.0.1:${server.address().port}`, { method: "POST", body: JSON.stringify(x) });
const samples = [0, 0.1, 0.2, 0.3].map((value) => Array.from({ length: 10 }, () => Array(8).fill(value)));
for (const answer of await Promise.all([...samples, [1]].map(ask))) console.log(answer.status, await answer.json());
server.close(); // a real service stays
