// The page: the state of the capture, the view that is shown, and what each key does.

import { ask, askAll, listen } from './api.js';
import { byId, copy, h, show } from './dom.js';
import { Compare } from './compare.js';
import { drawDiagram } from './diagram.js';
import { drawCounts, drawFacets } from './facets.js';
import { Find, term, toggled } from './find.js';
import { Panel } from './frame.js';
import { drawHealth } from './health.js';
import { readyKeys } from './keys.js';
import { closeExports, drawExports, readyMarks } from './marks.js';
import { readySplitter } from './splitter.js';
import { change, link, state, watch } from './state.js';
import { Timeline } from './timeline.js';
import { many } from './words.js';

/** Milliseconds between two updates of the counts of parties and methods. */
const COUNTED = 1000;

const VIEWS = ['timeline', 'health', 'diagram', 'compare'];
const TIMES = ['clock', 'begin', 'before'];

/** @type {import('./api.js').Capture} */
let capture;
/** @type {Timeline} */
let timeline;
/** @type {Compare | null} */
let compare = null;
/** @type {Panel} */
let panel;

/** Remove the token from the address, so that no copied link has it: the cookie has it by now. */
function forgetToken() {
  if (location.search) history.replaceState(null, '', `${location.pathname}${location.hash}`);
}

/** The name of the capture; of two, each as a link to itself. */
function names(all) {
  if (all.length === 1) return [show(all[0])];
  return all.flatMap((name, at) => [at ? ' and ' : '', h('a', {
    href: link({ capture: at, view: 'timeline', event: null, filter: '' }),
    'aria-current': at === state.capture ? 'true' : false,
  }, show(name))]);
}

async function begin() {
  forgetToken();
  try {
    capture = await ask('capture');
  } catch (error) {
    byId('empty').textContent = error.message;
    byId('empty').hidden = false;
    return;
  }
  document.title = `${capture.names.join(' and ')} · recorder`;
  byId('name').replaceChildren(...names(capture.names));
  byId('go-compare').hidden = capture.names.length < 2;
  byId('marks').hidden = !capture.marks;
  if (capture.names.length > 1) compare = new Compare(capture.names);
  if (capture.names.length > 1 && !location.hash) change({ view: 'compare' }, false);
  panel = new Panel(() => capture);
  const find = new Find(() => capture);
  timeline = new Timeline(capture);
  readyMarks(() => capture);
  readySplitter();
  readyKeys(keys());
  watch((now, before) => {
    find.follow();
    if (now.filter !== before.filter || now.fold !== before.fold) timeline.load();
    else if (now.event !== before.event) reach();
    if (now.event !== before.event) panel.show();
    if (now.time !== before.time) {
      timeline.columns();
      timeline.list.redraw();
    }
    if (now.view !== before.view || now.filter !== before.filter) shown();
    controls();
  });
  buttons();
  learn();
  shown();
  controls();
  find.follow();
  panel.show();
  listen(heard, connected);
  if (state.view === 'timeline') timeline.host.focus();
}

/** Scroll to the row of the open event, unless it is in view. */
function reach() {
  const row = timeline.row;
  if (state.event === null || (row && row.n === state.event)) timeline.list.redraw();
  else timeline.reach(state.event);
}

let counting = 0;

/** Update the page after a message of the stream. */
function heard(news) {
  const grown = news.events !== capture.events || news.open !== capture.open || news.indexed !== capture.indexed;
  Object.assign(capture, news);
  compare?.learn(news.both);
  drawCounts(capture);
  status();
  if (!grown) return;
  timeline.renew();
  counting ||= setTimeout(async () => {
    counting = 0;
    const known = await ask('capture').catch(() => null);
    if (!known) return;
    capture = known;
    learn();
    if (state.view === 'health') drawHealth();
  }, COUNTED);
}

/** Show the state of the capture. */
function learn() {
  byId('trouble').textContent = capture.trouble;
  byId('trouble').hidden = !capture.trouble;
  drawFacets(capture);
  drawCounts(capture);
  timeline.learn(capture);
  status();
}

let lost = false;

function connected(there) {
  lost = !there;
  status();
}

function status() {
  const place = byId('status');
  place.className = lost ? 'lost' : capture.following ? 'live' : '';
  const words = lost ? 'the viewer has ended' : !capture.indexed ? 'reading' : capture.following ? 'live' : '';
  place.textContent = [capture.profile === 'auto' ? '' : capture.profile, many(capture.events, 'event'), words].filter(Boolean).join(' · ');
}

/** Show the view that the state names. */
function shown() {
  document.body.dataset.view = state.view;
  for (const view of VIEWS) {
    byId(`view-${view}`).hidden = view !== state.view;
    byId(`go-${view}`).setAttribute('aria-current', view === state.view ? 'page' : 'false');
  }
  if (state.view === 'timeline') timeline.list.render();
  else if (state.view === 'health') drawHealth();
  else if (state.view === 'diagram') drawDiagram(timeline.row?.n ?? state.event);
  else compare?.show();
}

/** Show which buttons and filters are active. */
function controls() {
  for (const mode of TIMES) byId(`time-${mode}`).setAttribute('aria-pressed', `${mode === state.time}`);
  byId('fold').setAttribute('aria-pressed', `${state.fold}`);
  drawFacets(capture);
  drawCounts(capture);
  drawExports();
}

function filterBy(wanted) {
  change({ filter: toggled(state.filter, wanted), view: 'timeline' });
}

function buttons() {
  for (const view of VIEWS) byId(`go-${view}`).addEventListener('click', () => change({ view }));
  for (const mode of TIMES) byId(`time-${mode}`).addEventListener('click', () => change({ time: mode }, false));
  byId('fold').addEventListener('click', () => change({ fold: !state.fold }, false));
  byId('facets-button').addEventListener('click', (event) => {
    const open = document.body.classList.toggle('facets-open');
    event.currentTarget.setAttribute('aria-expanded', `${open}`);
  });
  for (const name of ['error', 'open', 'odd']) byId(`count-${name}`).addEventListener('click', () => filterBy(`${name}:`));
}

function find() {
  if (state.view === 'compare') change({ view: 'timeline' });
  byId('find').focus();
  byId('find').select();
}

function open() {
  const row = timeline.row;
  if (row && state.event !== row.n) change({ event: row.n });
  panel.focus();
}

/** Go one step back: menu, panel, open event, filter. */
function leave() {
  if (closeExports()) return;
  if (document.activeElement?.closest('#panel')) timeline.host.focus();
  else if (state.event !== null) change({ event: null });
  else if (state.filter) change({ filter: '' });
}

/** Open the previous or next event with the same method. */
async function sibling(by) {
  const row = timeline.row;
  if (!row?.method) return;
  const filter = term('method', row.method);
  const { row: place } = await askAll('position', { event: row.n, filter, fold: 0 });
  const { rows } = await askAll('events', { filter, fold: 0, from: Math.max(0, place + by), count: 1 }, (answer) => answer.rows.length > 0);
  if (rows[0] && place + by >= 0) change({ event: rows[0].n });
}

function keys() {
  const here = () => state.view === 'timeline';
  const pairs = () => state.view === 'compare';
  const list = () => (pairs() ? compare.list : timeline.list);
  const move = (key) => list().move(key);
  const inside = () => here() || pairs();
  const press = (id) => () => byId(id).click();
  return [
    { title: 'Move', keys: [
      { keys: ['ArrowDown', 'j'], does: 'next row', run: move, when: inside },
      { keys: ['ArrowUp', 'k'], does: 'previous row', run: move, when: inside },
      { keys: ['PageDown', 'PageUp'], does: 'page down, page up', run: move, when: inside },
      { keys: ['Home', 'g'], does: 'first row', run: move, when: inside },
      { keys: ['End', 'G'], does: 'last row', run: move, when: inside },
      { keys: ['['], does: 'previous event with this method', run: () => sibling(-1), when: here },
      { keys: [']'], does: 'next event with this method', run: () => sibling(1), when: here },
      { keys: ['n'], does: 'next difference (two captures)', run: () => compare.step(1), when: pairs },
      { keys: ['p'], does: 'previous difference (two captures)', run: () => compare.step(-1), when: pairs },
    ] },
    { title: 'View', keys: [
      { keys: ['Enter'], does: 'open the event and focus it', run: open, when: here },
      { keys: ['Enter'], does: 'open the event (two captures)', run: () => compare.open(), when: pairs },
      { keys: [' '], does: 'unfold or fold a run', run: () => timeline.toggle(), when: here },
      { keys: ['Escape'], does: 'back to the rows, then close the event, then clear the filter', run: leave },
      { keys: ['f'], does: 'follow new events', run: () => timeline.toEnd(), when: here },
      { keys: ['z'], does: 'fold runs of similar frames on or off', run: press('fold') },
      { keys: ['t'], does: 'clock, elapsed, delta', run: () => change({ time: TIMES[(TIMES.indexOf(state.time) + 1) % 3] }, false) },
      { keys: ['1', '2', '3', '4'], does: 'timeline, health, diagram, compare', run: (key) => byId(`go-${VIEWS[key - 1]}`).hidden || change({ view: VIEWS[key - 1] }) },
    ] },
    { title: 'Find', keys: [
      { keys: ['/'], does: 'write a filter', run: find },
      { keys: ['e'], does: 'only errors', run: () => filterBy('error:') },
      { keys: ['o'], does: 'only open calls', run: () => filterBy('open:') },
      { keys: ['x'], does: 'only unexpected messages', run: () => filterBy('odd:') },
      { keys: ['m'], does: "only the row's method", run: () => timeline.row?.method && filterBy(term('method', timeline.row.method)) },
      { keys: ['w'], does: "only the row's party", run: () => timeline.row?.party && filterBy(term('party', timeline.row.party)) },
    ] },
    { title: 'Copy and mark', keys: [
      { keys: ['y'], does: 'copy the open payload', run: () => byId('panel').querySelector('.copies button')?.click() },
      { keys: ['l'], does: 'copy a link to the event', run: () => copy(new URL(link({ event: timeline.row?.n ?? state.event }), location.href).href, 'link') },
      { keys: ['s'], does: 'begin a scenario', run: press('mark-scenario'), when: () => capture.marks },
      { keys: ['N'], does: 'write a note', run: press('mark-note'), when: () => capture.marks },
      { keys: ['?'], does: 'show the keys', run: press('help') },
    ] },
  ];
}

begin();
