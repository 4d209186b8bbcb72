/** The page's element with an id. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T { return checked(document.getElementById(id), `#${id}`, kind); }

/** An element within another. */
export function within<T extends HTMLElement>(parent: Element | DocumentFragment, selector: string, kind: new () => T): T { return checked(parent.querySelector(selector), selector, kind); }

/** A copy of a template's only element. */
export function fromTemplate(id: string): HTMLElement { return within(byId(id, HTMLTemplateElement).content.cloneNode(true) as DocumentFragment, '*', HTMLElement); }

/** Calls for a click, without taking the focus from the terminal: an on-screen keyboard would go. */
export function onPress(button: HTMLElement, act: () => void): void {
  button.addEventListener('pointerdown', event => event.preventDefault());
  button.addEventListener('mousedown', event => event.preventDefault());
  button.addEventListener('click', act);
}

function checked<T extends HTMLElement>(element: Element | null, name: string, kind: new () => T): T {
  if (!(element instanceof kind)) throw new Error(`the page has no ${name}`);
  return element;
}
