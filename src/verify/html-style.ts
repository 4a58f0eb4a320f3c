/** The look of a report's page, light and dark. */
export const PAGE_STYLE = `
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
.plot { width: 100%; height: auto; display: block; font-size: 12px; } .plot text { fill: var(--text); } .plot .tick { fill: var(--dim); font-size: 11px; }
.plot .value { font-variant-numeric: tabular-nums; } .plot .grid { stroke: var(--edge); } .plot .limit { stroke: var(--wrong); stroke-dasharray: 4 3; }
.plot .row { fill: transparent; } .plot g:hover .row { fill: color-mix(in srgb, var(--dim) 12%, transparent); }
.plot .stem { stroke-width: 2; opacity: 0.35; } .plot .ok .stem { stroke: var(--good); } .plot .bad .stem { stroke: var(--wrong); }
.plot .ok .dot { fill: var(--good); } .plot .bad .dot { fill: var(--wrong); } .plot .bad .label, .plot .bad .value { fill: var(--wrong); font-weight: 600; } .plot .keras { fill: none; stroke: var(--keras); stroke-width: 1.5; }
.key { color: var(--dim); font-size: 13px; } .key i { display: inline-block; margin: 0 5px 0 16px; vertical-align: middle; } .key i:first-child { margin-left: 0; }
.key .dot { width: 10px; height: 10px; border-radius: 50%; background: var(--good); } .key .line { width: 16px; border-top: 2px dashed var(--wrong); } .key .diamond { width: 9px; height: 9px; transform: rotate(45deg); border: 1.5px solid var(--keras); }
@media print { body { background: none; } section { break-inside: avoid; } }
`;
