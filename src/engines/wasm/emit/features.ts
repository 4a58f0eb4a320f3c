/** What the engine's WebAssembly can do, found out once by validating tiny modules. */
import { f32x4 } from "./instructions.ts";
import { Module } from "./module.ts";

let relaxed: boolean | undefined;

/** Whether relaxed SIMD (https://github.com/WebAssembly/relaxed-simd) may be used. */
export function hasRelaxedSimd(): boolean {
  if (relaxed !== undefined) return relaxed;
  const module = new Module({ relaxed: true });
  module.func(["v128"], ["v128"], (f) => {
    const x = f.params[0]!.get;
    return f32x4.relaxedMadd(x, x, x);
  });
  relaxed = WebAssembly.validate(module.bytes());
  return relaxed;
}
