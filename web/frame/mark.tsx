/** The lines of the mark: water that flows over a weir. `web/page.html` has them too, for the tab of a page that is loading. */
export const FLOW = "M5 10h7c5 0 3 12 8 12h7M5 17h4c4 0 3 5 6 5";

/** The mark. The name beside it is its text. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d={FLOW} />
    </svg>
  );
}
