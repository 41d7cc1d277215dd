// The panel of one event: its words, related events, payload, and the difference to the previous one.

import { address, ask } from './api.js';
import { byId, copy, h, show } from './dom.js';
import { ends, waiting, words } from './row.js';
import { change, link, state } from './state.js';
import { Tree } from './tree.js';
import { clock, count, day, lasting, size } from './words.js';

const COPIES = { wscat: 'wscat', curl: 'curl', python: 'Python', fixture: 'capture line' };

/** Which parts are open; kept from one event to the next. */
const OPEN = { story: true, payload: true, other: true, difference: false, handshake: false, raw: false };

export class Panel {
  /** @param {() => import('./api.js').Capture} capture what is known of it now */
  constructor(capture) {
    this.capture = capture;
    this.names = capture().names;
    this.place = byId('panel');
    this.number = null;
    this.awaited = false; // whether the focus is to move into it when it is drawn
    this.place.addEventListener('toggle', (event) => {
      if (event.target.dataset?.part) OPEN[event.target.dataset.part] = event.target.open;
    }, true);
  }

  /** Show the event of the state, or close the panel. */
  async show() {
    const number = state.event;
    this.stop?.abort();
    document.body.classList.toggle('opened', number !== null);
    this.place.hidden = number === null;
    if (number === null) {
      this.number = null;
      this.awaited = false;
      return;
    }
    this.stop = new AbortController();
    try {
      const answer = await ask(`events/${number}`, {}, this.stop.signal);
      this.number = number;
      this.draw(answer);
      if (this.names.length > 1) await this.pair(number);
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.place.replaceChildren(this.bar(number), h('p', { class: 'problem' }, error.message));
    }
  }

  /** Move the focus into it, as soon as it shows the event of the state. */
  focus() {
    this.awaited = this.number !== state.event;
    if (!this.awaited) this.place.querySelector('h2')?.focus();
  }

  /** Show what `recorder diff` pairs it with in the other capture. */
  async pair(number) {
    const { signal } = this.stop;
    const { rows } = await ask('compare', { event: number }, signal);
    const other = 1 - state.capture;
    const partner = rows[0] && rows[0][other ? 'right' : 'left'];
    if (!rows[0] || signal.aborted) return;
    const there = part('other', `In ${this.names[other]}`,
      partner ? h('ol', { class: 'links' }, entry(partner, other)) : h('p', { class: 'quiet' }, 'It is not there.'),
      ...rows[0].findings.map((finding) => h('pre', { class: 'finding' }, show(finding))),
      partner && !rows[0].findings.length && h('p', { class: 'quiet' }, 'No difference that matters.'));
    this.place.insertBefore(there, this.place.querySelector('[data-part="difference"], [data-part="handshake"], [data-part="raw"]'));
  }

  bar(number, copies = {}, payload = '') {
    const copying = Object.entries(COPIES).filter(([name]) => copies[name]);
    return h('div', { class: 'bar' },
      h('span', { class: 'number' }, `Event ${number}`),
      h('span', { class: 'copies', role: 'group', 'aria-label': 'Copy' },
        'Copy ',
        payload && h('button', { type: 'button', onclick: () => copy(payload, 'payload') }, 'payload'),
        ...copying.map(([name, what]) => h('button', { type: 'button', 'data-copy': name, onclick: () => copy(copies[name], what) }, what)),
        h('button', { type: 'button', onclick: () => copy(new URL(link({ event: number }), location.href).href, 'link') }, 'link')),
      h('button', { type: 'button', class: 'close', 'aria-label': 'Close', title: 'Close (Escape)', onclick: () => change({ event: null }) }, '×'));
  }

  draw(answer) {
    const { row, event, payload, cut, decoded, sentence, story, opening, before, difference, copies } = answer;
    const tree = row.kind === 'frame' && !answer.base64 ? new Tree(payload, decoded) : null;
    const loose = tree ? tree.elsewhere : decoded;
    const scrolled = this.place.scrollTop;
    const focused = this.awaited || this.place.contains(document.activeElement);
    const parts = [
      this.bar(row.n, copies, payload),
      h('h2', { tabindex: -1 }, show(sentence || row.words)),
      this.facts(row, event),
      story.length > 0 && part('story', 'Related events', ...story.map(chapter)),
      payload && tree?.readable && part('payload', 'Payload', cutAt(row, payload, cut), tree.element,
        !tree.whole && h('p', { class: 'problem' }, cut ? 'The rest is not shown here.' : 'The JSON is incomplete or malformed: see Raw.')),
      ...loose.map(({ path, text }) => part('payload', path || 'Decoded', h('pre', { class: 'decoded' }, show(text)))),
      before && part('difference', `Difference to the previous ${before.method || 'frame'}`, differences(before, difference)),
      (opening || answer.headers.length > 0) && part('handshake', 'Handshake and headers',
        opening && h('ol', { class: 'links' }, entry(opening)), headers(answer.headers)),
      payload && part('raw', answer.base64 ? 'Raw, as base64' : 'Raw', cutAt(row, payload, cut),
        h('pre', { class: 'raw', tabindex: 0 }, show(payload))),
    ];
    this.place.replaceChildren(...parts.filter(Boolean));
    if (tree && !tree.readable) this.place.querySelector('[data-part="raw"]')?.setAttribute('open', '');
    if (focused) this.place.querySelector('h2').focus();
    this.awaited = false;
    this.place.scrollTop = scrolled;
  }

  facts(row, event) {
    const facts = [
      row.time ? h('time', { title: day(row.time) }, clock(row.time)) : null,
      row.party && show(ends(row)),
      row.session ? `session ${row.session}` : null,
      row.kind === 'frame' ? size(row.bytes) : null,
      event.opcode && event.opcode !== 'text' ? event.opcode : null,
      event.exchange ? `HTTP exchange ${event.exchange}${event.status && row.direction === 'from_node' ? `, status ${event.status}` : ''}` : null,
      row.took !== null ? h('span', { class: row.slow ? 'slow' : false }, `took ${lasting(row.took)}`) : null,
      row.open ? waiting(row, this.capture()) : null,
      row.odd ? h('span', { class: 'tag odd' }, row.odd) : null,
      row.times > 1 ? `first of ${count(row.times)}` : null,
      `line ${count(row.line)}`,
    ];
    return h('ul', { class: 'facts' }, ...facts.filter(Boolean).map((fact) => h('li', {}, fact)));
  }
}

function part(name, title, ...inside) {
  return h('details', { class: 'part', 'data-part': name, open: OPEN[name] }, h('summary', {}, show(title)), ...inside);
}

function cutAt(row, payload, cut) {
  if (cut === null) return null;
  return h('p', { class: 'cut' }, `The first ${size(payload.length)} of ${size(cut)} are shown. `,
    h('a', { href: address(`events/${row.n}/payload`), download: `payload-${row.n}` }, 'Save the whole payload'));
}

function chapter({ why, rows, text }) {
  return h('div', { class: 'chapter' },
    h('h3', { title: why }, show(why), ...(text ? [' ', h('a', { href: link({ filter: JSON.stringify(text) }) }, 'all')] : [])),
    h('ol', { class: 'links' }, ...rows.map((row) => entry(row))));
}

/** A row as a link to its event, in the capture that is shown or in another. */
export function entry(row, capture = state.capture) {
  const elsewhere = capture !== state.capture;
  return h('li', { class: `${row.kind} ${row.tone}` },
    h('a', {
      href: link({ event: row.n, view: 'timeline', ...(elsewhere && { capture, filter: '' }) }),
      'data-event': row.n,
      onclick: (event) => {
        if (elsewhere || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        change({ event: row.n, view: 'timeline' });
      },
    },
    row.time ? h('time', {}, clock(row.time)) : null,
    h('span', { class: 'who' }, show(row.direction ? ends(row) : row.party)),
    h('span', { class: 'words' }, ...words(row)),
    row.took !== null && h('span', { class: row.slow ? 'slow' : 'took' }, lasting(row.took))));
}

function differences(before, found) {
  const one = h('ol', { class: 'links' }, entry(before));
  if (!found.length) return h('div', {}, one, h('p', { class: 'quiet' }, 'No difference.'));
  const said = (value) => (value === null ? h('i', {}, 'absent') : show(value));
  return h('div', {}, one, h('table', {},
    h('thead', {}, h('tr', {}, ...['Path', 'Previous', 'This'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, ...found.map(({ path, there, here }) => h('tr', {}, h('th', { scope: 'row' }, show(path || 'the whole message')),
      h('td', { class: 'gone' }, said(there)), h('td', { class: 'come' }, said(here)))))));
}

function headers(given) {
  if (!given.length) return null;
  return h('dl', { class: 'headers' }, ...given.flatMap(([name, value]) => [h('dt', {}, show(name)), h('dd', {}, show(value))]));
}
