import { grouped } from "../../base/grouped.ts";
import type { ListedPage } from "./listed-page.ts";

interface ListPagerProps {
  page: ListedPage;
  before: boolean;
  after: boolean;
  turn: (pages: number) => void;
}

/** The foot of the list: the shown range, and buttons to the other pages. */
export function ListPager({ page, before, after, turn }: ListPagerProps) {
  return (
    <div class="pager">
      <button type="button" disabled={!before} onClick={() => turn(-1)}>
        Previous
      </button>
      <span class="soft">{partText(page)}</span>
      <button type="button" disabled={!after} onClick={() => turn(1)}>
        Next
      </button>
    </div>
  );
}

function partText({ rows, total, filter: { offset } }: ListedPage): string {
  if (rows.length === 0) return total === 0 ? "none" : `none of ${grouped(total)} on this page`;
  const last = grouped(offset + rows.length);
  return `${grouped(offset + 1)}–${last} of ${grouped(total)}`;
}
