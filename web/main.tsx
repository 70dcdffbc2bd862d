import { ListPage } from "./pages/list.tsx";
import { OutputPage } from "./pages/output.tsx";
import { executionOf } from "./server/paths.ts";
import { start } from "./start.tsx";

const id = executionOf(location.pathname);

await start((props) => (id ? <OutputPage {...props} id={id} /> : <ListPage {...props} />));
