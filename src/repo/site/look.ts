/** How pages look and what little they do: one style sheet and one script, allowed by their digests and nothing else. */
import { createHash } from 'node:crypto';

export const STYLE = `
:root{color-scheme:light dark;--paper:#fbf8f1;--card:#fff;--ink:#1c2b36;--soft:#566470;--line:#ddd5c3;--sea:#17597a;--sea-soft:#e3eef2;--gold:#8a5a00;--code:#f3eee2;--good:#1f6b43;--bad:#9b2c1f}
@media (prefers-color-scheme:dark){:root{--paper:#0e1a22;--card:#14232d;--ink:#e7edf0;--soft:#a3b3bd;--line:#2a3d49;--sea:#82c9e2;--sea-soft:#16313f;--gold:#e3b55a;--code:#0a141a;--good:#7fd1a3;--bad:#f0998c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word}
main,.bar>div,footer>div{max-width:62rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--sea);text-underline-offset:.18em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--sea);outline-offset:2px;border-radius:3px}
h1,h2,h3{font-family:Iowan Old Style,Palatino Linotype,Palatino,"Book Antiqua",Georgia,serif;line-height:1.2;font-weight:600}
h1{font-size:clamp(2rem,7vw,3rem);margin:0 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.5rem;margin:2.75rem 0 .9rem;padding-bottom:.35rem;border-bottom:1px solid var(--line)}
h3{font-size:1.2rem;margin:1.8rem 0 .5rem}
.bar{border-bottom:1px solid var(--line);background:var(--card)}
.bar>div{display:flex;align-items:center;gap:.65rem;min-height:3.5rem}
.bar a{display:flex;align-items:center;gap:.65rem;color:inherit;text-decoration:none;font-weight:600}
.bar svg{width:2rem;height:2rem;color:var(--sea);flex:none}
.lead{font-size:1.15rem;color:var(--soft);margin:0 0 1.25rem;max-width:46rem}
.top{padding:2.25rem 0 .5rem}
.search{display:block;margin:1.25rem 0 .35rem}
.search span{display:block;font-size:.85rem;font-weight:600;color:var(--soft);margin-bottom:.3rem}
input{width:100%;font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);border-radius:.6rem;padding:.7rem .9rem}
.count{color:var(--soft);font-size:.9rem;margin:.4rem 0 1rem}
.cards{list-style:none;margin:0 0 2rem;padding:0;display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr))}
.cards>li{position:relative;background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1.1rem 1.2rem;display:flex;flex-direction:column;gap:.5rem}
.cards>li:hover{border-color:var(--sea)}
.cards h2{margin:0;padding:0;border:0;font-size:1.35rem}
.cards h2 a{text-decoration:none}
.cards h2 a::after{content:"";position:absolute;inset:0}
.cards p{margin:0;color:var(--soft);display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:4;overflow:hidden}
.cards .chips{margin-top:auto}
.cards .history{font-size:.8rem}
[hidden]{display:none!important}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;margin:0;padding:0;list-style:none}
.chip{font-size:.8rem;line-height:1.4;border-radius:1rem;padding:.15rem .65rem;background:var(--sea-soft);color:var(--ink)}
.chip.word{background:none;border:1px solid var(--line);color:var(--soft)}
.chip.good{background:none;border:1px solid var(--good);color:var(--good)}
.chip.bad{background:none;border:1px solid var(--bad);color:var(--bad)}
.command{display:flex;align-items:stretch;background:var(--code);border:1px solid var(--line);border-radius:.6rem;margin:.5rem 0;overflow:hidden}
.command pre{flex:1;margin:0;border:0;border-radius:0;background:none;min-width:0;white-space:pre-wrap;overflow-wrap:anywhere}
.command button{font:inherit;font-size:.85rem;color:var(--sea);background:none;border:0;border-left:1px solid var(--line);padding:0 1rem;min-width:5rem;min-height:2.75rem;cursor:pointer}
.command button:hover{background:var(--sea-soft)}
.who{font-size:.85rem;font-weight:600;color:var(--soft);margin:.9rem 0 .2rem}
code,pre{font:.88em/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{background:var(--code);border-radius:.3rem;padding:.1em .35em;-webkit-box-decoration-break:clone;box-decoration-break:clone}
pre{background:var(--code);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem;overflow-x:auto}
pre code{background:none;padding:0;font-size:1em}
blockquote p{margin:.6rem 0}
blockquote{margin:1rem 0;padding:.1rem 1rem;border-left:3px solid var(--gold);color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.93rem}
th,td{text-align:left;vertical-align:top;padding:.55rem .75rem .55rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;font-size:.82rem;white-space:nowrap}
.scroll{overflow-x:auto}
.scroll :is(td,th){max-width:24rem}
td code{overflow-wrap:break-word}
.values td code{overflow-wrap:anywhere}
.values td:nth-child(2){color:var(--soft)}
@media (min-width:40.01rem){.values{table-layout:fixed}.values th:nth-child(1){width:30%}.values th:nth-child(2){width:5rem}.values th:nth-child(3){width:26%}}
.here{position:sticky;top:0;z-index:1;background:var(--paper);border-bottom:1px solid var(--line);margin:.6rem 0 0}
.toc{display:flex;gap:0 1.4rem;margin:0;padding:0;list-style:none;overflow-x:auto;scrollbar-width:none}
.toc a{display:block;padding:.65rem 0;text-decoration:none;font-weight:600;white-space:nowrap}
.toc a:hover{text-decoration:underline}
section :is(h2,h3,h4,h5,h6){scroll-margin-top:3.5rem}
section :is(h3,h4,h5,h6){font-family:inherit;font-size:1.05rem;margin:1.6rem 0 .4rem}
section h3{font-size:1.2rem}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
hr{border:0;border-top:1px solid var(--line);margin:2rem 0}
footer{margin-top:4rem;border-top:1px solid var(--line);color:var(--soft);font-size:.9rem}
footer>div{padding-top:1.2rem;padding-bottom:2.5rem}
@media (hover:none){input::placeholder{color:transparent}}
@media (max-width:40rem){
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack,.stack tbody,.stack tr,.stack td{display:block;width:100%}
.stack tr{border-bottom:1px solid var(--line);padding:.7rem 0}
.stack td{border:0;padding:.1rem 0}
.stack td[data-label]{position:relative;padding-left:6.5rem;min-height:1.6rem}
.stack td[data-label]::before{content:attr(data-label);position:absolute;left:0;width:6rem;color:var(--soft);font-size:.82rem;line-height:1.9}
.stack td:empty{display:none}
.stack td code{overflow-wrap:anywhere}
.scroll :is(td,th){max-width:none}
.command{flex-direction:column}
.command button{border-left:0;border-top:1px solid var(--line)}
}
`;

/** Without it pages show all and say the address of the repository less well. */
export const SCRIPT = `
(function(){
var root=document.documentElement.getAttribute('data-root')||'./';
var base=new URL(root,location.href).href.replace(/\\/$/,'');
document.querySelectorAll('[data-repository]').forEach(function(e){e.textContent=base});
document.querySelectorAll('.command button').forEach(function(b){
if(!navigator.clipboard)return;
b.hidden=false;
b.addEventListener('click',function(){
navigator.clipboard.writeText(b.parentNode.querySelector('code').textContent).then(function(){
b.textContent='Copied';setTimeout(function(){b.textContent='Copy'},1500)})})});
document.querySelectorAll('[data-search]').forEach(function(box){
var input=box.querySelector('input');
var items=Array.prototype.slice.call(document.querySelectorAll(box.getAttribute('data-search')));
var count=document.getElementById(box.getAttribute('data-count'));
document.addEventListener('keydown',function(e){
if(e.key==='/'&&!e.ctrlKey&&!e.metaKey&&!/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)){e.preventDefault();input.focus()}});
var told=count.textContent;
var texts=items.map(function(i){return i.textContent.toLowerCase()});
box.hidden=false;
input.addEventListener('input',function(){
var words=input.value.toLowerCase().split(/\\s+/).filter(Boolean),n=0;
items.forEach(function(item,i){
var on=words.every(function(w){return texts[i].indexOf(w)>=0});item.hidden=!on;if(on)n++});
count.textContent=words.length?n+' of '+items.length+' shown':told})});
})();
`;

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const POLICY = [
  "default-src 'none'",
  `style-src ${digest(STYLE)}`,
  `script-src ${digest(SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
