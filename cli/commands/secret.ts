import { Command } from "commander";
import { withState } from "../settings/server-config.ts";
import { print } from "../terminal/print.ts";
import { groupCommand, withExamples } from "./options.ts";

interface RotateFlags {
  state: string;
  forgetOlder?: boolean;
}

/** `tailrace secret …`: the secret of a local server, which signs leases and links and seals stored values. */
export function secretCommand(): Command {
  const rotate = withState(
    withExamples(
      new Command("rotate").description(
        "give a local server that is stopped a new secret; the present one stays valid",
      ),
      ["tailrace secret rotate", "tailrace secret rotate --state /var/lib/tailrace"],
    ),
  )
    .option("--forget-older", "rotate although values that only the previous secret opens are lost")
    .action(async ({ state, forgetOlder = false }: RotateFlags) => {
      // Loaded here, because other commands do not need it.
      const { rotateSecret } = await import("../server/rotate-secret.ts");
      await rotateSecret(state, { forget_older: forgetOlder });
      print(
        `The server has a new secret. The former one stays valid, as the previous one in ${state}/secrets.json.`,
      );
      print(`Start it again: tailrace start --state ${state}`);
    });
  return groupCommand("secret", "manage the secret of a local server", ["tailrace secret rotate"]).addCommand(
    rotate,
  );
}
