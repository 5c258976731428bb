/** What the viewer adds to the look of the reports: a screen that is filled, pictures on black. */

export const VIEWER_STYLE = `
body.viewer{display:flex;flex-direction:column;min-height:100vh}
.viewer header.top .wrap,.viewer main.wrap{max-width:none}
.viewer header.top .wrap{padding-top:.7rem;padding-bottom:.65rem}
.viewer .kicker{margin-bottom:.1rem}
.viewer h1{font-size:1.2rem}
.viewer .title .links{display:flex;gap:1rem;align-items:center;font-size:.88rem}
.viewer main.wrap{flex:1;display:grid;grid-template-columns:minmax(0,1fr) 26rem;gap:1rem;padding-top:1rem;padding-bottom:1rem;align-items:stretch;width:100%}
.viewer main.single{grid-template-columns:minmax(0,1fr)}
.viewer section,.viewer aside{margin-bottom:0}
.stage{display:flex;flex-direction:column;min-width:0;gap:.6rem}
.bar{display:flex;flex-wrap:wrap;gap:.45rem .8rem;align-items:center;font-size:.86rem}
.bar label{display:inline-flex;gap:.4rem;align-items:center}
.bar input[type=checkbox]{margin:0;accent-color:var(--accent)}
.bar input[type=range]{width:5rem;accent-color:var(--accent)}
.bar .segmented label{gap:0}
.bar .grow{flex:1}
.screen{position:relative;flex:1;min-height:min(34rem,60vh);background:#000;border-radius:8px;overflow:hidden}
.screen canvas{position:absolute;inset:0;width:100%;height:100%;display:block;outline:none;touch-action:none}
.screen canvas.lines{pointer-events:none}
.screen:has(#gl:focus-visible){outline:2px solid var(--accent);outline-offset:2px}
.loading{position:absolute;left:0;right:0;bottom:0;height:3px;background:rgb(255 255 255/.12)}
.loading i{display:block;height:100%;width:0;background:#79c3d8;transition:width .2s}
.message{position:absolute;inset:0;display:grid;place-content:center;text-align:center;color:#dfe5e8;padding:2rem;gap:.4rem}
.readout{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:.86rem;min-height:1.4em}
.readout span{white-space:nowrap}
.readout .slider{display:inline-flex;align-items:center;margin-left:auto}
.readout .slider input{width:9rem;accent-color:var(--accent)}
.readout b{font-weight:600}
.readout .muted{margin-right:.35em}
.viewer .levels{margin:0;padding:0;border:0}
.viewer .levels .probe{color:var(--muted)}
.levels .probe button{margin-left:.5rem}
.key.probe{fill:#fff;stroke:#888}
.side{display:grid;grid-template-rows:minmax(9rem,1fr) auto;gap:1rem;min-width:0;max-height:calc(100vh - 6.2rem);position:sticky;top:1rem}
.side .card{padding:.85rem 1rem .9rem}
.side .card>header{margin-bottom:.5rem}
.side .rois{display:flex;flex-direction:column;min-height:0}
.side .rois .list{overflow:auto;margin:0 -1rem -.4rem;padding:0 1rem;min-height:0}
.side .chart-live{height:clamp(250px,34vh,360px)}
.side .rois table{table-layout:fixed}
.courses-list td a{font-weight:560}
@media (max-width:1080px){
.viewer main.wrap{grid-template-columns:minmax(0,1fr)}
.side{position:static;max-height:none;grid-template-rows:auto auto}
.side .rois .list{max-height:22rem}
.screen{flex:none;height:66vh;min-height:20rem}
}
@media (max-width:720px){
.viewer main.wrap{padding-top:.7rem;gap:.8rem}
.screen{height:58vh;border-radius:6px;margin:0 -.9rem;border-radius:0}
.readout{font-size:.82rem}
}
`;
