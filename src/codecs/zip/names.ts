/** Names of zip members. Nothing is ever extracted, but a name that climbs out of its folder is a sign of an attack. */
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";

/**
 * The name as text: UTF-8, with or without the flag for it. Refuses names that are empty, too long or absolute, or that
 * hold NUL, a backslash, a drive, or a part that is empty, `.` or `..`.
 */
export function decodeMemberName(bytes: Uint8Array, limits: Limits, file: string): string {
  if (bytes.length > limits.nameBytes) {
    const found = `${bytes.length} bytes`;
    fail("limit/name-bytes", { source: "zip", file, expected: `a name of at most ${limits.nameBytes} bytes`, found });
  }
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    fail("unsupported/zip-name", { source: "zip", file, message: "a member's name is not UTF-8" });
  }
  const reason = faultOf(name);
  if (reason !== undefined) fail("malformed/zip-name", { source: "zip", file, path: name, message: reason });
  return name;
}

function faultOf(name: string): string | undefined {
  if (name === "") return "a member without a name";
  if (name.includes("\0")) return "a member's name holds NUL";
  if (name.includes("\\")) return "a member's name holds a backslash";
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "a member's name is an absolute path";
  const parts = (name.endsWith("/") ? name.slice(0, -1) : name).split("/");
  if (parts.includes("..")) return "a member's name climbs out of its folder";
  return parts.some((part) => part === "" || part === ".") ? "a member's name has an empty part" : undefined;
}
