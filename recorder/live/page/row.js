// One row of the timeline.

import { h, show } from './dom.js';
import { ageing, count, day, lasting, size, stamp } from './words.js';

const ARROWS = { to_node: '→', from_node: '←' };
const HEADINGS = new Set(['scenario', 'note']);

/**
 * The sender and the receiver of a row, where no lanes show them.
 * @param {import('./api.js').Row} row
 * @returns {string}
 */
export function ends(row) {
  if (!row.direction) return row.party;
  return row.direction === 'to_node' ? `${row.party} to ${row.node}` : `${row.node} to ${row.party}`;
}

/**
 * The words of a row, with its method in bold.
 * @param {import('./api.js').Row} row
 * @returns {Node[]}
 */
export function words(row) {
  const at = row.method ? row.words.indexOf(row.method) : -1;
  if (at < 0) return [show(row.words)];
  const after = at + row.method.length;
  return [show(row.words.slice(0, at)), h('b', {}, show(row.method)), show(row.words.slice(after))];
}

/**
 * A tag with how long a call has been open; while its session goes on, `tick` updates it.
 * @param {import('./api.js').Row} row of an open call
 * @param {import('./api.js').Capture} capture
 * @returns {HTMLElement}
 */
export function waiting(row, capture) {
  const waits = capture.following && row.ended === null;
  const until = row.ended ?? (waits ? Date.now() * 1000 : capture.last);
  const age = row.time && until > row.time ? h('span', { 'data-since': waits && row.time }, ageing(until - row.time)) : '';
  if (!age) return h('span', { class: 'tag wait' }, 'no answer');
  return h('span', { class: 'tag wait' }, h('span', { class: 'lead' }, waits ? 'waiting ' : 'no answer for '), age);
}

/** Update the age of each open call. */
export function tick() {
  const now = Date.now() * 1000;
  for (const place of document.querySelectorAll('[data-since]')) place.textContent = ageing(now - Number(place.dataset.since));
}

/**
 * Fill an element with the cells of a row.
 * @param {HTMLElement} element
 * @param {import('./api.js').Row | undefined} row undefined until it is loaded
 * @param {object} given
 * @param {import('./lanes.js').Lanes} given.lanes
 * @param {import('./api.js').Capture} given.capture
 * @param {'clock' | 'begin' | 'before'} given.mode
 * @param {number} given.before the time of the previous row
 * @param {boolean} given.inside whether it is in an unfolded run
 * @param {boolean} given.opened whether it is the first row of an unfolded run
 * @param {boolean} given.shown whether the panel shows it
 */
export function drawRow(element, row, { lanes, capture, mode, before, inside, opened, shown }) {
  if (!row) {
    element.className = 'row loading';
    element.replaceChildren(h('span', { role: 'gridcell' }, '…'));
    return;
  }
  element.className = `row ${row.kind} ${row.tone}`;
  element.classList.toggle('inside', inside);
  element.classList.toggle('shown', shown);
  element.classList.toggle('waits', row.open);
  const since = mode === 'begin' ? capture.first : before;
  const stamped = stamp(row.time, mode, since);
  const time = h('time', { role: 'gridcell', title: row.time ? day(row.time) : false },
    mode === 'clock' && h('span', { class: 'hour' }, stamped.slice(0, 3)), mode === 'clock' ? stamped.slice(3) : stamped);
  if (HEADINGS.has(row.kind)) {
    element.replaceChildren(
      time,
      h('span', { class: 'words', role: 'gridcell' },
        h('span', { class: 'tag' }, row.kind === 'note' && row.party ? show(`note on ${row.party}`) : row.kind), ' ', ...words(row)),
    );
    return;
  }
  element.replaceChildren(
    time,
    h('span', { class: 'lanes', role: 'gridcell' }, lanes.draw(row), h('span', { class: 'unseeing' }, show(ends(row)))),
    h('span', { class: 'who', role: 'gridcell', title: row.party }, show(row.party),
      row.direction && h('span', { class: 'arrow', 'aria-hidden': 'true' }, ` ${ARROWS[row.direction]}`)),
    h('span', { class: 'words', role: 'gridcell' }, ...badges(row, opened), ...words(row)),
    h('span', { class: 'took', role: 'gridcell' }, ...figures(row, capture)),
    h('span', { class: 'size', role: 'gridcell' }, row.kind === 'frame' && row.times < 2 ? size(row.bytes) : ''),
  );
}

function badges(row, opened) {
  const made = [];
  if (row.times > 1) {
    const does = opened ? 'Fold' : 'Unfold';
    made.push(h('button', { class: 'run', tabindex: -1, type: 'button', title: `${does} these ${count(row.times)} (Space)`, 'aria-expanded': opened },
      `${opened ? '▾' : '▸'} ${count(row.times)} ×`), ' ');
  }
  if (row.odd) made.push(h('span', { class: 'tag odd' }, row.odd), ' ');
  return made;
}

function figures(row, capture) {
  if (row.open) return [waiting(row, capture)];
  if (row.took === null) return [];
  return row.slow ? [h('span', { class: 'slow', title: 'slow' }, lasting(row.took), h('span', { class: 'lead' }, ' slow'))] : [lasting(row.took)];
}
