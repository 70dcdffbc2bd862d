import { OutputPage } from "./pages/output.tsx";
import { executionOf } from "./server/paths.ts";
import { start } from "./start.tsx";

const id = executionOf(location.pathname) ?? "";

await start((props) => <OutputPage {...props} id={id} />);
