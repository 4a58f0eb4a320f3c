/** Bytes to WebAssembly, where the platform allows it. */
import { fail } from "../../../core/error.ts";

/** A module without content: valid everywhere. */
const EMPTY = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** Whether the platform makes WebAssembly at run time. */
export function mayCompile(): boolean {
  try {
    return new WebAssembly.Module(EMPTY) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/**
 * Throws `unsupported/code-generation` where the platform makes no WebAssembly at run time: pages whose content security
 * policy has neither `wasm-unsafe-eval` nor `unsafe-eval`, edge runtimes.
 */
export function compiled(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (mayCompile()) throw error;
    return fail("unsupported/code-generation", {
      source: "wasm",
      message:
        "this platform lets no program make WebAssembly: allow 'wasm-unsafe-eval' in the page's content security policy, " +
        'run with backend "reference", or convert the model to a module with its code in a file (`--wasm file`)',
    });
  }
}
