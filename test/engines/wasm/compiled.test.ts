/** Platforms that let no program make WebAssembly. */
import { afterEach, expect, it, vi } from "vitest";
import { layers, Sequential } from "../../../src/node.ts";

afterEach(() => vi.unstubAllGlobals());

it("are told by name, with what to do", async () => {
  const refuse = (): never => {
    throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
  };
  const Module = new Proxy(WebAssembly.Module, { construct: refuse });
  vi.stubGlobal("WebAssembly", new Proxy(WebAssembly, { get: (all, key) => (key === "Module" ? Module : Reflect.get(all, key)) })); // prettier-ignore
  const model = new Sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
  await expect(model.predict([[1, 2]])).rejects.toMatchObject({
    problems: [{ code: "unsupported/code-generation", message: expect.stringMatching(/wasm-unsafe-eval.*reference/) }],
  });
  await expect(model.predict([[1, 2]], { backend: "reference" })).resolves.toBeDefined();
});
