// The timeline: the events as rows. While the last row is in view, it follows new events.

import { askAll } from './api.js';
import { announce, byId, h, show } from './dom.js';
import { Lanes } from './lanes.js';
import { List } from './list.js';
import { drawRow, ends, tick, waiting, words } from './row.js';
import { Rows } from './rows.js';
import { change, state } from './state.js';
import { count, many } from './words.js';

/** The height of a row, as in page.css. */
const HEIGHT = 24;

/** Open calls that are named above the rows. */
const NAMED = 3;

/** Least milliseconds between two updates. */
const OFTEN = 40;

export class Timeline {
  /**
   * @param {import('./api.js').Capture} capture
   */
  constructor(capture) {
    this.capture = capture;
    this.follow = capture.following && state.event === null;
    this.known = 0;  // rows when the end was last in view
    /** @type {WeakMap<HTMLElement, string>} what is drawn in each element */
    this.drawn = new WeakMap();
    this.busy = false;
    this.host = byId('rows');
    this.head = h('div', { class: 'row', role: 'row', 'aria-rowindex': 1 });
    this.list = new List(this.host, {
      height: HEIGHT,
      head: this.head,
      draw: (element, index) => this.draw(element, index),
      moved: (index) => this.moved(index),
      scrolled: () => this.scrolled(),
    });
    this.columns();
    new ResizeObserver(() => this.columns()).observe(this.host);
    this.host.addEventListener('click', (event) => this.clicked(event));
    byId('new').addEventListener('click', () => this.toEnd());
    setInterval(tick, 1000);
    this.load();
  }

  /** Draw the header row: parties or the width may have changed. */
  columns() {
    const before = this.lanes;
    this.lanes = new Lanes(this.capture, this.host.clientWidth);
    if (before && this.rows && before.width !== this.lanes.width) this.list.redraw();
    this.head.replaceChildren(
      h('span', { class: 'time', role: 'columnheader' }, { clock: 'Time', begin: 'Elapsed', before: 'Delta' }[state.time]),
      this.lanes.head(),
      h('span', { class: 'who', role: 'columnheader' }, 'Party'),
      h('span', { class: 'words', role: 'columnheader' }, 'Event'),
      h('span', { class: 'took', role: 'columnheader' }, 'Latency'),
      h('span', { class: 'size', role: 'columnheader' }, 'Size'),
    );
    this.host.style.setProperty('--lanes', `${this.lanes.width}px`);
    this.host.style.setProperty('--lane', `${this.lanes.step}px`);
    this.host.classList.toggle('named', this.lanes.named);
  }

  /** Load the rows of the current filter. */
  async load() {
    this.rows?.stop();
    const rows = new Rows(state.filter, state.fold, () => this.soon());
    this.rows = rows;
    this.list.active = -1;
    this.list.top = 0;
    this.fresh = true;
    if (state.event !== null) await this.reach(state.event);
    else if (this.follow) rows.end(this.list.held);
    else rows.want(0, 0);
  }

  /** Redraw with the next frame of the browser, once for all responses until then. */
  soon() {
    this.coming ??= requestAnimationFrame(() => {
      this.coming = null;
      this.changed();
    });
  }

  /** Show the loaded rows. */
  changed() {
    const { rows, list } = this;
    if (!rows.ready) return;
    list.heard();  // the browser may not have told yet that somebody has scrolled
    const stick = this.follow;
    list.resize(rows.total, stick);
    if (stick || list.atEnd) this.known = rows.total;
    rows.want(list.first, list.until);
    this.scrolled();
    this.notices();
    if (this.fresh && !rows.error && rows.whole) {
      this.fresh = false;
      if (state.filter) announce(many(rows.main.total, 'row'));
    }
  }

  /** Show the number of rows, or why there are none. */
  notices() {
    const { rows } = this;
    const empty = byId('empty');
    const told = rows.error && rows.error.at === null ? rows.error.message
      : !state.filter ? 'No events so far.' : rows.whole ? 'No events match the filter.' : 'Searching …';
    empty.textContent = told;
    empty.hidden = (rows.total > 0 && !rows.error) || (rows.error?.at ?? null) !== null;
    byId('found').textContent = state.filter && !rows.error ? `${many(rows.main.total, 'row')}${rows.whole ? '' : ' so far'}` : '';
    document.dispatchEvent(new CustomEvent('filtered', { detail: rows.error }));
  }

  draw(element, index) {
    const { rows, capture, lanes } = this;
    const row = rows.at(index);
    const how = {
      mode: state.time,
      before: state.time === 'before' && index ? rows.at(index - 1)?.time ?? 0 : 0,
      inside: rows.inside(index),
      opened: Boolean(row && row.times > 1 && rows.isOpened(row)),
      shown: Boolean(row && row.n === state.event),
    };
    const drawn = JSON.stringify([row ?? null, how, lanes.width, lanes.names.length, row?.open && !capture.following && capture.last]);
    if (this.drawn.get(element) === drawn) return;  // keeps selected text and the screen reader's place
    this.drawn.set(element, drawn);
    drawRow(element, row, { lanes, capture, ...how });
  }

  scrolled() {
    const { list, rows } = this;
    if (!rows) return;
    const end = list.atEnd;
    if (end) this.known = rows.total;
    if (this.capture.following && this.follow !== end && rows.total) this.follow = end;
    rows.want(list.first, list.until);
    const more = rows.total - this.known;
    const button = byId('new');
    button.hidden = end || !this.capture.following;
    button.textContent = more > 0 ? `↓ ${count(more)} new` : '↓ Follow';
  }

  /** Follow new events. */
  toEnd() {
    this.follow = this.capture.following;
    this.list.activate(this.rows.total - 1);
    if (this.follow) this.rows.end(this.list.held);
    else this.changed();
    this.host.focus();
  }

  moved(index) {
    if (state.event === null) return;
    clearTimeout(this.opening);
    this.opening = setTimeout(() => {
      const row = this.rows.at(index);
      if (row && state.event !== null && row.n !== state.event) change({ event: row.n }, false);
    }, 60);
  }

  clicked(event) {
    const index = this.list.rowOf(event);
    if (index < 0) return;
    this.host.focus();
    if (event.target.closest('.run')) {
      this.list.activate(index);
      this.toggle();
      return;
    }
    const row = this.rows.at(index);
    if (row) change({ event: row.n });
    this.list.activate(index);
  }

  /** Unfold or fold the run of the active row. */
  toggle() {
    this.rows.toggle(this.list.active).catch((error) => announce(error.message));
  }

  /** The active row, if it is loaded. */
  get row() {
    return this.rows.at(this.list.active);
  }

  /** Make the row of an event the active one. */
  async reach(event) {
    this.follow = false;
    const rows = this.rows;
    const index = await rows.find(event).catch(() => 0);
    if (rows !== this.rows) return;
    if (index >= rows.total) {  // the number of rows is not known yet
      rows.main.total = Math.max(rows.main.total, index + 1);
      this.list.resize(rows.total);
    }
    this.list.activate(index, true);
    rows.want(this.list.first, this.list.until);
    this.list.redraw();
  }

  /** Load what is new on the server. */
  renew() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    if (this.follow) this.rows.end(this.list.held);
    else this.rows.renew(this.list.first, this.list.until);
    setTimeout(() => {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.renew();
      }
    }, OFTEN);
  }

  /** Show the calls that have been open longest. */
  async waits() {
    const strip = byId('waiting');
    if (!this.capture.open) {
      strip.hidden = true;
      return;
    }
    const { rows } = await askAll('events', { filter: 'open:', from: 0, count: NAMED }, (answer) => answer.rows.length === NAMED).catch(() => ({ rows: [] }));
    const { open } = this.capture;
    strip.replaceChildren(
      h('strong', {}, `${many(open, 'call')} without an answer`),
      h('span', { class: 'calls' }, ...rows.map((row) => h('button', { type: 'button', onclick: () => change({ event: row.n }) },
        h('span', { class: 'who' }, show(ends(row))), ' ', h('span', { class: 'words' }, ...words(row)), ' ', waiting(row, this.capture)))),
      ...(open > rows.length ? [h('button', { type: 'button', onclick: () => change({ filter: 'open:' }) }, `all ${count(open)}`)] : []),
    );
    strip.hidden = false;
  }

  /** Take over the new state of the capture. */
  learn(capture) {
    const ends = (known) => JSON.stringify([known.parties.map((party) => party.name), known.nodes]);
    const others = ends(capture) !== ends(this.capture);
    this.capture = capture;
    if (others) {
      this.columns();
      this.list.redraw();
    }
    this.waits();
  }
}
