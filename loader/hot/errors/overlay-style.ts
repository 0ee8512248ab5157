/** In a sheet that is made through the object model: a page's policy may forbid style elements, not this. */
export const OVERLAY_STYLE = `
:host {
  all: initial !important;
  position: fixed !important;
  inset: 0 !important;
  z-index: 2147483647 !important;
  display: block !important;
  overflow: auto !important;
  overscroll-behavior: contain;
  background: rgb(10 11 16 / 0.84) !important;
  backdrop-filter: blur(3px);
  color-scheme: dark;
  outline: none !important;
}
* { box-sizing: border-box; }
main {
  max-width: 880px;
  margin: min(8vh, 72px) auto 24px;
  padding: 0 24px;
  font: 14px/1.5 system-ui, sans-serif;
  color: #e9e9ee;
  outline: none;
}
header, footer { display: flex; gap: 12px; align-items: center; justify-content: space-between; }
header { margin-bottom: 12px; color: #c6c7d0; }
footer { padding: 4px 2px; font-size: 13px; color: #b3b4bf; }
button { font: inherit; color: inherit; cursor: pointer; }
button:focus-visible { outline: 2px solid #8fc4ff; outline-offset: 2px; }
.close {
  flex: none;
  padding: 4px 10px;
  border: 1px solid #565866;
  border-radius: 6px;
  background: #23252e;
}
.close:hover { background: #30333f; }
kbd {
  margin-left: 8px;
  padding: 0 5px;
  border: 1px solid #565866;
  border-radius: 4px;
  font: 11px/1.5 ui-monospace, Menlo, Consolas, monospace;
  color: #b3b4bf;
}
section {
  margin-bottom: 16px;
  border: 1px solid #343642;
  border-radius: 10px;
  background: #181a21;
  box-shadow: 0 12px 40px rgb(0 0 0 / 0.5);
  overflow: hidden;
}
.what { padding: 18px 20px 16px; border-left: 4px solid #ff5d64; }
h2 { margin: 0; font: 600 16px/1.45 system-ui, sans-serif; overflow-wrap: anywhere; white-space: pre-wrap; }
h2 .kind { color: #ff8a8f; }
.place { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin-top: 8px; }
.file {
  padding: 0;
  border: 0;
  background: none;
  font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace;
  color: #8fc4ff;
  text-align: left;
  text-decoration: underline;
  text-decoration-color: #8fc4ff66;
  text-underline-offset: 3px;
  overflow-wrap: anywhere;
}
.file:hover { text-decoration-color: currentcolor; }
.file:disabled { cursor: progress; opacity: 0.7; }
.status { font-size: 13px; color: #ffcf7a; }
pre {
  margin: 0;
  padding: 14px 0;
  overflow-x: auto;
  border-top: 1px solid #2a2c36;
  background: #121319;
  font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace;
  tab-size: 4;
}
pre:focus-visible { outline: 2px solid #8fc4ff; outline-offset: -2px; }
.line { width: max-content; min-width: 100%; padding: 0 20px; color: #c6c7d0; }
.line .margin { color: #7d7f8c; }
.at { background: rgb(255 93 100 / 0.14); color: #fff; }
.caret { background: rgb(255 93 100 / 0.14); color: #ff8a8f; font-weight: 700; }
.stack { padding: 12px 20px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; color: #a6a8b5; }
@media (max-width: 560px) {
  main { margin-top: 12px; padding: 0 10px; }
  .what { padding: 14px 14px 12px; }
  .line, .stack { padding-left: 14px; padding-right: 14px; }
  h2 { font-size: 15px; }
}
@media (forced-colors: active) {
  section, .close { border-color: CanvasText; }
}
`;
