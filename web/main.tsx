document.title="x";export {};
