// The worker of in-a-worker.html: loads the model once, then answers each message by its id.
import { load } from "../dist/keraport.min.js"; // with a bundler: "keraport"

const loaded = load(new URL("../fixtures/models/cnn/model.keras", import.meta.url));

addEventListener("message", async ({ data: { id, x } }) => {
  try {
    const [y] = await (await loaded).predict(x);
    postMessage({ id, y: y.data }, [y.data.buffer]);
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
