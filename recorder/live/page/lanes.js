// The lanes of the timeline: a line per party and node, and an arrow per frame.

import { h, s, show } from './dom.js';

/** Most lanes with a name above; if there are more, lanes are narrow and each row names its party. */
const NAMED = 4;

/** Most lanes of parties, and of nodes; the rest share the last one. */
const [PARTIES, NODES] = [9, 3];

/** The share of a row that lanes may take. */
const SHARE = 0.3;

const [WIDE, NARROW] = [92, 20];
const MIDDLE = 12;

export class Lanes {
  /**
   * @param {import('./api.js').Capture} capture
   * @param {number} room width of a row in pixels
   */
  constructor(capture, room) {
    const parties = capture.parties.map((party) => party.name).filter(Boolean);
    const nodes = capture.nodes.length ? capture.nodes : ['node'];
    this.names = [...parties, ...nodes];
    this.named = this.names.length <= NAMED;
    const lanes = [Math.max(1, Math.min(parties.length, PARTIES)), Math.min(nodes.length, NODES)];
    this.first = lanes[0];
    this.count = lanes[0] + lanes[1];
    this.places = new Map();
    parties.forEach((name, index) => this.places.set(`party ${name}`, Math.min(index, lanes[0] - 1)));
    nodes.forEach((name, index) => this.places.set(`node ${name}`, lanes[0] + Math.min(index, lanes[1] - 1)));
    this.step = this.named ? Math.round(Math.min(WIDE, Math.max(2 * NARROW, SHARE * room / this.count))) : NARROW;
  }

  get width() {
    return this.count * this.step;
  }

  /** The cell above the lanes. */
  head() {
    const cell = h('div', { class: 'lanes', role: 'columnheader', 'aria-label': 'Lanes' });
    if (this.named && this.names.length === this.count) for (const name of this.names) cell.append(h('span', { title: name }, show(name)));
    else cell.append(h('span', { title: this.names.join(', ') }, `${this.names.length} lanes`));
    return cell;
  }

  at(place) {
    return place * this.step + this.step / 2;
  }

  /**
   * The picture of a row.
   * @param {import('./api.js').Row} row
   * @returns {SVGElement}
   */
  draw(row) {
    const picture = s('svg', { width: this.width, height: 2 * MIDDLE, class: 'lane', 'aria-hidden': 'true' });
    for (let place = 0; place < this.count; place += 1) {
      picture.append(s('line', { class: 'life', x1: this.at(place), x2: this.at(place), y1: 0, y2: 2 * MIDDLE }));
    }
    const party = this.places.get(`party ${row.party}`) ?? this.first - 1;
    const node = this.places.get(`node ${row.node}`) ?? this.first;
    const [from, to] = [this.at(party), this.at(node)];
    if (row.direction) picture.append(...arrow(row.direction === 'to_node' ? [from, to] : [to, from]));
    else if (row.kind === 'opened') picture.append(...arrow([from, to]), s('circle', { cx: from, cy: MIDDLE, r: 3.5 }));
    else if (row.kind === 'closed') picture.append(...cross(from), ...cross(to), dashes(from, to));
    else if (row.kind === 'refused') picture.append(...arrow([to, from]), ...cross(to));
    else if (row.kind === 'note' && row.party) picture.append(s('circle', { cx: from, cy: MIDDLE, r: 3.5 }));
    return picture;
  }
}

function arrow([from, to]) {
  const back = to > from ? -7 : 7;
  return [
    s('line', { class: 'shaft', x1: from, x2: to + back / 2, y1: MIDDLE, y2: MIDDLE }),
    s('path', { class: 'tip', d: `M${to} ${MIDDLE}l${back} -4v8z` }),
  ];
}

const dashes = (from, to) => s('line', { class: 'shaft dashed', x1: from, x2: to, y1: MIDDLE, y2: MIDDLE });

function cross(at) {
  return [-1, 1].map((sign) => s('line', {
    class: 'shaft', x1: at - 4, x2: at + 4, y1: MIDDLE - 4 * sign, y2: MIDDLE + 4 * sign,
  }));
}
