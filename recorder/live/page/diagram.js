// The sequence diagram of the frames that match the filter.

import { askAll } from './api.js';
import { byId, h, s, show } from './dom.js';
import { change, state } from './state.js';

/** Most frames of one diagram. */
const MOST = 200;

const [ROW, HEAD] = [26, 34];

/** Width of a letter, roughly. */
const LETTER = 6.6;

let asked = 0;

/** All frames that match the filter; if they are too many, those from an event on. */
async function frames(event) {
  const { filter } = state;
  const drawn = (answer) => answer.cut;
  const all = await askAll('diagram', { filter, from: 0, count: MOST }, drawn);
  if (!all.cut) return { ...all, words: 'All frames that match the filter.' };
  const from = event === null ? 0 : (await askAll('position', { event, filter, fold: 0 })).row;
  if (!from) return { ...all, words: `The first ${MOST} frames. For others, filter or select a row in the timeline.` };
  const some = await askAll('diagram', { filter, from, count: MOST }, drawn);
  return { ...some, words: `${some.cut ? `${MOST} frames` : 'The frames'} from the selected row on. For others, filter or select another row in the timeline.` };
}

/**
 * Show the diagram.
 * @param {number | null} event the selected one
 */
export async function drawDiagram(event) {
  const place = byId('diagram');
  const number = asked += 1;
  if (!place.hasChildNodes()) place.replaceChildren(h('p', { class: 'quiet' }, 'Drawing …'));
  try {
    const answer = await frames(event);
    if (number !== asked) return;
    place.replaceChildren(
      h('p', { class: 'quiet' }, answer.words),
      ...answer.pictures.map(picture),
    );
    if (!answer.pictures.length) place.append(h('p', { class: 'quiet' }, 'No events match the filter.'));
  } catch (error) {
    place.replaceChildren(h('p', { class: 'problem' }, error.message));
  }
}

/** Pixels between two lanes: fewer if there are many. */
const between = (lanes) => Math.max(260, Math.min(420, 960 / lanes));
const cut = (text, letters) => (text.length > letters ? `${text.slice(0, letters - 1)}…` : text);

/** A label that fits: of an error its code, for its arrow shows already whom it is to. */
function fitted(text, letters) {
  const refuses = text.length > letters ? text.indexOf(': error ') : -1;
  return cut(refuses < 0 ? text : text.slice(refuses + 2), letters);
}

function picture({ names, places, rows }) {
  const step = between(names.length);
  const middle = (lane) => (lane + 0.5) * step;
  const [wide, tall] = [names.length * step, HEAD + rows * ROW + 22];
  const made = s('svg', { class: 'sequence', width: wide, height: tall, viewBox: `0 0 ${wide} ${tall}`, role: 'group', 'aria-label': 'Sequence diagram' });
  names.forEach((name, lane) => made.append(
    s('line', { class: 'life', x1: middle(lane), x2: middle(lane), y1: HEAD, y2: tall }),
    s('rect', { class: 'top', x: middle(lane) - 90, y: 6, width: 180, height: HEAD - 8, rx: 5 }),
    s('text', { class: 'name', x: middle(lane), y: 24 }, show(cut(name, 26))),
  ));
  for (const place of places) made.append(drawn(place, middle, step, wide));
  return h('figure', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Sequence diagram' }, made);
}

function drawn(place, middle, step, wide) {
  const y = HEAD + place.row * ROW + 22;
  if (place.kind === 'loop') {
    return s('g', { class: 'loop' },
      s('rect', { x: 6, y: y - 15, width: wide - 12, height: ROW * (place.until - place.row) + 24, rx: 4 }),
      s('text', { x: 14, y: y + 1 }, show(place.text)));
  }
  const said = place.open ? `no answer: ${place.text}` : place.text;
  const link = s('a', { href: `#event=${place.n}`, class: `${place.style || place.kind}${place.open ? ' open' : ''}`, 'aria-label': said });
  link.addEventListener('click', (event) => {
    event.preventDefault();
    change({ event: place.n });
  });
  link.append(s('title', {}, said));
  const [from, to] = [middle(place.start), middle(place.end) + (place.kind === 'arrow' && place.start === place.end ? 40 : 0)];
  const left = Math.min(from, to);
  const letters = Math.floor((Math.max(step, Math.abs(to - from)) - 20) / LETTER);
  if (place.kind === 'note') {
    link.append(s('rect', { class: 'remark', x: left - 110, y: y - 15, width: Math.abs(to - from) + 220, height: 21, rx: 3 }),
      s('text', { x: left - 104, y }, show(cut(place.text, Math.floor((Math.abs(to - from) + 200) / LETTER)))));
    return link;
  }
  const sign = to > from ? 1 : -1;
  link.append(
    s('rect', { class: 'behind', x: left + 2, y: y - 14, width: Math.max(40, Math.abs(to - from)) - 4, height: 23 }),
    s('line', { class: 'shaft', x1: from, x2: to - 4 * sign, y1: y + 5, y2: y + 5 }),
    s('path', { class: 'tip', d: `M${to} ${y + 5}l${-8 * sign} -4v8z` }),
    s('text', { x: left + 10, y }, show(fitted(said, letters))),
  );
  return link;
}
