/** What a view shows: what is announced to screen readers, and the content. */
export type Drawn = readonly [said: string, ...content: HTMLElement[]];

/** Shows a view, drawn by `draw` in the present language, and again whenever another language is chosen. */
export type Present = (draw: () => Drawn) => void;
