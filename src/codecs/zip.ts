/**
 * Zip archives: read strictly (nothing in the file is left unaccounted for), written as Python's `zipfile` writes.
 *
 * Specs: PKWARE APPNOTE.TXT 6.3.10; Lib/zipfile.py of CPython.
 */
export type { ZipMember, ZipRaw } from "./zip/member.ts";
export { openZip } from "./zip/read.ts";
export { planZip, type ZipEntry, ZipHeaders } from "./zip/write.ts";
