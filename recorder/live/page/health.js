// The health of the traffic: open calls, unexpected messages, violations, latency per method, sessions.

import { ask } from './api.js';
import { byId, h, s, show } from './dom.js';
import { term } from './find.js';
import { entry } from './frame.js';
import { change, state } from './state.js';
import { ageing, clock, count, lasting, many, size } from './words.js';

const ARROWS = { to_node: '→', from_node: '←' };

/** Most rows of a table. */
const SHOWN = 200;

/** Milliseconds until the next update while events are still being checked. */
const AGAIN = 500;

let again = 0;

/** Show the figures of the events that match the filter. */
export async function drawHealth() {
  const place = byId('health');
  if (!place.hasChildNodes()) place.replaceChildren(h('p', { class: 'quiet' }, 'Counting …'));
  try {
    const figures = await ask('stats', { filter: state.filter });
    if (state.view !== 'health') return;
    const methods = [...figures.methods].sort((one, other) => other.errors - one.errors || other.calls + other.notifications - one.calls - one.notifications);
    place.replaceChildren(
      section('Calls without an answer', figures.open.length, listed(figures.open, (row) => row.age && `for ${ageing(row.age)}`)),
      section('Unexpected messages', figures.odd.length, listed(figures.odd, (row) => row.odd)),
      section('Protocol violations', figures.lint.length, listed(figures.lint.map((one) => ({ ...one.row, why: one })),
        (row) => `${row.why.rule}: ${row.why.text}`)),
      section('Methods', null, table(methods, figures.edges)),
      section('Frames per second', null, rate(figures.rate)),
      section('Sessions', null, sessions(figures.sessions)),
    );
    clearTimeout(again);
    if (!figures.linted) {
      place.prepend(h('p', { class: 'quiet' }, `Checked so far: ${many(figures.looked_at, 'event')}`));
      again = setTimeout(() => { if (state.view === 'health') drawHealth(); }, AGAIN);
    }
  } catch (error) {
    place.replaceChildren(h('p', { class: 'problem' }, error.message));
  }
}

function section(title, number, ...inside) {
  return h('section', { class: number === 0 ? 'good' : number ? 'bad' : '' },
    h('h2', {}, title, number === null ? null : h('span', { class: 'number' }, count(number))), ...(number === 0 ? [] : inside));
}

function listed(rows, words) {
  const made = rows.slice(0, SHOWN).map((row) => {
    const item = entry(row);
    const more = words(row);
    if (more) item.append(h('span', { class: 'tag wait' }, show(more)));
    return item;
  });
  return h('div', {}, h('ol', { class: 'links' }, ...made),
    rows.length > SHOWN && h('p', { class: 'quiet' }, `… and ${count(rows.length - SHOWN)} more`));
}

function table(methods, edges) {
  const names = ['', 'Method', 'Calls', 'Notifications', 'Errors', 'p50', 'p95', 'p99', 'Latency', 'Bytes'];
  const took = (value) => h('td', { class: 'figure' }, value === null ? '' : lasting(value));
  const figure = (value, name) => h('td', { class: `figure ${value ? name : ''}` }, value ? count(value) : '');
  return h('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Methods' }, h('table', {},
    h('thead', {}, h('tr', {}, ...names.map((name, index) => (name
      ? h('th', { scope: 'col', class: index > 1 && index !== 8 ? 'figure' : false }, name) : h('td', {}))))),
    h('tbody', {}, ...methods.slice(0, SHOWN).map((one) => h('tr', {},
      h('td', { class: 'arrow', title: one.direction === 'to_node' ? 'from parties' : 'from the node' }, ARROWS[one.direction]),
      h('th', { scope: 'row' }, h('button', {
        type: 'button', class: 'plain', onclick: () => change({ filter: term('method', one.method), view: 'timeline' }),
      }, show(one.method))),
      figure(one.calls, ''), figure(one.notifications, ''), figure(one.errors, 'wrong'),
      took(one.p50), took(one.p95), took(one.p99),
      h('td', {}, histogram(one.histogram, edges)),
      h('td', { class: 'figure' }, size(one.bytes)))))));
}

function histogram(counts, edges) {
  const most = Math.max(...counts, 1);
  if (!counts.some(Boolean)) return '';
  const words = counts.map((number, index) => (number
    ? `${index < edges.length ? `up to ${lasting(edges[index])}` : `over ${lasting(edges.at(-1))}`}: ${count(number)}` : '')).filter(Boolean);
  const picture = s('svg', { class: 'histogram', width: counts.length * 9, height: 18, role: 'img', 'aria-label': words.join(', ') },
    s('title', {}, words.join('\n')));
  counts.forEach((number, index) => {
    const tall = number ? Math.max(2, Math.round(17 * number / most)) : 1;
    picture.append(s('rect', { x: index * 9, y: 18 - tall, width: 7, height: tall, class: number ? 'some' : 'none' }));
  });
  return picture;
}

function rate({ start, step, counts }) {
  if (!counts.length) return h('p', { class: 'quiet' }, 'No frames with a time.');
  const [wide, tall] = [1000, 80];
  const each = counts.map((number) => number / (step / 1e6));
  const most = Math.max(...each, 1e-9);
  const width = wide / counts.length;
  const label = `${lasting(step)} per bar, at most ${most.toFixed(most < 10 ? 1 : 0)} frames per second`;
  const picture = s('svg', { class: 'rate', viewBox: `0 0 ${wide} ${tall}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label });
  each.forEach((number, index) => {
    if (!number) return;
    const high = Math.max(1, tall * number / most);
    picture.append(s('rect', { x: index * width, y: tall - high, width: Math.max(0.5, width - 1), height: high },
      s('title', {}, `${clock(start + index * step)}: ${many(counts[index], 'frame')}`)));
  });
  return h('figure', {}, picture, h('figcaption', {}, h('span', {}, clock(start)), h('span', {}, label), h('span', {}, clock(start + step * counts.length))));
}

function sessions(all) {
  return h('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Sessions' }, h('table', {},
    h('thead', {}, h('tr', {}, ...['Session', 'Party', 'Frames', 'Duration', 'Ended'].map((name, index) => h('th', {
      scope: 'col', class: index === 0 || index === 2 || index === 3 ? 'figure' : false,
    }, name)))),
    h('tbody', {}, ...all.slice(0, SHOWN).map((one) => h('tr', {},
      h('th', { scope: 'row', class: 'figure' }, h('button', {
        type: 'button', class: 'plain', onclick: () => change({ filter: `session:${one.session}`, view: 'timeline' }),
      }, one.session)),
      h('td', {}, show(one.party)), h('td', { class: 'figure' }, count(one.frames)),
      h('td', { class: 'figure' }, one.lasted ? lasting(one.lasted) : ''), h('td', {}, show(one.ended)))))));
}
