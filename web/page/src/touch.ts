import type { Terminal } from '@xterm/xterm';

// xterm.js knows no touch: a finger scrolls, and after a long press selects.

const LongPress = 500, Slack = 8;

/** Makes a terminal usable by fingers. */
export function touchable(terminal: Terminal, screen: HTMLElement): void {
  let x = 0, y = 0, moved = false, selecting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Programs that want the mouse get it by a tap; to select regardless of them is xterm's Shift.
  const mouse = (type: string, target: EventTarget | null, detail: number): void => {
    target?.dispatchEvent(new MouseEvent(type, { clientX: x, clientY: y, detail, buttons: type === 'mouseup' ? 0 : 1, bubbles: true, cancelable: true, shiftKey: terminal.modes.mouseTrackingMode !== 'none' }));
  };
  let rest = 0;
  const scroll = (distance: number, target: EventTarget | null): void => {
    const row = screen.clientHeight / terminal.rows, lines = Math.trunc((rest += distance) / row);
    rest -= lines * row;
    if (lines === 0) return;
    if (terminal.buffer.active.type === 'normal' && terminal.modes.mouseTrackingMode === 'none') return terminal.scrollLines(lines);
    // Programs of the whole screen are moved in by cursor keys, those that want the mouse are told: both is what xterm makes of a wheel.
    target?.dispatchEvent(new WheelEvent('wheel', { deltaY: lines, deltaMode: WheelEvent.DOM_DELTA_LINE, clientX: x, clientY: y, bubbles: true, cancelable: true }));
  };
  const end = (): void => {
    clearTimeout(timer);
    if (selecting) mouse('mouseup', document, 2);
    selecting = false;
  };
  screen.addEventListener('touchstart', ({ touches, target }) => {
    const [touch] = touches;
    end();
    if (touch === undefined || touches.length > 1) return;
    ({ clientX: x, clientY: y } = touch);
    moved = false;
    rest = 0;
    // The second click of two selects a word.
    timer = setTimeout(() => { selecting = true; mouse('mousedown', target, 2); }, LongPress);
  }, { passive: true });
  screen.addEventListener('touchmove', event => {
    const [touch] = event.touches;
    if (touch === undefined || event.touches.length > 1) return end();
    const distance = y - touch.clientY;
    if (!moved && !selecting && Math.hypot(distance, x - touch.clientX) < Slack) return;
    moved = true;
    clearTimeout(timer);
    ({ clientX: x, clientY: y } = touch);
    if (selecting) mouse('mousemove', document, 0);
    else scroll(distance, event.target);
    event.preventDefault();
  }, { passive: false });
  screen.addEventListener('touchend', event => {
    // The click that would follow ends the selection.
    if (selecting) event.preventDefault();
    end();
  }, { passive: false });
  screen.addEventListener('touchcancel', end);
}

/** Keeps the page as high as what the on-screen keyboard leaves free, where the browser only covers it. */
export function followKeyboard(): void {
  const viewport = window.visualViewport;
  if (viewport === null) return;
  const adapt = (): void => {
    // Zoomed in, the part that is seen says nothing of the keyboard.
    if (viewport.scale > 1.01) return;
    document.body.style.setProperty('--height', `${viewport.height}px`);
    scrollTo(0, 0);
  };
  viewport.addEventListener('resize', adapt);
  viewport.addEventListener('scroll', adapt);
  adapt();
}
