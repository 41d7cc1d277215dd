// Two captures side by side, aligned as `recorder diff` aligns them.

import { announce, byId, h, show } from './dom.js';
import { List } from './list.js';
import { Pages } from './pages.js';
import { ends, words } from './row.js';
import { change, link, state } from './state.js';
import { clock, many } from './words.js';

const HEIGHT = 24;

const SIGNS = { same: '', changed: '≠', missing: '−', extra: '+', order: '↕' };
const SAYS = { same: 'the same', changed: 'changed', missing: 'only on the left', extra: 'only on the right', order: 'in another order' };

export class Compare {
  /** @param {string[]} names of both captures */
  constructor(names) {
    this.pages = new Pages('compare', {}, () => this.changed());
    this.differences = [];
    this.events = 0;
    this.compared = null;
    this.place = byId('findings');
    const head = h('div', { class: 'row', role: 'row', 'aria-rowindex': 1 },
      h('span', { class: 'side', role: 'columnheader', title: names[0] }, show(names[0])),
      h('span', { class: 'verdict', role: 'columnheader' }, h('span', { class: 'unseeing' }, 'Verdict')),
      h('span', { class: 'side', role: 'columnheader', title: names[1] }, show(names[1])));
    this.list = new List(byId('pairs'), {
      height: HEIGHT,
      head,
      draw: (element, index) => this.draw(element, index),
      moved: () => this.tell(),
      scrolled: () => this.pages.want(this.list.first, this.list.until),
    });
    this.list.host.addEventListener('click', (event) => {
      const index = this.list.rowOf(event);
      if (index >= 0) this.list.activate(index);
    });
    byId('previous-difference').addEventListener('click', () => this.step(-1));
    byId('next-difference').addEventListener('click', () => this.step(1));
  }

  show() {
    this.renew();
    this.list.render();
  }

  /** Learn how many events both captures have. */
  learn(events) {
    this.events = events;
    if (state.view === 'compare') this.renew();
  }

  /** Compare again, if a capture has grown: what is in view is replaced when the answer is there. */
  renew() {
    if (this.compared === this.events && !this.pages.error) return;
    this.compared = this.events;
    this.pages.outdate(this.list.first, this.list.until);
  }

  /** Show the loaded pairs. */
  changed() {
    const { answer, error } = this.pages;
    byId('differing').textContent = error?.message ?? (answer.differences.length ? many(answer.differences.length, 'difference') : 'No difference');
    if (error) return;
    this.differences = answer.differences;
    this.list.resize(answer.total);
    this.pages.want(this.list.first, this.list.until);
    this.tell();
  }

  draw(element, index) {
    const pair = this.pages.at(index);
    element.className = `row pair ${pair?.verdict ?? 'loading'}`;
    if (!pair) {
      element.replaceChildren(h('span', { role: 'gridcell' }, '…'));
      return;
    }
    element.replaceChildren(
      side(pair.left),
      h('span', { class: 'verdict', role: 'gridcell', title: SAYS[pair.verdict] },
        h('span', { 'aria-hidden': 'true' }, SIGNS[pair.verdict]), h('span', { class: 'unseeing' }, SAYS[pair.verdict])),
      side(pair.right),
    );
  }

  /** Go to the next or the previous difference. */
  step(by) {
    const found = by > 0 ? this.differences.find((row) => row > this.list.active)
      : this.differences.findLast((row) => row < this.list.active);
    if (found === undefined) {
      announce(by > 0 ? 'No next difference' : 'No previous difference');
      return;
    }
    this.list.activate(found, true);
    this.list.host.focus();
  }

  /** Open the active pair's event of the capture that is shown, or else the other one, in the timeline. */
  open() {
    const pair = this.pages.at(this.list.active);
    const own = pair && [pair.left, pair.right][state.capture];
    if (own) change({ view: 'timeline', event: own.n });
    else if (pair) location.hash = link({ view: 'timeline', filter: '', event: (pair.left ?? pair.right).n, capture: 1 - state.capture });
  }

  /** Show how the active pair differs. */
  tell() {
    const pair = this.pages.at(this.list.active);
    const place = this.differences.indexOf(this.list.active);
    byId('which').textContent = place < 0 ? '' : `${place + 1} of ${this.differences.length}`;
    this.place.hidden = !pair || !pair.findings.length;
    if (!pair) return;
    this.place.replaceChildren(
      h('ul', {}, ...pair.findings.map((finding) => h('li', {}, h('pre', {}, show(finding))))),
      h('button', { type: 'button', onclick: () => this.open() }, 'Open the event'),
    );
    this.list.render();
  }
}

function side(row) {
  if (!row) return h('span', { class: 'side none', role: 'gridcell' });
  return h('span', { class: `side ${row.tone}`, role: 'gridcell', title: row.words },
    h('span', { class: 'number' }, row.time ? clock(row.time) : ''), ' ',
    h('span', { class: 'who' }, show(ends(row))), ' ', ...words(row));
}
