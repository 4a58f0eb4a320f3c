/** The look of a report's page, light and dark. */
const PAGE_STYLE = `
:root { --text: #1c2430; --dim: #667085; --paper: #f6f7f9; --card: #fff; --edge: #e1e5eb; --good: #12805c; --wrong: #c4320a; --keras: #5b6abf; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --dim: #98a2b3; --paper: #12161d; --card: #1b212b; --edge: #2c3442; --good: #3ecf9a; --wrong: #ff8a65; --keras: #a3adff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 28px; margin: 0 0 8px; letter-spacing: -0.01em; } h2 { font-size: 18px; margin: 0; overflow-wrap: anywhere; } h3 { font-size: 14px; margin: 20px 0 6px; }
p { margin: 4px 0; } .dim { color: var(--dim); }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 20px 24px; margin-top: 20px; }
.badge { display: inline-block; font-size: 12px; font-weight: 600; padding: 1px 9px; border-radius: 999px; border: 1px solid currentColor; vertical-align: 2px; }
.good { color: var(--good); } .wrong { color: var(--wrong); }
.first { border-left: 3px solid var(--wrong); padding: 2px 0 2px 14px; margin-top: 14px; } .first h3 { margin: 0; color: var(--wrong); }
dl { margin: 4px 0; display: grid; grid-template-columns: max-content 1fr; gap: 0 14px; } dt { color: var(--dim); grid-column: 1; } dd { margin: 0; grid-column: 2; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; margin-top: 8px; }
th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid var(--edge); white-space: nowrap; } th { color: var(--dim); font-weight: 500; } .n { text-align: right; }
tr.bad td { color: var(--wrong); } a { color: inherit; } details { margin-top: 14px; } summary { cursor: pointer; color: var(--dim); font-size: 13px; }
.plot { font-size: 13px; --gap: 12px; } .plot .row { display: grid; grid-template-columns: minmax(120px, 26%) 1fr 72px; gap: 0 var(--gap); align-items: center; min-height: 24px; border-radius: 4px; }
.plot .row:not(.axis):hover { background: color-mix(in srgb, var(--dim) 12%, transparent); } .plot .label { text-align: right; overflow-wrap: anywhere; } .plot .value { font-variant-numeric: tabular-nums; text-align: right; }
.plot .track { position: relative; height: 24px; margin-right: 6px; border-left: 1px solid var(--edge); } .plot .track i { position: absolute; } .axis { color: var(--dim); font-size: 12px; } .axis .track { border: 0; }
.tick { position: absolute; transform: translateX(-50%); white-space: nowrap; } .tick sup { line-height: 0; } .tick:last-child { transform: translateX(-90%); }
.track .limit { top: 0; bottom: 0; border-left: 2px dashed var(--wrong); opacity: 0.7; } .track .stem { left: 0; top: 11px; height: 2px; opacity: 0.35; background: var(--good); } .bad .stem { background: var(--wrong) !important; }
.track .dot { width: 11px; height: 11px; margin-left: -5px; top: 6px; border-radius: 50%; background: var(--good); } .bad .dot { background: var(--wrong) !important; } .bad .label, .bad .value { color: var(--wrong); font-weight: 600; }
.track .diamond { width: 9px; height: 9px; margin-left: -4px; top: 7px; transform: rotate(45deg); border: 1.5px solid var(--keras); }
.figures { display: flex; flex-wrap: wrap; gap: 12px 24px; } figure { margin: 4px 0; flex: 1 1 240px; max-width: 330px; } figcaption { font-size: 13px; } figure p { font-size: 13px; } figure svg { width: 100%; display: block; } figure text { font-size: 12px; fill: var(--dim); }
figure .frame { fill: none; stroke: var(--edge); } figure .diagonal { stroke: var(--dim); stroke-dasharray: 4 3; } figure circle { fill: var(--wrong); opacity: 0.55; } figure rect { fill: var(--wrong); opacity: 0.75; } figure .lost { fill: var(--keras); }
figure .curve { fill: none; stroke: var(--good); stroke-width: 2; stroke-linejoin: round; } figure .beside { stroke: var(--keras); stroke-dasharray: 5 3; } figure .place { fill: var(--good); opacity: 1; } figure .place.beside { fill: var(--keras); stroke: none; }
.key .curve { width: 16px; border-top: 2px solid var(--good); } .key .beside { border-top: 2px dashed var(--keras); }
.models { padding: 8px 0; } .models .head, .model summary { display: grid; grid-template-columns: minmax(0, 1fr) 90px 90px 90px minmax(0, 22%) 74px; gap: 0 12px; align-items: baseline; padding: 8px 24px; font-size: 13px; }
.models .head span:nth-child(n + 2):nth-child(-n + 4), .model .n { text-align: right; } .model { margin: 0; border-top: 1px solid var(--edge); padding: 0 24px; } .model summary { margin: 0 -24px; color: var(--text); font-variant-numeric: tabular-nums; } .model[open] { padding-bottom: 20px; }
.model .name { overflow-wrap: anywhere; } .model .name::before { content: "▸\\00a0"; color: var(--dim); } .model[open] > summary .name::before { content: "▾\\00a0"; } .model .where { color: var(--dim); overflow-wrap: anywhere; } .model .badge { justify-self: end; } .model small { display: none; } .model summary { list-style: none; }
.key { color: var(--dim); font-size: 13px; display: flex; flex-wrap: wrap; gap: 2px 18px; } .key i { display: inline-block; margin: 0 5px 0 0; vertical-align: middle; }
.key .dot { width: 10px; height: 10px; border-radius: 50%; background: var(--good); } .key .line { width: 16px; border-top: 2px dashed var(--wrong); } .key .diamond { width: 9px; height: 9px; transform: rotate(45deg); border: 1.5px solid var(--keras); }
@media (max-width: 640px) {
  main { padding: 20px 12px 48px; } section { padding: 16px; } h1 { font-size: 22px; } dl { grid-template-columns: 1fr; } dt, dd { grid-column: 1; } dd { margin-bottom: 6px; }
  .plot .row { grid-template-columns: 1fr 72px; padding: 4px 0; } .plot .label { grid-column: 1 / -1; text-align: left; } .axis > span:first-child { display: none; } .tick:nth-child(even) { display: none; }
  .models { padding: 4px 0; } .models .head { display: none; } .model { padding: 0 16px; } .model summary { margin: 0 -16px; padding: 10px 16px; grid-template-columns: 1fr 1fr 1fr; gap: 4px 12px; } .model .name { grid-column: 1 / 3; grid-row: 1; } .model .badge { grid-column: 3; grid-row: 1; } .model .where { grid-column: 1 / -1; } .model .n { text-align: left; } .model small { display: block; color: var(--dim); }
  figure { max-width: 100%; }
}
@media print { body { background: none; } section { break-inside: avoid; } }
`;

/** A whole document whose header begins in front of `content`. `headline`: HTML. */
export function page(command: string, headline: string, content: readonly string[]): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>keraport: ${headline}</title><style>${PAGE_STYLE}</style></head><body><main>`,
    `<header><p class="dim">keraport ${command}</p><h1>${headline}</h1>`,
    ...content,
    "</main></body></html>",
    "",
  ].join("\n");
}
