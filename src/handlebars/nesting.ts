/** Refuses what nests too deep before Handlebars parses it, which takes time with the square of the depth. */
const MAX_NESTING = 200;

/** Whether blocks, or the parentheses of one call, are open more than 200 deep. A rough look at the text does. */
export function nestsTooDeep(text: string): boolean {
  let blocks = 0;
  for (let at = text.indexOf('{{'); at >= 0; at = text.indexOf('{{', at + 2)) {
    const end = text.indexOf('}}', at);
    if (end < 0) return false;
    const action = text.slice(at + 2, end);
    blocks += blockStep(action);
    if (blocks > MAX_NESTING || deepest(action) > MAX_NESTING) return true;
  }
  return false;
}

/** 1 for what opens a block, -1 for what closes one. */
function blockStep(action: string): number {
  const word = action.startsWith('~') ? action.slice(1) : action;
  if (word.startsWith('/')) return -1;
  return word.startsWith('#') || (word.startsWith('^') && word.replace('~', '').trim() !== '^') ? 1 : 0;
}

function deepest(action: string): number {
  let open = 0;
  let most = 0;
  for (let i = action.indexOf('('); i >= 0 && i < action.length; i++) {
    if (action[i] === '(') most = Math.max(most, ++open);
    else if (action[i] === ')') open--;
  }
  return most;
}
