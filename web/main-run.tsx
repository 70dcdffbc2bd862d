import { RunPage } from "./pages/run.tsx";
import { pathOf } from "./server/paths.ts";
import { start } from "./start.tsx";

const actionRef = pathOf(location.pathname).split("/")[2];

await start((props) => <RunPage {...props} actionRef={actionRef} />);
