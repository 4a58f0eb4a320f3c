// A Keras model, from its file alone, computes.
import { load } from "keraport";

const model = await load("fixtures/models/cnn/model.keras"); // a path, a URL, a File, bytes …
const image = new Uint8Array(12 * 12).map((_, i) => i % 7); // one sample, row-major; cast as Keras casts it
const [y] = await model.predict(image);
console.log(y.shape, y.data);
