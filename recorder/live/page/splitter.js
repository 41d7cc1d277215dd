// The line between the rows and the panel, which is dragged, or moved by the arrow keys.

import { byId } from './dom.js';

/** Shares of the width that the panel may take, in percent; what a key moves it by. */
const [LEAST, MOST, STEP] = [20, 80, 4];

/** Let somebody move it. */
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
