/** How the pages look: quiet paper, one accent, figures in columns; light, dark and print from the same rules. */

const TOKENS_LIGHT = `--paper:#f6f7f7;--card:#fff;--ink:#1a2126;--muted:#586570;--rule:#c3cbd1;--hair:#e6eaec;--accent:#14667f;--accent-soft:#e4f0f3;
--pass:#25704a;--pass-soft:#e3f1e9;--warn:#8a5a00;--warn-soft:#fbf0da;--fail:#b02a23;--fail-soft:#fbe6e4;--info:#4d5f6c;--info-soft:#e9eef1;`;

const TOKENS_DARK = `--paper:#13181b;--card:#1b2024;--ink:#e3e8eb;--muted:#9eabb4;--rule:#465159;--hair:#2b3339;--accent:#79c3d8;--accent-soft:#1d343c;
--pass:#7fcba2;--pass-soft:#1b3327;--warn:#e6b75a;--warn-soft:#3a2f17;--fail:#f19089;--fail-soft:#40211f;--info:#a9b8c2;--info-soft:#273036;`;

/** Rules for colours of the reader's scheme; print is always on white. */
export function schemes(light: string, dark: string): string {
  return `:root{${light}}\n@media screen and (prefers-color-scheme:dark){:root{${dark}}}\n`;
}

export const STYLE = `${schemes(TOKENS_LIGHT, TOKENS_DARK)}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{color-scheme:light dark;scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif;font-variant-numeric:tabular-nums}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:1px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
h1,h2,h3,p,dl,dd,ul{margin:0}
h1{font-size:1.55rem;line-height:1.2;font-weight:620;letter-spacing:-.012em;overflow-wrap:anywhere}
h2{font-size:1.02rem;font-weight:640;letter-spacing:-.003em}
h3{font-size:.86rem;font-weight:620}
small,.small{font-size:.82em}
.muted,small{color:var(--muted)}
code,.uid{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em;overflow-wrap:anywhere}
.wrap{max-width:1440px;margin:0 auto;padding:0 1.5rem}

header.top{background:var(--card);border-bottom:1px solid var(--hair)}
header.top .wrap{padding-top:1.35rem;padding-bottom:1.15rem}
.kicker{display:flex;gap:.5rem;align-items:center;color:var(--muted);font-size:.82rem;margin-bottom:.35rem}
.title{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.9rem 1.75rem;margin-top:1.15rem}
.facts dt{color:var(--muted);font-size:.78rem}
.facts dd{font-size:1.06rem;font-weight:560;line-height:1.3;overflow-wrap:anywhere}
.facts dd small{display:block;font-weight:400;font-size:.75rem;line-height:1.35;margin-top:.12rem}

nav.sections{position:sticky;top:0;z-index:5;background:var(--card);border-bottom:1px solid var(--hair)}
nav.sections .wrap{display:flex;gap:.2rem;overflow-x:auto}
nav.sections a{color:var(--muted);text-decoration:none;padding:.6rem .75rem;white-space:nowrap;border-bottom:2px solid transparent;margin-bottom:-1px}
nav.sections .wrap a:first-child{margin-left:-.75rem}
nav.sections a:hover{color:var(--ink)}
nav.sections a[aria-current]{color:var(--ink);border-color:var(--accent)}

.badge{display:inline-flex;align-items:center;gap:.4em;padding:.14em .62em .16em .5em;border-radius:999px;font-size:.8rem;font-weight:600;white-space:nowrap;background:var(--info-soft);color:var(--info)}
.badge.big{font-size:.95rem;padding:.3em .9em .32em .72em}
.badge::before{content:"";width:.62em;height:.62em;flex:none;background:currentColor;border-radius:50%}
.badge.warning::before{border-radius:0;clip-path:polygon(50% 4%,100% 96%,0 96%)}
.badge.fail::before,.badge.error::before{border-radius:1px}
.badge.skipped::before{background:none;border:1.5px solid currentColor}
.pass{background:var(--pass-soft);color:var(--pass)}
.warning{background:var(--warn-soft);color:var(--warn)}
.fail,.error{background:var(--fail-soft);color:var(--fail)}

main.wrap{padding-top:1.35rem;padding-bottom:.6rem}
section{margin-bottom:1.35rem}
.card{background:var(--card);border:1px solid var(--hair);border-radius:8px;padding:1.05rem 1.25rem 1.2rem;min-width:0}
.card>header{display:flex;flex-wrap:wrap;gap:.35rem 1rem;align-items:baseline;justify-content:space-between;margin-bottom:.8rem}
.lead{color:var(--muted);max-width:72ch}
.empty{color:var(--muted);padding:.6rem 0}

.bench{display:grid;grid-template-columns:minmax(0,1fr) 24.5rem;gap:1.35rem;align-items:start}
.bench .views{min-width:0}
.bench aside{position:sticky;top:3.6rem;max-height:calc(100vh - 4.6rem);display:flex;flex-direction:column;margin-bottom:1.35rem}
.bench aside .list{overflow:auto;margin:0 -1.25rem -.6rem;padding:0 1.25rem}
@media (max-width:1080px){.bench{grid-template-columns:minmax(0,1fr)}.bench aside{position:static;max-height:24rem}}

button,.segmented label,select,input[type=search]{font:inherit;color:inherit}
.tools{display:flex;flex-wrap:wrap;gap:.4rem .9rem;align-items:center;font-size:.86rem}
button.plain{background:none;border:1px solid var(--rule);border-radius:6px;padding:.16rem .6rem;cursor:pointer;font-size:.84rem}
button.plain:hover{border-color:var(--accent);color:var(--accent)}
.segmented{display:inline-flex;border:1px solid var(--rule);border-radius:6px;overflow:hidden;padding:0;margin:0}
.segmented label{padding:.16rem .7rem;font-size:.84rem;cursor:pointer}
.segmented input{position:absolute;opacity:0;pointer-events:none}
.segmented label:has(:checked){background:var(--accent-soft);color:var(--accent)}
.segmented label:has(:focus-visible){outline:2px solid var(--accent);outline-offset:-2px}
select,input[type=search]{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.22rem .55rem}
.filter{margin-bottom:.6rem;font-size:.86rem;color:var(--muted)}
.filter input{min-width:15rem;color:var(--ink);margin-left:.35rem}
.filter output{margin-left:.5rem}

.chart{position:relative;color:var(--ink)}
.chart-svg{display:block;width:100%;height:auto;overflow:visible}
.chart-live{width:100%;height:clamp(320px,46vh,520px)}
.chart-tip{position:absolute;top:0;left:0;pointer-events:none;background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.3rem .6rem;font-size:.82rem;line-height:1.4;box-shadow:0 2px 10px rgb(0 0 0/.12);white-space:nowrap;z-index:3}
.chart-tip b{display:block;font-weight:600}

.rois table{width:100%;font-size:.84rem;table-layout:fixed}
.rois th,.rois td{padding:.24rem .3rem}
.rois thead th{white-space:normal}.rois th:nth-child(2){width:3.9rem}.rois th:nth-child(3){width:3.3rem}.rois th:nth-child(4){width:4.6rem}
.rois bdi{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden}
.rois tbody th{font-weight:500}
.rois tbody tr:hover{background:var(--accent-soft)}
.rois .off{opacity:.45}
.roi-name{display:flex;gap:.5rem;align-items:center;cursor:pointer;overflow-wrap:anywhere;line-height:1.3}
.roi-name input{margin:0;flex:none;accent-color:var(--accent)}
.swatch{width:.8rem;height:.8rem;flex:none;border-radius:3px;box-shadow:inset 0 0 0 1px rgb(128 128 128/.45)}

.scroll{overflow:auto;margin:0 -1.25rem;padding:0 1.25rem;max-height:44rem}
table{border-collapse:collapse;width:100%}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{text-align:left;padding:.36rem .7rem;border-bottom:1px solid var(--hair);vertical-align:top}
.scroll th:first-child,.scroll td:first-child{padding-left:.3rem}
thead th{position:sticky;top:0;background:var(--card);z-index:1;color:var(--muted);font-weight:560;font-size:.8rem;white-space:nowrap;vertical-align:bottom;box-shadow:inset 0 -1px var(--rule);border-bottom:0}
thead th small{font-weight:400}
thead button{all:unset;cursor:pointer;display:inline-flex;gap:.3em;align-items:baseline}
thead button:hover{color:var(--ink)}
thead button:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
thead button::after{content:"";width:.5em;flex:none;color:var(--accent)}
thead th[aria-sort=ascending] button::after{content:"↑"}
thead th[aria-sort=descending] button::after{content:"↓"}
tbody th{font-weight:560}
tbody tr:last-child>*{border-bottom:0}
.num{text-align:right}
.num,.tight{white-space:nowrap}
.wide{width:45%}
.metrics tbody th{white-space:nowrap;position:sticky;left:-1.25rem;background:var(--card);z-index:1}

.panels{display:grid;grid-template-columns:minmax(0,1.62fr) minmax(0,1fr);gap:.8rem;align-items:start}
.panels.single{grid-template-columns:minmax(0,1fr)}
.panels .side-by{display:grid;gap:.8rem}
@media (max-width:720px){.panels{grid-template-columns:minmax(0,1fr)}}
figure{margin:0;min-width:0;position:relative}
figcaption{position:absolute;top:.5rem;left:.7rem;font-size:.8rem;color:#dfe5e8;text-shadow:0 0 3px #000,0 0 3px #000;pointer-events:none}
.panel{display:block;width:100%;height:auto;background:#000;border-radius:5px;aspect-ratio:1.3}
.panels .main .panel{aspect-ratio:1.06}
.panels.single .main .panel{aspect-ratio:1.6}
.panel .side{fill:#cfd6da;text-anchor:middle;dominant-baseline:central;font-weight:600;paint-order:stroke;stroke:#000;stroke-width:8;stroke-opacity:.6}
.panel path{fill:none;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.panel .outline{stroke-width:1.7}
.panel .iso{stroke-width:1.1;stroke-dasharray:5 2.5}
.panel .cut{stroke:#fff;stroke-opacity:.75;stroke-width:1;stroke-dasharray:2 4;vector-effect:non-scaling-stroke}
.no-outlines .outline,.no-isodoses .iso{display:none}
.scrub{display:flex;gap:.8rem;align-items:center;margin-top:.5rem}
.scrub input{flex:1;accent-color:var(--accent)}
.scrub output{min-width:4.5rem;text-align:right;color:var(--muted);font-size:.84rem}
.levels+p{margin-top:.5rem}
.levels{display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;font-size:.84rem;margin-top:.9rem;padding-top:.8rem;border-top:1px solid var(--hair);list-style:none;padding-left:0}
.levels label{display:inline-flex;gap:.45rem;align-items:center;cursor:pointer}
.levels input{margin:0;accent-color:var(--accent)}
.levels svg{width:1.3rem;height:.32rem;display:block;border-radius:2px}

.card h3{margin-top:1rem}
.findings{list-style:none;padding:0;margin-top:.3rem}
.findings li{display:grid;grid-template-columns:4.6rem minmax(0,1fr);gap:.6rem;padding:.12rem 0}
.findings .sev{font-size:.78rem;font-weight:600}
.sev.info{color:var(--info)}.sev.warn{color:var(--warn)}.sev.fail{color:var(--fail);background:none}
details summary{cursor:pointer;color:var(--accent)}
.kv{display:grid;grid-template-columns:minmax(9rem,15rem) minmax(0,1fr);gap:.3rem 1.5rem}
.kv dt{color:var(--muted)}
.kv dd{overflow-wrap:anywhere}
.kv+.scroll,.kv+.empty,.kv+pre{margin-top:1.1rem}
.kv dd small{display:block}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:.84em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.counts{display:block;width:100%;min-width:9rem;height:.55rem;border-radius:3px;background:var(--hair);margin-top:.45rem}
.fill-pass{fill:var(--pass)}.fill-warning{fill:var(--warn)}.fill-fail,.fill-error{fill:var(--fail)}.fill-skipped{fill:var(--rule)}
.strip{display:block;width:100%;max-width:62rem;height:auto}
.strip text{font-size:11.5px;fill:var(--ink)}
.strip .tick{fill:var(--muted);font-size:11px}
.strip .grid{stroke:var(--hair)}
.strip .box{fill:var(--accent);fill-opacity:.14}
.strip .median{stroke:var(--accent);stroke-width:2}
.strip circle{fill:var(--accent);fill-opacity:.65}
@media screen and (max-width:720px){
.wrap{padding:0 .9rem}
.card{padding:.9rem .9rem 1rem}
.kv{grid-template-columns:minmax(0,1fr);gap:0 0}
.kv dt{margin-top:.5rem}
.metrics tbody th{white-space:normal;min-width:7.5rem;max-width:9rem;overflow-wrap:anywhere}
.findings li{grid-template-columns:minmax(0,1fr);gap:0}
}
td .uid{display:inline-block;min-width:13ch}
footer{color:var(--muted);font-size:.82rem;padding-bottom:2rem}

@media print{
@page{margin:14mm}
@page wide{size:A4 landscape;margin:12mm}
.metrics{page:wide}
body{background:#fff;font-size:10pt}
.wrap{max-width:none;padding:0}
nav.sections,.needs-script,.chart-live,.scrub,.tools,.chart-tip{display:none!important}
.chart-static{display:block!important}
header.top,.card{border:0;border-radius:0;padding-left:0;padding-right:0}
header.top{border-bottom:1px solid #999}
main{padding-top:.6rem}
.bench{display:block}
.bench aside{position:static;max-height:none;display:block;break-before:auto}
.bench aside .list,.scroll{overflow:visible;max-height:none;margin:0;padding:0}
thead th,.metrics tbody th{position:static}
.metrics table{font-size:7.5pt}
.metrics tbody th{white-space:normal;overflow-wrap:anywhere}
.metrics th,.metrics td{padding:.2rem .3rem}
.metrics thead th{white-space:normal}
tr,figure,.findings li{break-inside:avoid}
h2{break-after:avoid}
.panels{grid-template-columns:1.62fr 1fr}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details>*{display:block}
}
`;
