import { ListPage } from "./pages/list.tsx";
import { start } from "./start.tsx";

await start(ListPage);
