// Parties and methods with their counts: a click filters by one.

import { byId, h, show } from './dom.js';
import { term, terms, toggled } from './find.js';
import { change, state } from './state.js';
import { count, many } from './words.js';

/** Methods that are shown until `all` is clicked. */
const FIRST = 40;

let whole = false;

/**
 * Show the facets of a capture.
 * @param {import('./api.js').Capture} capture
 */
export function drawFacets(capture) {
  const focused = document.activeElement?.dataset?.term;
  const chosen = new Set(terms(state.filter));
  const chips = (names, word, counted) => names.map((one) => chip(term(word, one.name), one, counted(one), chosen));
  byId('parties').replaceChildren(...chips(capture.parties, 'party', (one) => one.frames));
  const methods = whole ? capture.methods : capture.methods.slice(0, FIRST);
  byId('methods').replaceChildren(
    ...chips(methods, 'method', (one) => one.count),
    ...(capture.methods.length > methods.length ? [h('li', {}, h('button', {
      type: 'button', class: 'quiet', onclick: () => { whole = true; drawFacets(capture); },
    }, `all ${count(capture.methods.length)} methods`))] : []),
  );
  if (focused) document.querySelector(`[data-term="${CSS.escape(focused)}"]`)?.focus();
}

function chip(wanted, one, number, chosen) {
  const [on, off] = [chosen.has(wanted), chosen.has(`-${wanted}`)];
  const pick = (event) => {
    const minus = event.altKey || event.shiftKey ? '-' : '';
    change({ filter: toggled(state.filter, off ? `-${wanted}` : minus + wanted) });
  };
  return h('li', {}, h('button', {
    type: 'button', class: `facet${off ? ' off' : ''}`, 'aria-pressed': on, 'data-term': wanted,
    title: `${one.name}\nShift+click excludes it`, onclick: pick,
  },
  h('span', { class: 'name' }, show(one.name || '(no name)')),
  one.errors ? h('span', { class: 'wrong', title: many(one.errors, 'error') }, count(one.errors)) : null,
  h('span', { class: 'count' }, count(number))));
}

/**
 * Show the counts of errors, open calls and unexpected messages.
 * @param {import('./api.js').Capture} capture
 */
export function drawCounts(capture) {
  const chosen = new Set(terms(state.filter));
  for (const [name, number, what] of [
    ['error', capture.errors, 'error'], ['open', capture.open, 'open call'], ['odd', capture.odd, 'unexpected'],
  ]) {
    const button = byId(`count-${name}`);
    const words = name === 'odd' || number === 1 ? what : `${what}s`;
    button.replaceChildren(h('b', {}, count(number)), ` ${words}`);
    button.classList.toggle('none', !number);
    button.setAttribute('aria-pressed', `${chosen.has(`${name}:`)}`);
  }
}
