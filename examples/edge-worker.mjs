// An edge function, of Cloudflare Workers and their like. Beside it: keraport convert model.keras model.mjs --wasm file
import { inputs, predict } from "./model.mjs"; // and model.wasm, which the platform compiles when it is deployed

export default {
  async fetch(request) {
    if (request.method !== "POST") return Response.json({ inputs });
    try {
      const [y] = await predict(await request.json());
      return Response.json(y.toArray());
    } catch (error) {
      return Response.json({ error: String(error) }, { status: 400 }); // another shape, no numbers, no JSON
    }
  },
};
