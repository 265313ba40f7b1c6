/** Style of the report, light and dark by the reader's scheme. Series differ in lightness, so that they are told apart without hue. */
export const STYLE = `
:root{--ink:#1c2430;--soft:#5a6575;--paper:#fff;--card:#f6f7f9;--rule:#d9dee5;--series-1:#0b62a8;--series-2:#d9822b;--series-3:#8b98a8}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#a5b0c0;--paper:#12161c;--card:#1b212a;--rule:#343d4a;--series-1:#6db3f2;--series-2:#f0a95b;--series-3:#7d8998}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.7rem;margin:0 0 1rem}h1 small{color:var(--soft);font-weight:400;font-size:1rem;margin-left:.5rem}
h2{font-size:1.25rem;margin:2.5rem 0 .75rem}h3{font-size:1rem;margin:0 0 .5rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:0}
.facts div{background:var(--card);border-radius:8px;padding:.6rem .8rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums}
.lead{font-size:1.1rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:1rem;margin-top:1.25rem;align-items:start}
figure{margin:0;background:var(--card);border-radius:8px;padding:1rem}
figure svg{display:block;width:100%;height:auto}
figcaption{color:var(--soft);font-size:.88rem;margin-top:.35rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--rule);white-space:nowrap}
caption{text-align:left;color:var(--soft);padding-top:.75rem}th[scope=row]{font-weight:500}td small{color:var(--soft);margin-left:.35rem}
.next{border-left:4px solid var(--series-1);padding-left:1.25rem}
.next h2{margin-top:2.5rem}.next li{margin-bottom:.8rem}
details{margin-top:2.5rem}summary{cursor:pointer}
pre{overflow:auto;background:var(--card);padding:1rem;border-radius:8px;max-height:30rem;font-size:.8rem}
@media print{figure{break-inside:avoid}details{display:none}}
`
