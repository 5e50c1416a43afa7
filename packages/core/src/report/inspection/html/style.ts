/** The look of the page: light and dark as the reader has it, and on paper. No value of a report stands in here. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #5b6470; --line: #dfe3e8; --code: #eef1f4;
  --good: #1a7f4b; --warn: #9a6700; --bad: #c0262d; --odd: #7a3fb5; --info: #2563a8;
  --good-back: #e4f5ec; --warn-back: #fdf3d8; --bad-back: #fdeaea; --odd-back: #f3eafb; --info-back: #e7f0fa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1c2026; --ink: #e6e9ed; --soft: #9aa4b0; --line: #2f353d; --code: #252b32;
    --good: #57c98c; --warn: #e0b04a; --bad: #ff7b7b; --odd: #c79bf2; --info: #7fb4ee;
    --good-back: #16301f; --warn-back: #33290f; --bad-back: #3a1b1d; --odd-back: #2b1f3a; --info-back: #182a3d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3 { line-height: 1.25; margin: 0; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 0.75rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 0.5rem; }
code, .mono { font: 0.88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.soft { color: var(--soft); }
.verdict { border-radius: 12px; padding: 1.5rem 1.75rem; border: 1px solid currentColor; }
.verdict h1 { font-size: 1.75rem; letter-spacing: -0.01em; }
.verdict p { margin: 0.35rem 0 0; color: var(--ink); }
.verdict ul { margin: 0.9rem 0 0; padding-left: 1.2rem; color: var(--ink); }
.strict { color: var(--good); background: var(--good-back); }
.effective { color: var(--warn); background: var(--warn-back); }
.debug, .no { color: var(--bad); background: var(--bad-back); }
.undecidable { color: var(--odd); background: var(--odd-back); }
.unmet { margin-top: 1rem; border-radius: 12px; padding: 1rem 1.75rem; background: var(--bad-back); }
.unmet strong { color: var(--bad); }
.unmet ul { margin: 0.4rem 0 0; padding-left: 1.2rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 0.4rem 1.25rem; margin: 0.75rem 0; }
dl.facts { display: grid; grid-template-columns: minmax(6rem, 10rem) 1fr; margin: 0; }
dl.facts dt, dl.facts dd { padding: 0.5rem 0; margin: 0; border-top: 1px solid var(--line); }
dl.facts dt { color: var(--soft); padding-right: 1rem; }
dl.facts dt:first-of-type, dl.facts dd:first-of-type { border-top: 0; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 0.75rem 0.5rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: 0.85rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.c-severity { width: 6.5rem; } .c-rule { width: 10rem; } .c-layer { width: 4.5rem; } .c-size { width: 6.5rem; }
.c-kind { width: 9rem; } .c-number { width: 3.5rem; } .c-bar { width: 22%; }
.chip { display: inline-block; border-radius: 999px; padding: 0.05rem 0.6rem; font-size: 0.8rem; font-weight: 600; }
.critical, .high { color: var(--bad); background: var(--bad-back); }
.critical { outline: 1px solid currentColor; }
.medium { color: var(--warn); background: var(--warn-back); }
.low { color: var(--info); background: var(--info-back); }
.info { color: var(--soft); background: var(--code); }
.state { color: var(--soft); font-size: 0.88rem; }
details { margin-top: 0.3rem; }
summary { cursor: pointer; color: var(--soft); font-size: 0.88rem; }
summary:hover, summary:focus-visible { color: var(--ink); }
details.section > summary { font-size: 1.05rem; font-weight: 600; color: var(--ink); padding: 0.5rem 0; }
dl.evidence { display: grid; grid-template-columns: minmax(5rem, 8rem) 1fr; margin: 0.4rem 0 0.2rem; font-size: 0.88rem; }
dl.evidence dt { color: var(--soft); } dl.evidence dd { margin: 0; }
svg.bar { display: block; width: 100%; height: 0.7rem; margin-top: 0.45rem; border-radius: 4px; background: var(--code); }
svg.bar .seen { fill: var(--info); } svg.bar .wasted { fill: var(--bad); }
nav { margin: 1rem 0 0; } nav a { margin-right: 1rem; }
a { color: var(--info); }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.88rem; }
@media (max-width: 44rem) {
  body { padding: 1rem 0.75rem 3rem; }
  table { font-size: 0.9rem; } .card { padding: 0.4rem 0.75rem; } th, td { padding-right: 0.4rem; }
  .c-severity { width: 5.2rem; } .c-rule { width: 5.5rem; } .c-layer { width: 3rem; } .c-number { width: 1.6rem; }
  .c-size { width: 4.6rem; } .c-kind { width: 5.5rem; } .c-bar { width: 3.5rem; }
  dl.facts { grid-template-columns: 1fr; } dl.facts dd { border-top: 0; padding-top: 0; }
}
@media print {
  :root {
    --page: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --code: #f2f2f2;
    --good: #0b5c33; --warn: #6d4a00; --bad: #96161c; --odd: #552a82; --info: #1b4a80;
    --good-back: #ffffff; --warn-back: #ffffff; --bad-back: #ffffff; --odd-back: #ffffff; --info-back: #ffffff;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  tr, .verdict { break-inside: avoid; }
  nav { display: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
}
`
