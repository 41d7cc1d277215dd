// A list of the server, loaded page by page as its rows come into view.
// Rule: memory is bounded for any length of the list: the least recently viewed pages are dropped.

import { AGAIN, ask } from './api.js';

/** Rows per request. */
const PAGE = 100;

/** Pages kept in memory. */
const HELD = 60;

/** Most requests at the same time. */
const ASKED = 3;

/** The numbers of the pages that have the rows between two. */
function pagesOf(first, last) {
  const begin = Math.floor(first / PAGE);
  return Array.from({ length: Math.floor(last / PAGE) - begin + 1 }, (_, index) => begin + index);
}

/** One list of the server, page by page. */
export class Pages {
  /**
   * @param {string} path of the API
   * @param {Record<string, string | number>} query
   * @param {() => void} changed called when rows have been loaded, or could not be
   */
  constructor(path, query, changed) {
    this.path = path;
    this.query = query;
    this.changed = changed;
    this.total = 0;
    this.held = new Map();
    this.asked = new Map();
    this.wanted = [];
    this.outdated = new Set();  // pages to load again, also if a request for them is on its way: its answer may be older
    this.answer = null;  // the latest
    this.error = null;
    this.whole = false;  // whether `total` counts all rows: a search goes on while the first are shown
    this.more = false;
    this.again = 0;
  }

  /** Whether the filter has a mistake, so that asking again does not help. */
  get wrong() {
    return (this.error?.at ?? null) !== null;
  }

  /** The page of the last row. */
  get end() {
    return Math.floor(Math.max(0, this.total - 1) / PAGE);
  }

  at(index) {
    return this.held.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Load the rows between two; earlier wishes without a request so far are dropped. */
  want(first, last) {
    this.wanted = [];
    if (this.error) return;
    for (const page of pagesOf(first, last)) {
      const rows = this.held.get(page);
      if (rows) this.hold(page, rows);
      if (!this.asked.has(page) && !this.has(Math.max(first, page * PAGE), Math.min(last, page * PAGE + PAGE - 1, this.total - 1))) this.wanted.push(page);
    }
    this.load();
  }

  /** Whether all rows between two are loaded; where there are none, as soon as that is known. */
  has(first, last) {
    for (let index = first; index <= last; index += 1) if (!this.at(index)) return false;
    return last >= first || this.answer !== null;
  }

  hold(page, rows) {
    this.held.delete(page);
    this.held.set(page, rows);
    while (this.held.size > HELD) this.held.delete(this.held.keys().next().value);
  }

  /** Load again what may have changed in view: the end, and pages with open calls. */
  renew(first, last) {
    if (this.wrong) return;
    this.outdated.add(this.end);
    for (const page of pagesOf(first, last)) {
      const rows = this.held.get(page);
      if (!rows || rows.length < PAGE || rows.some((row) => row.open)) this.outdated.add(page);
    }
    this.load();
  }

  /** Load again what is in view, and drop the rest: any row may have changed. */
  outdate(first, last) {
    const shown = pagesOf(first, last);
    for (const page of this.held.keys()) if (!shown.includes(page)) this.held.delete(page);
    for (const page of shown) this.outdated.add(page);
    this.load();
  }

  /** Load the last rows. The server decides which these are: a row number would be outdated on arrival. */
  async follow(count) {
    if (this.wrong) return;
    if (this.asked.has('end')) {
      this.more = true;
      return;
    }
    const answer = await this.ask('end', 'end', count);
    answer?.rows.forEach((row, place) => {
      const index = answer.from + place;
      const page = Math.floor(index / PAGE);
      if (!this.held.has(page)) this.hold(page, []);
      this.held.get(page)[index % PAGE] = row;
    });
    this.changed();
    if (this.more) {
      this.more = false;
      this.follow(count);
    }
  }

  load() {
    for (const page of new Set([...this.wanted, ...this.outdated])) {
      if (this.asked.size >= ASKED) return;
      if (this.asked.has(page)) continue;
      this.wanted = this.wanted.filter((one) => one !== page);
      this.outdated.delete(page);
      this.one(page);
    }
  }

  async one(page) {
    const answer = await this.ask(page, page * PAGE, PAGE);
    if (answer) this.hold(page, answer.rows);
    this.changed();
    this.load();
  }

  /** Request rows; null after an error. */
  async ask(name, from, count) {
    const stop = new AbortController();
    this.asked.set(name, stop);
    try {
      const answer = await ask(this.path, { from, count, ...this.query }, stop.signal);
      this.total = answer.total;
      this.answer = answer;
      this.error = null;
      this.whole = answer.indexed ?? true;
      if (!this.whole) this.later();
      return answer;
    } catch (error) {
      if (error.name !== 'AbortError') this.error = error;
      return null;
    } finally {
      this.asked.delete(name);
    }
  }

  /** Ask again how many rows there are, while the server still searches. */
  later() {
    this.again ||= setTimeout(() => {
      this.again = 0;
      this.outdated.add(this.end);
      this.load();
    }, AGAIN);
  }

  stop() {
    clearTimeout(this.again);
    this.wanted = [];
    this.outdated.clear();
    for (const stop of this.asked.values()) stop.abort();
  }
}
