// The line between the rows and the panel; the mouse or the arrow keys move it.

import { byId } from './dom.js';

/** In percent of the width: the least and most of the panel, and the step of a key. */
const [LEAST, MOST, STEP] = [20, 80, 4];

/** Make the line movable. */
export function readySplitter() {
  const line = byId('splitter');
  const body = line.parentElement;
  let share = 44;
  const put = (wanted) => {
    share = Math.round(Math.max(LEAST, Math.min(MOST, wanted)));
    body.style.setProperty('--panel', `${share}%`);
    line.setAttribute('aria-valuenow', `${share}`);
  };
  line.setAttribute('aria-valuemin', `${LEAST}`);
  line.setAttribute('aria-valuemax', `${MOST}`);
  put(share);
  line.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
  });
  line.addEventListener('pointermove', (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const { right, width } = body.getBoundingClientRect();
    put(100 * (right - event.clientX) / width);
  });
  line.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!by) return;
    event.preventDefault();
    put(share + by);
  });
}
